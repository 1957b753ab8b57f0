// Multi-head latent attention (DeepSeek-V2, arXiv:2405.04434) as projections of narrow vectors.
//
// With c = norm(x·A) and p = x·P of a token, and all heads' shared p turned by RoPE, the key of a head is (p, c·B) and
// its value c·C. So keys are a projection of (p beside c), values one of c, and queries one of their own narrow vector.
// The columns that are turned come first in queries and keys: their products are the same in any order of columns.
#include <cstring>

#include "attn/error.hpp"
#include "io/checkpoints/config.hpp"
#include "io/checkpoints/layer.hpp"

namespace attn::io {
namespace {

char* row_of(Tensor& matrix, std::size_t row) {
  return static_cast<char*>(matrix.data()) + row * matrix.extent(1) * dtype_size(matrix.dtype());
}
const char* row_of(const Tensor& matrix, std::size_t row) {
  return static_cast<const char*>(matrix.data()) + row * matrix.extent(1) * dtype_size(matrix.dtype());
}

Tensor zeros(DType dtype, std::size_t rows, std::size_t columns) {
  Tensor made(dtype, {rows, columns});
  std::memset(made.data(), 0, made.bytes());
  return made;
}

void set_one(Tensor& matrix, std::size_t row, std::size_t column) {
  const std::size_t at = row * matrix.extent(1) + column;
  if (matrix.dtype() == DType::f64) {
    matrix.values<double>()[at] = 1;
  } else {
    matrix.values<float>()[at] = 1;
  }
}

}  // namespace

void LayerReader::find_latent_tensors() {
  const LatentNames& names = row_.latent;
  const auto product = [this](std::string_view name) {
    need(path(name) + ".weight", true);
    need(path(name) + ".bias", false);
  };
  if (files_.contains(path(names.query_down) + ".weight")) {
    product(names.query_down);
    need(path(names.query_norm) + ".weight", true);
    product(names.query_up);
  } else {
    product(names.query);
  }
  product(names.down);
  need(path(names.norm) + ".weight", true);
  need(path(names.up) + ".weight", true);
}

void LayerReader::find_latent_heads() {
  const LatentNames& names = row_.latent;
  const auto refuse = [this](std::string_view name) -> Error {
    const std::string tensor = path(name) + ".weight";
    return data_error(files_.where(tensor), "has the shape " + shape_text(shape(tensor)) + ", which does not fit " +
                                                std::to_string(*layer_.heads) +
                                                " heads and the other tensors of the "
                                                "layer");
  };
  const bool narrows = files_.contains(path(names.query_down) + ".weight");
  const std::string_view query = narrows ? names.query_up : names.query;
  const std::size_t heads = size_of(*layer_.heads);
  const auto matrix = [&](std::string_view name) {
    Shape found = shape(path(name) + ".weight");
    if (found.size() != 2) throw refuse(name);
    return found;
  };
  const Shape up = matrix(names.up), down = matrix(names.down), queries = matrix(query), output = matrix(row_.output);
  const std::size_t rank = up[1];
  if (shape(path(names.norm) + ".weight") != Shape{rank}) throw refuse(names.norm);
  if (down[0] <= rank) throw refuse(names.down);
  if (output[0] != down[1] || output[1] == 0 || output[1] % heads != 0) throw refuse(row_.output);
  const std::size_t turned = down[0] - rank, value = output[1] / heads;
  if (up[0] % heads != 0 || up[0] / heads < value) throw refuse(names.up);
  const std::size_t columns = up[0] / heads - value + turned;
  if (queries[0] != heads * columns) throw refuse(query);
  if (narrows) {
    if (matrix(names.query_down) != Shape{queries[1], down[1]}) throw refuse(names.query_down);
    if (shape(path(names.query_norm) + ".weight") != Shape{queries[1]}) throw refuse(names.query_norm);
  } else if (queries[1] != down[1]) {
    throw refuse(query);
  }
  for (const std::string_view name : {names.query_down, names.down, query}) {
    const std::string bias = path(name) + ".bias";
    if (files_.contains(bias) && files_.contains(path(name) + ".weight"))
      expect(bias, {shape(path(name) + ".weight")[0]});
  }
  check_input_norm(down[1]);
  for (const auto& [member, count] :
       {std::pair{"qk_rope_head_dim", turned}, std::pair{"v_head_dim", value}, std::pair{"kv_lora_rank", rank}})
    if (const auto said = config_number(member); said && size_of(*said) != count)
      throw data_error(config_->where(member),
                       "is " + std::to_string(*said) + ", but the layer's tensors have " + std::to_string(count));
  layer_.kv_heads = layer_.heads;
  layer_.head_dim = static_cast<std::int64_t>(columns);
  latent_rank_ = static_cast<std::int64_t>(rank);
  value_dim_ = static_cast<std::int64_t>(value);
  rope_columns_ = static_cast<std::int64_t>(turned);
}

void LayerReader::read_latent() {
  const LatentNames& names = row_.latent;
  const std::size_t heads = size_of(*layer_.heads), rank = size_of(latent_rank_), turned = size_of(rope_columns_),
                    value = size_of(value_dim_), fixed = size_of(*layer_.head_dim) - turned;
  const auto stored = [this](std::string_view name, const char* kind) {
    const std::string tensor_name = path(name) + kind;
    return files_.contains(tensor_name) ? SourcedTensor{tensor(tensor_name), files_.where(tensor_name)}
                                        : SourcedTensor{};
  };
  LatentVectors latent;
  latent.query_down = stored(names.query_down, ".weight");
  const bool narrows = latent.query_down.tensor.rank() == 2;
  if (narrows) {
    latent.query_bias = stored(names.query_down, ".bias");
    latent.query_norm = norm_of(Norm::rms, names.epsilon);
    latent.query_norm.weight = numbers(path(names.query_norm) + ".weight");
  }
  latent.down = stored(names.down, ".weight");
  latent.bias = stored(names.down, ".bias");
  latent.norm = norm_of(Norm::rms, names.epsilon);
  latent.norm.weight = numbers(path(names.norm) + ".weight");

  // The rows of each head that are turned come first.
  const std::string_view query = narrows ? names.query_up : names.query;
  const auto reorder = [&](SourcedTensor from) {
    if (from.tensor.rank() == 1) from.tensor.reshape({from.tensor.size(), 1});
    Tensor to(from.tensor.dtype(), from.tensor.shape());
    const std::size_t bytes = to.extent(1) * dtype_size(to.dtype());
    for (std::size_t h = 0, first = 0; h < heads; ++h, first += fixed + turned) {
      std::memcpy(row_of(to, first), row_of(from.tensor, first + fixed), turned * bytes);
      std::memcpy(row_of(to, first + turned), row_of(from.tensor, first), fixed * bytes);
    }
    from.tensor = std::move(to);
    return from;
  };
  layer_.projections["q_proj.weight"] = reorder(stored(query, ".weight"));
  if (SourcedTensor bias = stored(query, ".bias"); bias.tensor.size() != 0 && bias.tensor.rank() == 1) {
    bias = reorder(std::move(bias));
    bias.tensor.reshape({bias.tensor.size()});
    layer_.projections["q_proj.bias"] = std::move(bias);
  }
  const SourcedTensor up = stored(names.up, ".weight");
  const std::size_t bytes = rank * dtype_size(up.tensor.dtype());
  Tensor keys = zeros(up.tensor.dtype(), heads * (fixed + turned), rank + turned);
  Tensor values(up.tensor.dtype(), {heads * value, rank});
  for (std::size_t h = 0; h < heads; ++h) {
    const std::size_t first = h * (fixed + turned), from = h * (fixed + value);
    for (std::size_t i = 0; i < turned; ++i) set_one(keys, first + i, rank + i);
    for (std::size_t i = 0; i < fixed; ++i)
      std::memcpy(row_of(keys, first + turned + i), row_of(up.tensor, from + i), bytes);
    std::memcpy(row_of(values, h * value), row_of(up.tensor, from + fixed), value * bytes);
  }
  layer_.projections["k_proj.weight"] = {std::move(keys), up.where};
  layer_.projections["v_proj.weight"] = {std::move(values), up.where};
  layer_.latent = std::move(latent);
}

}  // namespace attn::io
