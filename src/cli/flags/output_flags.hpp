// Where results go: -o files, standard output, and their formats. Files are opened before the work starts.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attn/formats.hpp"
#include "attn/output_file.hpp"
#include "attn/sink.hpp"
#include "cli/environment.hpp"
#include "cli/flags/flag_set.hpp"
#include "cli/flags/output_formats.hpp"

namespace attn::cli {

struct Target {
  std::string tensor;  ///< the name before `=`, or what --emit has for it; empty for none
  OutputKind kind = OutputKind::text;
  std::string_view format_name;            ///< for -f
  const Format* format = nullptr;          ///< of documents and tensors
  const PictureFormat* picture = nullptr;  ///< of pictures
  Sink* sink = nullptr;
  bool on_terminal = false;               ///< goes to standard output, which is a terminal
  bool is_shared = false;                 ///< an NPY file of which other runs write other rows: it has no sink
  std::size_t width = 0;                  ///< of that terminal, or COLUMNS: text has no longer lines; 0 is any
  std::string place = "standard output";  ///< for messages: the file

  void set(const OutputFormat& output);
};

/// Whether it has room for one tensor alone, whatever is emitted.
inline bool holds_one(const Target& target) {
  return target.kind == OutputKind::tensor || target.kind == OutputKind::picture;
}

/// Whether the target's reader chooses among the matrices.
bool is_page(const Target& target);

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
  /// `picks_tensors`: TENSOR=FILE is understood. `can_give`: whether the command has something to write in a format.
  /// `pipes_text`: standard output's default is text, even where it is no terminal.
  void add(FlagSet& flags, bool picks_tensors, const std::function<bool(const OutputFormat&)>& can_give,
           bool pipes_text = false);

  /// The tensor that outputs of one show where none is named, in the place of the weights; before `open`.
  void set_nameless(std::string_view tensor) { nameless_ = tensor; }

  /// Reads the flags and opens every file, but for those that are `shared` among several runs: only NPY files of rows
  /// can be, and then all must be. `tensors`: names that may stand before `=`. `piped`: the kind of standard output's
  /// default where it is no terminal. Throws Error (usage) for an unknown format, (data)
  /// for a file that cannot be made.
  void open(const Environment& environment, const std::vector<std::string_view>& tensors,
            OutputKind piped = OutputKind::document, bool shared = false);
  std::vector<Target>& targets() { return targets_; }
  const std::vector<Target>& targets() const { return targets_; }
  /// "w.png (png) and standard output (text)".
  std::string places() const;
  bool format_given() const { return format_.has_value(); }
  /// On a terminal too, where no format was asked for.
  void use_json_for_lines();
  /// Calls `put` with each target and then puts the files in their places. A reader that leaves early (BrokenPipe) has
  /// seen enough of its own target; the others still get all of theirs.
  void write(const std::function<void(Target&)>& put);

 private:
  void add_target(const Environment& environment, const std::string& given, std::string tensor);
  std::pair<const OutputFormat*, std::string> split_format(const std::string& path) const;
  void refuse_other_name(const std::string& name, const std::string& path,
                         const std::vector<std::string_view>& tensors) const;
  void refuse_second(const std::string& path) const;
  static void check_shared(const Target& target);
  const OutputFormat& format_named(std::string_view name) const;
  const OutputFormat& format_of_file(const std::string& path) const;
  const OutputFormat& default_format(const Environment& environment) const;
  std::vector<std::string_view> names() const;
  std::vector<std::string_view> extensions() const;

  std::vector<const OutputFormat*> formats_;  ///< that the command can give
  OutputKind piped_ = OutputKind::document;
  bool shared_ = false;
  std::string nameless_;  ///< empty: the weights
  std::vector<std::string> paths_;
  std::optional<std::string> format_;
  std::vector<std::unique_ptr<OutputFile>> files_;
  std::vector<Target> targets_;
};

}  // namespace attn::cli
