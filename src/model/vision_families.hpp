// Rows of the table of families: models of images.
#pragma once

#include "model/family.hpp"

namespace attn::model::rows {

inline constexpr Family vit{.name = "vit",
                            .models = "ViT",
                            .model_types = "vit",
                            .patches = {.projection = "embeddings.patch_embeddings.projection",
                                        .tokens = {{{"embeddings.cls_token", "[CLS]"}}},
                                        .positions = "embeddings.position_embeddings"},
                            .norm = Norm::layer,
                            .epsilon_name = "layer_norm_eps",
                            .epsilon = 1e-12,
                            .mlp_branch = {.before = "encoder.layer.N.layernorm_after"},
                            .mlp = {.up = "encoder.layer.N.intermediate.dense", .down = "encoder.layer.N.output.dense"},
                            .last_norm = "layernorm"};

inline constexpr Family deit = [] {
  Family row = vit;
  row.name = "deit";
  row.models = "DeiT";
  row.model_types = "deit";
  row.patches.processor = "DeiT";
  row.patches.tokens[1] = {"embeddings.distillation_token", "[DISTILL]"};
  return row;
}();

inline constexpr Family dinov2 = [] {
  Family row = vit;
  row.name = "dinov2";
  row.models = "DINOv2";
  row.model_types = "dinov2";
  row.patches.processor = "Bit";
  row.patches.stretch = Stretch::plain;
  row.epsilon = 1e-6;
  row.attention = {.scale = "encoder.layer.N.layer_scale1.lambda1"};
  row.mlp_branch = {.before = "encoder.layer.N.norm2", .scale = "encoder.layer.N.layer_scale2.lambda1"};
  row.mlp = {.up = "encoder.layer.N.mlp.fc1",
             .down = "encoder.layer.N.mlp.fc2",
             .fused_switch = "use_swiglu_ffn",
             .fused_up = "encoder.layer.N.mlp.weights_in",
             .fused_down = "encoder.layer.N.mlp.weights_out"};
  return row;
}();

inline constexpr Family dinov2_registers = [] {
  Family row = dinov2;
  row.name = "dinov2-registers";
  row.models = "DINOv2 with registers";
  row.model_types = "dinov2_with_registers";
  row.patches.registers = "embeddings.register_tokens";
  row.patches.stretch = Stretch::smooth;
  return row;
}();

}  // namespace attn::model::rows
