// Picture formats: a heatmap as the bytes of a file.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attn/heatmap.hpp"

namespace attn {

struct Scene;
class Font;

/// A format of pictures.
struct PictureFormat {
  std::string_view name;       ///< png
  std::string_view extension;  ///< with its dot
  bool is_text = false;        ///< a terminal can show its bytes
  /// The bytes of a file, the same every time. Scenes (src/render/scene.hpp) know no format.
  std::string (*encode)(const Scene& scene, const Font& font) = nullptr;
  /// Of a format that shows the matrices themselves: its reader chooses among them. Null if heatmaps become scenes.
  std::string (*encode_heatmap)(const Heatmap& heatmap) = nullptr;

  bool shows_matrices() const { return encode_heatmap != nullptr; }
};

/// Every format, in the order of the documentation.
std::span<const PictureFormat> picture_formats();
/// Null if there is none of that name.
const PictureFormat* picture_format_of_name(std::string_view name);

/// The picture as the bytes of a file, the same bytes every time.
///
/// Cells are square; only a matrix more than four times as long as wide whose cells are smaller than
/// letters is widened. Without a width and height the picture is 6.4 × 4.8 inches for one panel and
/// grows until labels and annotations fit; up to 1024 rows or columns (512 in a grid) get a pixel each.
/// Larger matrices are pooled: a pixel is the mean, by area, or the greatest of the finite cells that it covers.
/// A format that shows the matrices themselves has all of their cells; none may be pooled already.
///
/// Throws Error (usage, at "--cmap", "--fmt", "--vmin", "--vmax", "--dpi", "--size" or "--annot") for a style that
/// cannot be followed, (data) for panels without cells, labels that do not fit, a font that is none, and a picture past
/// any use.
std::string render_picture(const Heatmap& heatmap, const PictureFormat& format);

/// Rows and columns of a matrix as a picture shows it.
struct GridSize {
  std::size_t rows = 0;
  std::size_t columns = 0;
  bool operator==(const GridSize&) const = default;
};

/// The cells of each panel in its picture: the matrix's own, or as many as it has pixels for. For planning a heatmap
/// without its values: of a panel with a `whole`, `values` may be anything. Throws as render_picture does; annotations
/// do not count.
std::vector<GridSize> drawn_cells(const Heatmap& heatmap);

}  // namespace attn
