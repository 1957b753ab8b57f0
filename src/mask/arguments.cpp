// Reads an atom's fields as numbers, and says what is wrong with them.
#include "mask/arguments.hpp"

#include <algorithm>
#include <charconv>

#include "attn/error.hpp"
#include "core/number.hpp"
#include "core/text.hpp"
#include "core/utf8.hpp"

namespace attn::mask_detail {
namespace {

bool is_number_text(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

void Source::fail(std::size_t position, const std::string& message) const {
  const std::string_view before = expression.substr(0, position);
  // Continuation bytes of UTF-8 start no character.
  const auto column = 1 + std::count_if(before.begin(), before.end(), [](char c) { return (c & 0xC0) != 0x80; });
  throw usage_error(where, "column " + std::to_string(column) + ": " + message);
}

std::string quoted(std::string_view text) {
  constexpr std::size_t most = 40;
  if (text.size() > 4 * most) text = text.substr(0, 4 * most);
  const std::string shown = printable(text);
  return "'" + (display_width(shown) > most ? fit_width(shown, most) : shown) + "'";
}

std::string Arguments::text_without_option() const {
  std::string text = name_.text;
  for (const std::vector<Field>& group : groups_)
    for (std::size_t n = 0; n < group.size(); ++n) text += (n == 0 ? ":" : ",") + group[n].text;
  return text;
}

void Arguments::fail(std::size_t position, const std::string& message) const {
  source_.fail(position, message + "; the form is " + std::string(form_));
}

bool Arguments::take_option(std::string_view option) {
  known_option_ = option;
  if (groups_.empty() || groups_.back().size() != 1 || groups_.back().front().text != option) return false;
  options_ = ":" + groups_.back().front().text;
  groups_.pop_back();
  return true;
}

void Arguments::expect(std::size_t count) const {
  const std::size_t wanted = count == 0 ? 0 : 1;
  if (groups_.size() < wanted) fail(name_.position, quoted(name_.text) + " lacks its arguments");
  if (wanted == 1 && groups_.front().size() != count)
    fail(groups_.front().front().position, quoted(name_.text) + " takes " + counted(count, "argument") + ", not " +
                                               std::to_string(groups_.front().size()));
  if (groups_.size() == wanted) return;
  const Field& extra = groups_[wanted].front();
  if (known_option_.empty()) fail(extra.position, quoted(extra.text) + " is one argument too many");
  source_.fail(extra.position, "unknown option " + quoted(extra.text) + " of " + quoted(name_.text) +
                                   "; the only one is " + quoted(known_option_));
}

std::size_t Arguments::expect_list() const {
  if (!groups_.empty()) expect(groups_.front().size());
  if (groups_.empty()) expect(1);
  return groups_.front().size();
}

std::int64_t Arguments::whole_number(const Field& field, std::string_view text, std::int64_t least,
                                     std::int64_t most) const {
  long long value = 0;
  if (!is_number_text(text)) fail(field.position, quoted(text) + " is not a whole number");
  const bool fits = parse_integer(text, value);
  if (text.starts_with('-') ? !fits || value < least : fits && value < least)
    fail(field.position, std::string(quoted(text)) + " is below " + std::to_string(least));
  if (!fits || value > most) fail(field.position, quoted(text) + " is above " + std::to_string(most));
  return value;
}

std::int64_t Arguments::integer(std::size_t n, std::int64_t least, std::int64_t most) const {
  return whole_number(field(n), field(n).text, least, most);
}

std::vector<std::int64_t> Arguments::integers(std::int64_t least) const {
  const std::size_t count = expect_list();
  std::vector<std::int64_t> values;
  values.reserve(count);
  for (std::size_t n = 0; n < count; ++n) values.push_back(integer(n, least));
  return values;
}

Arguments::Lists Arguments::two_lists(std::int64_t least) const {
  Lists lists;
  bool in_second = false;
  for (std::size_t n = 0, count = expect_list(); n < count; ++n) {
    std::string_view rest = field(n).text;
    const auto take = [&](std::string_view text) {
      (in_second ? lists.second : lists.first).push_back(whole_number(field(n), text, least, largest_number));
    };
    if (const std::size_t slash = rest.find('/'); slash != std::string_view::npos && !in_second) {
      take(rest.substr(0, slash));
      in_second = true;
      rest.remove_prefix(slash + 1);
    }
    take(rest);
  }
  return lists;
}

std::uint64_t Arguments::seed(std::size_t n) const {
  const std::string& text = field(n).text;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    fail(field(n).position, quoted(text) + " is not a seed from 0 to 18446744073709551615");
  return value;
}

double Arguments::probability(std::size_t n) const {
  double value = 0;
  // Written so that NaN fails.
  if (!parse_double(field(n).text, value) || !(value >= 0 && value <= 1))
    fail(field(n).position, quoted(field(n).text) + " is not a probability from 0 to 1");
  return value;
}

Arguments::Extent Arguments::extent(std::size_t n) const {
  const std::string_view text = field(n).text;
  const std::size_t cross = text.find('x');
  if (cross == std::string_view::npos)
    fail(field(n).position, quoted(text) + " is not a height and a width such as 14x14");
  const std::int64_t height = whole_number(field(n), text.substr(0, cross), 1, largest_number);
  return {height, whole_number(field(n), text.substr(cross + 1), 1, largest_number / height)};
}

}  // namespace attn::mask_detail
