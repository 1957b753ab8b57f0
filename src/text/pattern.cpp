// Searches with Oniguruma, with a limit to what a search may cost.
#include "text/pattern.hpp"

#include <oniguruma.h>

#include <array>
#include <memory>

#include "attn/error.hpp"
#include "core/utf8.hpp"

namespace attn::text {
namespace {

// Steps back that one match, and one search for a match, may take: about half a second.
constexpr unsigned long most_retries = 10'000'000;

const OnigUChar* bytes(const char* text) {
  return reinterpret_cast<const OnigUChar*>(text);  // NOLINT(*-reinterpret-cast): the library's type of bytes
}

std::string message_of(int code, OnigErrorInfo* info) {
  std::array<OnigUChar, ONIG_MAX_ERROR_MESSAGE_LEN> buffer{};
  const int length = onig_error_code_to_str(buffer.data(), code, info);
  return printable(std::string(buffer.begin(), buffer.begin() + length));
}

struct FreeRegion {
  void operator()(OnigRegion* region) const { onig_region_free(region, 1); }
};
struct FreeParameters {
  void operator()(OnigMatchParam* parameters) const { onig_free_match_param(parameters); }
};

bool initialise() {
  OnigEncoding utf8 = ONIG_ENCODING_UTF8;
  return onig_initialize(&utf8, 1) == ONIG_NORMAL;
}

}  // namespace

struct Pattern::Compiled {
  Compiled(std::string_view expression, std::string place) : where(std::move(place)) {
    static const bool is_ready = initialise();
    OnigErrorInfo info{};
    const OnigUChar* const first = bytes(expression.data());
    const int code = is_ready ? onig_new(&regex, first, first + expression.size(), ONIG_OPTION_NONE, ONIG_ENCODING_UTF8,
                                         ONIG_SYNTAX_DEFAULT, &info)
                              : ONIGERR_MEMORY;
    if (code != ONIG_NORMAL) throw data_error(where, "is no regular expression: " + message_of(code, &info));
  }
  ~Compiled() { onig_free(regex); }
  Compiled(const Compiled&) = delete;
  Compiled& operator=(const Compiled&) = delete;

  std::string where;
  regex_t* regex = nullptr;
};

Pattern Pattern::regex(std::string_view expression, std::string where) {
  Pattern pattern;
  pattern.compiled_ = std::make_shared<const Compiled>(expression, std::move(where));
  return pattern;
}

Pattern Pattern::literal(std::string_view text, std::string where) {
  std::string expression;
  for (const char c : text) {
    if (std::string_view("\\.+*?()|[]{}^$#&-~").find(c) != std::string_view::npos) expression += '\\';
    expression += c;
  }
  return regex(expression, std::move(where));
}

std::vector<Match> Pattern::matches(const AlignedText& text) const {
  // Oniguruma counts in bytes: the character of each byte, and of the end.
  std::string utf8;
  std::vector<std::size_t> character;
  for (std::size_t i = 0; i < text.size(); ++i) {
    append_utf8(utf8, text.chars()[i].value);
    character.resize(utf8.size(), i);
  }
  character.push_back(text.size());

  const std::unique_ptr<OnigRegion, FreeRegion> region(onig_region_new());
  const std::unique_ptr<OnigMatchParam, FreeParameters> parameters(onig_new_match_param());
  onig_initialize_match_param(parameters.get());
  onig_set_retry_limit_in_match_of_match_param(parameters.get(), most_retries);
  onig_set_retry_limit_in_search_of_match_param(parameters.get(), most_retries);

  const OnigUChar* const first = bytes(utf8.data());
  const OnigUChar* const last = first + utf8.size();
  std::vector<Match> found;
  std::size_t start = 0, covered = 0;
  bool follows_match = false;  // `start` is where a match ended
  while (start <= utf8.size() && !utf8.empty()) {
    const int at = onig_search_with_param(compiled_->regex, first, last, first + start, last, region.get(),
                                          ONIG_OPTION_NONE, parameters.get());
    if (at == ONIG_MISMATCH) break;
    if (at < 0) throw data_error(compiled_->where, "cannot be matched with the text: " + message_of(at, nullptr));
    const auto begin = static_cast<std::size_t>(region->beg[0]), end = static_cast<std::size_t>(region->end[0]);
    if (begin == end && follows_match &&
        end == start) {  // nothing, right after a match: go on behind the next character
      if (start == utf8.size()) break;
      do ++start;
      while (start < utf8.size() && character[start] == character[start - 1]);
      follows_match = false;
      continue;
    }
    if (covered != begin) found.push_back({character[covered], character[begin], false});
    found.push_back({character[begin], character[end], true});
    covered = start = end;
    follows_match = true;
  }
  if (covered != utf8.size()) found.push_back({character[covered], text.size(), false});
  return found;
}

}  // namespace attn::text
