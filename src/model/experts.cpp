// Routers and experts of a layer.
#include "model/experts.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "attn/error.hpp"
#include "core/text.hpp"
#include "io/checkpoints/match.hpp"
#include "model/arithmetic.hpp"

namespace attn::model {
namespace {

bool is_stacked(std::string_view pattern) { return pattern.find(".E.") == std::string_view::npos; }

// Calls `visit` with a 0 of the type of the elements.
template <class Visit>
void with_type(const Tensor& x, Visit visit) {
  if (x.dtype() == DType::f64) {
    visit(double{});
  } else {
    visit(float{});
  }
}

// The experts that a token goes to, with their weights.
std::vector<std::pair<std::size_t, double>> choose(const std::vector<double>& logits, std::size_t chosen,
                                                   bool normalised) {
  std::vector<std::size_t> order(logits.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return logits[a] > logits[b]; });
  const double greatest = logits[order.front()];
  double sum = 0;
  for (std::size_t i = 0; i < (normalised ? chosen : order.size()); ++i) sum += std::exp(logits[order[i]] - greatest);
  std::vector<std::pair<std::size_t, double>> weights;
  for (std::size_t i = 0; i < chosen; ++i) weights.emplace_back(order[i], std::exp(logits[order[i]] - greatest) / sum);
  return weights;
}

std::size_t rows_of(const Tensor& x) { return x.extent(-1) == 0 ? 0 : x.size() / x.extent(-1); }

}  // namespace

bool has_experts(const Experts& row, const io::Config& config, std::int64_t layer) {
  if (row.router.empty()) return false;
  if (!row.dense_name.empty())
    if (const auto dense = config.numbers(row.dense_name))
      if (std::find(dense->begin(), dense->end(), static_cast<double>(layer)) != dense->end()) return false;
  if (row.step_name.empty()) return true;
  const std::int64_t step = config.integer(row.step_name).value_or(1);
  if (step < 1) throw data_error(config.where(row.step_name), "is less than 1");
  return (layer + 1) % step == 0;
}

Mixture::Mixture(const Experts& row, const io::Config& config, ModelTensors& tensors, std::int64_t layer,
                 std::size_t width)
    : row_(row), config_(config), tensors_(tensors), layer_(layer) {
  router_ = tensors_.linear(name(row_.router, 0), {.bias = row_.router_bias}, width);
  count_ = router_.out();
  for (const std::string& member : io::words(row_.count_names))
    if (const auto said = config_.integer(member); said && *said != static_cast<std::int64_t>(count_))
      throw data_error(config_.where(member), "is " + std::to_string(*said) + ", but the router of layer " +
                                                  std::to_string(layer_) + " chooses from " +
                                                  counted(count_, "expert"));
  chosen_ = chosen_count();
  expect_all();
}

std::size_t Mixture::chosen_count() const {
  const std::int64_t chosen = config_.integer(row_.chosen_name).value_or(row_.chosen);
  if (chosen < 1 || chosen > static_cast<std::int64_t>(count_))
    throw data_error(config_.where(row_.chosen_name),
                     std::to_string(chosen) + " of " + counted(count_, "expert") + " cannot be chosen");
  return static_cast<std::size_t>(chosen);
}

// The pattern's alternatives with the numbers of layer and expert.
std::string Mixture::name(std::string_view pattern, std::size_t expert) const {
  std::string names = numbered_all(pattern, layer_);
  for (std::size_t at = 0; (at = names.find(".E.", at)) != std::string::npos; ++at)
    names.replace(at + 1, 1, std::to_string(expert));
  return names;
}

// All must be there, though not all are read.
void Mixture::expect_all() {
  for (const std::string_view pattern : {row_.each.up, row_.each.gate, row_.each.down}) {
    if (pattern.empty() || is_stacked(pattern)) continue;
    for (std::size_t expert = 0; expert < count_; ++expert) tensors_.use(tensors_.need(name(pattern, expert)));
  }
}

std::vector<std::vector<Mixture::Visit>> Mixture::route(const Tensor& x, const Execution& execution) const {
  bool normalised = row_.normalised;
  if (!row_.normalised_name.empty()) normalised = config_.truth(row_.normalised_name).value_or(normalised);
  const Tensor logits = model::apply(router_, x, execution);
  std::vector<std::vector<Visit>> visits(count_);
  with_type(logits, [&](auto type) {
    const auto values = logits.values<decltype(type)>();
    for (std::size_t token = 0; token < rows_of(x); ++token) {
      const auto own = values.subspan(token * count_, count_);
      for (const auto& [expert, weight] : choose({own.begin(), own.end()}, chosen_, normalised))
        visits[expert].push_back({token, weight});
    }
  });
  return visits;
}

