// --expect: tensors of a run compared with those of files.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attn/document.hpp"
#include "attn/read.hpp"
#include "cli/difference.hpp"
#include "cli/environment.hpp"
#include "cli/flags/arithmetic.hpp"
#include "cli/flags/flag_set.hpp"

namespace attn::cli {

class ExpectFlags {
 public:
  void add(FlagSet& flags);

  bool given() const { return !files_.empty(); }
  /// Reads the files, before any work. `tensors`: those that the command can give, besides statistics. `nameless`: the
  /// one that an array without a name is expected of; empty: the output. Throws Error (usage) for wrong tolerances,
  /// (data) for files that cannot be read or have none of them. Of the file that is `input` too, members that are
  /// inputs are not compared.
  void read(const std::vector<std::string_view>& tensors, std::string_view nameless, Arithmetic arithmetic,
            const ReadOptions& options, const std::optional<std::string>& input);
  /// Whether a file is INPUT as well, which then holds what is expected of it.
  bool holds_input() const { return holds_input_; }
  /// The names of the tensors to compare, each as often as it is.
  std::vector<std::string> tensors() const;
  /// Whether statistics are to be compared.
  bool wants_stats() const;
  /// Compares, and reports on standard error; `quiet`: only what is not met. Returns whether all was met.
  bool check(Environment& environment, const Result& result, bool quiet) const;

 private:
  struct Expectation {
    std::string path, name;
    Tensor tensor;
    std::string_view dtype;  ///< in the file: f16, bf16, f32 or f64; empty for text and whole numbers
    bool nulls = false;      ///< NaN stands for JSON's null
    bool is_text = false;
    bool is_table = false;     ///< CSV, which has no axes of one
    bool is_nameless = false;  ///< neither the file nor the flag says which tensor it is

    bool is_stat() const { return name.starts_with(stats_prefix); }
  };

  void read_file(const std::string& argument, const std::vector<std::string>& names, const ReadOptions& options,
                 const std::optional<std::string>& input);
  Tolerance tolerance(const Expectation& expected) const;
  bool check_one(Environment& environment, const Expectation& expected, const Result& result, const Tensor& actual,
                 bool quiet) const;

  std::vector<std::string> files_;
  std::optional<std::string> rtol_, atol_;
  std::optional<double> relative_, absolute_;
  std::string nameless_;
  Arithmetic arithmetic_ = Arithmetic::f32;
  std::vector<Expectation> expected_;
  bool holds_input_ = false;
};

}  // namespace attn::cli
