// LayerNorm and RMSNorm of a layer's input.
#include <algorithm>
#include <string>

#include "attention/layer/norm_row.hpp"
#include "attn/error.hpp"
#include "attn/layer.hpp"
#include "core/parallel.hpp"

namespace attn {
namespace {

template <class T>
void normalise_rows(Tensor& x, const InputNorm& norm, std::size_t threads) {
  const std::size_t width = norm.weight.size(), rows = width == 0 ? 0 : x.size() / width;
  const double* const bias = norm.bias.empty() ? nullptr : norm.bias.data();
  T* const data = x.values<T>().data();
  parallel_for((rows + rows_of_task - 1) / rows_of_task, x.size() < elements_worth_threads ? 1 : threads,
               [&](std::size_t task, std::size_t) {
                 for (std::size_t i = task * rows_of_task; i < std::min(rows, (task + 1) * rows_of_task); ++i) {
                   T* const row = data + i * width;
                   const double mean = norm.kind == InputNorm::Kind::rms ? 0 : mean_of(row, width);
                   norm_row(row, width, mean, norm.epsilon, norm.weight.data(), bias);
                 }
               });
}

}  // namespace

void normalise(Tensor& x, const InputNorm& norm, const std::string& where, std::size_t threads) {
  if (x.rank() == 0 || x.extent(-1) != norm.weight.size())
    throw data_error(where, "has the shape " + shape_text(x.shape()) + ", but the layer's input norm is of width " +
                                std::to_string(norm.weight.size()));
  if (x.dtype() == DType::f64) {
    normalise_rows<double>(x, norm, threads);
  } else {
    normalise_rows<float>(x, norm, threads);
  }
}

}  // namespace attn
