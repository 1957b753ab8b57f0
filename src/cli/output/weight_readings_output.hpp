// Readings of drawn matrices as text.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "attn/heatmap.hpp"

namespace attn::cli {

/// What is read of each row of a panel's weights; `top` of 0 wants no keys.
struct ReadingsWanted {
  bool stats = false;
  std::size_t top = 0;
  std::size_t first_query = 0;  ///< the key at the place of the first row, from which distances count
  std::size_t width = 0;        ///< of the terminal that shows them; 0 is any
};

/// The panel's title, and the tables that compute prints, of these rows of its matrix.
std::string readings_text(const Panel& panel, std::span<const std::size_t> rows, const ReadingsWanted& wanted);

}  // namespace attn::cli