Tensor Mixture::stacked_part(const std::string& tensor, std::size_t expert) {
  const Shape shape = tensors_.files().entry(tensor).shape;
  if (shape.size() < 2 || shape[0] != count_)
    throw data_error(tensors_.files().where(tensor), "has the shape " + shape_text(shape) + ", but there are " +
                                                         counted(count_, "expert") + " one after the other");
  return tensors_.part(tensor, expert);
}

Linear Mixture::expert_linear(std::string_view pattern, std::size_t expert, const Stored& stored, std::size_t width) {
  const std::string names = name(pattern, expert);
  if (!is_stacked(pattern)) return tensors_.linear(names, stored, width);
  Linear linear;
  linear.transposed = !stored.columns;
  const std::string weight = tensors_.need(names);
  linear.where = tensors_.files().where(weight);
  linear.weight = stacked_part(weight, expert);
  if (linear.weight.rank() != 2 || linear.in() != width)
    throw data_error(linear.where, "has matrices of the shape " + shape_text(linear.weight.shape()) +
                                       ", but they take vectors of width " + std::to_string(width));
  linear.refuse_empty();
  if (stored.bias == Bias::none) return linear;
  const std::string bias = tensors_.need(names + "_bias");
  linear.bias = stacked_part(bias, expert);
  if (linear.bias.shape() != Shape{linear.out()})
    throw data_error(tensors_.files().where(bias), "has biases of the shape " + shape_text(linear.bias.shape()) + "; " +
                                                       shape_text({linear.out()}) + " is expected");
  return linear;
}

void Mixture::add_expert(Tensor& sum, const Tensor& x, const std::vector<Visit>& visits, std::size_t expert,
                         const Execution& execution) {
  const std::size_t width = x.extent(-1);
  const MlpWeights mlp = MlpWeights::read(mlp_of(row_.each, config_), width,
                                          [&](std::string_view pattern, const Stored& stored, std::size_t in) {
                                            return expert_linear(pattern, expert, stored, in);
                                          });
  Tensor own(x.dtype(), {visits.size(), width});
  with_type(x, [&](auto type) {
    using T = decltype(type);
    for (std::size_t i = 0; i < visits.size(); ++i)
      std::memcpy(own.values<T>().data() + i * width, x.values<T>().data() + visits[i].token * width,
                  width * sizeof(T));
  });
  const Tensor made = mlp.apply(own, execution);
  if (made.shape() != own.shape())
    throw data_error(tensors_.files().name(), "experts of layer " + std::to_string(layer_) + " give vectors of width " +
                                                  std::to_string(made.extent(-1)) + " in blocks of width " +
                                                  std::to_string(width));
  with_values(sum, made, [&](auto to, auto from) {
    using T = std::remove_reference_t<decltype(to[0])>;
    for (std::size_t i = 0; i < visits.size(); ++i)
      for (std::size_t c = 0; c < width; ++c)
        to[visits[i].token * width + c] += from[i * width + c] * static_cast<T>(visits[i].weight);
  });
}

void Mixture::add_shared(Tensor& sum, const Tensor& x, const Execution& execution) {
  const std::size_t width = x.extent(-1);
  const MlpWeights mlp = MlpWeights::read(mlp_of(row_.shared, config_), width,
                                          [&](std::string_view pattern, const Stored& stored, std::size_t in) {
                                            return tensors_.linear(name(pattern, 0), stored, in);
                                          });
  Tensor made = mlp.apply(x, execution);
  if (!row_.shared_gate.empty()) {
    const Tensor gate =
        model::apply(tensors_.linear(name(row_.shared_gate, 0), {.bias = Bias::none}, width), x, execution);
    if (gate.extent(-1) != 1)
      throw data_error(tensors_.files().name(), "the gate of layer " + std::to_string(layer_) +
                                                    "'s shared expert gives " + std::to_string(gate.extent(-1)) +
                                                    " numbers a token, not one");
    with_values(made, gate, [width](auto to, auto by) {
      for (std::size_t i = 0; i < to.size(); ++i) to[i] /= 1 + std::exp(-by[i / width]);
    });
  }
  add(sum, made);
}

Tensor Mixture::apply(const Tensor& x, const Execution& execution) {
  const std::vector<std::vector<Visit>> visits = route(x, execution);
  Tensor sum(x.dtype(), x.shape());
  with_type(sum, [&](auto type) { std::ranges::fill(sum.values<decltype(type)>(), decltype(type){0}); });
  for (std::size_t expert = 0; expert < count_; ++expert)
    if (!visits[expert].empty()) add_expert(sum, x, visits[expert], expert, execution);
  if (!row_.shared.up.empty()) add_shared(sum, x, execution);
  return sum;
}

}  // namespace attn::model
