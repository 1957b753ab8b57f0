// Shortens the words for axes.
#include "render/panel_titles.hpp"

#include <algorithm>
#include <optional>

#include "render/axis.hpp"

namespace attn {
namespace {

std::string short_title(const Panel& panel) {
  std::string title = panel.title;
  const auto shorten = [&title](const std::string& word, std::optional<std::size_t> index, const char* letter) {
    const std::string named = word + " " + (index ? std::to_string(*index) : "");
    const std::size_t at = index ? title.find(named) : std::string::npos;
    if (at == std::string::npos) return;
    title.replace(at, named.size(), letter + std::to_string(*index));
    if (at > 1 && title.compare(at - 2, 2, ", ") == 0) title.erase(at - 2, 1);
  };
  shorten("Layer", panel.place.layer, "L");
  shorten("Batch", panel.place.batch, "B");
  shorten("Head", panel.place.head, "H");
  return title;
}

}  // namespace

PanelTitles titles_for(const std::vector<Panel>& panels, double size, double room, const Font& font) {
  PanelTitles titles;
  for (const Panel& panel : panels) titles.texts.push_back(panel.title);
  const auto is_too_long = [&](const std::string& title) { return font.width(title, size) > room; };
  if (panels.size() > 1 && std::ranges::any_of(titles.texts, is_too_long))
    std::ranges::transform(panels, titles.texts.begin(), short_title);
  titles.cut = cut_that_tells_apart(titles.texts, size, room, font);
  return titles;
}

}  // namespace attn
