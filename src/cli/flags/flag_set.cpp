// Adds flags to CLI11's parser, and notes what they are.
#include "cli/flags/flag_set.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>

namespace attn::cli {
namespace {

constexpr std::string_view small_letters = "abcdefghijklmnopqrstuvwxyz0123456789-";

CLI::Option& checked(CLI::Option& option, const ValueType& type) {
  if (type.kind == ValueType::Kind::file || type.kind == ValueType::Kind::output)
    option.check(
        [takes_dash = type.takes_dash](const std::string& value) { return refusal_of_file(value, takes_dash); }, "");
  return option;
}

}  // namespace

std::string refusal_of_file(const std::string& value, bool takes_dash) {
  if (value.empty()) return "'' names no file";
  return value == "-" && !takes_dash
             ? "'-' names no file: standard input is not read for this flag; a file of that name is ./-"
             : "";
}

ValueType::ValueType(const char* written) : text(written) {
  const std::string_view word = text;
  if (word.find("FILE") != std::string_view::npos) kind = Kind::file;
  if (word.find('|') == std::string_view::npos || word.find('[') != std::string_view::npos) return;
  std::vector<std::string> words;
  for (std::size_t at = 0; at <= word.size();) {
    const std::size_t end = std::min(word.find('|', at), word.size());
    words.emplace_back(word.substr(at, end - at));
    at = end + 1;
  }
  const auto is_name = [](const std::string& name) {
    return !name.empty() && name.find_first_not_of(small_letters) == std::string::npos;
  };
  // Of "C|none", none can be proposed.
  std::erase_if(words, [&](const std::string& name) { return !is_name(name); });
  if (words.empty() || kind == Kind::file) return;
  kind = Kind::choice;
  names = std::move(words);
}

void FlagSet::positional(const std::string& name, std::optional<std::string>& value, const std::string& meaning,
                         const ValueType& type) {
  checked(*app_.add_option(name, value, meaning)->type_name(""), type);
  all_.push_back({name, "", meaning, type});
}

void FlagSet::positionals(const std::string& name, std::vector<std::string>& values, const std::string& meaning,
                          const ValueType& type) {
  checked(*app_.add_option(name, values, meaning)->type_name(""), type);
  all_.push_back({name, "", meaning, type, FlagInfo::Takes::a_value, true});
}

FlagGroup FlagSet::group(std::string title) { return {*this, std::move(title)}; }

void FlagSet::footer(const std::string& text) { app_.footer(text); }

void FlagGroup::text(const std::string& name, std::optional<std::string>& value, const ValueType& type,
                     const std::string& meaning, const std::string& option) {
  flags_.names_.add(name, option);
  checked(*flags_.app_.add_option(name, value, meaning)->type_name(type.text)->group(title_), type);
  note(name, meaning, type, FlagInfo::Takes::a_value);
}

void FlagGroup::optional_text(const std::string& name, std::optional<std::string>& value, const ValueType& type,
                              const std::string& otherwise, const std::string& meaning) {
  flags_.names_.add(name, "");
  flags_.app_.add_option(name, value, meaning)
      ->type_name(type.text)
      ->group(title_)
      ->expected(0, 1)
      ->default_str(otherwise);
  note(name, meaning, type, FlagInfo::Takes::perhaps_a_value);
}

void FlagGroup::repeatable(const std::string& name, std::vector<std::string>& values, const ValueType& type,
                           const std::string& meaning, const std::string& option) {
  flags_.names_.add(name, option);
  CLI::Option* const added = flags_.app_.add_option(name, values, meaning)->type_name(type.text)->group(title_);
  checked(*added->allow_extra_args(false), type);
  note(name, meaning, type, FlagInfo::Takes::a_value, true);
}

void FlagGroup::toggle(const std::string& name, bool& is_on, const std::string& meaning, const std::string& option) {
  flags_.names_.add(name, option);
  flags_.app_.add_flag(name, is_on, meaning)->group(title_);
  note(name, meaning, "", FlagInfo::Takes::nothing);
}

// `name` is "-o,--output" or "--output".
void FlagGroup::note(const std::string& name, const std::string& meaning, const ValueType& type, FlagInfo::Takes takes,
                     bool repeats) {
  const std::size_t comma = name.find(',');
  const bool has_short = comma != std::string::npos;
  flags_.all_.push_back({has_short ? name.substr(comma + 1) : name, has_short ? name.substr(0, comma) : "", meaning,
                         type, takes, repeats});
}

std::vector<FlagInfo> flags_added_by(const std::function<void(FlagSet&)>& add) {
  CLI::App app;
  FlagNames names;
  FlagSet flags(app, names);
  add(flags);
  return flags.all();
}

}  // namespace attn::cli
