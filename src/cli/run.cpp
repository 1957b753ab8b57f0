// Parsing of the command line, and errors to exit codes.
#include "cli/run.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <new>
#include <stdexcept>

#include "attn/error.hpp"
#include "attn/kernels.hpp"
#include "cli/commands/command.hpp"
#include "cli/data_flags.hpp"
#include "cli/flag_aliases.hpp"
#include "cli/help.hpp"
#include "core/clipped.hpp"
#include "core/nearest.hpp"
#include "core/text.hpp"
#include "core/utf8.hpp"
#include "io/files/files_read.hpp"

namespace attn::cli {
namespace {

constexpr std::size_t longest_message = 4000;
constexpr const char* help_command = "help";

enum ExitCode { done = 0, bad_data = 1, wrong_usage = 2, not_met = 3 };

int exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::data: return bad_data;
    case ErrorKind::usage: return wrong_usage;
    case ErrorKind::mismatch: return not_met;
  }
  return bad_data;
}

// An error is one line that steers no terminal, whatever text got into it.
std::string one_line(std::string text) {
  for (char& c : text)
    if (c == '\n' || c == '\r') c = ' ';
  return printable(text);
}

int report(Environment& environment, const std::string& where, const std::string& what, int code) {
  const std::string message = environment.flags.translated((where.empty() ? "" : where + ": ") + what);
  environment.err.write(one_line("attn: error: " + clipped(message, longest_message)) + "\n");
  return code;
}

// The long and short names of an app's options, for suggestions.
std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

// By their long names.
std::vector<std::string> flags_given(const CLI::App& app) {
  std::vector<std::string> given;
  for (const CLI::Option* option : app.get_options())
    if (option->count() > 0 && !option->get_lnames().empty()) given.push_back("--" + option->get_lnames().front());
  return given;
}

// Which commands have an option of this name; nothing if none has.
std::string owners_of(const std::string& name) {
  std::vector<std::string_view> owners;
  for (const CommandInfo& info : commands()) {
    const std::unique_ptr<Command> command = info.make();
    const std::vector<FlagInfo> flags = flags_added_by([&](FlagSet& set) { command->add_flags(set); });
    const auto is_it = [&](const FlagInfo& flag) { return flag.name == name || flag.short_name == name; };
    if (std::any_of(flags.begin(), flags.end(), is_it)) owners.push_back(info.name);
  }
  return owners.empty() ? "" : "; " + listed(owners) + (owners.size() == 1 ? " has it" : " have it");
}

Error unexpected(const std::string& argument, const CLI::App& app) {
  const std::string name = argument.substr(0, argument.find('='));
  if (name.size() < 2 || name[0] != '-') return usage_error("", "unexpected argument '" + argument + "'");
  const std::vector<std::string> names = option_names(app);
  std::string advice = alias_advice(name, names);
  if (advice.empty()) advice = owners_of(name);
  if (advice.empty()) advice = nearest_flag_advice(name, names);
  return usage_error(name, "unknown option" + advice);
}

std::string version_text() {
  return "attn " ATTN_VERSION " (kernel sets " + joined(supported_kernel_sets(), &KernelSet::name) + ")";
}

Error unknown_command(const std::string& name) {
  std::vector<std::string_view> names;
  for (const CommandInfo& info : commands()) names.push_back(info.name);
  names.emplace_back(help_command);
  const std::string alias = command_advice(name);
  return usage_error("", "unknown command '" + name + "'" + (alias.empty() ? did_you_mean(name, names) : alias));
}

// `attn help compute` is another way to write `attn compute --help`, and `attn help help` to write `attn --help`.
std::vector<std::string> with_help_as_option(const std::vector<std::string>& arguments) {
  if (arguments.empty() || arguments.front() != help_command) return arguments;
  std::vector<std::string> asked(arguments.begin() + 1, arguments.end());
  for (const std::string& name : asked) {
    const auto is_it = [&](const CommandInfo& info) { return info.name == name; };
    if (!name.starts_with('-') && name != help_command && std::none_of(commands().begin(), commands().end(), is_it))
      throw unknown_command(name);
  }
  if (asked.size() > 1 && !asked[1].starts_with('-'))
    throw usage_error(help_command, "is of one command: '" + asked[1] + "' is one too many");
  if (!asked.empty() && asked.front() == help_command) asked.erase(asked.begin());
  asked.emplace_back("--help");
  return asked;
}

