// attn completion: the script for a shell, and the candidates that the script asks for.
#include <algorithm>

#include "attn/error.hpp"
#include "cli/commands/command.hpp"
#include "cli/completion/candidates.hpp"
#include "cli/completion/scripts.hpp"
#include "cli/completion/shell_line.hpp"
#include "cli/flags/values.hpp"

namespace attn::cli {
namespace {

std::vector<CompletedCommand> completed_commands() {
  std::vector<CompletedCommand> all;
  for (const CommandInfo& info : commands())
    all.push_back({std::string(info.name), std::string(info.summary), [&info] {
                     const std::unique_ptr<Command> command = info.make();
                     return flags_added_by([&](FlagSet& flags) { command->add_flags(flags); });
                   }});
  return all;
}

Candidates candidates_after_program(const std::vector<std::string>& words) {
  const std::vector<CompletedCommand> all = completed_commands();
  return words.empty() ? Candidates() : candidates_of({words.begin() + 1, words.end()}, all);
}

// A candidate and its meaning on each line.
std::string lines_of(const Candidates& candidates) {
  std::string lines;
  for (const Candidate& candidate : candidates.list) lines += candidate.text + "\t" + candidate.meaning + "\n";
  return lines;
}

// Options of compopt on the first line, then what replaces the rest of the word.
std::string answer_for_bash(const ShellLine& line, const Candidates& candidates) {
  const auto goes_on = [](const Candidate& candidate) {
    return std::string("=:/").find(candidate.text.back()) != std::string::npos;
  };
  std::string lines = candidates.are_files ? "filenames" : "";
  if (std::any_of(candidates.list.begin(), candidates.list.end(), goes_on)) lines += " nospace";
  lines += "\n";
  for (const Candidate& candidate : candidates.list)
    if (candidate.text.size() >= line.kept) lines += candidate.text.substr(line.kept) + "\n";
  return lines;
}

class CompletionCommand : public Command {
 public:
  void add_flags(FlagSet& flags) override {
    flags.positional("SHELL", shell_, "bash, zsh or fish: prints its script", one_of("", completed_shells()));
    flags.positionals("WORD", words_, "What the script gives, after --, to ask for candidates");
  }

  int run(Environment& environment) override {
    if (!shell_) throw usage_error("SHELL", "is missing: it is one of " + listed(completed_shells()));
    const std::vector<std::string> shells = completed_shells();
    parse_choice(*shell_, "SHELL", {shells.begin(), shells.end()});
    environment.print(words_.empty() ? std::string(completion_script(*shell_)) : answer());
    return 0;
  }

 private:
  std::string answer() const {
    if (*shell_ == "bash") {
      if (words_.size() != 2) throw usage_error("WORD", "are two for bash: $COMP_WORDBREAKS, and the line");
      const ShellLine line = split_shell_line(words_[1], words_[0]);
      return answer_for_bash(line, candidates_after_program(line.words));
    }
    if (*shell_ == "fish") return lines_of(candidates_after_program(split_shell_line(words_[0], "").words));
    return lines_of(candidates_of(words_, completed_commands()));
  }

  std::optional<std::string> shell_;
  std::vector<std::string> words_;
};

}  // namespace

std::unique_ptr<Command> make_completion() { return std::make_unique<CompletionCommand>(); }

}  // namespace attn::cli
