// Bounded: of a thousand documents, whose notes may all differ, a reader sees a handful.
#include "cli/output/line_notes.hpp"

#include <utility>

namespace attn::cli {
namespace {

constexpr std::size_t most = 8;

// What two documents have in common of what is said of each.
std::string without(std::string text, std::string_view place) {
  for (std::size_t at = text.find(place); at != std::string::npos; at = text.find(place, at))
    text.erase(at, place.size());
  return text;
}

}  // namespace

void LineNotes::add(const std::string& text) {
  if (told_.insert(text).second) note_(text);
}

void LineNotes::add(const std::string& place, std::vector<std::string> texts) {
  if (++documents_ == 1) {
    first_ = OfDocument{place, std::move(texts)};
    return;
  }
  end(true);
  tell({place, std::move(texts)});
}

void LineNotes::end(bool were_lines) {
  if (!first_) return;
  const OfDocument first = *std::exchange(first_, std::nullopt);
  if (were_lines) return tell(first);
  for (const std::string& text : first.texts) add(text);
}

void LineNotes::tell(const OfDocument& document) {
  for (const std::string& text : document.texts) {
    const std::string alike = without(text, document.place);
    if (given_ > most || !told_.insert(alike).second) continue;
    const std::string placed = alike == text ? document.place + ": " + text : text;
    note_(++given_ > most ? "further notes on documents are left out" : placed);
  }
}

}  // namespace attn::cli
