// Rows of the table of architectures: models of images.
#pragma once

#include "io/checkpoints/architectures.hpp"

namespace attn::io::rows {

inline constexpr Architecture vit{.name = "vit",
                                  .models = "ViT, DeiT",
                                  .model_types = "vit deit",
                                  .attention = "encoder.layer.N.attention.",
                                  .query = "attention.query",
                                  .key = "attention.key",
                                  .value = "attention.value",
                                  .output = "output.dense",
                                  .norm = "encoder.layer.N.layernorm_before",
                                  .norm_kind = Norm::layer,
                                  .epsilon = 1e-12,
                                  .epsilon_name = "layer_norm_eps",
                                  .biases = Biases::all,
                                  .bias_switch = "qkv_bias",
                                  .unswitched_biases = Biases::output};

inline constexpr Architecture dinov2 = [] {
  Architecture row = vit;
  row.name = "dinov2";
  row.models = "DINOv2";
  row.model_types = "dinov2 dinov2_with_registers";
  row.norm = "encoder.layer.N.norm1";
  row.epsilon = 1e-6;
  row.signs = "encoder.layer.N.layer_scale1.lambda1";
  return row;
}();

}  // namespace attn::io::rows
