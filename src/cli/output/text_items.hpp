// Which matrices of a tensor text shows, and the lines over them.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "attn/document.hpp"
#include "attn/selection.hpp"
#include "attn/stages.hpp"

namespace attn::cli {

/// A matrix of a tensor: its number in the order of memory, and the line over it, with its newline: "batch 0, head 1";
/// empty where there is but one.
struct TextItem {
  std::size_t index = 0;
  std::string heading;
};

/// What text shows of a result: the heads and batch items that --head and --batch name, of one layer if there are
/// several.
class TextItems {
 public:
  /// `layer` is an index; none where tensors have no such axis. What a selection reduces, text shows as a whole.
  TextItems(const Result& result, const Selection& selection, std::optional<std::size_t> layer = std::nullopt)
      : result_(result), selection_(selection), layer_(layer) {}

  /// Of the axes before rows and columns. Throws Error (usage) for heads and batch items that do not exist.
  std::vector<TextItem> of(std::span<const Axis> axes, const Shape& extents) const;
  /// Of a tensor, and the shape that one layer of it has by itself.
  std::vector<TextItem> of(const StageInfo& info, const Tensor& tensor) const;
  Shape shape_of(const StageInfo& info, const Shape& shape) const;
  /// Of one number a query, `extents` without the queries.
  std::vector<TextItem> of_rows(const Shape& extents) const;

 private:
  std::vector<std::size_t> shown(Axis axis, std::size_t extent) const;
  // A text by itself has an axis of batch items beside one of layers only.
  bool hides(Axis axis) const;

  const Result& result_;
  const Selection& selection_;
  std::optional<std::size_t> layer_;
};

}  // namespace attn::cli