class Program {
 public:
  /// Only commands that `arguments` name get their flags: making them all takes longer than many a run.
  Program(const std::vector<std::string>& arguments, Environment& environment) : environment_(environment) {
    environment_.flags = {};
    environment_.given = {};
    app_.allow_extras();
    app_.set_version_flag("-V,--version", "attn " ATTN_VERSION,
                          "Print the version, and the kernel sets that this CPU runs");
    app_.formatter(help_formatter(opening_of));
    app_.set_help_flag("-h,--help", "Print this help");
    // A second command's name is a file's name, and the last of an option given twice counts.
    app_.require_subcommand(0, 1);
    app_.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)->disable_flag_override();
    for (const CommandInfo& info : commands()) {
      CLI::App* sub = app_.add_subcommand(std::string(info.name), std::string(info.summary));
      sub->allow_extras();
      if (std::find(arguments.begin(), arguments.end(), info.name) == arguments.end()) continue;
      commands_.push_back({sub, info.make(), {}});
      FlagSet flags(*sub, commands_.back().flags);
      commands_.back().command->add_flags(flags);
      sub->footer(sub->get_footer() + "'man attn-" + sub->get_name() + "' says more.");
    }
    app_.footer("'attn help COMMAND' lists a command's options; 'man attn' says more.");
  }

  int run(std::vector<std::string> arguments) {
    const std::size_t end = split_values(arguments);
    before_end_.assign(arguments.begin(), arguments.begin() + static_cast<std::ptrdiff_t>(end));
    after_end_.assign(arguments.begin() + static_cast<std::ptrdiff_t>(end), arguments.end());
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 takes them
    try {
      app_.parse(arguments);
    } catch (const CLI::CallForHelp&) {
      return print(help());
    } catch (const CLI::CallForVersion&) {
      return print(version_text() + "\n");
    } catch (const CLI::ParseError& error) {
      throw translated(error);
    }
    const auto chosen = app_.get_subcommands();
    if (const auto rest = app_.remaining(); !rest.empty())
      throw is_after_end(rest.front()) ? after_end(rest.front()) : unexpected_at_top(rest.front());
    if (chosen.empty()) throw usage_error("", "there is no command; 'attn --help' lists them");
    for (const Entry& entry : commands_) {
      if (entry.app != chosen.front()) continue;
      for (const std::string& rest : entry.app->remaining())
        if (rest != "--") throw is_after_end(rest) ? after_end(rest) : unexpected(rest, *entry.app);
      environment_.flags = entry.flags;
      environment_.given = flags_given(*entry.app);
      return run(entry);
    }
    return wrong_usage;
  }

 private:
  struct Entry {
    CLI::App* app;
    std::unique_ptr<Command> command;
    FlagNames flags;
  };

  // Readers of data know no flags: where the data stand on the command line, it is that which is wrong.
  int run(const Entry& entry) {
    try {
      return entry.command->run(environment_);
    } catch (const Error& error) {
      const std::string flag = environment_.flags.translated(error.where());
      const CLI::Option* const option = flag.starts_with("--") ? entry.app->get_option_no_throw(flag) : nullptr;
      if (error.kind() != ErrorKind::data || option == nullptr || option->count() == 0 ||
          !is_data(flag, option->results().back(), environment_.was_given("--weights")))
        throw;
      throw usage_error(flag, error.what());
    }
  }

  const CLI::Option* option_of(const std::string& name) const {
    const CLI::Option* option = nullptr;
    for (const Entry& entry : commands_)
      if (option == nullptr) option = entry.app->get_option_no_throw(name);
    return option;
  }

  // -o=FILE is -o FILE, as --output=FILE is, and --title= is a title of no characters. CLI11 would take '=FILE' for the
  // first, and the next argument for the second. Returns where the "--" is that ends the options, or where one would
  // be.
  std::size_t split_values(std::vector<std::string>& arguments) const {
    std::size_t i = 0;
    for (; i < arguments.size() && arguments[i] != "--"; ++i) {
      const std::size_t equals = arguments[i].find('=');
      if (equals == std::string::npos && arguments[i].starts_with('-')) {
        // The next argument is its value, whatever that looks like.
        const CLI::Option* const option = option_of(arguments[i]);
        if (option != nullptr && option->get_items_expected_min() > 0) ++i;
        continue;
      }
      if (equals == std::string::npos || arguments[i][0] != '-') continue;
      const bool is_short = equals == 2 && arguments[i][1] != '-';
      if (!is_short && equals + 1 != arguments[i].size()) continue;
      const std::string name = arguments[i].substr(0, equals);
      const CLI::Option* const option = option_of(name);
      if (option == nullptr) continue;
      if (option->get_items_expected_max() == 0) throw usage_error(name, "takes no value");
      std::string value = arguments[i].substr(equals + 1);
      arguments[i] = name;
      arguments.insert(arguments.begin() + static_cast<std::ptrdiff_t>(++i), std::move(value));
    }
    return std::min(i, arguments.size());
  }

  // CLI11 does not say where what it leaves over stood; of options that there are, it leaves none.
  bool is_after_end(const std::string& argument) const {
    const auto has = [&](const std::vector<std::string>& list) {
      return std::find(list.begin(), list.end(), argument) != list.end();
    };
    return has(after_end_) && (!has(before_end_) || option_of(argument) != nullptr);
  }

  static Error after_end(const std::string& argument) {
    if (argument == "--") return usage_error("", "'--' stands before the command");
    return usage_error("", "unexpected argument '" + argument + "'" +
                               (argument.starts_with('-') ? ": after '--' nothing is an option" : ""));
  }

  Error unexpected_at_top(const std::string& argument) const {
    if (argument.empty() || argument[0] != '-') return unknown_command(argument);
    for (const Entry& entry : commands_) {
      const std::string name = argument.substr(0, argument.find('='));
      const std::vector<std::string> options = option_names(*entry.app);
      if (!entry.app->parsed() || std::find(options.begin(), options.end(), name) == options.end()) continue;
      return usage_error(name, "stands before the command: write 'attn " + entry.app->get_name() + " " + name + "'");
    }
    return unexpected(argument, app_);
  }

  // CLI11's messages begin with the option's name or have it in front of a colon; ours always do.
  static Error translated(const CLI::ParseError& error) {
    const std::string message = error.what();
    const std::size_t colon = message.find(": ");
    const bool named = colon != std::string::npos && message[0] == '-';
    if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
      const bool is_flag = message.find("flag override") != std::string::npos;
      const std::string name = message.substr(0, named ? colon : message.find(' '));
      return usage_error(is_flag ? "--" + name : name, is_flag ? "takes no value" : "needs a value");
    }
    return named ? usage_error(message.substr(0, colon), message.substr(colon + 2)) : usage_error("", message);
  }

  std::string help() const {
    for (const Entry& entry : commands_)
      if (entry.app->parsed()) return entry.app->help("attn");
    return app_.help();
  }

  int print(const std::string& text) {
    environment_.print(text);
    return done;
  }

  Environment& environment_;
  CLI::App app_{"Attention on the command line: every weight, every stage, every picture.", "attn"};
  std::vector<Entry> commands_;
  std::vector<std::string> before_end_, after_end_;  // the arguments on both sides of "--"
};

}  // namespace

int report_no_memory(Environment& environment) {
  environment.err.write("attn: error: memory ran out\n");
  return bad_data;
}

int run(const std::vector<std::string>& arguments, Environment& environment) {
  const io::FilesRead files_read;
  try {
    try {
      const std::vector<std::string> asked = with_help_as_option(arguments);
      return Program(asked, environment).run(asked);
    } catch (const BrokenPipe&) {
      return done;  // whoever read our output has seen enough
    } catch (const Error& error) {
      return report(environment, error.where(), error.what(), exit_code(error.kind()));
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::length_error&) {  // more than a container can have
      throw std::bad_alloc();
    } catch (const std::exception& error) {
      return report(environment, "", std::string("a fault of attn itself: ") + error.what(), bad_data);
    }
  } catch (const std::bad_alloc&) {  // of the run, or of its message
    return report_no_memory(environment);
  }
}

}  // namespace attn::cli
