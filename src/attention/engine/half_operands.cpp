// Rounds queries, keys, values and the factors of projections to float16.
#include "attention/engine/half_operands.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>
#include <vector>

#include "attention/engine/linear_ways.hpp"
#include "attention/engine/narrow.hpp"
#include "attn/error.hpp"
#include "core/half.hpp"
#include "core/number.hpp"
#include "core/option_name.hpp"
#include "core/parallel.hpp"
#include "core/rounding.hpp"

namespace attn {
namespace {

constexpr float past_halves = 65520;                      // rounded, it is infinite
constexpr std::size_t slab_bytes = std::size_t{8} << 20;  // of weights that are rounded at a time
constexpr const char* weights_of_projection = "the weights of a projection";

// The first finite number of a row that float16 has none for; 0 if there is no such. The first loop compares integers,
// as numbers without sign are in the order of their bits, so that it vectorises.
float number_past_halves(const float* row, std::size_t n) {
  constexpr std::int32_t limit = std::bit_cast<std::int32_t>(past_halves), magnitude = 0x7FFFFFFF;
  std::int32_t past = 0;
  for (std::size_t i = 0; i < n; ++i)
    past |= static_cast<std::int32_t>((std::bit_cast<std::int32_t>(row[i]) & magnitude) >= limit);
  for (std::size_t i = 0; i < n && past != 0; ++i)
    if (std::abs(row[i]) >= past_halves && std::isfinite(row[i])) return row[i];
  return 0;
}

// Rounds rows to float16; throws for what does not fit.
class Rounding {
 public:
  Rounding(const Execution& execution, std::string what)
      : kernels_(execution.kernels->tiles<float>()), threads_(execution.threads), what_(std::move(what)) {}

  // Row i of `rows` (count, n) from `row(i, room)`, which gives the numbers or writes them to `room`.
  template <class Row, class Take>
  void rows(std::size_t count, std::size_t n, const Row& row, const Take& take) const {
    constexpr std::size_t numbers_a_task = 32768;
    const std::size_t rows_a_task = std::max<std::size_t>(1, numbers_a_task / std::max<std::size_t>(1, n));
    std::vector<float> past(divide_up(count, rows_a_task));  // one a task
    parallel_for(past.size(), threads_, [&](std::size_t task, std::size_t) {
      std::vector<float> room(n);
      std::vector<std::uint16_t> halves(n);
      for (std::size_t i = task * rows_a_task; i < std::min(count, (task + 1) * rows_a_task); ++i) {
        const float* const numbers = row(i, room.data());
        if (past[task] == 0) past[task] = number_past_halves(numbers, n);
        narrow(numbers, n, halves.data());
        take(i, halves.data());
      }
    });
    const auto found = std::ranges::find_if(past, [](float number) { return number != 0; });
    if (found == past.end()) return;
    throw data_error(option_name("dtype"),
                     what_ + " hold " + shortest(*found) + ", and float16 ends at 65504; bf16 and f32 go further");
  }

  void widen(const std::uint16_t* halves, std::size_t n, float* to) const {
    if (kernels_ != nullptr) return kernels_->widen({halves, DType::f16}, n, to);
    widen_all(halves, DType::f16, n, to);
  }

 private:
  void narrow(const float* from, std::size_t n, std::uint16_t* to) const {
    if (kernels_ != nullptr) return kernels_->narrow(from, n, to);
    std::transform(from, from + n, to, narrow_to_half);
  }

