// Families of models: what is around the attention of their layers. One row a family.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "io/checkpoints/architectures.hpp"
#include "model/activation.hpp"

namespace attn::model {

using io::Norm;

/// Where a text's positions come from. They are rows of a table that is added to the words'.
enum class Positions {
  none,           ///< there is no such table
  counted,        ///< 0, 1, … and `position_offset`
  after_start,    ///< the same from the first token that is no padding, whatever the document says (OPT)
  after_padding,  ///< from the padding's id on, counted without padding, which has its own id (RoBERTa)
};

/// Names of tensors are relative to the prefix of the layers, without ".weight"; of several, separated by spaces, the
/// first that is there counts. One that begins with / is the whole name.
struct Embeddings {
  std::string_view words;
  std::string_view positions;
  Positions position_ids = Positions::none;
  std::int64_t position_offset = 0;
  std::string_view padding_name = "pad_token_id";  ///< member of config.json; empty: it does not say
  std::int64_t padding = 1;                        ///< the id where config.json does not say
  std::string_view types;
  std::string_view norm;
  std::string_view projection;         ///< of the words' width to the blocks'
  bool projects_always = false;        ///< else only where config.json's hidden_size is another
  bool projects_words = false;         ///< before anything else happens to them, and without a bias
  std::string_view multiplier;         ///< member of config.json that multiplies words; none where it is missing
  bool times_root_width = false;       ///< words are multiplied by √width, rounded to the type of the weights (Gemma)
  std::string_view root_width_switch;  ///< member of config.json that says whether they are; empty: it does not say
};

/// What becomes of the positions of patches where an image has another grid than the model was trained with.
enum class Stretch {
  refused,
  plain,   ///< cubic interpolation
  smooth,  ///< the same without aliasing
};

/// A token that a model puts before the patches.
struct OwnToken {
  std::string_view name;   ///< of its tensor, (1, 1, d)
  std::string_view label;  ///< for people
};

/// What a vision model makes of an image's pixels, in the place of words. Names as those of embeddings.
struct Patches {
  std::string_view projection;  ///< a convolution of patches that do not overlap, (d, channels, side, side)
  std::array<OwnToken, 2> tokens;
  std::string_view positions;  ///< (1, tokens + patches, d)
  std::string_view registers;  ///< tokens without positions, between the others and the patches
  Stretch stretch = Stretch::refused;
  /// The type of image processor, without its ending, where preprocessor_config.json names none.
  std::string_view processor = "ViT";
};

/// How a block's second half is made.
enum class MlpKind {
  plain,    ///< W₂·f(W₁·x)
  gated,    ///< W₂·(f(W_gate·x) ⊙ W₁·x)
  fused,    ///< the same with W_gate above W₁ in one tensor, which is `up`
  clamped,  ///< W₂·(clamped_gate of W_gate·x and W₁·x), which are the even and the odd columns of `up`
};

/// Whether products have a bias.
enum class Bias {
  none,
  needed,
  as_stored,  ///< where there is one
};

struct Mlp {
  MlpKind kind = MlpKind::plain;
  std::string_view up, down, gate;
  bool columns = false;  ///< weights are (in, out), used as x·W (Conv1D)
  Bias bias = Bias::as_stored;
  std::string_view bias_switch;  ///< member of config.json that says whether there are biases
  /// Of plain ones that may be gated: the member of config.json that says `gated-ACT` or `ACT`, what counts where it is
  /// missing, the member that decides whatever it says, and the name of what is gated then (T5).
  std::string_view kind_name, kind_text, gated_name, gated_up;
  /// Member of config.json that makes it one of kind `fused` with SiLU, under these names (DINOv2).
  std::string_view fused_switch, fused_up, fused_down;
  std::string_view activation_name = "hidden_act";
  Activation activation = Activation::gelu;  ///< where config.json does not say
  GateClamp clamp;
  std::string_view alpha_name, limit_name;  ///< members of config.json, of a clamped one
  bool gelu_means_tanh = false;             ///< "gelu" there is the one with tanh (Gemma)
};

/// A mixture of experts in the place of an MLP. Names have N for the layer's number and E for an expert's; a tensor
/// whose name has no E is that of all experts, one after the other.
struct Experts {
  std::string_view router;  ///< empty: there are no experts
  Bias router_bias = Bias::none;
  std::string_view count_names = "num_experts num_local_experts";  ///< members of config.json, the first that is there
  std::string_view chosen_name = "num_experts_per_tok";            ///< how many experts a token goes to
  std::int64_t chosen = 2;                                         ///< where config.json does not say
  std::string_view
      normalised_name;     ///< member that says whether the weights of the chosen experts are made to sum to 1
  bool normalised = true;  ///< where it does not
  Mlp each;
  Mlp shared;                    ///< of every token, added to those of experts; `up` is empty: none
  std::string_view shared_gate;  ///< σ of its product with the token multiplies what `shared` makes
  std::string_view step_name;    ///< member: layers step - 1, 2·step - 1, ... have experts; else all have
  std::string_view dense_name;   ///< member: a list of layers that have `mlp` nevertheless
};

/// What is around a block's half f, by names with N for the layer's number; empty ones are not there:
/// sum(x + r·scale ⊙ after(f(before(x)))), with norms `before`, `after` and `sum`.
struct Branch {
  std::string_view before, after, sum;
  std::string_view scale;  ///< (d), the whole name
};

/// One row of the table.
struct Family {
  std::string_view name;
  std::string_view models;       ///< for people
  std::string_view model_types;  ///< config.json's model_type, separated by spaces
  Embeddings embeddings;
  Patches patches;  ///< without a projection: the model reads words
  Norm norm = Norm::rms;
  std::string_view norm_bias_switch;  ///< member of config.json: layer_unbiased becomes layer
  std::string_view epsilon_name = "rms_norm_eps";
  double epsilon = 1e-6;  ///< where config.json does not say
  /// Attention's `before` is the table of architectures'.
  Branch attention, cross, mlp_branch;
  /// Both halves read the block's input, and are added together: x + attention(x) + mlp(x). An empty name: always.
  bool parallel = false;
  std::string_view parallel_switch;   ///< member of config.json that says whether they do; `parallel` if it is missing
  bool parallel_shares_norm = false;  ///< both halves of a parallel block read what attention's norm gives
  Mlp mlp;
  Experts experts;
  std::string_view residual_multiplier;  ///< member of config.json: r
  std::string_view last_norm;            ///< after the last block, unless the norms of blocks come after the sums
  std::string_view no_last_norm_name;    ///< member of config.json that says that there is none
  std::string_view last_projection;      ///< after that, where words are of another width: to theirs
  std::string_view layers_name = "num_hidden_layers";   ///< of several, separated by spaces, the first that is there
  std::string_view layers_alias = "num_hidden_layers";  ///< another name of the same member; empty: there is none
  std::string_view ignored;  ///< tensors of a block, N for its number, that are no part of its numbers
  /// The decoder beside an encoder, which attends to itself, then to the encoder (`cross`).
  const Family* decoder = nullptr;

  /// The model reads images.
  constexpr bool sees() const { return !patches.projection.empty(); }
};

/// Every family, in the order of the documentation.
std::span<const Family> families();

}  // namespace attn::model
