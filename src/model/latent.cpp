// The narrow vectors of multi-head latent attention, made of a document's operands.
#include <algorithm>
#include <cstring>

#include "attn/error.hpp"
#include "attn/model.hpp"
#include "model/tensors.hpp"

namespace attn {
namespace {

// x·Wᵀ + b of any of a document's operands.
Tensor product(const SourcedTensor& x, const SourcedTensor& weight, const SourcedTensor& bias,
               const ExecutionOptions& execution) {
  if (x.tensor.rank() < 2 || x.tensor.extent(-1) != weight.tensor.extent(1))
    throw data_error(x.where, "the shape " + shape_text(x.tensor.shape()) + " has not the width " +
                                  std::to_string(weight.tensor.extent(1)) + " of the layer");
  model::Linear linear;
  linear.weight = Tensor::view_of(weight.tensor, weight.tensor.shape());
  if (bias.tensor.rank() == 1) linear.bias = Tensor::view_of(bias.tensor, {bias.tensor.extent(0)});
  return model::apply(linear, x.tensor,
                      {.bf16_operands = execution.bf16_operands,
                       .f16_operands = execution.f16_operands,
                       .kernels = execution.kernels != nullptr ? execution.kernels : &fastest_kernel_set(),
                       .threads = execution.threads});
}

// The first columns of each row.
Tensor first_columns(const Tensor& x, std::size_t columns) {
  Shape shape = x.shape();
  const std::size_t all = shape.back(), size = dtype_size(x.dtype());
  shape.back() = columns;
  Tensor made(x.dtype(), shape);
  for (std::size_t row = 0; row < x.size() / all; ++row)
    std::memcpy(static_cast<char*>(made.data()) + row * columns * size,
                static_cast<const char*>(x.data()) + row * all * size, columns * size);
  return made;
}

void put_first_columns(Tensor& x, const Tensor& from) {
  const std::size_t all = x.extent(-1), columns = from.extent(-1), size = dtype_size(x.dtype());
  for (std::size_t row = 0; row < x.size() / all; ++row)
    std::memcpy(static_cast<char*>(x.data()) + row * all * size,
                static_cast<const char*>(from.data()) + row * columns * size, columns * size);
}

}  // namespace

void narrow_operands(Input& input, const AttentionLayer& layer, const ExecutionOptions& execution) {
  if (!layer.latent) return;
  const LatentVectors& latent = *layer.latent;
  const auto operand = [&input](const char* name) -> const SourcedTensor* {
    for (const char* const found : {name, "embeddings"})
      if (const auto at = input.tensors.find(found); at != input.tensors.end()) return &at->second;
    return nullptr;  // an error of the run
  };
  const SourcedTensor *const query = operand("query"), *const key = operand("key"), *const value = operand("value");
  if (query == nullptr || key == nullptr || value == nullptr) return;
  const std::size_t rank = latent.norm.weight.size();
  const auto narrow = [&](const SourcedTensor& x) {
    Tensor both = product(x, latent.down, latent.bias, execution);
    Tensor normed = first_columns(both, rank);
    normalise(normed, latent.norm, x.where, execution.threads);
    put_first_columns(both, normed);
    return std::pair{std::move(both), std::move(normed)};
  };
  SourcedTensor narrow_query{query->tensor.clone(), query->where};
  if (latent.query_down.tensor.rank() == 2) {
    narrow_query.tensor = product(*query, latent.query_down, latent.query_bias, execution);
    normalise(narrow_query.tensor, latent.query_norm, query->where, execution.threads);
  }
  auto [both, normed] = narrow(*key);
  if (value != key) normed = narrow(*value).second;
  const std::string key_where = key->where, value_where = value->where;
  input.tensors.erase("embeddings");
  input.tensors["query"] = std::move(narrow_query);
  input.tensors["key"] = {std::move(both), key_where};
  input.tensors["value"] = {std::move(normed), value_where};
}

}  // namespace attn
