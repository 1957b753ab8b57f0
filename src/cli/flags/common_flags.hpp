// The flags that every command has: threads, kernels, element type, memory, colour, verbosity.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "attn/kernels.hpp"
#include "attn/tensor.hpp"
#include "cli/environment.hpp"
#include "cli/flags/arithmetic.hpp"
#include "cli/flags/flag_set.hpp"
#include "cli/stopwatch.hpp"

namespace attn::cli {

/// A number of threads that a machine may have. Throws Error (usage, at `where`).
std::size_t parse_threads(const std::string& text, const std::string& where);

class CommonFlags {
 public:
  /// `arithmetic`: also --threads, --kernel and --dtype, for commands that run attention. `over_memory`: what
  /// is done about work that needs more than --max-memory.
  void add(FlagSet& flags, bool arithmetic, const std::string& over_memory = "Refuse work");

  /// --threads alone, for commands that share out work of another kind.
  void add_threads(FlagSet& flags);

  std::size_t threads() const;
  const KernelSet& kernels() const;
  Arithmetic arithmetic() const;
  /// Of tensors.
  DType dtype() const { return tensor_dtype(arithmetic()); }
  std::uint64_t max_memory() const;
  /// Whether text that goes to the terminal, or to a file or pipe, has colours.
  bool color(const Environment& environment, bool on_terminal) const;
  /// Throws Error (usage) for a word that --color does not know.
  void check_color() const { color_choice(); }
  bool quiet() const { return quiet_; }
  bool verbose() const { return verbose_ && !quiet_; }
  /// Lets a run show how far it is, unless --quiet; `by_itself`: a few times a second, which commands that time what
  /// they do have no use for.
  void show_progress(Environment& environment, bool by_itself = true) const;
  /// With --verbose, and not --quiet: says how long something took.
  void report(Environment& environment, const std::string& what, const Stopwatch& watch) const;

 private:
  std::size_t color_choice() const;

  std::optional<std::string> threads_, kernel_, dtype_, max_memory_, color_;
  bool quiet_ = false, verbose_ = false;
};

}  // namespace attn::cli
