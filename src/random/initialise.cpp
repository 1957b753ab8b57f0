// Initialisers: the table of names, and the order in which each draws its projections.
#include "attn/initialise.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <utility>

#include "attn/error.hpp"
#include "core/option_name.hpp"
#include "random/linear.hpp"
#include "random/names.hpp"

namespace attn {
namespace {

/// What can be projected: the document's names of its weight and bias.
struct Role {
  const char* weight;
  const char* bias;
  const char* torch_weight;
  const char* torch_bias;
};
constexpr Role query{"W_q", "b_q", "q_proj.weight", "q_proj.bias"};
constexpr Role key{"W_k", "b_k", "k_proj.weight", "k_proj.bias"};
constexpr Role value{"W_v", "b_v", "v_proj.weight", "v_proj.bias"};
constexpr Role output{"W_o", "b_o", "out_proj.weight", "out_proj.bias"};

void add(std::vector<NamedTensor>& tensors, const Role& role, Linear linear) {
  tensors.push_back({linear.transposed ? role.torch_weight : role.weight, std::move(linear.weight)});
  if (linear.bias) tensors.push_back({linear.transposed ? role.torch_bias : role.bias, std::move(*linear.bias)});
}

/// The order that textbooks share: query, key, value, output; with `stacked`, the first three once a head.
/// `draw(in, out)` draws one of the first three, `draw_output(in, out)` the last.
template <class Draw, class DrawOutput>
std::vector<NamedTensor> draw_in_turn(const ProjectionSpec& spec, const Draw& draw, const DrawOutput& draw_output) {
  if (spec.stacked && spec.kv_heads != spec.heads)
    throw usage_error(option_name("stacked"),
                      "stacked heads have a key and a value head each: " + option_name("kv_heads") + " must be " +
                          std::to_string(spec.heads) + ", not " + std::to_string(spec.kv_heads));
  const std::size_t passes = spec.stacked ? spec.heads : 1;
  const std::size_t width = spec.stacked ? spec.head_dim : spec.heads * spec.head_dim;
  const std::size_t kv_width = spec.stacked ? spec.head_dim : spec.kv_heads * spec.head_dim;
  std::vector<Linear> queries, keys, values;
  for (std::size_t pass = 0; pass < passes; ++pass) {
    queries.push_back(draw(spec.d_query, width));
    keys.push_back(draw(spec.d_key, kv_width));
    values.push_back(draw(spec.d_value, kv_width));
  }
  std::vector<NamedTensor> tensors;
  add(tensors, query, side_by_side(std::move(queries)));
  add(tensors, key, side_by_side(std::move(keys)));
  add(tensors, value, side_by_side(std::move(values)));
  if (spec.out_projection && !spec.stacked) add(tensors, output, draw_output(spec.heads * spec.head_dim, spec.d_out));
  return tensors;
}

void refuse_bias_kv(const ProjectionSpec& spec, const std::string& name) {
  if (spec.add_bias_kv) throw usage_error(option_name("init"), name + " draws no bias_k and bias_v; torch-mha does");
}

// Biases that are there whatever was asked for.
void refuse_qkv_bias(const ProjectionSpec& spec, const std::string& name) {
  if (spec.qkv_bias) throw usage_error(option_name("qkv_bias"), name + " has biases in any case, all zero");
}

std::vector<NamedTensor> draw_torch_linear(const ProjectionSpec& spec, RandomStream& stream, DType dtype) {
  refuse_bias_kv(spec, "torch-linear");
  return draw_in_turn(
      spec, [&](std::size_t in, std::size_t out) { return draw_linear(stream, in, out, spec.qkv_bias, dtype); },
      [&](std::size_t in, std::size_t out) { return draw_linear(stream, in, out, true, dtype); });
}

/// Bare parameters, (in, out), from `draw(shape)`.
template <class Draw>
std::vector<NamedTensor> draw_parameters(const ProjectionSpec& spec, const std::string& name, const Draw& draw) {
  refuse_bias_kv(spec, name);
  if (spec.qkv_bias) throw usage_error(option_name("qkv_bias"), name + " draws no biases; torch-linear does");
  const auto parameter = [&](std::size_t in, std::size_t out) {
    return Linear{draw({in, out}), std::nullopt, /*transposed=*/false};
  };
  return draw_in_turn(spec, parameter, parameter);
}

std::vector<NamedTensor> draw_torch_rand(const ProjectionSpec& spec, RandomStream& stream, DType dtype) {
  return draw_parameters(spec, "torch-rand", [&](Shape shape) { return stream.rand(std::move(shape), dtype); });
}

std::vector<NamedTensor> draw_torch_randn(const ProjectionSpec& spec, RandomStream& stream, DType dtype) {
  return draw_parameters(spec, "torch-randn", [&](Shape shape) { return stream.randn(std::move(shape), dtype); });
}

std::vector<NamedTensor> draw_xavier(const ProjectionSpec& spec, RandomStream& stream, DType dtype) {
  refuse_bias_kv(spec, "xavier");
  refuse_qkv_bias(spec, "xavier");
  const auto layer = [&](std::size_t in, std::size_t out) {
    return Linear{draw_xavier_uniform(stream, in, out, dtype), Tensor::zeros(dtype, {out}), /*transposed=*/true};
  };
  return draw_in_turn(spec, layer, layer);
}

void check_torch_mha(const ProjectionSpec& spec) {
  refuse_qkv_bias(spec, "torch-mha");
  const std::size_t width = spec.heads * spec.head_dim;
  if (spec.stacked)
    throw usage_error(option_name("stacked"), "torch-mha draws all heads at once; torch-linear can be stacked");
  if (spec.kv_heads != spec.heads)
    throw usage_error(option_name("kv_heads"),
                      "torch-mha has as many key and value heads as heads: " + std::to_string(spec.heads) + ", not " +
                          std::to_string(spec.kv_heads));
  if (spec.d_query != width || spec.d_out != width)
    throw usage_error(option_name("init"),
                      "torch-mha keeps the input's width: heads x head-dim and the output's width must be " +
                          std::to_string(spec.d_query) + ", not " + std::to_string(width) + " and " +
                          std::to_string(spec.d_out));
}

/// nn.MultiheadAttention(embed_dim, heads, kdim, vdim, add_bias_kv): the output projection is drawn first, as a module
/// inside it, and its bias then zeroed; the three others as one matrix if their inputs are equally wide.
std::vector<NamedTensor> draw_torch_mha(const ProjectionSpec& spec, RandomStream& stream, DType dtype) {
  check_torch_mha(spec);
  const std::size_t width = spec.d_query;
  Linear out = draw_linear(stream, width, width, true, dtype);
  out.bias = Tensor::zeros(dtype, {width});

  std::array<Tensor, 3> weights;
  if (spec.d_key == width && spec.d_value == width) {
    const Tensor all = draw_xavier_uniform(stream, width, 3 * width, dtype);
    for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = output_rows(all, i * width, width);
  } else {
    weights[0] = draw_xavier_uniform(stream, width, width, dtype);
    weights[1] = draw_xavier_uniform(stream, spec.d_key, width, dtype);
    weights[2] = draw_xavier_uniform(stream, spec.d_value, width, dtype);
  }

  std::vector<NamedTensor> tensors;
  const std::array<Role, 3> roles = {query, key, value};
  for (std::size_t i = 0; i < weights.size(); ++i)
    add(tensors, roles[i], {std::move(weights[i]), Tensor::zeros(dtype, {width}), /*transposed=*/true});
  // Drawn in any case, since nn.MultiheadAttention always has one.
  if (spec.out_projection) add(tensors, output, std::move(out));
  if (spec.add_bias_kv) {
    tensors.push_back({"bias_k", draw_xavier_normal(stream, width, dtype)});
    tensors.push_back({"bias_v", draw_xavier_normal(stream, width, dtype)});
  }
  return tensors;
}

constexpr std::array table = {
    Initialiser{"torch-linear", "nn.Linear: kaiming_uniform weights (out,in), an output bias", draw_torch_linear},
    Initialiser{"torch-rand", "nn.Parameter(torch.rand(in,out)), no biases", draw_torch_rand},
    Initialiser{"torch-randn", "nn.Parameter(torch.randn(in,out)), no biases", draw_torch_randn},
    Initialiser{"torch-mha", "nn.MultiheadAttention: xavier_uniform in_proj, zero biases", draw_torch_mha},
    Initialiser{"xavier", "xavier_uniform weights (out,in), zero biases", draw_xavier},
};

}  // namespace

std::span<const Initialiser> initialisers() { return table; }

const Initialiser& initialiser_of(std::string_view name, const std::string& where) {
  std::vector<std::string_view> names;
  for (const Initialiser& initialiser : table) {
    if (initialiser.name == name) return initialiser;
    names.push_back(initialiser.name);
  }
  throw usage_error(where, unknown_name("initialiser", name, names));
}

}  // namespace attn
