// Checks ids and their types against each other.
#include "io/token_ids.hpp"

#include <utility>

#include "attn/error.hpp"
#include "core/text.hpp"

namespace attn::io {
namespace {

Shape shape_of(const TokenIds& ids) { return ids.has_batch_axis ? Shape{ids.batch, ids.length} : Shape{ids.length}; }

}  // namespace

void throw_ragged_ids(const std::string& where, std::size_t length, std::size_t first) {
  throw data_error(where, "has " + counted(length, "id") + ", but the first row has " + std::to_string(first) +
                              ": pad the shorter rows at their ends, with any id of the vocabulary, and say in " +
                              "key_lengths how many of each row count");
}

void TokenIdMembers::take(std::string_view name, TokenIds member) {
  (name == "token_ids" ? ids_ : types_) = std::move(member);
}

void TokenIdMembers::give(Input& input) {
  if (types_ && !ids_) throw data_error(types_->where, "is of token_ids, and there are none");
  if (!ids_) return;
  if (types_) {
    if (shape_of(*types_) != shape_of(*ids_))
      throw data_error(types_->where, "has the shape " + shape_text(shape_of(*types_)) + ", but token_ids have " +
                                          shape_text(shape_of(*ids_)));
    ids_->types = std::move(types_->ids);
    ids_->types_where = types_->where;
  }
  input.token_ids = std::move(ids_);
}

}  // namespace attn::io
