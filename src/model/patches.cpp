// The convolution of patches as a product, and the tokens and positions around it.
#include "model/patches.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "attn/error.hpp"
#include "core/text.hpp"
#include "io/checkpoints/match.hpp"
#include "model/arithmetic.hpp"
#include "model/grid_positions.hpp"
#include "model/image_size.hpp"

namespace attn::model {
namespace {

struct Grid {
  std::size_t rows, columns;
  std::size_t count() const { return rows * columns; }
};

// (B·patches, C·p·p): each patch as the convolution's weight has it.
template <class T>
Tensor patch_rows(const Tensor& pixels, std::size_t patch, const Grid& grid) {
  const Shape& shape = pixels.shape();
  Tensor rows(dtype_of<T>, {shape[0] * grid.count(), shape[1] * patch * patch});
  T* to = rows.values<T>().data();
  for (std::size_t b = 0; b < shape[0]; ++b)
    for (std::size_t y = 0; y < grid.rows; ++y)
      for (std::size_t x = 0; x < grid.columns; ++x)
        for (std::size_t c = 0; c < shape[1]; ++c)
          for (std::size_t i = 0; i < patch; ++i)
            to = std::copy_n(
                pixels.values<T>().data() + ((b * shape[1] + c) * shape[2] + y * patch + i) * shape[3] + x * patch,
                patch, to);
  return rows;
}

// Rows of numbers, (1, n, d) or (n, d) as they are stored, as (n, d).
Tensor rows_of(ModelTensors& tensors, const std::string& name, std::size_t width) {
  Tensor rows = tensors.read(name);
  if (rows.rank() < 2 || rows.extent(-1) != width || rows.size() != rows.extent(-2) * width)
    throw data_error(tensors.files().where(name), "has the shape " + shape_text(rows.shape()) + ", and rows of width " +
                                                      std::to_string(width) + " are expected");
  rows.reshape({rows.size() / width, width});
  return rows;
}

// The same of one token, (1, 1, d) as it is stored.
Tensor token_row(ModelTensors& tensors, const std::string& name, std::size_t width) {
  Tensor row = tensors.read(name);
  if (row.rank() == 0 || row.extent(-1) != width || row.size() != width)
    throw data_error(tensors.files().where(name), "has the shape " + shape_text(row.shape()) +
                                                      ", and one row of width " + std::to_string(width) +
                                                      " is expected");
  row.reshape({1, width});
  return row;
}

// The grid of patches that the positions are for: that of `image_size`, or a square one. Models that stretch positions
// take these for a square grid, whatever the size is.
Grid grid_of_positions(const io::Config& config, const Patches& row, std::size_t patch, std::size_t count) {
  const char* const member = "image_size";
  if (row.stretch != Stretch::refused || !config.has(member)) {
    const auto side = static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(count))));
    return {side, side};
  }
  const Extent size = fixed_size(config, member);
  const Grid grid{size.height / patch, size.width / patch};
  if (grid.count() != count)
    throw data_error(config.where(member), "is of " + std::to_string(grid.columns) + " x " + std::to_string(grid.rows) +
                                               " patches of " + std::to_string(patch) + " pixels, and the model has " +
                                               "positions for " + std::to_string(count));
  return grid;
}

// The positions of the model's own tokens and of the patches, (n, d).
Tensor positions_of(ModelTensors& tensors, const io::Config& config, const Patches& row, std::size_t patch,
                    const Grid& grid, std::size_t own, std::size_t width, const SourcedTensor& pixels) {
  const std::string name = tensors.need(row.positions);
  Tensor table = rows_of(tensors, name, width);
  const std::size_t count = table.extent(0);
  if (count <= own)
    throw data_error(tensors.files().where(name), "has " + counted(count, "position") +
                                                      ", and none for patches: the model's own tokens take " +
                                                      std::to_string(own));
  const Grid stored = grid_of_positions(config, row, patch, count - own);
  if (grid.rows == stored.rows && grid.columns == stored.columns && stored.count() == count - own) return table;
  const Shape& shape = pixels.tensor.shape();
  if (row.stretch == Stretch::refused || stored.count() != count - own)
    throw data_error(pixels.where, "is of " + std::to_string(shape[3]) + " x " + std::to_string(shape[2]) +
                                       " pixels, a grid of " + std::to_string(grid.columns) + " x " +
                                       std::to_string(grid.rows) + " patches, but the model has positions for " +
                                       (stored.count() == count - own
                                            ? std::to_string(stored.columns) + " x " + std::to_string(stored.rows)
                                            : std::to_string(count - own)));
  Tensor all(table.dtype(), {own + grid.count(), width});
  const std::size_t bytes = width * dtype_size(table.dtype());
  Tensor of_patches(table.dtype(), {count - own, width});
  std::memcpy(of_patches.data(), static_cast<const char*>(table.data()) + own * bytes, of_patches.bytes());
  const Tensor stretched = stretched_positions(of_patches, stored.rows, stored.columns, grid.rows, grid.columns,
                                               row.stretch == Stretch::smooth);
  std::memcpy(all.data(), table.data(), own * bytes);
  std::memcpy(static_cast<char*>(all.data()) + own * bytes, stretched.data(), stretched.bytes());
  return all;
}

}  // namespace

