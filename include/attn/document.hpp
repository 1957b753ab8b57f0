// Documents: what a file says (Input) and what a run gives back (Result), independent of any format.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "attn/empty_row.hpp"
#include "attn/pooled.hpp"
#include "attn/positions.hpp"
#include "attn/query_key.hpp"
#include "attn/stages.hpp"
#include "attn/tensor.hpp"

namespace attn {

/// A tensor and the place it was read from, for messages: `in.json#/query`, `--bias`.
struct SourcedTensor {
  Tensor tensor;
  std::string where;
};

/// Texts as ids of a model's vocabulary, all of one length (shorter ones are padded: see `key_lengths`).
struct TokenIds {
  std::size_t batch = 1, length = 0;
  bool has_batch_axis = false;       ///< the input has a list of lists
  std::vector<std::int64_t> ids;     ///< (B, L), C order
  std::vector<std::int64_t> types;   ///< (B, L) token types, as BERT has them; empty: all 0
  std::string where, types_where;    ///< the places that they were read from, for messages
  std::vector<std::int64_t> starts;  ///< (B): ids before these are padding; empty: none are
  bool counts_from_start = false;    ///< positions count from there
};

/// What an input says, read but not yet checked against itself. Shapes are checked by the Problem.
struct Input {
  std::string source;  ///< the file's name, or what stands for it in messages where there is no file
  std::vector<std::string> tokens;
  std::vector<std::string> key_tokens;
  /// By their names in the document: embeddings, query, key, value, mask, bias, past_key, past_value.
  /// Floating-point tensors have the dtype that the reader was asked for, but compute takes query, key, value, past_key
  /// and past_value of f16 and bf16 too; `mask` is u8.
  std::map<std::string, SourcedTensor> tensors;
  /// By their names inside `projections`: W_q, b_q, q_proj.weight, in_proj_weight, …
  std::map<std::string, SourcedTensor> projections;
  /// By their names, as float64 whatever the reader was asked for: scale (one a head), scale_by (one a query),
  /// position_ids, key_position_ids.
  std::map<std::string, SourcedTensor> numbers;
  std::optional<std::vector<std::int64_t>> key_lengths;     ///< one per batch item
  std::optional<std::vector<std::int64_t>> key_starts;      ///< one per batch item: keys before it are padding
  std::optional<std::vector<std::int64_t>> prefix_lengths;  ///< one per batch item, of the mask atom `prefix`
  std::optional<std::vector<std::int64_t>> segments;        ///< one id per key, (S), or (B, S) in C order
  std::optional<std::size_t> segment_rows;                  ///< B, where they are (B, S)
  PositionsFrom positions = PositionsFrom::unsaid;
  std::optional<TokenIds> token_ids;           ///< what a whole model reads, in the place of embeddings
  std::optional<TokenIds> decoder_ids;         ///< what the decoder of a whole model reads, if it has one
  std::vector<std::string> decoder_tokens;     ///< the labels of these
  std::optional<std::string> text, text_pair;  ///< what its tokenizer makes token_ids of
  std::string text_where;                      ///< the place of the text, for messages
  std::vector<std::string> text_notes;         ///< Tokenizer::notes of it
  std::optional<std::int64_t> num_heads;
  std::optional<std::int64_t> num_kv_heads;
  std::optional<double> scale;                ///< the multiplier of QKᵀ; "none" is 1
  std::string metadata;                       ///< the `metadata` member as JSON text; empty if there is none
  std::map<std::string, std::string> places;  ///< of members that do not come from the source

  /// The place of a member, for messages: `in.json#/num_heads`.
  std::string where(const std::string& member) const {
    const auto own = places.find(member);
    return own == places.end() ? source + "#/" + member : own->second;
  }
  /// Of its element n; a place that is not in the source has no elements.
  std::string where(const std::string& member, std::size_t n) const {
    return where(member) + (places.contains(member) ? "" : "/" + std::to_string(n));
  }
};

struct NamedTensor {
  std::string name;
  Tensor tensor;
};

/// Some tensors of a file, in its order, and what it has besides.
struct TensorsRead {
  std::vector<NamedTensor> tensors;
  std::vector<std::string> others;  ///< the names of its other arrays, but for labels
};

/// What the names of statistics begin with where they stand among tensors: `stats.entropy`.
inline constexpr std::string_view stats_prefix = "stats.";

/// The strongest keys of every row of weights, strongest first; of equal ones the lower key.
struct TopKeys {
  std::size_t count = 0;          ///< of each row: as many as were asked for, at most all
  std::vector<std::size_t> keys;  ///< (…, L, count)
  Tensor weights;                 ///< (…, L, count)
};

/// What a layer says in `metadata`; std::monostate: nothing.
using MetadataScalar = std::variant<std::monostate, bool, std::int64_t, double, std::string>;
/// A member of `metadata` that attn writes itself; a list where layers differ.
using MetadataValue = std::variant<bool, std::int64_t, double, std::string, std::vector<MetadataScalar>>;

/// One matrix of a run; none: of all of them.
struct MatrixPlace {
  std::optional<std::size_t> layer, batch, head;
};

/// Queries begin … end-1, from 0.
struct QueryRange {
  std::size_t begin = 0;
  std::optional<std::size_t> end;  ///< none: to the last query
  /// What is asked for may count an end backwards, from the number of queries on; a run's own range never does.
  bool begins_backwards = false, ends_backwards = false;
};

/// The dropout of a run.
struct DropoutSummary {
  double p = 0;
  std::int64_t seed = 0;
  bool own_stream = false;  ///< drawn from a stream that is for dropout alone
  std::string generator;    ///< as in `generator_names`
};

/// What multihead did around attention.
struct LayerSummary {
  bool output_projection = false;
  bool appended_bias = false;   ///< bias_k and bias_v came after all other keys and values
  bool appended_zeros = false;  ///< a key and a value of zeros did
  std::optional<double> clip;   ///< queries, keys and values were held within ±clip
  std::optional<Rope> rope;     ///< with all that follows from the head's width: dims and frequencies
  std::optional<QueryTemperature> temperature;
  std::optional<double> value_norm;  ///< its epsilon
};

/// What a run did: its sizes, and every convention that shaped its numbers. The result's metadata are written from it.
struct RunSummary {
  std::string command;  ///< "compute" or "multihead"
  DType dtype = DType::f32;
  bool bf16_operands = false;  ///< operands of the products were rounded to bfloat16
  bool f16_operands = false;   ///< or to float16
  std::string kernels;         ///< the kernel set's name

