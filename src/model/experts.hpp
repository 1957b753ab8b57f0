// Mixtures of experts: each token goes through a few MLPs of many (arXiv:1701.06538).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "io/json/config.hpp"
#include "model/mlp.hpp"

namespace attn::model {

/// Whether a layer has experts. Throws Error (data) for members of config.json that make no sense.
bool has_experts(const Experts& row, const io::Config& config, std::int64_t layer);

/// The experts of one layer. Only those that a token goes to are read.
class Mixture {
 public:
  /// Throws Error (data) for a router that does not go with config.json, and for an expert that is missing.
  Mixture(const Experts& row, const io::Config& config, ModelTensors& tensors, std::int64_t layer, std::size_t width);

  /// x (…, d) to (…, d): the sum over the chosen experts of their weight times what they make of x, and what is shared.
  Tensor apply(const Tensor& x, const Execution& execution);

 private:
  /// A token's row, and the weight of the expert that it goes to.
  struct Visit {
    std::size_t token = 0;
    double weight = 0;
  };

  std::string name(std::string_view pattern, std::size_t expert) const;
  std::size_t chosen_count() const;
  void expect_all();
  /// For each expert, who goes there.
  std::vector<std::vector<Visit>> route(const Tensor& x, const Execution& execution) const;
  Linear expert_linear(std::string_view pattern, std::size_t expert, const Stored& stored, std::size_t width);
  Tensor stacked_part(const std::string& tensor, std::size_t expert);
  void add_expert(Tensor& sum, const Tensor& x, const std::vector<Visit>& visits, std::size_t expert,
                  const Execution& execution);
  void add_shared(Tensor& sum, const Tensor& x, const Execution& execution);

  const Experts& row_;
  const io::Config& config_;
  ModelTensors& tensors_;
  std::int64_t layer_;
  Linear router_;
  std::size_t count_ = 0, chosen_ = 0;
};

}  // namespace attn::model
