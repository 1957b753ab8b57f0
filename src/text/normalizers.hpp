// Normalizers: steps that change a text before it is cut into pieces.
#pragma once

#include <functional>
#include <string_view>

#include "io/json/config.hpp"
#include "text/aligned.hpp"

namespace attn::text {

/// Changes the text in its place. May throw Error (data).
using Normalizer = std::function<void(AlignedText&)>;

/// The normalizer that the part describes. Throws Error (data) for what is not supported.
Normalizer make_normalizer(const io::Config& part);

/// SentencePiece's rules of normalization, in its own form: a trie of what is replaced, and the replacements, as
/// base64.
Normalizer make_precompiled(const io::Config& part);

}  // namespace attn::text
