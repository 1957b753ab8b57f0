// How flags are added to a command: the kinds of them that there are, without the parser's header.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/flag_names.hpp"
#include "cli/flags/value_type.hpp"

namespace CLI {
class App;
}  // namespace CLI

namespace attn::cli {

class FlagGroup;

/// A flag, or an argument that has its place instead, as a shell needs to know it.
struct FlagInfo {
  enum class Takes { nothing, perhaps_a_value, a_value };

  std::string name, short_name;  ///< "--output" and "-o", or "INPUT" and nothing
  std::string meaning;
  ValueType value;
  Takes takes = Takes::a_value;
  bool repeats = false;

  bool is_positional() const { return !name.starts_with('-'); }
};

/// The flags and arguments of one command.
class FlagSet {
 public:
  /// The flags go to `app`, and their names to `names`.
  FlagSet(CLI::App& app, FlagNames& names) : app_(app), names_(names) {}

  /// All that was added.
  const std::vector<FlagInfo>& all() const { return all_; }

  /// An argument that has its place instead of a flag; it may be missing.
  void positional(const std::string& name, std::optional<std::string>& value, const std::string& meaning,
                  const ValueType& type = "");
  /// The same for any number of arguments.
  void positionals(const std::string& name, std::vector<std::string>& values, const std::string& meaning,
                   const ValueType& type = "");
  /// The flags that --help lists under this title.
  FlagGroup group(std::string title);
  /// What --help ends with.
  void footer(const std::string& text);

 private:
  friend class FlagGroup;
  CLI::App& app_;
  FlagNames& names_;
  std::vector<FlagInfo> all_;
};

/// Adds flags under one title of --help. A name is "--query-range", or "-o,--output" with a short form. Values stay
/// text until a command asks for them, so that errors come in the order in which it does. `option`: what the library
/// calls the flag's option, where that is not its long form with underscores.
class FlagGroup {
 public:
  FlagGroup(FlagSet& flags, std::string title) : flags_(flags), title_(std::move(title)) {}

  /// A flag with a value, which `type` describes; of several the last counts.
  void text(const std::string& name, std::optional<std::string>& value, const ValueType& type,
            const std::string& meaning, const std::string& option = "");
  /// The same, but each counts.
  void repeatable(const std::string& name, std::vector<std::string>& values, const ValueType& type,
                  const std::string& meaning, const std::string& option = "");
  /// A flag that may have a value; `otherwise` is its value if it has none.
  void optional_text(const std::string& name, std::optional<std::string>& value, const ValueType& type,
                     const std::string& otherwise, const std::string& meaning);
  /// A flag without a value.
  void toggle(const std::string& name, bool& is_on, const std::string& meaning, const std::string& option = "");

 private:
  void note(const std::string& name, const std::string& meaning, const ValueType& type, FlagInfo::Takes takes,
            bool repeats = false);

  FlagSet& flags_;
  std::string title_;
};

/// Why a value names no file, if it does not; `takes_dash`: "-" has a meaning.
std::string refusal_of_file(const std::string& value, bool takes_dash);

/// What `add` adds, for those who do not parse with it.
std::vector<FlagInfo> flags_added_by(const std::function<void(FlagSet&)>& add);

}  // namespace attn::cli
