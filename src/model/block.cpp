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
  return config.number(family.epsilon_name).value_or(family.epsilon);
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
  return plan;
}

// Each of the pattern's alternatives with the block's number.
std::string Block::name(std::string_view pattern) const {
  std::string names;
  for (const std::string& one : io::words(pattern)) names += (names.empty() ? "" : " ") + io::numbered(one, number_);
  return names;
}

void Block::norm(Tensor& x, std::string_view names) {
  if (names.empty()) return;
  normalise(x, tensors_.norm(name(names), plan_.norm, plan_.epsilon, x.extent(-1)), tensors_.files().name(),
            execution_.threads);
}

Tensor Block::attention_input(const Tensor& x, std::string_view norm) {
  Tensor input = x.clone();
  if (plan_.norms_before) this->norm(input, norm);
  return input;
}

// The tables have the norms of blocks whose norms come before their halves.
Branch Block::placed(Branch branch, std::string_view before) const {
  if (!plan_.norms_before) {
    branch.sum = before;
    branch.before = "";
  }
  return branch;
}

void Block::add_attention(Tensor& x, Tensor attention, const Branch& branch) {
  norm(attention, branch.after);
  add(x, attention, plan_.residual);
  norm(x, branch.sum);
}

void Block::add_mlp(Tensor& x) {
  const Branch branch = placed(plan_.family.mlp_branch, plan_.family.mlp_branch.before);
  Tensor read = x.clone();
  norm(read, branch.before);
  Tensor made = second_half(read);
  norm(made, branch.after);
  add(x, made, plan_.residual);
  norm(x, branch.sum);
}

void Block::finish(Tensor& x, const Tensor& input, Tensor attention) {
  const Branch first = placed(plan_.family.attention, plan_.attention.norm);
  if (!plan_.parallel) {
    add_attention(x, std::move(attention), first);
    add_mlp(x);
    return;
  }
  const Branch second = placed(plan_.family.mlp_branch, plan_.family.mlp_branch.before);
  norm(attention, first.after);
  const bool shares = plan_.family.parallel_shares_norm;
  Tensor read = shares ? input.clone() : x.clone();
  if (!shares) norm(read, second.before);
  const Tensor made = second_half(read);
  add(x, attention, plan_.residual);
  add(x, made, plan_.residual);
}

Tensor Block::second_half(const Tensor& x) {
  const Family& family = plan_.family;
  Tensor made;
  if (has_experts(family.experts, plan_.config, number_)) {
    made = Mixture(family.experts, plan_.config, tensors_, number_, x.extent(-1)).apply(x, execution_);
  } else {
    const auto product = [this](std::string_view pattern, const Stored& stored, std::size_t width) {
      return tensors_.linear(name(pattern), stored, width);
    };
    made =
        MlpWeights::read(family.mlp, plan_.config, tensors_.files().name(), x.extent(-1), product).apply(x, execution_);
  }
  if (made.shape() != x.shape())
    throw data_error(tensors_.files().name(), "the second half of layer " + std::to_string(number_) +
                                                  " gives vectors of width " + std::to_string(made.extent(-1)) +
                                                  " in blocks of width " + std::to_string(x.extent(-1)));
  return made;
}

}  // namespace attn::model
