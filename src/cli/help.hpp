// How --help looks.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace CLI {
class FormatterBase;
}

namespace attn::cli {

/// A command line to begin with, and what it does.
struct Example {
  std::string_view line, meaning;
};
/// What the help of a command opens with.
struct HelpOpening {
  std::string_view usage;              ///< what follows the command's name
  std::array<Example, 3> examples;     ///< they run in the folder of the project's examples
  std::span<const char* const> first;  ///< the options that most people need: they come first, in this order
};

/// A line of two columns, the second wrapped.
std::string help_entry(const std::string& left, const std::string& right);

/// The examples, the options that most need, then all others in two columns, by group; text is wrapped at 80 columns
/// as a terminal counts them, between words only. `opening_of` finds what the help of an app opens with, by its name.
std::shared_ptr<CLI::FormatterBase> help_formatter(const HelpOpening& (*opening_of)(const std::string& name));

}  // namespace attn::cli
