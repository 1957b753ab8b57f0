// Rows of the table of architectures: models of images, and of images and texts.
#pragma once

#include "io/checkpoints/architectures.hpp"

namespace attn::io::rows {

inline constexpr Architecture vit{.name = "vit",
                                  .models = "ViT, DeiT, ViT-MAE, ViT-MSN, I-JEPA, YOLOS, ViViT, AST, DPT, FLAVA, ViLT",
                                  .model_types =
                                      "vit deit vit_mae vit_msn ijepa yolos vivit "
                                      "audio-spectrogram-transformer dpt flava_image_model vilt "
                                      "vitpose_backbone",
                                  .attention = "encoder.layer.N.attention.",
                                  .query = "attention.query",
                                  .key = "attention.key",
                                  .value = "attention.value",
                                  .output = "output.dense",
                                  .norm = "encoder.layer.N.layernorm_before",
                                  .norm_kind = Norm::layer,
                                  .epsilon = 1e-12,
                                  .other_types = "vit_msn vivit",
                                  .other_epsilon = 1e-6,
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

// Biases as the files have them; a bias by relative position is none that attn knows.
inline constexpr Architecture beit = [] {
  Architecture row = vit;
  row.name = "beit";
  row.models = "BEiT, Data2Vec Vision";
  row.model_types = "beit data2vec-vision";
  row.biases = Biases::stored;
  row.bias_switch = "";
  row.fixed = "use_relative_position_bias=false use_shared_relative_position_bias=false";
  return row;
}();

// CLIP's names, of both of its parts.
inline constexpr Architecture clip{
    .name = "clip",
    .models = "the vision part of CLIP and its kin; SigLIP",
    .model_types =
        "clip_vision_model siglip_vision_model siglip_text_model siglip2_vision_model siglip2_text_model "
        "clipseg_vision_model chinese_clip_vision_model altclip_vision_model metaclip_2_vision_model "
        "owlvit_vision_model owlv2_vision_model git_vision_model idefics2_vision idefics3_vision "
        "smolvlm_vision xclip_vision_model kosmos_2_vision_model",
    .attention = "layers.N.self_attn.",
    .query = "q_proj",
    .key = "k_proj",
    .value = "v_proj",
    .output = "out_proj",
    .norm = "layers.N.layer_norm1",
    .norm_kind = Norm::layer,
    .epsilon = 1e-5,
    .other_types =
        "siglip_vision_model siglip_text_model siglip2_vision_model siglip2_text_model "
        "idefics2_vision idefics3_vision smolvlm_vision",
    .other_epsilon = 1e-6,
    .epsilon_name = "layer_norm_eps",
    .biases = Biases::stored,
    .signs = only_by_config};

inline constexpr Architecture clip_text = [] {
  Architecture row = clip;
  row.name = "clip-text";
  row.models = "the text part of CLIP and its kin";
  row.model_types =
      "clip_text_model clipseg_text_model metaclip_2_text_model owlvit_text_model owlv2_text_model "
      "xclip_text_model";
  row.causal = true;
  return row;
}();

inline constexpr Architecture blip = [] {
  Architecture row = clip;
  row.name = "blip";
  row.models = "the vision part of BLIP, BLIP-2, InstructBLIP";
  row.model_types = "blip_vision_model blip_2_vision_model instructblip_vision_model";
  row.other_types = "blip_2_vision_model instructblip_vision_model";
  row.layout = Layout::rows;
  row.query = "qkv";
  row.key = row.value = "";
  row.output = "projection";
  return row;
}();

}  // namespace attn::io::rows
