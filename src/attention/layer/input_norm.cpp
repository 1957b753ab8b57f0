// LayerNorm and RMSNorm of a layer's input.
#include <string>

#include "attention/layer/norm_row.hpp"
#include "attn/error.hpp"
#include "attn/layer.hpp"

namespace attn {
namespace {

template <class T>
void normalise_rows(Tensor& x, const InputNorm& norm) {
  const std::size_t width = norm.weight.size();
  const double* const bias = norm.bias.empty() ? nullptr : norm.bias.data();
  T* const data = x.values<T>().data();
  for (std::size_t at = 0; at < x.size(); at += width) {
    const double mean = norm.kind == InputNorm::Kind::layer ? mean_of(data + at, width) : 0;
    norm_row(data + at, width, mean, norm.epsilon, norm.weight.data(), bias);
  }
}

}  // namespace

void normalise(Tensor& x, const InputNorm& norm, const std::string& where) {
  if (x.rank() == 0 || x.extent(-1) != norm.weight.size())
    throw data_error(where, "has the shape " + shape_text(x.shape()) + ", but the layer's input norm is of width " +
                                std::to_string(norm.weight.size()));
  if (x.dtype() == DType::f64) {
    normalise_rows<double>(x, norm);
  } else {
    normalise_rows<float>(x, norm);
  }
}

}  // namespace attn