  RunAxes axes;  ///< which axes its tensors have
  std::size_t batch = 0, heads = 0, kv_heads = 0;
  std::size_t queries = 0;  ///< of the document, computed or not
  std::size_t keys = 0;     ///< cached ones, the document's own, and appended ones
  std::size_t cached_keys = 0, appended_keys = 0;
  std::optional<QueryRange> query_range;  ///< the queries that were computed, with both ends; none: all were

  std::string like;               ///< the preset's name; empty: none
  std::optional<QkNorm> qk_norm;  ///< with the document's weights, where the options had none
  double scale = 1;
  std::vector<double> head_scales;   ///< one a head, in the place of the scale; empty: none
  std::vector<double> query_scales;  ///< (L) or (B, L): what the document multiplies scales by; empty: nothing
  bool position_ids = false;         ///< the document's positions were counted, not places
  std::optional<double> softcap;
  std::string mask;          ///< the options' mask in the mask language; empty if it hides no key
  bool stored_mask = false;  ///< the document's array of a mask
  std::vector<std::int64_t> key_lengths, key_starts;  ///< one a batch item; empty: all keys
  PositionsFrom positions = PositionsFrom::unsaid;
  // What is added to the scores.
  bool bias = false;           ///< the document's
  bool relative_bias = false;  ///< T5's, by position
  bool alibi = false;
  std::vector<double> sinks;  ///< none, one for all heads, or one a head
  EmptyRow empty_row = EmptyRow::zero;
  std::optional<DropoutSummary> dropout;
  std::optional<LayerSummary> layer;  ///< none: compute

  std::size_t first_query() const { return query_range ? query_range->begin : 0; }
  /// What multiplies the row of QKᵀ of query i of the document.
  double scale_of(std::size_t b, std::size_t h, std::size_t i) const {
    const std::size_t items = queries == 0 ? 1 : query_scales.size() / queries;
    const double by_query = query_scales.empty() ? 1 : query_scales[(items > 1 ? b * queries : 0) + i];
    return (head_scales.empty() ? scale : head_scales[h]) * by_query;
  }
};

/// What compute and multihead give back: labels, the tensors that were asked for in the documented
/// order, and how they were made.
struct Result {
  std::vector<std::string> tokens;
  std::vector<std::string> key_tokens;  ///< empty if the keys bear the queries' labels
  std::vector<std::int64_t> layers;     ///< of several layers of a model, the first axis of all else; empty: no such
  std::vector<NamedTensor> tensors;
  /// The tensors of every head, where `weights` or `dropped` are their mean and both are wanted.
  std::vector<NamedTensor> before_mean;
  std::vector<NamedTensor> stats;  ///< of the rows of weights, each shaped like `lse`; see attn-json(5)
  std::optional<TopKeys> top;
  std::vector<PooledMatrix> pooled;  ///< pictures of weights that are not among the tensors; not in documents
  /// Writes 1 where the mask hides the scores of a matrix, (L, S), else 0; without a layer, a batch item or a head,
  /// where it does in all of them. Null if nothing is masked. For pictures; not in documents.
  std::function<void(const MatrixPlace& place, std::span<std::uint8_t> masked)> mask_cells;
  RunSummary summary;
  std::vector<std::pair<std::string, MetadataValue>> metadata;  ///< the summary, and what callers add to it
  std::string input_metadata;      ///< the input's own `metadata` member as JSON text; empty if none
  std::vector<std::string> notes;  ///< choices that a reader should know of, a line each; for people, not in documents

  const std::vector<std::string>& key_labels() const { return key_tokens.empty() ? tokens : key_tokens; }

  const Tensor* find(const std::string& name) const {
    for (const NamedTensor& named : tensors)
      if (named.name == name) return &named.tensor;
    return nullptr;
  }
};

}  // namespace attn
