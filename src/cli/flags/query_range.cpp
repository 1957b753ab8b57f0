// Reads ranges and parts of queries and numbers their rows.
#include "cli/flags/query_range.hpp"

#include "attn/error.hpp"
#include "cli/flags/values.hpp"

namespace attn::cli {

constexpr std::int64_t most_queries = std::int64_t{1} << 62;  // that a count from the end may go back

QueryRange parse_query_range(std::string_view text, const std::string& where) {
  const std::vector<std::string> ends = split(text, ':');
  if (ends.size() != 2 || (ends[0].empty() && ends[1].empty()))
    throw usage_error(where, "'" + std::string(text) + "' is not a range such as 2:5, 2: or :5");
  QueryRange range;
  const auto place = [&](const std::string& number, bool& backwards) {
    const std::int64_t given = parse_whole(number, where, -most_queries);
    backwards = given < 0;
    return static_cast<std::size_t>(backwards ? -given : given);
  };
  if (!ends[0].empty()) range.begin = place(ends[0], range.begins_backwards);
  if (!ends[1].empty()) range.end = place(ends[1], range.ends_backwards);
  const bool is_empty = range.ends_backwards ? *range.end >= range.begin : range.end && *range.end <= range.begin;
  if (range.end && range.begins_backwards == range.ends_backwards && is_empty)
    throw usage_error(where, "the range " + std::string(text) + " holds no query");
  return range;
}

QueryPart parse_query_part(std::string_view text, const std::string& where) {
  const std::vector<std::string> numbers = split(text, '/');
  if (numbers.size() != 2) throw usage_error(where, "'" + std::string(text) + "' is not a part such as 3/8");
  QueryPart part;
  part.parts = static_cast<std::size_t>(parse_whole(numbers[1], where, 1));
  part.number = static_cast<std::size_t>(parse_whole(numbers[0], where, 1));
  if (part.number > part.parts) throw usage_error(where, "there is no part " + numbers[0] + " of " + numbers[1]);
  return part;
}

std::vector<std::string> query_labels(const std::vector<std::string>& tokens, std::size_t first, std::size_t count) {
  if (!tokens.empty() || first == 0) return tokens;
  std::vector<std::string> numbers;
  numbers.reserve(count);
  for (std::size_t i = 0; i < count; ++i) numbers.push_back(std::to_string(first + i));
  return numbers;
}

}  // namespace attn::cli
