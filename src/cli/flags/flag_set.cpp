// Adds flags to CLI11's parser.
#include "cli/flags/flag_set.hpp"

#include <CLI/CLI.hpp>

namespace attn::cli {

void FlagSet::positional(const std::string& name, std::optional<std::string>& value, const std::string& meaning) {
  app_.add_option(name, value, meaning)->type_name("");
}

void FlagSet::positionals(const std::string& name, std::vector<std::string>& values, const std::string& meaning) {
  app_.add_option(name, values, meaning)->type_name("");
}

FlagGroup FlagSet::group(std::string title) { return {*this, std::move(title)}; }

void FlagSet::footer(const std::string& text) { app_.footer(text); }

void FlagGroup::text(const std::string& name, std::optional<std::string>& value, const std::string& type,
                     const std::string& meaning, const std::string& option) {
  flags_.names_.add(name, option);
  flags_.app_.add_option(name, value, meaning)->type_name(type)->group(title_);
}

void FlagGroup::optional_text(const std::string& name, std::optional<std::string>& value, const std::string& type,
                              const std::string& otherwise, const std::string& meaning) {
  flags_.names_.add(name, "");
  flags_.app_.add_option(name, value, meaning)->type_name(type)->group(title_)->expected(0, 1)->default_str(otherwise);
}

void FlagGroup::repeatable(const std::string& name, std::vector<std::string>& values, const std::string& type,
                           const std::string& meaning, const std::string& option) {
  flags_.names_.add(name, option);
  flags_.app_.add_option(name, values, meaning)->type_name(type)->group(title_)->allow_extra_args(false);
}

void FlagGroup::toggle(const std::string& name, bool& is_on, const std::string& meaning, const std::string& option) {
  flags_.names_.add(name, option);
  flags_.app_.add_flag(name, is_on, meaning)->group(title_);
}

}  // namespace attn::cli
