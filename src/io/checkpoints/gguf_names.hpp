// GGUF's architectures: the names and conventions of llama.cpp's converter against those of transformers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace attn::io {

/// How a tensor of a GGUF file differs from that of the checkpoint that it was made of.
enum class GgufChange : std::uint8_t {
  none,
  query_rows,  ///< rows of each head's query in the order of interleaved RoPE: halves in turn, if the architecture does
  key_rows,    ///< the same of keys
  head_rows,   ///< all queries, all keys, all values, where the checkpoint has each head's three together
  columns,     ///< (out, in) of a weight that the checkpoint has as (in, out)
  plus_one,    ///< the weight of a norm that the checkpoint has less 1
  query_norms,  ///< (H, D), where the checkpoint has a tensor for each head, whose name has H for its number
  key_norms,    ///< the same of keys
};

/// A tensor's two names, without `.weight` or `.bias`; N stands for the layer's number.
struct GgufName {
  std::string_view stored, name;
  GgufChange change = GgufChange::none;
};

struct GgufArchitecture {
  std::string_view name;                               ///< general.architecture
  std::string_view model_type;                         ///< of the row of the table of architectures whose layers it has
  std::span<const GgufName> own, shared;               ///< the first that fits counts
  bool permuted = false;                               ///< query_rows and key_rows are as they say
  std::string_view layers_name = "num_hidden_layers";  ///< member of config.json
  std::int64_t large_layers = 0;  ///< so many layers are those of a model whose scale is 1/√(width / heads)
};

std::span<const GgufArchitecture> gguf_architectures();

/// What a tensor of a GGUF file is called in the checkpoint, and how it differs.
struct GgufRenamed {
  std::string name;
  GgufChange change = GgufChange::none;
};
/// None for a name that the architecture does not have.
std::optional<GgufRenamed> gguf_renamed(const GgufArchitecture& architecture, std::string_view stored);

}  // namespace attn::io
