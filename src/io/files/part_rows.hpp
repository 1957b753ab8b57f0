// The rows of one part in a file that several runs write: where they are, and whether they are still there.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "attn/file_bytes.hpp"
#include "io/files/facts.hpp"

namespace attn::io {

/// Blocks of one size at one distance: the rows of a part, of each matrix in turn.
struct Blocks {
  std::uint64_t begin = 0;  ///< of the first, in the file
  std::uint64_t bytes = 0;  ///< of each
  std::uint64_t step = 0;   ///< from one to the next
  std::uint64_t count = 0;
};

/// Where blocks are, and a digest of what they hold: `contents`, one after the other.
Facts facts_of(const Blocks& blocks, std::string_view contents);
/// Whether the file holds at those places what the facts say. False for facts that say nothing of the kind.
bool holds(const FileBytes& file, const Facts& facts);

}  // namespace attn::io
