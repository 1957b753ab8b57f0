// The one place that asks for a picture's bytes.
#include "cli/output/pictures.hpp"

#include <algorithm>

#include "attn/picture.hpp"
#include "render/bar_chart.hpp"

namespace attn::cli {
namespace {

template <class Picture>
void write(const Target& target, const Picture& picture) {
  target.sink->write(made_for(target, [&] { return render_picture(picture, *target.picture); }));
}

}  // namespace

void write_picture(const Target& target, const Heatmap& heatmap) { write(target, heatmap); }
void write_picture(const Target& target, const BarChart& chart) { write(target, chart); }

void note_of_pages(Environment& environment, const std::vector<Target>& targets, const PictureFlags& flags,
                   bool quiet) {
  const bool has_page = std::any_of(targets.begin(), targets.end(), is_page);
  if (const std::string note = has_page ? flags.page_note() : ""; !note.empty() && !quiet) environment.note(note);
}

}  // namespace attn::cli
