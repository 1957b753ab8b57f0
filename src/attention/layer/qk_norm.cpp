// Norms of heads, a row at a time.
#include "attention/layer/qk_norm.hpp"

#include <algorithm>
#include <cmath>

#include "attention/layer/norm_row.hpp"
#include "attn/error.hpp"
#include "core/parallel.hpp"

namespace attn {
namespace {

// x / max(‖x‖, epsilon): a division, as that of a number by itself is exact.
template <class T>
void divide_by_length(T* row, std::size_t width, double epsilon, const double* weight) {
  const double length =
      std::max(std::sqrt(sum_of_row(row, width, [](double value) { return value * value; })), epsilon);
  for (std::size_t c = 0; c < width; ++c)
    row[c] = static_cast<T>(static_cast<double>(row[c]) / length * (weight == nullptr ? 1 : weight[c]));
}

template <class T>
void norm_one(T* row, std::size_t width, const QkNorm& norm, const double* weight, const double* bias) {
  if (norm.euclidean) return divide_by_length(row, width, norm.epsilon, weight);
  norm_row(row, width, norm.centred ? mean_of(row, width) : 0, norm.epsilon, weight, bias);
}

}  // namespace

template <class T>
void norm_heads(HeadsView<T> heads, const QkNorm& norm, const std::vector<double>& weight,
                const std::vector<double>& bias, std::size_t threads) {
  if (heads.empty()) return;
  if (heads.batch * heads.heads * heads.rows * heads.cols < elements_worth_threads) threads = 1;
  const bool is_wide = weight.size() > heads.cols, over_all = is_wide && !norm.own_heads;
  const std::size_t width = over_all ? weight.size() : heads.cols, count = over_all ? 1 : heads.heads;
  const std::size_t blocks = (heads.rows + rows_of_task - 1) / rows_of_task;
  parallel_for(heads.batch * blocks, threads, [&](std::size_t task, std::size_t) {
    const std::size_t b = task / blocks, top = task % blocks * rows_of_task;
    for (std::size_t h = 0; h < count; ++h) {
      const auto of_head = [first = is_wide && !over_all ? h * width : 0](const std::vector<double>& numbers) {
        return numbers.empty() ? nullptr : numbers.data() + first;
      };
      for (std::size_t i = top; i < std::min(heads.rows, top + rows_of_task); ++i)
        norm_one(heads.at(b, h).row(i), width, norm, of_head(weight), of_head(bias));
    }
  });
}

void check_norm_weight(const std::vector<double>& weight, std::size_t heads, std::size_t head_dim,
                       const std::string& what, const std::string& where) {
  if (weight.empty() || weight.size() == head_dim || weight.size() == heads * head_dim) return;
  throw data_error(where, "a norm of width " + std::to_string(weight.size()) + " for " + what + " of width " +
                              std::to_string(head_dim) +
                              (heads == 1 ? "" : ", together " + std::to_string(heads * head_dim)));
}

template void norm_heads(HeadsView<float>, const QkNorm&, const std::vector<double>&, const std::vector<double>&,
                         std::size_t);
template void norm_heads(HeadsView<double>, const QkNorm&, const std::vector<double>&, const std::vector<double>&,
                         std::size_t);

}  // namespace attn
