// Checkpoints of the tests: what multihead gives for a layer against what the real model gave.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "attn/tensor.hpp"
#include "cli/session.hpp"

namespace attn::test {

/// tests/data/checkpoints/NAME.
std::string checkpoint_path(const std::string& name);

/// A tensor of a checkpoint's expected.safetensors, as float64.
Tensor expected_tensor(const std::string& checkpoint, const std::string& name);

/// Writes a tensor of expected.safetensors as NPY into the working directory: an INPUT.
void write_expected(const std::string& checkpoint, const std::string& name, const std::string& file);

/// The greatest difference between a tensor of an NPZ that a run wrote and the expected one, in units of the greatest
/// number expected; infinity if their shapes differ.
double difference(const std::string& npz, const std::string& tensor, const Tensor& expected);

/// What a run of the layer must keep to: float32 on both sides, sums in different orders.
inline constexpr double checkpoint_bound = 3e-6;

/// A run of one layer on what the model saw: checks weights and output against the model's.
/// `layer` is the key in expected.safetensors: `1`, `encoder.0`. `input`: `normed` (enters the projections) or `input`.
void check_layer(const std::string& checkpoint, const std::string& weights, const std::string& layer,
                 const std::string& input, const Arguments& more);

/// A copy of a checkpoint's files in the working directory, whose config.json may be changed.
void copy_checkpoint(const std::string& name, const std::string& folder);
Json read_config(const std::string& folder);
void write_config(const std::string& folder, const Json& config);

}  // namespace attn::test
