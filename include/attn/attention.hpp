// Attention: softmax(Q·Kᵀ·scale)·V with every stage between, on views and on documents.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attn/document.hpp"
#include "attn/dropout.hpp"
#include "attn/kernels.hpp"
#include "attn/layer.hpp"
#include "attn/mask.hpp"
#include "attn/pooled.hpp"
#include "attn/tensor.hpp"
#include "attn/view.hpp"

namespace attn {

struct Conventions;

/// What a query that may attend no key gets.
enum class EmptyRow {
  zero,     ///< weights and output exactly 0 (flash-attention, ONNX)
  nan,      ///< NaN, as softmax over nothing but −inf gives
  uniform,  ///< 1/S over all S keys, as fills with −1e9 give
};

/// An array broadcast against (B, H, L, S): axes of extent 1 have stride 0. Strides are in elements.
template <class T>
struct BroadcastView {
  const T* data = nullptr;
  std::array<std::ptrdiff_t, 4> strides{};

  const T* row(std::size_t b, std::size_t h, std::size_t i) const {
    return data + static_cast<std::ptrdiff_t>(b) * strides[0] + static_cast<std::ptrdiff_t>(h) * strides[1] +
           static_cast<std::ptrdiff_t>(i) * strides[2];
  }
};

/// Sees each row of weights while it is in hand, so that nobody needs to keep all of them.
template <class T>
class WeightRowSink {
 public:
  virtual ~WeightRowSink() = default;
  /// Row i of batch item b and head h, before dropout: the weights of keys `begin` and following; all others are 0.
  /// Each row comes once, in any order, from many threads at once. `weights` is gone afterwards.
  virtual void take(std::size_t b, std::size_t h, std::size_t i, std::size_t begin, std::span<const T> weights) = 0;
};

/// One attention problem on memory that the caller owns. B batch items, H query heads, K key/value heads
/// (K divides H: query head h reads key/value head h / (H/K)), L queries, S keys, D and D_v columns.
///
/// A task may be of some of a problem's queries: the view of the queries, the bias and everything that is wanted then
/// have the rows of these alone. Their results are the same to the bit as those of the whole.
///
/// If no (B, H, L, S) array is asked for, none is made: memory is O(L·D).
template <class T>
struct AttentionTask {
  HeadsView<const T> query;  ///< (B, H, L, D)
  HeadsView<const T> key;    ///< (B, K, S, D)
  HeadsView<const T> value;  ///< (B, K, S, D_v)
  // Of a part of the queries: masks and positions count from query 0 of the whole problem.
  std::size_t first_query = 0;  ///< the query that `query` begins with
  std::size_t all_queries = 0;  ///< of the whole problem; 0: as many as `query` has

  // The pipeline, in its order.
  double scale = 1;                 ///< multiplies Q·Kᵀ
  double softcap = 0;               ///< c: scores become c·tanh(scores / c); 0 is none
  BroadcastView<T> bias;            ///< added to the scores; −inf masks. No data: none
  std::span<const T> alibi_slopes;  ///< (H): −slope·|i + offset − k| is added (arXiv:2108.12409). Empty: none
  std::span<const std::int64_t> alibi_offsets;  ///< (B): that offset. Empty: the mask's
  const BoundMask* mask = nullptr;              ///< over (B, H, L, S) of the whole problem; null: every key
  std::span<const T> sinks;  ///< (H): a logit that joins each row's sum and has no column. Empty: none
  EmptyRow empty_row = EmptyRow::zero;
  KeptWeights kept;  ///< dropout, between softmax and V: over (B, H, L, S)

  // What is wanted. Views without data are not computed.
  HeadsView<T> output;   ///< (B, H, L, D_v)
  HeadsView<T> scores;   ///< (B, H, L, S) Q·Kᵀ·scale
  HeadsView<T> capped;   ///< after softcap
  HeadsView<T> masked;   ///< after bias, ALiBi and mask; −inf where masked
  HeadsView<T> weights;  ///< softmax
  HeadsView<T> dropped;  ///< after dropout
  T* lse = nullptr;      ///< (B, H, L), C order: log Σ exp(masked), natural logarithm, sinks included
  WeightRowSink<T>* weight_rows = nullptr;  ///< sees every row of weights, in O(threads·S) memory
  std::span<PooledMatrix> pooled;           ///< pictures of the weights, in O((B·H + pictures)·L + cells) memory

  // How.
  /// T = float: Q, K, V and the weights that multiply V are rounded to bfloat16; sums, scores and softmax are float.
  bool bf16_operands = false;
  const KernelSet* kernels = nullptr;
  std::size_t threads = 1;

