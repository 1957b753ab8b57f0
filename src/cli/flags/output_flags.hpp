// Where results go: -o files, standard output, and their formats. Files are opened before the work starts.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attn/io.hpp"
#include "cli/environment.hpp"
#include "cli/flags/flag_set.hpp"

namespace attn::cli {

/// What a target wants of a result.
enum class OutputKind {
  document,  ///< JSON, JSON Lines, NPZ, safetensors: everything that was emitted, or one tensor
  tensor,    ///< CSV, TSV, NPY: one tensor
  picture,   ///< PNG
  markdown,  ///< a table for a README
  text,      ///< for people
};

struct Target {
  std::string tensor;  ///< the name before `=`; empty for none
  OutputKind kind = OutputKind::text;
  const Format* format = nullptr;  ///< of documents and tensors
  Sink* sink = nullptr;
  bool on_terminal = false;               ///< goes to standard output, which is a terminal
  std::string place = "standard output";  ///< for messages: the file
};

/// What `make` gives; an Error of it that names no place has that of the target.
template <class Make>
auto made_for(const Target& target, const Make& make) {
  try {
    return make();
  } catch (const Error& error) {
    if (!error.where().empty()) throw;
    throw Error(error.kind(), target.place, error.what());
  }
}

class OutputFlags {
 public:
  /// `kinds` are what the command can give, but for the formats named in `except`.
  void add(FlagSet& flags, std::vector<OutputKind> kinds, std::vector<std::string_view> except = {});

  /// Reads the flags and opens every file. `tensors`: names that may stand before `=`. `piped`: the kind of
  /// standard output's default where it is no terminal. Throws Error (usage) for an unknown format, (data)
  /// for a file that cannot be made.
  void open(const Environment& environment, const std::vector<std::string_view>& tensors,
            OutputKind piped = OutputKind::document);
  std::vector<Target>& targets() { return targets_; }
  bool format_given() const { return format_.has_value(); }
  /// On a terminal too, where no format was asked for.
  void use_json_for_lines();
  /// Puts the files in their places.
  void commit();

 private:
  void add_target(const Environment& environment, const std::string& path, std::string tensor);
  void set_kind(Target& target, std::string_view name, const std::string& where) const;
  bool can_write(OutputKind kind, std::string_view format) const;
  std::vector<std::string_view> names_of_formats() const;
  std::vector<std::string_view> extensions() const;

  std::vector<OutputKind> kinds_;
  std::vector<std::string_view> except_;
  OutputKind piped_ = OutputKind::document;
  std::vector<std::string> paths_;
  std::optional<std::string> format_;
  std::vector<std::unique_ptr<OutputFile>> files_;
  std::vector<Target> targets_;
};

}  // namespace attn::cli
