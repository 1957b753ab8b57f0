// The forward pass of a block around its attention.
#include "model/block.hpp"

#include <utility>

#include "attn/error.hpp"
#include "io/checkpoints/config.hpp"
#include "io/checkpoints/match.hpp"
#include "model/arithmetic.hpp"
#include "model/experts.hpp"
#include "model/mlp.hpp"

namespace attn::model {

double norm_epsilon(const Family& family, const io::Config& config) {
  return io::read_epsilon(config, family.epsilon_name, family.epsilon);
}

Norm norm_kind(const Family& family, const io::Config& config) {
  const bool has_bias = !family.norm_bias_switch.empty() && config.truth(family.norm_bias_switch).value_or(false);
  return has_bias ? Norm::layer : family.norm;
}

BlockPlan BlockPlan::of(const Family& family, const io::Architecture& attention, const io::Config& config) {
  BlockPlan plan{family, attention, config};
  plan.norm = io::read_norm_kind(config, attention, norm_kind(family, config));
  plan.norms_before = io::norms_come_first(config, attention);
  plan.epsilon = norm_epsilon(family, config);
  if (!family.residual_multiplier.empty()) plan.residual = config.number(family.residual_multiplier).value_or(1);
  plan.parallel = family.parallel;
  if (!family.parallel_switch.empty()) plan.parallel = config.truth(family.parallel_switch).value_or(family.parallel);
  plan.mlp = mlp_of(family.mlp, config);
  return plan;
}

std::string Block::name(std::string_view pattern) const { return numbered_all(pattern, number_); }

void Block::norm(Tensor& x, std::string_view names) {
  if (names.empty()) return;
  normalise(x, tensors_.norm(name(names), plan_.norm, plan_.epsilon, x.extent(-1)), tensors_.files().name(),
            execution_.threads);
}

Tensor Block::normed(const Tensor& x, std::string_view names) {
  if (names.empty()) return Tensor::view_of(x, x.shape());
  Tensor y = x.clone();
  norm(y, names);
  return y;
}

void Block::scale(Tensor& x, std::string_view names) {
  if (names.empty()) return;
  const std::string tensor = tensors_.need(name(names));
  const Tensor factors = tensors_.read(tensor);
  if (factors.shape() != Shape{x.extent(-1)})
    throw data_error(tensors_.files().where(tensor), "has the shape " + shape_text(factors.shape()) + "; " +
                                                         shape_text({x.extent(-1)}) + " is expected");
  multiply_rows(x, factors);
}

Tensor Block::attention_input(const Tensor& x, std::string_view norm) {
  return plan_.norms_before ? normed(x, norm) : Tensor::view_of(x, x.shape());
}

void Block::add_attention(Tensor& x, Tensor attention, const Branch& branch) {
  norm(attention, branch.after);
  scale(attention, branch.scale);
  add(x, attention, plan_.residual, execution_.threads);
  norm(x, plan_.norms_before ? branch.sum : plan_.attention.norm);
}

void Block::add_mlp(Tensor& x) {
  Branch branch = plan_.family.mlp_branch;
  if (!plan_.norms_before) branch.sum = std::exchange(branch.before, "");
  Tensor made = mlp(normed(x, branch.before));
  norm(made, branch.after);
  scale(made, branch.scale);
  add(x, made, plan_.residual, execution_.threads);
  norm(x, branch.sum);
}

void Block::finish(Tensor& x, const Tensor& input, Tensor attention) {
  const Branch &first = plan_.family.attention, &second = plan_.family.mlp_branch;
  if (!plan_.parallel) {
    add_attention(x, std::move(attention), first);
    add_mlp(x);
    return;
  }
  norm(attention, first.after);
  scale(attention, first.scale);
  const bool shares = plan_.family.parallel_shares_norm;
  Tensor made = mlp(shares ? Tensor::view_of(input, input.shape()) : normed(x, second.before));
  norm(made, second.after);
  scale(made, second.scale);
  add(x, attention, plan_.residual, execution_.threads);
  add(x, made, plan_.residual, execution_.threads);
  norm(x, second.sum);
}

Tensor Block::mlp(const Tensor& x) {
  const Family& family = plan_.family;
  Tensor made;
  if (has_experts(family.experts, plan_.config, number_)) {
    made = Mixture(family.experts, plan_.config, tensors_, number_, x.extent(-1)).apply(x, execution_);
  } else {
    const auto product = [this](std::string_view pattern, const Stored& stored, std::size_t width) {
      return tensors_.linear(name(pattern), stored, width);
    };
    made = MlpWeights::read(plan_.mlp, x.extent(-1), product).apply(x, execution_);
  }
  if (made.shape() != x.shape())
    throw data_error(tensors_.files().name(), "the second half of layer " + std::to_string(number_) +
                                                  " gives vectors of width " + std::to_string(made.extent(-1)) +
                                                  " in blocks of width " + std::to_string(x.extent(-1)));
  return made;
}

}  // namespace attn::model
