// LayerNorm and RMSNorm of a layer's input.
#include <cmath>
#include <string>

#include "attn/error.hpp"
#include "attn/layer.hpp"

namespace attn {
namespace {

template <class T>
void normalise_row(T* row, const InputNorm& norm) {
  const std::size_t width = norm.weight.size();
  double mean = 0;
  if (norm.kind == InputNorm::Kind::layer) {
    for (std::size_t c = 0; c < width; ++c) mean += static_cast<double>(row[c]);
    mean /= static_cast<double>(width);
  }
  double squares = 0;
  for (std::size_t c = 0; c < width; ++c) {
    const double centred = static_cast<double>(row[c]) - mean;
    squares += centred * centred;
  }
  const double scale = 1 / std::sqrt(squares / static_cast<double>(width) + norm.epsilon);
  for (std::size_t c = 0; c < width; ++c)
    row[c] = static_cast<T>((static_cast<double>(row[c]) - mean) * scale * norm.weight[c] +
                            (norm.bias.empty() ? 0 : norm.bias[c]));
}

template <class T>
void normalise_rows(Tensor& x, const InputNorm& norm) {
  T* const data = x.values<T>().data();
  for (std::size_t at = 0; at < x.size(); at += norm.weight.size()) normalise_row(data + at, norm);
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
