// Attention on documents: softmax(Q·Kᵀ·scale)·V with every stage between, and multi-head attention.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "attn/document.hpp"
#include "attn/dropout.hpp"
#include "attn/empty_row.hpp"
#include "attn/kernels.hpp"
#include "attn/layer.hpp"
#include "attn/mask.hpp"
#include "attn/pooled.hpp"
#include "attn/query_key.hpp"
#include "attn/stages.hpp"
#include "attn/tensor.hpp"

namespace attn {

struct Conventions;

/// What pictures of the weights are planned by.
struct WeightsShape {
  std::size_t batch = 0, heads = 0, queries = 0, keys = 0;
  const std::vector<std::string>& tokens;      ///< labels of the queries; empty: none
  const std::vector<std::string>& key_tokens;  ///< of the keys; empty: the queries'
  std::size_t first_query = 0;                 ///< of the document, with which the rows begin
  bool fits = false;                           ///< the whole of the weights would fit into memory
};

/// One of so many parts of a document's queries: neighbours that together cost about as much as those of any other
/// part, under the document's mask. Which they are depends on the document and the options alone.
struct QueryPart {
  std::size_t number = 1;  ///< from 1
  std::size_t parts = 1;
};

/// A run of a document that is about to begin: all is checked, and nothing is computed.
struct RunAhead {
  const RunSummary& summary;
  const std::vector<std::pair<std::string, MetadataValue>>& metadata;  ///< as the result will have them
  std::vector<std::pair<Stage, Shape>> emitted;                        ///< the tensors that it will give
};

/// Pictures of the weights, of a run that makes no matrix of them otherwise.
struct PictureRequest {
  /// Gives the pictures that are wanted. None: the weights are made, as if the options had asked for them.
  std::function<std::vector<PooledMatrix>(const WeightsShape& shape)> plan;
  /// Sees what was pooled. True: other sizes were set, and all are to be pooled again.
  std::function<bool(std::vector<PooledMatrix>& pooled)> again;
};

/// What happens between Q·Kᵀ and the product with V.
struct PipelineOptions {
  std::optional<double> scale;        ///< default: the document's, then 1/√D
  std::vector<double> head_scales;    ///< one a head, in the place of the scale
  std::optional<double> softcap;      ///< 0: none, even where a checkpoint's layer has one; default: the layer's
  const Conventions* like = nullptr;  ///< the preset that `apply_conventions` has set, if any
  bool causal = false;                ///< keys after the query are masked, aligned as the preset says
  Mask mask;                          ///< ANDed with the document's
  bool mask_means_drop = false;       ///< the document's mask is true where a key is dropped
  bool mask_of_new = false;           ///< stored masks have no column for cached keys, which every query may attend
  bool alibi = false;
  std::vector<double> alibi_slopes;           ///< one a head, instead of the paper's; with `alibi`
  std::optional<RelativeBias> relative_bias;  ///< added to the document's bias
  std::vector<double> sinks;                  ///< none, one for all heads, or one a head
  EmptyRow empty_row = EmptyRow::zero;
  bool notes_empty_rows = true;  ///< where rows are 0 by that: a note in the result, unless they may be padding
  Dropout dropout;
};

/// Numbers of heads, instead of the document's.
struct HeadOptions {
  std::optional<std::int64_t> query;      ///< splits the last axis of rank 2 and 3
  std::optional<std::int64_t> key_value;  ///< of keys and values; divides the other
};

/// What multihead does around attention; of this compute norms queries and keys alone.
struct LayerOptions {
  bool output_projection = true;  ///< apply W_o if there is one
  /// Projected queries, keys and values are held within ±clip, before any norm (OLMo's clip_qkv); 0 or more.
  std::optional<double> clip;
  /// Of the new queries and keys; cached keys are taken as normed and turned already.
  std::optional<QkNorm> qk_norm;
  std::optional<Rope> rope;
  /// Of a checkpoint's layer, whose rotation `rope` would replace: it does not turn, and it begins with this position.
  bool turns = true;
  std::int64_t rope_offset = 0;
  std::optional<QueryTemperature> temperature;  ///< of the queries, after norm and rotation
  std::optional<double> value_norm;             ///< the epsilon of an RMS norm of each head's values, without weights
  /// Heads whose output counts as zeros before the output projection. An error (usage, at `mask_head`) for one that is
  /// not there.
  std::vector<std::size_t> masked_heads;
  /// A key and a value of zeros come after all others, which no mask hides (nn.MultiheadAttention).
  bool add_zero_attn = false;
};

/// What a run gives.
struct WantedOptions {
  std::vector<Stage> emit = default_stages();
  /// Whether the caller can do with `output` alone: then an error of memory may advise it.
  bool emit_may_shrink = true;
  bool average = false;          ///< multihead: the mean of `weights` and of `dropped` over heads
  bool keep_every_head = false;  ///< with `average`: these before the mean too, as the result's `before_mean`
  bool stats = false;            ///< numbers of each row of weights, as the result's `stats`
  std::size_t top = 0;           ///< so many strongest keys of each row, as the result's `top`; 0: none
  /// Only these queries' rows are computed and emitted; they are the same as in a run of all. An error (usage, at
  /// `query_range`) if it is empty or ends past the last query.
  std::optional<QueryRange> query_range;
  /// In the place of a range: those of a part. An error (usage, at `query_part`) if there are fewer queries than parts.
  std::optional<QueryPart> query_part;
  /// Memory that a matrix of the result is to be written to, by its stage, type and shape; none: memory of its own.
  std::function<std::optional<Tensor>(Stage, DType, const Shape&)> place;
  /// Asked before anything is computed; false: nothing is, and the result has no tensors. Not for whole models.
  std::function<bool(const RunAhead& ahead)> begins;
  const PictureRequest* pictures = nullptr;  ///< counts if `emit` has no weights; the result's `pooled` are its answer
};

/// How numbers are computed.
struct ExecutionOptions {
  DType dtype = DType::f32;
  bool bf16_operands = false;          ///< with f32: operands of the products are rounded to bfloat16
  bool f16_operands = false;           ///< or Q, K, V and the factors of projections to float16
  const KernelSet* kernels = nullptr;  ///< null: fastest_kernel_set()
  std::size_t threads = 1;
  std::uint64_t max_memory = 0;  ///< bytes; 0: no limit
};

/// How documents are run; members that a document may set too replace its own.
struct AttentionOptions {
  PipelineOptions pipeline;
  HeadOptions heads;
  LayerOptions layer;
  WantedOptions wanted;
  ExecutionOptions execution;
};

/// softmax(Q·Kᵀ·scale)·V of a document. Shapes as in attn-json(5). Throws Error (data) at the member
/// whose shape does not fit, or (data, at `max_memory`) before memory is allocated that exceeds the limit.
Result compute(const Input& input, const AttentionOptions& options);

/// Concat(head_1 … head_H)·W_o of a document with projections. Norms (`q_norm.weight`, `k_norm.weight`) that are
/// among them count as a QkNorm; `bias_k` and `bias_v` are a key and a value after all others that no mask hides.
Result multihead(const Input& input, const AttentionOptions& options);

}  // namespace attn
