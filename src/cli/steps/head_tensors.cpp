// Cuts heads out of the tensors of a run.
#include "cli/steps/head_tensors.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace attn::cli {
namespace {

// Where a head's matrix lies in a tensor, in elements.
struct Place {
  std::size_t first = 0, rows = 0, columns = 0, row_stride = 0;
};

// Heads have an axis of their own, or lie side by side in the columns.
Place place_of(const Tensor& tensor, const std::vector<Axis>& axes, std::size_t heads, std::size_t b, std::size_t h) {
  const std::size_t rows = tensor.extent(-2), columns = tensor.extent(-1);
  const auto is_head = [](Axis axis) { return axis == Axis::head || axis == Axis::kv_head; };
  if (std::any_of(axes.begin(), axes.end(), is_head)) return {(b * heads + h) * rows * columns, rows, columns, columns};
  const std::size_t width = columns / heads;
  return {b * rows * columns + h * width, rows, width, columns};
}

// Copies the first `count` rows to row `to` and following of a contiguous matrix.
void copy_rows(const Tensor& tensor, const Place& place, std::size_t count, Tensor& matrix, std::size_t to) {
  const std::size_t size = dtype_size(tensor.dtype()), bytes = place.columns * size;
  if (bytes == 0) return;
  for (std::size_t i = 0; i < count; ++i)
    std::memcpy(static_cast<std::byte*>(matrix.data()) + (to + i) * bytes,
                static_cast<const std::byte*>(tensor.data()) + (place.first + i * place.row_stride) * size, bytes);
}

}  // namespace

const Tensor& tensor_of(const Result& result, Stage stage) {
  const Tensor* const tensor = result.find(std::string(stage_name(stage)));
  if (tensor == nullptr) throw std::logic_error("steps: the run was not asked for a tensor that they show");
  return *tensor;
}

TableMatrix HeadTensors::matrix(Stage stage) const {
  const RunSummary& run = result_.summary;
  RunAxes axes = run.axes;
  const Tensor* tensor = nullptr;
  for (const NamedTensor& every_head : result_.before_mean)
    if (every_head.name == stage_name(stage)) tensor = &every_head.tensor;
  if (tensor != nullptr) {
    axes.averages = false;
  } else {
    tensor = &tensor_of(result_, stage);
  }
  const Place place = place_of(*tensor, stage_info(stage).axes_in(axes), run.heads, b_, h_);
  return matrix_within(*tensor, place.first, place.rows, place.columns, place.row_stride);
}

Tensor HeadTensors::queries() const {
  const RunSummary& run = result_.summary;
  const Tensor& tensor = tensor_of(result_, Stage::query);
  const Place place = place_of(tensor, stage_info(Stage::query).axes_in(run.axes), run.heads, b_, h_);
  Tensor rows(tensor.dtype(), {place.rows, place.columns});
  copy_rows(tensor, place, place.rows, rows, 0);
  return rows;
}

Tensor HeadTensors::with_cached(Stage stage, Stage present) const {
  const RunSummary& run = result_.summary;
  const std::size_t kv_head = h_ / (run.heads / run.kv_heads), cached = run.cached_keys;
  const auto place = [&](const Tensor& tensor, Stage of) {
    return place_of(tensor, stage_info(of).axes_in(run.axes), run.kv_heads, b_, kv_head);
  };
  const Tensor& tensor = tensor_of(result_, stage);
  const Place own = place(tensor, stage);
  Tensor rows(tensor.dtype(), {cached + own.rows, own.columns});
  if (cached != 0) {
    const Tensor& all = tensor_of(result_, present);
    copy_rows(all, place(all, present), cached, rows, 0);
  }
  copy_rows(tensor, own, own.rows, rows, cached);
  return rows;
}

}  // namespace attn::cli
