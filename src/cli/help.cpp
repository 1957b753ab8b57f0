// Help: usage, examples, options in two columns, wrapped text.
#include "cli/help.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "cli/flags/values.hpp"
#include "core/utf8.hpp"

namespace attn::cli {
namespace {

constexpr std::size_t line_width = 80, left_width = 26;
constexpr const char* first_title = "Most used";

std::string left_of(const CLI::Option& option) {
  std::string text = option.get_snames().empty() ? "      " : "  -" + option.get_snames()[0];
  if (!option.get_lnames().empty()) text += (option.get_snames().empty() ? "--" : ", --") + option.get_lnames()[0];
  if (!option.get_type_name().empty()) text += " " + option.get_type_name();
  return text;
}

std::string entry_of(const CLI::Option& option) { return help_entry(left_of(option), option.get_description()); }

std::string titled(const std::string& title, const std::string& entries) {
  return entries.empty() ? "" : "\n" + title + ":\n" + entries;
}

// The words of a text after `indent` spaces, on as many lines as they take; `column` is where the first line stands.
std::string wrapped(const std::string& text, std::size_t indent, std::size_t column) {
  std::string lines;
  for (const std::string& word : words_of(text)) {
    const std::size_t width = display_width(word);
    const bool first = column == indent;
    if (!first && column + 1 + width > line_width) {
      lines += "\n" + std::string(indent, ' ') + word;
      column = indent + width;
    } else {
      lines += (first ? "" : " ") + word;
      column += width + (first ? 0 : 1);
    }
  }
  return lines + "\n";
}

// The option of a long name; null if there is none.
const CLI::Option* option_of(const CLI::App& app, const std::string& name) {
  const auto is_named = [&](const CLI::Option* option) { return option->check_lname(name); };
  const std::vector<const CLI::Option*> all = app.get_options();
  const auto found = std::find_if(all.begin(), all.end(), is_named);
  return found == all.end() ? nullptr : *found;
}

class HelpFormatter : public CLI::Formatter {
 public:
  explicit HelpFormatter(const HelpOpening& (*opening_of)(const std::string& name)) : opening_of_(opening_of) {}
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;

 private:
  const HelpOpening& (*opening_of_)(const std::string& name);
};

}  // namespace

// A left part that is too wide has a line of its own.
std::string help_entry(const std::string& left, const std::string& right) {
  const std::size_t used = display_width(left);
  return left + (used + 2 <= left_width ? std::string(left_width - used, ' ') : "\n" + std::string(left_width, ' ')) +
         wrapped(right, left_width, left_width);
}

std::string HelpFormatter::make_help(const CLI::App* app, std::string name, CLI::AppFormatMode) const {
  const HelpOpening& opening = opening_of_(app->get_name());
  std::string text =
      wrapped(app->get_description(), 0, 0) + "\nUsage: " + name + " " + std::string(opening.usage) + "\n";
  text += "\nExamples:\n";
  for (const Example& example : opening.examples)
    text += "  " + std::string(example.line) + "\n      " + wrapped(std::string(example.meaning), 6, 6);

  std::string positionals, commands, first;
  for (const CLI::Option* option : app->get_options())
    if (option->get_positional()) positionals += help_entry("  " + option->get_name(true), option->get_description());
  for (const CLI::App* command : app->get_subcommands({}))
    commands += help_entry("  " + command->get_name(), command->get_description());
  if (!commands.empty()) commands += help_entry("  help", "This help, or that of a command");
  for (const char* const wanted : opening.first)
    if (const CLI::Option* option = option_of(*app, wanted)) first += entry_of(*option);
  if (!positionals.empty()) text += "\n" + positionals;
  text += titled("Commands", commands) + titled(first_title, first);

  const auto rest_of = [&](const std::string& group) {
    std::string entries;
    for (const CLI::Option* option : app->get_options()) {
      const auto is_it = [&](const char* wanted) { return option->check_lname(wanted); };
      if (option->nonpositional() && option->get_group() == group &&
          std::none_of(opening.first.begin(), opening.first.end(), is_it))
        entries += entry_of(*option);
    }
    return titled(group, entries);
  };
  // What every command has comes last.
  const std::string general = "Options";
  for (const std::string& group : app->get_groups())
    if (group != general) text += rest_of(group);
  return text + rest_of(general) + "\n" + app->get_footer() + "\n";
}

std::shared_ptr<CLI::FormatterBase> help_formatter(const HelpOpening& (*opening_of)(const std::string& name)) {
  return std::make_shared<HelpFormatter>(opening_of);
}

}  // namespace attn::cli
