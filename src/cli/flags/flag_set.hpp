// How flags are added to a command: the kinds of them that there are, without the parser's header.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}  // namespace CLI

namespace attn::cli {

class FlagGroup;

/// The flags and arguments of one command.
class FlagSet {
 public:
  explicit FlagSet(CLI::App& app) : app_(app) {}

  /// An argument that has its place instead of a flag; it may be missing.
  void positional(const std::string& name, std::optional<std::string>& value, const std::string& meaning);
  /// The flags that --help lists under this title.
  FlagGroup group(std::string title);
  /// What --help ends with.
  void footer(const std::string& text);

 private:
  friend class FlagGroup;
  CLI::App& app_;
};

/// Adds flags under one title of --help. A name is "--query-range", or "-o,--output" with a short form. Values stay
/// text until a command asks for them, so that the errors of a command line come in the order in which it is used.
class FlagGroup {
 public:
  FlagGroup(FlagSet& flags, std::string title) : flags_(flags), title_(std::move(title)) {}

  /// A flag with a value, which `type` describes; of several the last counts.
  void text(const std::string& name, std::optional<std::string>& value, const std::string& type,
            const std::string& meaning);
  /// The same, but each counts.
  void repeatable(const std::string& name, std::vector<std::string>& values, const std::string& type,
                  const std::string& meaning);
  /// A flag without a value.
  void toggle(const std::string& name, bool& is_on, const std::string& meaning);

 private:
  FlagSet& flags_;
  std::string title_;
};

}  // namespace attn::cli
