// Checked members of tokenizer.json.
#include "text/settings.hpp"

#include "attn/error.hpp"
#include "core/nearest.hpp"
#include "core/text.hpp"
#include "core/utf8.hpp"
#include "text/aligned.hpp"

namespace attn::text {
namespace {

template <class T>
T needed(const io::Config& part, std::string_view name, const std::optional<T>& value) {
  if (!value) throw data_error(part.where(name), "is missing");
  return *value;
}

}  // namespace

std::string needed_text(const io::Config& part, std::string_view name) { return needed(part, name, part.text(name)); }

std::size_t needed_count(const io::Config& part, std::string_view name) {
  const std::int64_t count = needed(part, name, part.integer(name));
  if (count < 0) throw data_error(part.where(name), "is less than 0");
  return static_cast<std::size_t>(count);
}

bool needed_truth(const io::Config& part, std::string_view name) { return needed(part, name, part.truth(name)); }

char32_t needed_character(const io::Config& part, std::string_view name) {
  const std::u32string text = utf32_of(needed_text(part, name));
  if (text.size() != 1) throw data_error(part.where(name), "is not one character");
  return text.front();
}

std::vector<io::Config> needed_parts(const io::Config& part, std::string_view name) {
  return needed(part, name, part.objects(name));
}

Pattern needed_pattern(const io::Config& part) {
  const io::Config pattern = needed(part, "pattern", part.object("pattern"));
  if (const auto text = pattern.text("String")) return Pattern::literal(*text, pattern.where("String"));
  if (const auto expression = pattern.text("Regex")) return Pattern::regex(*expression, pattern.where("Regex"));
  throw data_error(part.where("pattern"), "has neither String nor Regex");
}

void refuse_type(const io::Config& part, const std::string& what, const std::string& type,
                 const std::vector<std::string_view>& names) {
  throw data_error(part.where("type"), "the " + what + " '" + printable(type) + "' is not supported; those are " +
                                           joined(names) + did_you_mean(type, names));
}

}  // namespace attn::text
