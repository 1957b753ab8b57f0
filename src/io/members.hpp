// The members of the input document, whatever format it is in, and the labels of the tensors of a result.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attn/document.hpp"
#include "attn/read_options.hpp"
#include "attn/stages.hpp"
#include "io/json/metadata.hpp"

namespace attn::io {

enum class MemberKind {
  texts,
  text,
  number,
  exact,  ///< numbers that are read as float64 whatever the reader is asked for
  mask,
  bias,
  ids,
  integers,
  integer_rows,  ///< a list of integers, or a list of such lists
  integer,
  positions,
  scale,
  projections,
  metadata
};

struct Member {
  std::string_view name;
  std::string_view means;  ///< the name in Input: `query` for `q`
  MemberKind kind;
  std::optional<Stage> like = {};  ///< the stage whose axes its tensor has, if it is not the one of its name

  /// Whether elements of 16 bits are of use as they are: those of keys and values (ReadOptions).
  bool may_stay_narrow() const {
    return means == "key" || means == "value" || means == "past_key" || means == "past_value";
  }
};

/// What the values of the tensor in a member mean.
TensorKind tensor_kind(MemberKind kind);
/// null if there is no such member.
const Member* find_member(std::string_view name);
/// Whether a document's member is a tensor, or statistics, of a result, under a name that no input has.
bool is_of_result(std::string_view name);
/// Throws the error for a name that is none, with the nearest.
[[noreturn]] void throw_unknown_member(const std::string& where, std::string_view name);

/// Where Input keeps the value of a member of that kind.
std::vector<std::string>& texts_of(Input& input, std::string_view name);
std::optional<std::string>& text_of(Input& input, std::string_view name);
std::optional<std::vector<std::int64_t>>& integers_of(Input& input, std::string_view name);
/// "from-start" or "from-zero"; throws Error (data, at `where`).
PositionsFrom positions_of(std::string_view text, const std::string& where);
std::optional<std::int64_t>& integer_of(Input& input, std::string_view name);

/// Gives `labelled`, the tensor `name` of a document, the labels that belong to its axes by the table of
/// stages; other tensors' rows are queries. Throws Error (data, at `place`'s
/// tokens) if a matrix over queries and keys has other extents.
void label_axes(LabelledTensor& labelled, const std::string& name, const std::vector<std::string>& tokens,
                const std::vector<std::string>& key_tokens, const std::string& place);

/// Puts the axes before the rows of the tensor `name` of a result to their places, as far as the result says which they
/// are, and gives its layers their numbers. Throws Error (data, at `place`) for one whose tokens come before its heads.
void place_axes(LabelledTensor& labelled, const std::string& name, const ResultFacts& facts, const std::string& place);

/// "'x' is not here; there are a, b".
std::string not_among(std::string_view name, const std::vector<std::string>& names);

/// What is drawn of a document without `weights`: the only one of its matrices, with a note. Throws Error (data) where
/// that is none, for it is of several, or an input.
std::string only_matrix(const std::string& place, const std::vector<std::string>& matrices,
                        const std::vector<std::string>& names, const ReadOptions& options);
/// Whose labels and axes a drawn tensor has: what is no tensor of attn's is taken for weights.
std::string labelled_as(const std::string& name);

}  // namespace attn::io
