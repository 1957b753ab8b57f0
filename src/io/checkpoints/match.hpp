// Names of tensors against the table of architectures.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/checkpoints/architectures.hpp"

namespace attn::io {

/// Layers of one architecture under one prefix.
struct NamedLayers {
  const Architecture* row = nullptr;
  std::string prefix;     ///< with its dot
  std::string attention;  ///< prefix and the row's own, N for the number
  std::vector<std::int64_t> layers;
  std::vector<std::int64_t> stored = {};  ///< the number in the names of each of `layers`; empty: the layer's own

  /// The number that the names of a layer have.
  std::optional<std::int64_t> stored_number(std::optional<std::int64_t> layer) const {
    return layer && !stored.empty() ? stored.at(static_cast<std::size_t>(*layer)) : layer;
  }
};

/// The layers of each row whose query projection is among the names; several rows may fit the same ones.
std::vector<NamedLayers> match_all(const std::vector<std::string>& names);

/// `pattern` with N as the number; a pattern without N as it is.
std::string numbered(std::string_view pattern, std::optional<std::int64_t> layer);
/// `layers.N.self_attn.q_proj.weight` of a name: those of all layers are one.
std::string without_numbers(const std::string& name);
/// The words of a list separated by spaces.
std::vector<std::string> words(std::string_view list);

}  // namespace attn::io
