// Decoders' config.json: what is missing, contradicts the tensors, or cannot be honoured is an error with its place.
#include <filesystem>
#include <fstream>

#include "cli/model_case.hpp"

namespace attn::test {
namespace {

namespace fs = std::filesystem;

Outcome run_model() { return run(model({"--ids", "2,5,9,4,7,11", "--emit", "weights,hidden_last"})); }

// A small model in the folder `m`, with members of config.json changed; null takes one away.
void write_changed(const std::string& family, const Json& members) {
  fs::remove_all("m");
  write_small_model(family, "m");
  Json config = parsed_json(std::ifstream("m/config.json"));
  for (const auto& [name, value] : members.items()) {
    if (value.is_null()) {
      config.erase(name);
    } else {
      config[name] = value;
    }
  }
  fs::remove("m/config.json");
  std::ofstream("m/config.json") << config.dump();
}

void check_changed(const std::string& family, const Json& members, const std::string& message) {
  INFO(family << " " << members);
  write_changed(family, members);
  check_error(run_model(), 1, message);
}

// The error at a member of config.json.
void check_member(const std::string& family, const std::string& name, const Json& value, const std::string& message) {
  check_changed(family, {{name, value}}, "m/config.json#/" + message);
}

}  // namespace

TEST_CASE("more layers than are stored", "[model]") {
  const Folder folder;
  check_changed("llama", {{"num_hidden_layers", 5}},
                "m/model.safetensors: has 3 layers of attention, but m/config.json#/num_hidden_layers says 5");
  check_changed("gpt-neo", {{"num_layers", 4}},
                "m/model.safetensors: has 3 layers of attention, but m/config.json#/num_layers says 4");
}

TEST_CASE("members that decoders do not honour are refused", "[model]") {
  const Folder folder;
  check_member("gpt-oss", "quantization_config", {{"quant_method", "mxfp4"}},
               "quantization_config: quantised weights (mxfp4) are not read");
  check_member("llama", "partial_rotary_factor", 0.5, "partial_rotary_factor: layers of llama rotate whole heads");
  check_member("mistral", "hidden_act", "sine",
               "hidden_act: the activation 'sine' is not supported; those are gelu, gelu_python, gelu_new, gelu_fast, "
               "gelu_accurate, gelu_pytorch_tanh, gelu_python_tanh, quick_gelu, relu, relu2, silu, swish");
  check_changed("gemma3",
                {{"rope_scaling", {{"rope_type", "linear"}, {"factor", 2}}}, {"rope_parameters", Json::object()}},
                "m/config.json#/rope_scaling: does not go with rope_parameters");
  check_member("gemma3", "rope_scaling", {{"type", "linear"}, {"factor", 2}},
               "rope_scaling/type: is not supported in gemma3, only rope_type");
  check_member("gemma2", "attn_logit_softcapping", 0, "attn_logit_softcapping: is 0, and scores are divided by it");
  check_member("gpt-neo", "is_causal", false, "is_causal: 'false' is not supported, only true");
}

TEST_CASE("two names of one number that differ", "[model]") {
  const Folder folder;
  const std::string same = ", and both are the same number";
  check_member("gpt2", "num_attention_heads", 2, "num_attention_heads: is 2, but n_head is 4" + same);
  check_member("gpt-neo", "num_attention_heads", 2, "num_attention_heads: is 2, but num_heads is 4" + same);
  check_member("gpt2", "num_hidden_layers", 1, "num_hidden_layers: is 1, but n_layer is 3" + same);
  check_member("gpt-neo", "num_hidden_layers", 1, "num_hidden_layers: is 1, but num_layers is 3" + same);
  write_changed("gpt2", Json::object());
  const std::string expected = run_model().out;
  write_changed("gpt2", {{"num_attention_heads", 4}, {"num_hidden_layers", 3}});
  CHECK(run_model().out == expected);
  write_changed("gpt2", {{"num_attention_heads", 4}, {"n_head", nullptr}});
  CHECK(run_model().out == expected);
}

TEST_CASE("is_causal lifts the causal mask of every layer", "[model]") {
  const Folder folder;
  for (const char* family : {"llama", "gpt2", "mistral", "gemma3"}) {
    INFO(family);
    write_changed(family, {{"is_causal", true}});
    CHECK(run_model().json()["weights"][0][0][0][0][1] == 0);
    write_changed(family, {{"is_causal", false}});
    const Json weights = run_model().json()["weights"];
    for (const Json& layer : weights) CHECK(layer[0][0][0][1] > 0);
  }
}

TEST_CASE("gelu is the one with tanh in Gemma, and gelu_python is not", "[model]") {
  const Folder folder;
  const auto with = [](const char* name) {
    write_changed("gemma", {{"hidden_act", name}});
    return run_model().out;
  };
  CHECK(with("gelu") == with("gelu_pytorch_tanh"));
  CHECK(with("gelu_python") != with("gelu"));
}

TEST_CASE("layers of each kind, by lists that are wrong", "[model]") {
  const Folder folder;
  check_member("smollm3", "no_rope_layers", {1, 0}, "no_rope_layers: has 2 entries, and none for layer 2");
  check_changed("smollm3", {{"no_rope_layers", nullptr}, {"no_rope_layer_interval", 0}},
                "m/config.json#/no_rope_layer_interval: is less than 1");
  check_member("gpt-neo", "attention_layers", {"global", "strided", "local"},
               "attention_layers/1: layers of the type 'strided' are not supported");
  check_changed("gpt-neo", {{"attention_layers", nullptr}, {"attention_types", {{{"global"}, -1}}}},
                "m/config.json#/attention_types/0: is no list of kinds with a number of times");
  check_changed("gpt-neo", {{"attention_layers", nullptr}, {"attention_types", {{{"global"}, 2}}}},
                "m/config.json#/attention_types: has 2 entries, and none for layer 2");
  check_changed("gpt-neo", {{"attention_layers", nullptr}, {"attention_types", nullptr}},
                "m/config.json#/attention_types: is missing, and says which layers see a window");
  check_member("gpt-neo", "window_size", 0, "window_size: is less than 1");
  check_member("qwen2", "layer_types", {"full_attention", "chunked_attention", "full_attention"},
               "layer_types/1: layers of the type 'chunked_attention' are not supported");
  check_member("olmo", "clip_qkv", -1, "clip_qkv: -1 is less than 0");
}

TEST_CASE("GPT-Neo's layers are those of the list, or of its runs", "[model]") {
  const Folder folder;
  write_changed("gpt-neo", Json::object());
  const std::string expected = run_model().out;
  const Json runs = {{{"global", "local"}, 1}, {{"local"}, 1}};
  write_changed("gpt-neo", {{"attention_layers", nullptr}, {"attention_types", runs}});
  CHECK(run_model().out == expected);
  write_changed("gpt-neo", {{"attention_layers", {"global", "global", "local"}}});
  CHECK(run_model().out != expected);
}

TEST_CASE("windows are seen where transformers has them", "[model]") {
  const Folder folder;
  // Every layer of Mistral, and none of Llama, whatever layer_types says.
  for (const char* family : {"mistral", "llama3"}) {
    write_changed(family, Json::object());
    const std::string expected = run_model().out;
    write_changed(family, {{"layer_types", {"full_attention", "sliding_attention", "full_attention"}}});
    CHECK(run_model().out == expected);
  }
  write_changed("qwen2", {{"layer_types", {"full_attention", "full_attention", "full_attention"}}});
  const std::string none = run_model().out;
  write_changed("qwen2", {{"layer_types", {"full_attention", "sliding_attention", "full_attention"}}});
  CHECK(run_model().out != none);
}

TEST_CASE("tensors that config.json says are there, and such as it says are not", "[model]") {
  const Folder folder;
  check_changed("llama3", {{"mlp_bias", true}},
                "m/model.safetensors: lacks the bias beside 'model.layers.0.mlp.up_proj.weight'");
  check_changed("llama", {{"mlp_bias", false}},
                "m/model.safetensors#/model.layers.0.mlp.down_proj.bias: is not used by the blocks of llama: the "
                "numbers would be those of another model");
  check_changed("llama", {{"attention_bias", false}},
                "m/model.safetensors#/model.layers.0.self_attn.k_proj.bias: is not used by the blocks of llama: the "
                "numbers would be those of another model");
  // A run that ends with the attention looks at it as well.
  write_changed("llama", {{"attention_bias", false}});
  check_error(run({"multihead", "--weights", "m", "-q", "--ids", "1,2", "--layer", "0"}), 1,
              "m/model.safetensors#/model.layers.0.self_attn.k_proj.bias: is not used by the blocks of llama: the "
              "numbers would be those of another model");
  check_changed("cohere", {{"use_qk_norm", true}},
                "m/model.safetensors: lacks 'model.layers.0.self_attn.q_norm.weight' of cohere; did you mean "
                "'model.layers.0.self_attn.q_proj.weight'?");
  check_changed("stablelm-parallel", {{"qk_layernorm", false}},
                "m/model.safetensors#/model.layers.0.self_attn.k_layernorm.norms.0.weight: is not used by the blocks "
                "of stablelm: the numbers would be those of another model");
  check_changed("stablelm-parallel", {{"use_parallel_residual", false}},
                "m/model.safetensors: lacks 'model.layers.0.post_attention_layernorm.weight'; did you mean '"
                "model.layers.0.input_layernorm.weight'?");
  check_changed("opt-galactica", {{"layer_norm_elementwise_affine", true}},
                "m/model.safetensors: lacks 'decoder.layers.0.self_attn_layer_norm.weight'; did you mean '"
                "decoder.layers.0.self_attn.k_proj.weight'?");
}

TEST_CASE("experts that do not go with config.json", "[model]") {
  const Folder folder;
  check_member("qwen3-moe", "num_local_experts", 4,
               "num_local_experts: is 4, but the router of layer 1 chooses from 5 experts");
  check_member("qwen3-moe", "num_experts_per_tok", 6, "num_experts_per_tok: 6 of 5 experts cannot be chosen");
  check_member("mixtral", "num_experts_per_tok", 0, "num_experts_per_tok: 0 of 4 experts cannot be chosen");
  check_member("qwen3-moe", "decoder_sparse_step", 0, "decoder_sparse_step: is less than 1");
  check_changed(
      "qwen3-moe", {{"decoder_sparse_step", 1}},
      "m/model.safetensors: lacks 'model.layers.0.mlp.gate.weight'; did you mean 'model.layers.1.mlp.gate.weight'?");
  check_changed("qwen2-moe", {{"mlp_only_layers", {1, 2}}},
                "m/model.safetensors: lacks 'model.layers.2.mlp.up_proj.weight'; did you mean "
                "'model.layers.1.mlp.up_proj.weight'?");
}

TEST_CASE("members of experts change what they make", "[model]") {
  const Folder folder;
  for (const auto& [family, members] : {std::pair<const char*, Json>{"gpt-oss", {{"swiglu_limit", 0.25}}},
                                        {"gpt-oss", {{"swiglu_alpha", 1}}},
                                        {"gpt-oss", {{"num_experts_per_tok", 1}}},
                                        {"qwen3-moe", {{"norm_topk_prob", false}}},
                                        {"mixtral", {{"hidden_act", "gelu"}}}}) {
    INFO(family << " " << members);
    write_changed(family, Json::object());
    const std::string expected = run_model().out;
    write_changed(family, members);
    const Outcome outcome = run_model();
    CHECK(outcome.code == 0);
    CHECK(outcome.out != expected);
  }
}

}  // namespace attn::test
