// Documents: what a file says (Input) and what a run gives back (Result), independent of any format.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "attn/pooled.hpp"
#include "attn/tensor.hpp"

namespace attn {

/// A tensor and the place it was read from, for messages: `in.json#/query`, `--bias`.
struct SourcedTensor {
  Tensor tensor;
  std::string where;
};

/// What an input says, read but not yet checked against itself. Shapes are checked by the Problem.
struct Input {
  std::string source;  ///< the file's name, or what stands for it in messages where there is no file
  std::vector<std::string> tokens;
  std::vector<std::string> key_tokens;
  /// By their names in the document: embeddings, query, key, value, mask, bias, past_key, past_value.
  /// Floating-point tensors have the dtype that the reader was asked for; `mask` is u8.
  std::map<std::string, SourcedTensor> tensors;
  /// By their names inside `projections`: W_q, b_q, q_proj.weight, in_proj_weight, …
  std::map<std::string, SourcedTensor> projections;
  std::optional<std::vector<std::int64_t>> key_lengths;  ///< one per batch item
  std::optional<std::vector<std::int64_t>> segments;     ///< one id per token
  std::optional<std::int64_t> num_heads;
  std::optional<std::int64_t> num_kv_heads;
  std::optional<double> scale;  ///< the multiplier of QKᵀ; "none" is 1
  std::string metadata;         ///< the `metadata` member as JSON text; empty if there is none

  /// The place of a member, for messages: `in.json#/num_heads`.
  std::string where(const std::string& member) const { return source + "#/" + member; }
};

struct NamedTensor {
  std::string name;
  Tensor tensor;
};

/// The strongest keys of every row of weights, strongest first; of equal ones the lower key.
struct TopKeys {
  std::size_t count = 0;          ///< of each row: as many as were asked for, at most all
  std::vector<std::size_t> keys;  ///< (…, L, count)
  Tensor weights;                 ///< (…, L, count)
};

/// A member of `metadata` that attn writes itself.
using MetadataValue = std::variant<bool, std::int64_t, double, std::string>;

/// What compute and multihead give back: labels, the tensors that were asked for in the documented
/// order, and how they were made.
struct Result {
  std::vector<std::string> tokens;
  std::vector<std::string> key_tokens;  ///< empty if the keys bear the queries' labels
  std::vector<NamedTensor> tensors;
  std::vector<NamedTensor> stats;  ///< of the rows of weights, each shaped like `lse`; see attn-json(5)
  std::optional<TopKeys> top;
  std::vector<PooledMatrix> pooled;  ///< pictures of weights that are not among the tensors; not in documents
  std::vector<std::pair<std::string, MetadataValue>> metadata;
  std::string input_metadata;      ///< the input's own `metadata` member as JSON text; empty if none
  std::vector<std::string> notes;  ///< choices that a reader should know of, a line each; for people, not in documents

  const Tensor* find(const std::string& name) const {
    for (const NamedTensor& named : tensors)
      if (named.name == name) return &named.tensor;
    return nullptr;
  }
};

}  // namespace attn