  const TileKernels<float>* kernels_;
  std::size_t threads_;
  std::string what_;
};

std::size_t rows_of(const HeadsView<const float>& view) { return view.batch * view.heads * view.rows; }

// Where row i of all in C order begins.
std::ptrdiff_t place(const HeadsView<const float>& view, std::size_t i) {
  const std::size_t row = i % view.rows, h = i / view.rows % view.heads, b = i / view.rows / view.heads;
  return static_cast<std::ptrdiff_t>(b) * view.batch_stride + static_cast<std::ptrdiff_t>(h) * view.head_stride +
         static_cast<std::ptrdiff_t>(row) * view.row_stride;
}

void lay_densely(HeadsView<const float>& view) {
  view.row_stride = static_cast<std::ptrdiff_t>(view.cols);
  view.head_stride = static_cast<std::ptrdiff_t>(view.rows) * view.row_stride;
  view.batch_stride = static_cast<std::ptrdiff_t>(view.heads) * view.head_stride;
}

void round_query(const Rounding& rounding, HeadsView<const float>& view, Scratch<float>& memory) {
  memory = Scratch<float>(rows_of(view) * view.cols);
  rounding.rows(
      rows_of(view), view.cols, [&](std::size_t i, float*) { return view.data + place(view, i); },
      [&](std::size_t i, const std::uint16_t* halves) {
        rounding.widen(halves, view.cols, memory.data() + i * view.cols);
      });
  view.data = memory.data();
  lay_densely(view);
}

void round_stored(const Rounding& rounding, HeadsView<const float>& view, NarrowElements& narrow,
                  Scratch<std::uint16_t>& memory) {
  if ((view.data == nullptr && narrow.data == nullptr) || view.empty()) return;
  if (narrow.data != nullptr && narrow.dtype == DType::f16) return;
  memory = Scratch<std::uint16_t>(rows_of(view) * view.cols);
  rounding.rows(
      rows_of(view), view.cols,
      [&](std::size_t i, float* room) -> const float* {
        if (narrow.data == nullptr) return view.data + place(view, i);
        widen_all(narrow.data + place(view, i), narrow.dtype, view.cols, room);
        return room;
      },
      [&](std::size_t i, const std::uint16_t* halves) {
        std::copy_n(halves, view.cols, memory.data() + i * view.cols);
      });
  view.data = nullptr;
  narrow = {memory.data(), DType::f16};
  lay_densely(view);
}

// A matrix, rounded.
MatrixView<const float> rounded(const Rounding& rounding, MatrixView<const float> matrix, Scratch<float>& memory) {
  if (memory.size() < matrix.rows * matrix.cols) memory = Scratch<float>(matrix.rows * matrix.cols);
  rounding.rows(
      matrix.rows, matrix.cols, [&](std::size_t i, float*) { return matrix.row(i); },
      [&](std::size_t i, const std::uint16_t* halves) {
        rounding.widen(halves, matrix.cols, memory.data() + i * matrix.cols);
      });
  return {memory.data(), matrix.rows, matrix.cols, static_cast<std::ptrdiff_t>(matrix.cols)};
}

}  // namespace

template <>
HalfTask<double>::HalfTask(const AttentionTask<double>& task) : task_(task) {}

template <>
HalfTask<float>::HalfTask(const AttentionTask<float>& task) : task_(task) {
  if (!task.execution.f16_operands) return;
  task_.execution.f16_operands = false;
  AttentionOperands<float>& operands = task_.operands;
  if (!operands.query.empty()) round_query({task.execution, "the queries"}, operands.query, query_);
  round_stored({task.execution, "the keys"}, operands.key, operands.narrow_key, key_);
  round_stored({task.execution, "the values"}, operands.value, operands.narrow_value, value_);
}

template <>
HalfWeight<double>::HalfWeight(MatrixView<const double> weight, const Execution&) : weight_(weight) {}

template <>
HalfWeight<float>::HalfWeight(MatrixView<const float> weight, const Execution& execution) : weight_(weight) {
  if (execution.f16_operands) weight_ = rounded({execution, weights_of_projection}, weight, memory_);
}

template <>
void linear_of_halves(const LinearTask<float>& task) {
  LinearTask<float> part = task;
  part.execution.f16_operands = false;
  Scratch<float> x(0), weight(0);
  part.x = rounded({task.execution, "the inputs of a projection"}, task.x, x);
  if (task.packed != nullptr && task.packed->columns(0) != nullptr)
    return linear_by_tiles(part, *task.execution.kernels->tiles<float>());
  part.packed = nullptr;
  const Rounding rounding(task.execution, weights_of_projection);
  const std::size_t outputs = task.y.cols, inputs = std::max<std::size_t>(1, task.x.cols);
  const std::size_t at_once = std::max<std::size_t>(1, slab_bytes / sizeof(float) / inputs);
  for (std::size_t first = 0; first < outputs; first += at_once) {
    const std::size_t count = std::min(at_once, outputs - first);
    MatrixView<const float> slab = task.weight;
    if (task.transposed) {
      slab.data = task.weight.row(first);
      slab.rows = count;
    } else {
      slab.data += first;
      slab.cols = count;
    }
    part.weight = rounded(rounding, slab, weight);
    if (task.bias != nullptr) part.bias = task.bias + first;
    part.y = {task.y.data + first, task.y.rows, count, task.y.row_stride};
    linear(part);
  }
}

template <>
void linear_of_halves(const LinearTask<double>&) {}

}  // namespace attn
