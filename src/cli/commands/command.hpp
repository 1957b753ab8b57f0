// A subcommand: its flags, and what it does with them.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "cli/environment.hpp"
#include "cli/flags/flag_set.hpp"
#include "cli/help.hpp"

namespace attn::cli {

class Command {
 public:
  virtual ~Command() = default;
  virtual void add_flags(FlagSet& flags) = 0;
  /// Returns the exit code; throws Error.
  virtual int run(Environment& environment) = 0;
};

/// One row of the table of commands.
struct CommandInfo {
  std::string_view name;
  std::string_view summary;
  std::unique_ptr<Command> (*make)();
  HelpOpening opening;
};
/// Every command, in the order of the documentation.
std::span<const CommandInfo> commands();
/// What the help of a command opens with; of any other name, that of attn itself.
const HelpOpening& opening_of(const std::string& command);

std::unique_ptr<Command> make_compute();
std::unique_ptr<Command> make_mask();
std::unique_ptr<Command> make_multihead();
std::unique_ptr<Command> make_visualize();
std::unique_ptr<Command> make_bench();
std::unique_ptr<Command> make_completion();

}  // namespace attn::cli
