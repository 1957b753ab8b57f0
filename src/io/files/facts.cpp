// Lines of facts, written, read and compared.
#include "io/files/facts.hpp"

#include <algorithm>

namespace attn::io {
namespace {

std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

}  // namespace

std::string text_of(const Facts& facts) {
  std::string text;
  for (const auto& [name, value] : facts) text += name + ": " + one_line(value) + "\n";
  return text;
}

Facts facts_of(const std::string& text) {
  Facts facts;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    const std::size_t colon = line.find(": ");
    if (colon != std::string::npos) facts.emplace_back(line.substr(0, colon), line.substr(colon + 2));
    at = end + 1;
  }
  return facts;
}

const std::string* find_fact(const Facts& facts, std::string_view name) {
  for (const auto& [known, value] : facts)
    if (known == name) return &value;
  return nullptr;
}

std::string first_difference(const Facts& there, const Facts& here) {
  for (const auto& [name, value] : here) {
    const std::string* const theirs = find_fact(there, name);
    const std::string ours = one_line(value);
    if (theirs == nullptr) return "they have no " + name + ", and this run's is '" + ours + "'";
    if (*theirs != ours) return "their " + name + " is '" + *theirs + "', and this run's '" + ours + "'";
  }
  for (const auto& [name, value] : there)
    if (find_fact(here, name) == nullptr) return "their " + name + " is '" + value + "', and this run has none";
  return "";
}

}  // namespace attn::io
