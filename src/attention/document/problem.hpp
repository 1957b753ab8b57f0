// Problem: a checked attention problem made from a document; operands.cpp, problem.cpp and mask_and_bias.cpp validate
// it.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "attention/document/place_numbers.hpp"
#include "attention/document/query_rows.hpp"
#include "attn/attention.hpp"
#include "attn/error.hpp"
#include "attn/task.hpp"

namespace attn {

class Budget;

/// A tensor of the document, or null.
const SourcedTensor* find_tensor(const Input& input, const std::string& name);
/// Throws Error (data) at the tensor's place: "the shape (2, 3) " and `what` is wrong with it.
[[noreturn]] void refuse_shape(const SourcedTensor& tensor, const std::string& what);

/// The tensors that a document gives as Q, K and V, and where it gave them.
struct Operands {
  const SourcedTensor* query = nullptr;
  const SourcedTensor* key = nullptr;
  const SourcedTensor* value = nullptr;
};

/// `query`, `key`, `value`, with `embeddings` for what is not given. Throws Error (data) if one is missing, and
/// unless they have one rank of 2 to 4, one batch size, and a value for every key.
Operands find_operands(const Input& input);

/// The sizes of a problem, and which axes its documents have.
struct Dims {
  std::size_t batch = 1, heads = 1, kv_heads = 1;
  std::size_t queries = 0;                 ///< those that are computed
  std::size_t keys = 0, past = 0;          ///< `keys` counts the `past` cached ones
  std::size_t appended = 0;                ///< and these, which come last and are not of the document
  std::size_t depth = 0, value_depth = 0;  ///< of one head
  RunAxes axes;

  std::size_t extent(Axis axis) const;
  /// Of a stage's tensor as the heads give it: before an output projection, and before weights are averaged.
  Shape shape_of(Stage stage) const;
};

/// A number of heads, and who gave it: a flag, or a document.
struct HeadCount {
  std::size_t number = 1;
  std::string where;
  ErrorKind kind = ErrorKind::usage;

  Error error(const std::string& message) const { return {kind, where, message}; }
  /// Throws unless the number divides a width; `what` are the heads, `of` is the place that has the width.
  void check_divides(const std::string& what, std::size_t width, const std::string& of) const;
};

/// How many heads the last axis is split into; none: rank 2 and 3 are one head.
struct HeadSplit {
  std::optional<HeadCount> heads;
  std::optional<HeadCount> kv_heads;
  bool projects = false;  ///< the operands are projections
};
/// From the options, else the document; `projects` makes 1 the default.
HeadSplit head_split(const Input& input, const AttentionOptions& options, bool projects);

/// A (B, H, L, D) view of a rank-2, 3 or 4 tensor; the last axis split into `heads` unless rank 4.
template <class T>
HeadsView<const T> heads_view(const Tensor& tensor, std::size_t heads);
/// The same of a tensor whose elements may be narrow, which `narrow` refers to then.
template <class T>
HeadsView<const T> stored_view(const Tensor& tensor, std::size_t heads, NarrowElements& narrow);
/// The same of a tensor that is to be written.
template <class T>
HeadsView<T> heads_of(Tensor& tensor, std::size_t heads);
/// A view of a contiguous (…, rows, cols) tensor whose leading axes hold batch × heads items.
template <class T>
HeadsView<T> dense_view(Tensor& tensor, const Dims& dims, std::size_t heads, std::size_t rows, std::size_t cols);

/// A key and a value that every batch item gets after its own: no mask hides them, and no bias changes their scores.
template <class T>
struct AppendedKey {
  std::string label;
  const T* key = nullptr;  ///< (K·D), or null: zeros
  const T* value = nullptr;
};

/// The set of the options, else the fastest.
const KernelSet& kernels_of(const AttentionOptions& options);

/// Everything of a document that attention needs, checked. Views point into the input, the operands and
/// the problem itself, which therefore stays where it is.
///
/// The constructor reads no number of the operands and makes no copy of them, so that they may still be
/// computed and memory refused; `join_cache` comes last before the task is run.
template <class T>
class Problem {
 public:
  /// `operands` are those that `find_operands` gave, or projections of them; of the query's rows all may be there, or
  /// those of the range alone.
  Problem(const Input& input, const Operands& operands, const QueryRows& range, const HeadSplit& split,
          const AttentionOptions& options);
  Problem(const Problem&) = delete;
  Problem& operator=(const Problem&) = delete;

  /// Counts keys that come after all others, and lays mask, bias and labels over them; at most once.
  void append_keys(std::vector<AppendedKey<T>> appended);
  void add_appended_keys_to(Budget& budget) const;
  /// Finds what nobody sees of the scores, for pictures and for a note on rows that attend nothing; after the memory
  /// that it takes.
  void add_shown_to(Budget& budget) const;
  void find_shown(const AttentionOptions& options);
  /// Puts the cached keys and values before the new ones, if there are any, and then the appended ones after them.
  void join_cache();

  Dims dims;
  QueryRows rows;
  AttentionTask<T> task;  ///< without anything wanted yet
  BoundMask mask;
  BoundMask shown;        ///< `mask`, less the scores that a bias of −inf hides; once found
  std::size_t empty_rows = 0;  ///< of `shown`, over all batch items and heads
  std::string mask_text;  ///< in the mask language; empty if nothing restricts the keys
  double scale = 1;
  std::vector<double> head_scales;  ///< in the place of the scale, if there are any
  NumbersOfPlaces query_scales;
  DocumentPositions positions;
  std::vector<std::string> tokens, key_tokens;  ///< those of the range, and those of all keys
  std::vector<std::string> notes;
  /// Made by `join_cache` if there is a cache. Of 16 bits if both parts are, unless they are emitted.
  Tensor present_key, present_value;

 private:
  void check_shapes(const Operands& operands, const HeadSplit& split);
  void find_cache(const Input& input);
  void check_cached(const SourcedTensor& past, Stage present) const;
  void bind_mask(const Input& input, const AttentionOptions& options);
  void bind_bias(const Input& input, const AttentionOptions& options);
  void find_places(const Input& input, const AttentionOptions& options);
  void hide_by_bias();
  void set_labels(const Input& input);
  void cut_to_range();
  void set_pipeline(const Input& input, const AttentionOptions& options);
  void set_scales(const Input& input, const AttentionOptions& options);
  void check_scales(const Input& input, const AttentionOptions& options) const;
  void set_alibi(const AttentionOptions& options);
  void add_relative_bias(const AttentionOptions& options);
  void add_bias_of_positions(const RelativeBias& relative, const AttentionOptions& options);
  void add_to_bias(const BroadcastView<T>& added, std::vector<T> memory, const AttentionOptions& options);
  void join_appended_keys();

  const SourcedTensor *past_key_ = nullptr, *past_value_ = nullptr;
  bool emits_present_key_, emits_present_value_;
  std::vector<T> slopes_, sinks_, relative_bias_;
  std::vector<std::int64_t> alibi_offsets_;
  Mask unbound_mask_;
  SourcedTensor bias_;
  std::vector<AppendedKey<T>> appended_;
  Tensor appended_bias_, all_keys_, all_values_;
};

}  // namespace attn
