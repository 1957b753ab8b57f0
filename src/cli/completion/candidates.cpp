// Walks the words of a command line to the last one: is it a command, a flag, a flag's value or an argument?
#include "cli/completion/candidates.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "cli/completion/values.hpp"

namespace attn::cli {
namespace {

const std::vector<Candidate> general_flags{{"--help", "Print this help"}};
const std::vector<Candidate> top_flags{{"--help", "Print this help"}, {"--version", "Print the version"}};

bool is_flag(const std::string& word) { return word.size() > 1 && word[0] == '-'; }

// The meaning without what is in brackets or after a semicolon, as there is little room beside a candidate.
std::string short_meaning(const std::string& meaning) {
  return meaning.substr(0, std::min(meaning.find(" ("), meaning.find("; ")));
}

void add_matching(Candidates& candidates, const std::vector<Candidate>& all, const std::string& word) {
  for (const Candidate& candidate : all)
    if (candidate.text.starts_with(word)) candidates.list.push_back(candidate);
}

// A command's words up to the one that is being written.
class CommandLine {
 public:
  CommandLine(std::vector<FlagInfo> flags, std::span<const std::string> words) : flags_(std::move(flags)) {
    for (const std::string& word : words) take(word);
  }

  Candidates candidates(const std::string& word) const {
    if (awaiting_ != nullptr) {
      Candidates values = values_of(awaiting_->value, word, {given_, flags_});
      const bool needs_none = awaiting_->takes == FlagInfo::Takes::perhaps_a_value;
      if (needs_none && is_flag(word)) return named(word);
      return values;
    }
    if (only_arguments_) return argument(word);
    const std::size_t equals = word.find('=');
    if (word.starts_with("--") && equals != std::string::npos) return value_in(word, equals);
    if (word.starts_with('-')) return named(word);
    Candidates arguments = argument(word);
    return arguments.list.empty() && word.empty() ? named(word) : arguments;
  }

 private:
  const FlagInfo* find(const std::string& name) const {
    const auto found = std::find_if(flags_.begin(), flags_.end(), [&](const FlagInfo& flag) {
      return !flag.is_positional() && (flag.name == name || flag.short_name == name);
    });
    return found == flags_.end() ? nullptr : &*found;
  }

  void take(const std::string& word) {
    if (awaiting_ != nullptr && (awaiting_->takes == FlagInfo::Takes::a_value || !is_flag(word))) {
      given_[awaiting_->name] = word;
      awaiting_ = nullptr;
      return;
    }
    awaiting_ = nullptr;
    if (only_arguments_ || !is_flag(word)) {
      ++arguments_;
    } else if (word == "--") {
      only_arguments_ = true;
    } else {
      const std::size_t equals = word.find('=');
      const FlagInfo* const flag = find(word.substr(0, equals));
      if (flag == nullptr) return;
      given_[flag->name] = equals == std::string::npos ? "" : word.substr(equals + 1);
      if (flag->takes != FlagInfo::Takes::nothing && equals == std::string::npos) awaiting_ = flag;
    }
  }

  Candidates named(const std::string& word) const {
    Candidates names;
    for (const FlagInfo& flag : flags_)
      if (!flag.is_positional() && (flag.repeats || !given_.contains(flag.name)) && flag.name.starts_with(word))
        names.list.push_back({flag.name, short_meaning(flag.meaning)});
    add_matching(names, general_flags, word);
    return names;
  }

  Candidates value_in(const std::string& word, std::size_t equals) const {
    const FlagInfo* const flag = find(word.substr(0, equals));
    if (flag == nullptr || flag->takes == FlagInfo::Takes::nothing) return {};
    Candidates values = values_of(flag->value, word.substr(equals + 1), {given_, flags_});
    for (Candidate& candidate : values.list) candidate.text.insert(0, word, 0, equals + 1);
    return values;
  }

  Candidates argument(const std::string& word) const {
    std::size_t place = 0;
    for (const FlagInfo& flag : flags_) {
      if (!flag.is_positional()) continue;
      if (place == arguments_ || flag.repeats) return values_of(flag.value, word, {given_, flags_});
      ++place;
    }
    return {};
  }

  std::vector<FlagInfo> flags_;
  std::map<std::string, std::string> given_;  // flags, and their values
  const FlagInfo* awaiting_ = nullptr;        // the flag whose value comes next
  std::size_t arguments_ = 0;
  bool only_arguments_ = false;  // after --
};

Candidates commands_like(const std::string& word, std::span<const CompletedCommand> commands) {
  Candidates names;
  for (const CompletedCommand& command : commands)
    if (command.name.starts_with(word)) names.list.push_back({command.name, short_meaning(command.meaning)});
  return names;
}

}  // namespace

Candidates candidates_of(const std::vector<std::string>& words, std::span<const CompletedCommand> commands) {
  if (words.empty()) return {};
  const std::string& last = words.back();
  const auto before_last = std::span(words).first(words.size() - 1);
  const auto name = std::find_if(before_last.begin(), before_last.end(), [](const auto& w) { return !is_flag(w); });
  if (name == before_last.end()) {
    Candidates first = commands_like(last, commands);
    if (std::string("help").starts_with(last)) first.list.push_back({"help", "The help of a command"});
    if (is_flag(last) || last == "-") add_matching(first, top_flags, last);
    return first;
  }
  if (*name == "help") return commands_like(last, commands);
  for (const CompletedCommand& command : commands)
    if (command.name == *name)
      return CommandLine(command.flags(), before_last.subspan(static_cast<std::size_t>(name - before_last.begin()) + 1))
          .candidates(last);
  return {};
}

}  // namespace attn::cli
