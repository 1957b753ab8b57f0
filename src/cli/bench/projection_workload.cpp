// A projection of multi-head attention: random tokens times a square matrix, which may have been packed before.
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "attn/attention.hpp"
#include "attn/packed_weight.hpp"
#include "attn/random.hpp"
#include "attn/task.hpp"
#include "cli/bench/workload.hpp"

namespace attn::cli {
namespace {

template <class T>
class ProjectionWorkload : public Workload<T> {
 public:
  explicit ProjectionWorkload(const BenchCase& config)
      : rows_(config.batch * config.queries), width_(config.heads * config.dim) {
    RandomStream stream(Generator::torch, 0);
    x_ = stream.randn({rows_, width_}, dtype_of<T>);
    // Outputs are then about as large as inputs, as in a trained layer.
    weight_ = stream.normal({width_, width_}, 0, 1 / std::sqrt(static_cast<double>(width_)), dtype_of<T>);
    for (Tensor* operand : {&x_, &weight_}) round_operands(*operand, config.dtype);
    y_ = Tensor(dtype_of<T>, {rows_, width_});
    std::ranges::fill(y_.values<T>(), std::numeric_limits<T>::quiet_NaN());
    const std::ptrdiff_t stride = static_cast<std::ptrdiff_t>(width_);
    const Tensor &x = x_, &weight = weight_;
    task_.x = {x.values<T>().data(), rows_, width_, stride};
    task_.weight = {weight.values<T>().data(), width_, width_, stride};
    task_.y = {y_.values<T>().data(), rows_, width_, stride};
    task_.execution.bf16_operands = config.dtype == Arithmetic::bf16;
    task_.execution.f16_operands = config.dtype == Arithmetic::f16;
    task_.execution.kernels = config.kernels;
    task_.execution.threads = config.threads;
    if (config.mode == BenchMode::packed_projection)
      task_.packed = &packed_.emplace(task_.weight, task_.transposed, task_.execution);
  }

  void run() override { linear(task_); }
  std::size_t rows() const override { return rows_; }
  std::size_t rows_a_group() const override { return rows_; }
  const T* output_row(std::size_t row) const override { return task_.y.row(row); }
  std::vector<double> exact_row(std::size_t row) const override { return formula<double>(row); }
  std::vector<float> naive_row(std::size_t row) const override { return formula<float>(row); }

 private:
  template <class Sum>
  std::vector<Sum> formula(std::size_t row) const {
    std::vector<Sum> sums(width_, Sum(0));
    for (std::size_t c = 0; c < width_; ++c) {
      const Sum x = static_cast<Sum>(task_.x.row(row)[c]);
      const T* weight = task_.weight.row(c);
      for (std::size_t o = 0; o < width_; ++o) sums[o] += x * static_cast<Sum>(weight[o]);
    }
    return sums;
  }

  std::size_t rows_, width_;
  Tensor x_, weight_, y_;
  std::optional<PackedWeight<T>> packed_;
  LinearTask<T> task_;
};

}  // namespace

template <class T>
std::unique_ptr<Workload<T>> make_projection_workload(const BenchCase& config) {
  return std::make_unique<ProjectionWorkload<T>>(config);
}
template std::unique_ptr<Workload<float>> make_projection_workload(const BenchCase&);
template std::unique_ptr<Workload<double>> make_projection_workload(const BenchCase&);

}  // namespace attn::cli
