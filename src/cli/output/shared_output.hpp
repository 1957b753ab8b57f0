// Files of which each run writes a part: what they are of, their rows, and which parts there are.
#pragma once

#include <string>
#include <vector>

#include "attn/attention.hpp"
#include "cli/environment.hpp"
#include "cli/flags/output_flags.hpp"
#include "io/files/shared_file.hpp"

namespace attn::cli {

/// What a run's numbers follow from, as names and texts: its metadata, and digests of what it reads. Runs that have the
/// same facts give the same numbers. `mask_files`: those that the mask names.
io::Facts problem_facts(const RunAhead& ahead, const Input& input, const AttentionOptions& options,
                        const std::vector<Tensor>& mask_files);

class SharedOutput {
 public:
  /// Of targets that are shared.
  SharedOutput(const std::vector<Target>& targets, QueryPart part);

  /// Begins the files or joins those who have. False if all of them have the part already. Throws Error (data) if one
  /// is of another problem.
  bool join(const RunAhead& ahead, const io::Facts& facts);
  /// Writes the rows of the part, and then that they are there.
  void write(const Result& result);
  /// How far the files are, a line each.
  std::vector<std::string> notes() const;

 private:
  // A tensor of all queries, and the file of it.
  struct Whole {
    const StageInfo& info;
    io::SharedFile file;
    bool had_part = false;
  };
  static void write_rows(Whole& whole, const Tensor& rows, std::size_t first, std::size_t all);

  QueryPart part_;
  std::vector<Whole> files_;
};

/// Prints the parts that one of the files lacks, "3/8" a line. Returns the exit code.
int list_missing_parts(Environment& environment, const std::vector<Target>& targets);

}  // namespace attn::cli
