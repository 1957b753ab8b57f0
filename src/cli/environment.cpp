// What a terminal says of its colours.
#include "cli/environment.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <system_error>

namespace attn::cli {

TerminalColors terminal_colors(const char* colorterm, const char* term) {
  const std::string_view depth = colorterm == nullptr ? "" : colorterm;
  const std::string_view name = term == nullptr ? "" : term;
  if (name.empty() || name == "dumb") return TerminalColors::none;
  if (depth == "truecolor" || depth == "24bit" || name.ends_with("-direct")) return TerminalColors::all;
  // Terminals of 2, 8 or 16 colours; all others have had 256 for long, whether their name says so or not.
  constexpr std::array<std::string_view, 7> few{"vt", "linux", "ansi", "cons", "cygwin", "sun", "hurd"};
  const auto begins = [name](std::string_view start) { return name.starts_with(start); };
  return std::any_of(few.begin(), few.end(), begins) && !name.ends_with("256color") ? TerminalColors::none
                                                                                    : TerminalColors::of_256;
}

bool rewrites_lines(const char* term) {
  const std::string_view name = term == nullptr ? "" : term;
  return !name.empty() && name != "dumb";
}

std::size_t terminal_extent(const char* variable, std::size_t measured) {
  constexpr std::size_t most = 100'000;
  const std::string_view text = variable == nullptr ? "" : variable;
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number >= 1 && number <= most ? number : measured;
}

}  // namespace attn::cli
