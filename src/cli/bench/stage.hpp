// A stage: a step of the program, or a whole run of it, that is timed by itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/bench/timing.hpp"

namespace attn::cli {

struct StageResult {
  std::string name;
  Timing timing;
  std::optional<std::uint64_t> bytes;           ///< read or written
  std::optional<std::uint64_t> elements;        ///< numbers read or written
  std::optional<std::uint64_t> peak_bytes;      ///< resident memory of the process at most
  std::optional<std::uint64_t> overhead_bytes;  ///< of these, what is beyond inputs and outputs
  std::optional<double> ratio;                  ///< of the median to that of the stage before
};

}  // namespace attn::cli