  bool wants_matrix() const { return scores.data || capped.data || masked.data || weights.data || dropped.data; }
  /// Whole rows of weights must be made, whether or not they are kept.
  bool wants_rows() const { return wants_matrix() || weight_rows != nullptr; }
};

/// Runs a task. The result is the same to the bit for any number of threads.
void attend(const AttentionTask<float>& task);
void attend(const AttentionTask<double>& task);

/// y (n, out) = x (n, in) · W + b, with W as (in, out), or as (out, in) if `transposed`. `bias` may be null.
/// `bf16_operands` (T = float): x and W are rounded to bfloat16.
template <class T>
struct LinearTask {
  MatrixView<const T> x;
  MatrixView<const T> weight;
  bool transposed = false;
  const T* bias = nullptr;  ///< (out)
  MatrixView<T> y;
  bool bf16_operands = false;
  const KernelSet* kernels = nullptr;
  std::size_t threads = 1;
};
void linear(const LinearTask<float>& task);
void linear(const LinearTask<double>& task);

// ---- documents --------------------------------------------------------------------------------

/// The tensors that a run can emit, in the documents' order.
enum class Stage {
  query,
  key,
  value,
  scores,
  capped,
  masked,
  mask,
  weights,
  dropped,
  concat,
  output,
  lse,
  present_key,
  present_value,
};

/// One row of the table of stages.
struct StageInfo {
  Stage stage;
  std::string_view name;
  std::string_view meaning;
  bool multihead_only = false;
  bool matrix = false;  ///< is (…, L, S)
};
std::span<const StageInfo> stages();
/// The stage of a name; throws Error (usage, at `where`) with the nearest name.
Stage stage_of(std::string_view name, const std::string& where);

/// What pictures of the weights are planned by.
struct WeightsShape {
  std::size_t batch = 0, heads = 0, queries = 0, keys = 0;
  const std::vector<std::string>& tokens;      ///< labels of the queries; empty: none
  const std::vector<std::string>& key_tokens;  ///< of the keys; empty: the queries'
  bool fits = false;                           ///< the whole of the weights would fit into memory
};

/// Pictures of the weights, of a run that makes no matrix of them otherwise.
struct PictureRequest {
  /// Gives the pictures that are wanted. None: the weights are made, as if the options had asked for them.
  std::function<std::vector<PooledMatrix>(const WeightsShape& shape)> plan;
  /// Sees what was pooled. True: other sizes were set, and all are to be pooled again.
  std::function<bool(std::vector<PooledMatrix>& pooled)> again;
};

/// Rotary position embedding of projected queries and keys (arXiv:2104.09864): pair i of a head's columns is turned
/// by position · theta^(−2i/dims). Angles are taken in double precision.
struct Rope {
  double theta = 10000;             ///< more than 0
  bool interleaved = false;         ///< pairs (2i, 2i+1), as in the paper and GPT-J; else (i, i + dims/2), as in Llama
  std::size_t dims = 0;             ///< only the first so many columns of a head turn (partial rotary); 0: all
  std::vector<double> frequencies;  ///< (dims/2) radians a position; empty: theta^(−2i/dims)
  double magnitude = 1;             ///< cosines and sines are multiplied by it (YaRN's attention factor)
  std::int64_t offset = 0;          ///< added to positions, which begin at the number of cached keys; within ±2⁵²
};

/// RMS norm of projected queries and keys, before RoPE: x / √(mean(x²) + epsilon) · weight. A weight has the width of
/// one head, which is then the norm of each head (Qwen3), or that of all of them, and it is one norm over all (OLMo 2).
/// Empty weights: each head, with ones.
struct QkNorm {
  double epsilon = 1e-6;
  std::vector<double> query_weight;  ///< (D) or (H·D)
  std::vector<double> key_weight;    ///< (D) or (K·D)
};

/// Queries begin … end-1, from 0.
struct QueryRange {
  std::size_t begin = 0;
  std::optional<std::size_t> end;  ///< none: to the last query
};

/// How documents are run; members that a document may set too replace its own.
struct AttentionOptions {
  std::optional<double> scale;  ///< default: the document's, then 1/√D
  double softcap = 0;
  const Conventions* like = nullptr;  ///< the preset that `apply_conventions` has set, if any
  bool causal = false;                ///< keys after the query are masked, aligned as the preset says
  Mask mask;                          ///< ANDed with the document's
  bool mask_means_drop = false;       ///< the document's mask is true where a key is dropped
  std::optional<std::int64_t> heads;  ///< splits the last axis of rank 2 and 3
  std::optional<std::int64_t> kv_heads;
  bool alibi = false;
  std::vector<double> alibi_slopes;           ///< one a head, instead of the paper's; with `alibi`
  std::optional<RelativeBias> relative_bias;  ///< added to the document's bias
  std::vector<double> sinks;                  ///< none, one for all heads, or one a head
  EmptyRow empty_row = EmptyRow::zero;
  Dropout dropout;
  bool average = false;           ///< multihead: the mean of `weights` over heads
  bool output_projection = true;  ///< multihead: apply W_o if there is one
  /// multihead: of the new queries and keys; cached keys are taken as normed and turned already.
  std::optional<QkNorm> qk_norm;
  std::optional<Rope> rope;
  /// multihead: a key and a value of zeros come after all others, which no mask hides (nn.MultiheadAttention).
  bool add_zero_attn = false;
  std::vector<Stage> emit{Stage::weights, Stage::output};
  bool stats = false;   ///< numbers of each row of weights, as the result's `stats`
  std::size_t top = 0;  ///< so many strongest keys of each row, as the result's `top`; 0: none
  /// Only these queries' rows are computed and emitted; they are the same as in a run of all. An error (usage, at
  /// "--query-range") if it is empty or ends past the last query.
  std::optional<QueryRange> query_range;
  const PictureRequest* pictures = nullptr;  ///< counts if `emit` has no weights; the result's `pooled` are its answer
  DType dtype = DType::f32;
  bool bf16_operands = false;          ///< with f32: operands of the products are rounded to bfloat16
  const KernelSet* kernels = nullptr;  ///< null: the fastest
  std::size_t threads = 1;
  std::uint64_t max_memory = 0;  ///< bytes; 0: no limit
};

/// softmax(Q·Kᵀ·scale)·V of a document. Shapes as in attn-json(5). Throws Error (data) at the member
/// whose shape does not fit, or (data, "--max-memory") before memory is allocated that exceeds the limit.
Result compute(const Input& input, const AttentionOptions& options);

/// Concat(head_1 … head_H)·W_o of a document with projections. Norms (`q_norm.weight`, `k_norm.weight`) that are
/// among them count as a QkNorm; `bias_k` and `bias_v` are a key and a value after all others that no mask hides.
Result multihead(const Input& input, const AttentionOptions& options);

}  // namespace attn
