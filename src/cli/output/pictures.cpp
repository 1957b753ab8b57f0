// The one place that asks for a picture's bytes.
#include "cli/output/pictures.hpp"

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

}  // namespace attn::cli
