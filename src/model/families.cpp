// TABLE of the families of models that run from the ids of a text. One row a family.
#include <array>

#include "model/decoder_families.hpp"
#include "model/encoder_families.hpp"
#include "model/expert_families.hpp"
#include "model/family.hpp"
#include "model/vision_families.hpp"

namespace attn::model {
namespace {

using namespace rows;

constexpr std::array table{
    bert,     roberta, electra, distilbert, albert,     mpnet,   modernbert, gpt2,      gpt_neo,
    gpt_neox, opt,     llama,   mistral,    qwen,       gemma,   gemma2,     phi3,      glm,
    granite,  olmo,    olmo2,   stablelm,   cohere,     mixtral, qwen2_moe,  qwen3_moe, gpt_oss,
    t5,       mt5,     bart,    mbart,      blenderbot, vit,     deit,       dinov2,    dinov2_registers};

}  // namespace

std::span<const Family> families() { return table; }

}  // namespace attn::model
