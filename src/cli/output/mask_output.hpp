// A bound mask as a matrix, row by row, and as pictures that need no matrix.
#pragma once

#include <string>
#include <vector>

#include "attn/mask.hpp"
#include "attn/picture.hpp"
#include "attn/selection.hpp"
#include "attn/sink.hpp"
#include "attn/terminal.hpp"
#include "attn/write.hpp"
#include "cli/flags/mask_grid_flags.hpp"
#include "cli/flags/output_flags.hpp"

namespace attn::cli {

/// How the matrix is written: 0 and 1, false and true, or 0 and −inf.
enum class MaskForm { ints, booleans, additive };

class MaskOutput {
 public:
  /// `max_memory`: of a matrix as a whole, in bytes.
  MaskOutput(std::string expression, const BoundMask& mask, const MaskGrid& grid, MaskForm form,
             std::uint64_t max_memory, std::size_t threads)
      : expression_(std::move(expression)),
        mask_(mask),
        grid_(grid),
        form_(form),
        max_memory_(max_memory),
        threads_(threads) {}

  /// (L, S), with the axes before it along which rows differ: the least shape that broadcasts to the scores'.
  Shape shape() const;
  /// Throws Error (data, at --max-memory) if the matrix is larger than is allowed.
  void check_size() const;

  /// A document or a tensor. JSON, CSV and NPY are written row by row.
  void write(const Target& target) const;
  /// For a file, or for a terminal where there is one. `style` is the flags' own.
  Heatmap picture(HeatmapStyle style, const Selection& selection, const TerminalStyle* terminal) const;
  /// Of the matrix as a whole, whatever its size. Throws as check_size does.
  Heatmap whole_picture(HeatmapStyle style, const Selection& selection) const;

 private:
  std::size_t items() const { return mask_.varies_by_batch() ? mask_.shape().batch : 1; }
  std::size_t heads() const { return mask_.varies_by_head() ? mask_.shape().heads : 1; }
  DType dtype() const { return form_ == MaskForm::additive ? DType::f32 : DType::u8; }
  const char* name() const { return form_ == MaskForm::additive ? "bias" : "mask"; }
  TensorLabels tensor_labels() const;
  TensorRows rows(Tensor& row) const;
  Tensor tensor() const;
  void write_json(Sink& sink) const;
  static HeatmapStyle styled(HeatmapStyle style);
  Panel panel(const SelectedAxes& axes) const;
  bool pool(Heatmap& heatmap, const std::vector<SelectedAxes>& selected, const std::vector<GridSize>& sizes) const;

  std::string expression_;
  const BoundMask& mask_;
  const MaskGrid& grid_;
  MaskForm form_;
  std::uint64_t max_memory_;
  std::size_t threads_;
};

}  // namespace attn::cli
