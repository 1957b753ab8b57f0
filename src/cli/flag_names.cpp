// Finds options' names in messages.
#include "cli/flag_names.hpp"

#include <algorithm>

namespace attn::cli {
namespace {

constexpr std::string_view advice_start = "; ";

// Whether the name between the backticks at `begin` and `end` begins what a message advises at its end.
bool is_advice(std::string_view message, std::size_t begin, std::size_t end) {
  const std::string_view name = message.substr(begin + 1, end - begin - 1);
  return message.substr(0, begin).ends_with(advice_start) && !name.empty() &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos;
}

}  // namespace

void FlagNames::add(std::string_view flag, std::string_view other) {
  const std::string shown(flag.substr(0, flag.find(',')));
  std::string option(flag.substr(flag.find("--") + 2));
  std::replace(option.begin(), option.end(), '-', '_');
  flags_[option] = shown;
  if (!other.empty()) flags_[std::string(other)] = shown;
}

std::string FlagNames::translated(std::string_view message) const {
  std::string text;
  while (true) {
    const std::size_t begin = message.find('`');
    if (begin == std::string_view::npos) return text.append(message);
    const std::size_t end = message.find('`', begin + 1);
    if (end == std::string_view::npos) return text.append(message);
    const auto found = flags_.find(message.substr(begin + 1, end - begin - 1));
    const bool known = found != flags_.end();
    if (!known && is_advice(message, begin, end)) return text.append(message.substr(0, begin - advice_start.size()));
    // After what is no option, its second backtick may be the first of one that is.
    text.append(message.substr(0, known ? begin : end)).append(known ? found->second : "");
    message.remove_prefix(known ? end + 1 : end);
  }
}

}  // namespace attn::cli
