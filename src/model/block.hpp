// One block of a model: its weights, read as they are needed, and its forward pass.
#pragma once

#include <cstdint>
#include <functional>

#include "attn/attention.hpp"
#include "io/json/config.hpp"
#include "model/tensors.hpp"

namespace attn::model {

/// What the blocks of a model have in common.
struct BlockPlan {
  const Family& family;
  const io::Architecture& attention;
  const io::Config& config;
  Norm norm = Norm::rms;     ///< of all norms but those of queries and keys
  bool norms_before = true;  ///< else what the tables have as norms before a half comes after its sum
  double epsilon = 1e-6;     ///< of all norms
  double residual = 1;       ///< multiplies what is added to the block's input
  bool parallel = false;
  Mlp mlp;

  /// Throws Error (data) for members of config.json that make no sense.
  static BlockPlan of(const Family& family, const io::Architecture& attention, const io::Config& config);
};

/// Takes a block from what enters it to what leaves it, in two halves.
class Block {
 public:
  /// `number` is that of the names.
  Block(const BlockPlan& plan, ModelTensors& tensors, std::int64_t number, const Execution& execution)
      : plan_(plan), tensors_(tensors), number_(number), execution_(execution) {}

  /// What attention reads: the input `x` (B, L, d), through the norm before it.
  Tensor attention_input(const Tensor& x, std::string_view norm);
  /// x ← what leaves the block. `input` is what `attention_input` gave, `attention` what attention made of it.
  void finish(Tensor& x, const Tensor& input, Tensor attention);

  /// The same half by half, where there is more between them: x + r·attention with the branch's norms, and the MLP.
  void add_attention(Tensor& x, Tensor attention, const Branch& branch);
  void add_mlp(Tensor& x);

 private:
  void norm(Tensor& x, std::string_view names);
  /// The same of a copy; x itself, which it refers to, where there is no norm.
  Tensor normed(const Tensor& x, std::string_view names);
  void scale(Tensor& x, std::string_view names);
  std::string name(std::string_view pattern) const;
  Tensor mlp(const Tensor& x);

  const BlockPlan& plan_;
  ModelTensors& tensors_;
  std::int64_t number_;
  const Execution& execution_;
};

/// The kind of a family's norms, with what config.json says of biases.
Norm norm_kind(const Family& family, const io::Config& config);
/// The epsilon of a family's norms: config.json's, else the family's own.
double norm_epsilon(const Family& family, const io::Config& config);

}  // namespace attn::model
