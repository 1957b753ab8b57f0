// Rows of the table of architectures: BART's names in other models of text and speech, and encoders of speech.
#pragma once

#include "io/checkpoints/encoder_architectures.hpp"

namespace attn::io::rows {

// mBART's three attentions under another name; biases as the files have them.
constexpr Architecture like_mbart(Architecture row, std::string_view name, std::string_view models,
                                  std::string_view model_types) {
  row = renamed(row, name, models, model_types);
  row.biases = Biases::stored;
  row.signs = only_by_config;
  return row;
}

// The decoder whose layers have this attention to an encoder.
constexpr Architecture decoder_with(Architecture row, const Architecture& cross) {
  row = like_mbart(row, cross.name, cross.models, cross.model_types);
  row.cross = &cross;
  return row;
}

inline constexpr Architecture whisper_cross = like_mbart(mbart_cross, "whisper", "Whisper", "whisper");
inline constexpr Architecture whisper_decoder = decoder_with(mbart_decoder, whisper_cross);
inline constexpr Architecture whisper = bart_encoder(whisper_decoder);

inline constexpr Architecture pegasus_cross =
    like_mbart(mbart_cross, "pegasus", "Pegasus, M2M100, NLLB, Speech2Text", "pegasus m2m_100 speech_to_text");
inline constexpr Architecture pegasus_decoder = decoder_with(mbart_decoder, pegasus_cross);
inline constexpr Architecture pegasus = bart_encoder(pegasus_decoder);

inline constexpr Architecture marian_cross =
    like_mbart(bart_cross, "marian", "Marian, Blenderbot Small, PLBart, MVP", "marian blenderbot-small plbart mvp");
inline constexpr Architecture marian_decoder = decoder_with(bart_decoder, marian_cross);
inline constexpr Architecture marian = bart_encoder(marian_decoder);

// Another name of the attention to the encoder.
inline constexpr Architecture nllb_moe_cross = [] {
  Architecture row = like_mbart(mbart_cross, "nllb-moe", "NLLB-MoE", "nllb-moe");
  row.attention = "layers.N.cross_attention.";
  row.norm = "layers.N.cross_attention_layer_norm";
  return row;
}();
inline constexpr Architecture nllb_moe_decoder = decoder_with(mbart_decoder, nllb_moe_cross);
inline constexpr Architecture nllb_moe = bart_encoder(nllb_moe_decoder);

// Whisper's encoder alone, in models that hear.
inline constexpr Architecture whisper_encoder = [] {
  Architecture row = like_mbart(mbart, "whisper-encoder", "the encoders of Qwen2-Audio, Voxtral and Audio Flamingo 3",
                                "qwen2_audio_encoder voxtral_encoder audioflamingo3_encoder");
  row.decoder = nullptr;
  row.heads_name = "encoder_attention_heads";
  row.heads_alias = "num_attention_heads";
  return row;
}();

// Decoders with mBART's names.
inline constexpr Architecture xglm = [] {
  Architecture row = like_mbart(mbart_decoder, "xglm", "XGLM", "xglm");
  row.cross = nullptr;
  row.heads_name = "attention_heads";
  row.heads_alias = "num_attention_heads";
  return row;
}();

inline constexpr Architecture biogpt = [] {
  Architecture row = xglm;
  row.name = "biogpt";
  row.models = "BioGPT";
  row.model_types = "biogpt";
  row.heads_name = "num_attention_heads";
  row.width_name = "hidden_size";
  return row;
}();

inline constexpr Architecture wav2vec2{.name = "wav2vec2",
                                       .models = "Wav2Vec2, HuBERT, UniSpeech",
                                       .model_types = "wav2vec2 hubert unispeech unispeech-sat",
                                       .attention = "encoder.layers.N.attention.",
                                       .query = "q_proj",
                                       .key = "k_proj",
                                       .value = "v_proj",
                                       .output = "out_proj",
                                       .norm = "encoder.layers.N.layer_norm",
                                       .norm_kind = Norm::layer,
                                       .norm_before_switch = "do_stable_layer_norm",
                                       .norm_before_by_default = false,
                                       .epsilon = 1e-5,
                                       .epsilon_name = "layer_norm_eps",
                                       .biases = Biases::stored,
                                       .signs = only_by_config};

// Its layers have their norms after the sum with the input, whatever config.json says.
inline constexpr Architecture data2vec_audio = [] {
  Architecture row = renamed(wav2vec2, "data2vec-audio", "Data2Vec Audio", "data2vec-audio");
  row.norm = row.norm_before_switch = "";
  return row;
}();

}  // namespace attn::io::rows
