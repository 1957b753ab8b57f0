// Flags that do nothing in a run, and the notes of them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "cli/environment.hpp"
#include "cli/flags/output_flags.hpp"

namespace attn::cli {

/// What a run has that flags act on: bits of a set.
struct RunHas {
  using Set = std::uint32_t;
  static constexpr Set picture = 1U << 0;         ///< PNG or SVG
  static constexpr Set page = 1U << 1;            ///< HTML, of matrices
  static constexpr Set drawing = 1U << 2;         ///< a picture made of text
  static constexpr Set colors = 1U << 3;          ///< in a drawing
  static constexpr Set tables = 1U << 4;          ///< text with numbers
  static constexpr Set readings = 1U << 5;        ///< statistics or strongest keys in the place of a drawing
  static constexpr Set annotations = 1U << 6;     ///< numbers in the cells of pictures or drawings
  static constexpr Set layers = 1U << 7;          ///< matrices of several layers
  static constexpr Set all_tensors = 1U << 8;     ///< an output of all that is emitted
  static constexpr Set cells = 1U << 9;           ///< an output of a mask's numbers
  static constexpr Set labels = 1U << 10;         ///< an output that names rows or columns
  static constexpr Set drawn = 1U << 11;          ///< random numbers
  static constexpr Set seeded = 1U << 12;         ///< those of --seed
  static constexpr Set dropped = 1U << 13;        ///< a tensor that comes after dropout
  static constexpr Set csv = 1U << 14;            ///< is read
  static constexpr Set json = 1U << 15;           ///< is read
  static constexpr Set stored_mask = 1U << 16;    ///< of a document or --mask-file
  static constexpr Set named_tensors = 1U << 18;  ///< an input of tensors with names
  static constexpr Set prefix = 1U << 19;         ///< the mask atom that has it from the input
  static constexpr Set output = 1U << 20;         ///< the tensor
  static constexpr Set numbers = 1U << 21;        ///< an output of the numbers of matrices that are drawn
  static constexpr Set mask_on_cache = 1U << 17;  ///< a stored mask, or one of an expression's files, and cached keys
};

/// What the targets are. `text`: what text is in this command, a drawing, tables or readings. `is_colored`: whether a
/// target's drawing has colours; null: none has.
RunHas::Set outputs_of(const Environment& environment, const std::vector<Target>& targets, RunHas::Set text,
                       const std::function<bool(const Target&)>& is_colored = {});

/// What the flags of compute and multihead draw at random.
RunHas::Set draws_of(const Environment& environment);

/// The set if `is_so`, for unions of such.
constexpr RunHas::Set has_if(bool is_so, RunHas::Set set) { return is_so ? set : 0; }

/// Notes, for each reason, which of the flags of the command line change nothing in a run that has `has`.
void note_unused_flags(Environment& environment, RunHas::Set has);

}  // namespace attn::cli
