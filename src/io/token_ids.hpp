// The members of documents that whole models read: token_ids and type_ids.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "attn/document.hpp"

namespace attn::io {

/// Throws the error for a row of ids that is not as long as the first.
[[noreturn]] void throw_ragged_ids(const std::string& where, std::size_t length, std::size_t first);

/// Gathers the two in whatever order a document has them.
class TokenIdMembers {
 public:
  /// `name`: "token_ids" or "type_ids", whose numbers are the `ids` of `member`.
  void take(std::string_view name, TokenIds member);
  /// Gives the document what was taken. Throws Error (data) for types without ids, or of another shape.
  void give(Input& input);

 private:
  std::optional<TokenIds> ids_, types_;
};

}  // namespace attn::io