PatchStates embed_patches(ModelTensors& tensors, const Family& family, const io::Config& config,
                          const SourcedTensor& pixels, const Execution& execution) {
  const Patches& row = family.patches;
  const Shape& shape = pixels.tensor.shape();
  const std::string name = tensors.need(row.projection);
  const Shape kernel = tensors.files().entry(name).shape;
  if (kernel.size() != 4 || kernel[2] != kernel[3] || kernel[2] == 0 || kernel[0] == 0)
    throw data_error(tensors.files().where(name),
                     "has the shape " + shape_text(kernel) + "; (width, channels, side, side) is expected");
  const std::size_t width = kernel[0], patch = kernel[2];
  if (shape.size() != 4 || shape[1] != kernel[1] || shape[2] < patch || shape[3] < patch)
    throw data_error(pixels.where, "has the shape " + shape_text(shape) + "; (images, " + std::to_string(kernel[1]) +
                                       ", height, width) of one patch of " + std::to_string(patch) +
                                       " pixels or more is expected");
  const Grid grid{shape[2] / patch, shape[3] / patch};
  const Linear projection = tensors.linear(row.projection, {.is_convolution = true}, kernel[1] * patch * patch);
  const Tensor patches = apply(projection,
                               pixels.tensor.dtype() == DType::f64 ? patch_rows<double>(pixels.tensor, patch, grid)
                                                                   : patch_rows<float>(pixels.tensor, patch, grid),
                               execution);
  PatchStates states;
  std::vector<Tensor> before;  // with positions
  for (const OwnToken& token : row.tokens)
    if (!token.name.empty()) {
      before.push_back(token_row(tensors, tensors.need(token.name), width));
      states.labels.emplace_back(token.label);
    }
  const std::size_t own = before.size();
  const Tensor positions = positions_of(tensors, config, row, patch, grid, own, width, pixels);
  std::optional<Tensor> registers;
  if (!row.registers.empty()) registers = rows_of(tensors, tensors.need(row.registers), width);
  const std::size_t between = registers ? registers->extent(0) : 0, length = own + between + grid.count();
  for (std::size_t r = 0; r < between; ++r) states.labels.push_back("[REG" + std::to_string(r + 1) + "]");
  for (std::size_t y = 0; y < grid.rows; ++y)
    for (std::size_t x = 0; x < grid.columns; ++x) states.labels.push_back(std::to_string(y) + "," + std::to_string(x));

  states.x = Tensor(patches.dtype(), {shape[0], length, width});
  const std::size_t bytes = width * dtype_size(patches.dtype());
  for (std::size_t b = 0; b < shape[0]; ++b) {
    Tensor rows(patches.dtype(), {own + grid.count(), width});
    char* const to = static_cast<char*>(rows.data());
    for (std::size_t i = 0; i < own; ++i) std::memcpy(to + i * bytes, before[i].data(), bytes);
    std::memcpy(to + own * bytes, static_cast<const char*>(patches.data()) + b * grid.count() * bytes,
                grid.count() * bytes);
    add(rows, positions);
    char* const item = static_cast<char*>(states.x.data()) + b * length * bytes;
    std::memcpy(item, to, own * bytes);
    if (registers) std::memcpy(item + own * bytes, registers->data(), between * bytes);
    std::memcpy(item + (own + between) * bytes, to + own * bytes, grid.count() * bytes);
  }
  return states;
}

}  // namespace attn::model
