// TABLE of the architectures whose attention layers are found by their names. One row an architecture.
#include "io/checkpoints/architectures.hpp"

#include <array>

#include "io/checkpoints/bert_like_architectures.hpp"
#include "io/checkpoints/decoder_architectures.hpp"
#include "io/checkpoints/encoder_architectures.hpp"
#include "io/checkpoints/fused_architectures.hpp"
#include "io/checkpoints/llama_like_architectures.hpp"
#include "io/checkpoints/speech_architectures.hpp"
#include "io/checkpoints/vision_architectures.hpp"

namespace attn::io {
namespace {

using namespace rows;

constexpr std::array table{
    bert,
    distilbert,
    albert,
    mpnet,
    modernbert,
    dinov2,
    vit,
    gpt2,
    gpt_neo,
    gpt_neox,
    opt,
    umt5,
    t5,
    mbart,
    bart,
    // The same names, told apart by their signs: those with the most come first.
    gpt_oss,
    gemma3,
    olmo2,
    qwen3_moe,
    qwen3,
    qwen3_vl,
    gemma2,
    glm,
    qwen2_moe,
    qwen2,
    qwen2_vl,
    mixtral,
    stablelm,
    llama,
    mistral,
    gemma,
    granite,
    smollm3,
    olmo,
    cohere,
    phi3,
    seed_oss,
    cwm,
    minimax,
    ministral,
    ministral3,
    helium,
    ernie4_5,
    eurobert,
    starcoder2,
    phimoe,
    nemotron,
    apertus,
    dots1,
    exaone4,
    cohere2,
    glm4,
    glm4_moe,
    hunyuan,
    olmoe,
    olmo3,
    flex_olmo,
    minimax_m2,
    jamba,
    bamba,
    granite_hybrid,
    lfm2,
    llama4,
    gemma4,
    deepseek,
    minicpm3,
    gptj,
    codegen,
    gpt_bigcode,
    openai_gpt,
    ctrl,
    bloom,
    falcon,
    mpt,
    phi,
    persimmon,
    whisper,
    pegasus,
    marian,
    nllb_moe,
    whisper_encoder,
    xglm,
    biogpt,
    wav2vec2,
    data2vec_audio,
    roberta_prelayernorm,
    megatron_bert,
    xlm_roberta_xl,
    esm,
    roformer,
    xlm,
    beit,
    clip,
    clip_text,
    blip,
    Architecture{.name = "torch",
                 .models = "torch.nn.MultiheadAttention",
                 .layout = Layout::torch,
                 .query = "in_proj_weight",
                 .output = "out_proj"},
    Architecture{.name = "attn",
                 .models = "the names of attn's documents (W_q, q_proj.weight and so on)",
                 .layout = Layout::as_document},
};

}  // namespace

std::span<const Architecture> architectures() { return table; }

InputNorm norm_of(Norm norm, double epsilon) {
  return {.kind = is_rms(norm) ? InputNorm::Kind::rms : InputNorm::Kind::layer, .epsilon = epsilon};
}

}  // namespace attn::io
