// The rest of a run: reading, writing, pictures and the start of the program, timed by themselves.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "attn/kernels.hpp"
#include "cli/bench/stage.hpp"

namespace attn::cli {

/// The sizes of what is timed.
struct RestOfRun {
  std::size_t document_rows = 0, document_columns = 0;  ///< of the tensor that is read and written
  std::size_t heads = 0, queries = 0, dim = 0;          ///< of the attention that a whole process runs
  std::size_t picture = 0;                              ///< rows and columns of the weights that are drawn
  std::size_t longest = 0;                              ///< queries of the run whose memory is measured
};

struct StageOptions {
  const KernelSet* kernels = nullptr;
  std::size_t threads = 1;
  std::size_t warmup = 0, runs = 1;
};

/// Stages that are measured together, and a name for the progress bar.
struct StageGroup {
  std::string name;
  std::function<std::vector<StageResult>()> measure;
};
/// Runs this program as a process of its own where whole processes are timed. Files are in a folder that is
/// removed when the groups are gone, or by a signal. Throws Error (data) if the folder cannot be made; a group
/// throws it if a process fails.
std::vector<StageGroup> rest_of_run(const RestOfRun& sizes, const StageOptions& options);

}  // namespace attn::cli
