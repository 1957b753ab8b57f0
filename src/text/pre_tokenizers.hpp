// Pre-tokenizers: steps that cut a text into the pieces that a model gets one by one.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "io/json/config.hpp"
#include "text/aligned.hpp"
#include "text/vocabulary.hpp"

namespace attn::text {

/// A piece of a text, which is never empty.
struct Piece {
  AlignedText text;
  std::optional<TokenId> added;  ///< it is this added token: nothing changes it any more
};
using Pieces = std::vector<Piece>;

/// Puts what `cut` makes of it in the place of every piece that is no added token.
void cut_pieces(Pieces& pieces, const std::function<std::vector<AlignedText>(AlignedText)>& cut);

/// Cuts the pieces further. May throw Error (data).
using PreTokenizer = std::function<void(Pieces&)>;

/// The pre-tokenizer that the part describes. Throws Error (data) for what is not supported.
PreTokenizer make_pre_tokenizer(const io::Config& part);

}  // namespace attn::text
