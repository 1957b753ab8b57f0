// Help: usage, options in two columns, wrapped text.
#include "cli/help.hpp"

#include <CLI/CLI.hpp>

#include "cli/flags/values.hpp"
#include "core/utf8.hpp"

namespace attn::cli {
namespace {

constexpr std::size_t line_width = 96, left_width = 28;

std::string left_of(const CLI::Option& option) {
  std::string text = option.get_snames().empty() ? "      " : "  -" + option.get_snames()[0];
  if (!option.get_lnames().empty()) text += (option.get_snames().empty() ? "--" : ", --") + option.get_lnames()[0];
  if (!option.get_type_name().empty()) text += " " + option.get_type_name();
  return text;
}

std::string options_of(const CLI::App& app, const std::string& group) {
  std::string text;
  for (const CLI::Option* option : app.get_options())
    if (option->nonpositional() && option->get_group() == group)
      text += help_entry(left_of(*option), option->get_description());
  return text.empty() ? text : "\n" + group + ":\n" + text;
}

class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;
};

}  // namespace

// `left` in its column, then the words of `right` in theirs; a left part that is too wide has a line of its own.
std::string help_entry(const std::string& left, const std::string& right) {
  const std::string indent(left_width, ' ');
  const std::size_t used = display_width(left);
  std::string text = left + (used + 2 <= left_width ? std::string(left_width - used, ' ') : "\n" + indent);
  std::size_t column = left_width;
  for (const std::string& word : words_of(right)) {
    const std::size_t width = display_width(word);
    const bool first = column == left_width;
    if (!first && column + 1 + width > line_width) {
      text += "\n" + indent + word;
      column = left_width + width;
    } else {
      text += (first ? "" : " ") + word;
      column += width + (first ? 0 : 1);
    }
  }
  return text + "\n";
}

std::string HelpFormatter::make_help(const CLI::App* app, std::string name, CLI::AppFormatMode) const {
  const bool is_command = app->get_parent() != nullptr;
  std::string usage = "Usage: " + name + (is_command ? " [OPTIONS]" : " COMMAND [OPTIONS]"), positionals, commands;
  for (const CLI::Option* option : app->get_options()) {
    if (!option->get_positional()) continue;
    usage += " [" + option->get_name(true) + (option->get_items_expected_max() > 1 ? " ..." : "") + "]";
    positionals += help_entry("  " + option->get_name(true), option->get_description());
  }
  for (const CLI::App* command : app->get_subcommands({}))
    commands += help_entry("  " + command->get_name(), command->get_description());

  std::string text = app->get_description() + "\n\n" + usage + "\n";
  if (!positionals.empty()) text += "\n" + positionals;
  if (!commands.empty()) text += "\nCommands:\n" + commands;
  // What every command has comes last.
  const std::string general = "Options";
  for (const std::string& group : app->get_groups())
    if (group != general) text += options_of(*app, group);
  return text + options_of(*app, general) + "\n" + app->get_footer() + "\n";
}

std::shared_ptr<CLI::FormatterBase> help_formatter() { return std::make_shared<HelpFormatter>(); }

}  // namespace attn::cli
