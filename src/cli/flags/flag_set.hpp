// How flags are added to a command: the kinds of them that there are, without the parser's header.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/flag_names.hpp"

namespace CLI {
class App;
}  // namespace CLI

namespace attn::cli {

class FlagGroup;

/// The flags and arguments of one command.
class FlagSet {
 public:
  /// The flags go to `app`, and their names to `names`.
  FlagSet(CLI::App& app, FlagNames& names) : app_(app), names_(names) {}

  /// An argument that has its place instead of a flag; it may be missing.
  void positional(const std::string& name, std::optional<std::string>& value, const std::string& meaning);
  /// The same for any number of arguments.
  void positionals(const std::string& name, std::vector<std::string>& values, const std::string& meaning);
  /// The flags that --help lists under this title.
  FlagGroup group(std::string title);
  /// What --help ends with.
  void footer(const std::string& text);

 private:
  friend class FlagGroup;
  CLI::App& app_;
  FlagNames& names_;
};

/// Adds flags under one title of --help. A name is "--query-range", or "-o,--output" with a short form. Values stay
/// text until a command asks for them, so that errors come in the order in which it does. `option`: what the library
/// calls the flag's option, where that is not its long form with underscores.
class FlagGroup {
 public:
  FlagGroup(FlagSet& flags, std::string title) : flags_(flags), title_(std::move(title)) {}

  /// A flag with a value, which `type` describes; of several the last counts.
  void text(const std::string& name, std::optional<std::string>& value, const std::string& type,
            const std::string& meaning, const std::string& option = "");
  /// The same, but each counts.
  void repeatable(const std::string& name, std::vector<std::string>& values, const std::string& type,
                  const std::string& meaning, const std::string& option = "");
  /// A flag that may have a value; `otherwise` is its value if it has none.
  void optional_text(const std::string& name, std::optional<std::string>& value, const std::string& type,
                     const std::string& otherwise, const std::string& meaning);
  /// A flag without a value.
  void toggle(const std::string& name, bool& is_on, const std::string& meaning, const std::string& option = "");

 private:
  FlagSet& flags_;
  std::string title_;
};

}  // namespace attn::cli
