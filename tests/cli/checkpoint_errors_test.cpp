// What is wrong with checkpoints, with the flags that choose of them, and with their config.json.
#include <filesystem>
#include <fstream>

#include "attn/checkpoint.hpp"
#include "cli/checkpoint_case.hpp"

namespace attn::test {
namespace {

namespace fs = std::filesystem;

// A checkpoint's copy in the working directory, and x.npy for its layers.
void take(const std::string& name) {
  fs::remove_all(name);
  copy_checkpoint(name, name);
  write_expected(name,
                 name == "t5"                   ? "encoder.0.normed"
                 : name.substr(0, 5) == "torch" ? "1.normed"
                                                : "0.normed",
                 "x.npy");
}

Outcome layer(const std::string& name, const Arguments& more) {
  return run(Arguments{"multihead", "x.npy", "--weights", name} + more);
}

// The same without the checkpoint's note, for errors that come after it.
Outcome quiet(const std::string& name, const Arguments& more) { return layer(name, more + Arguments{"-q"}); }

template <class Change>
void edit_config(const std::string& name, Change change) {
  fs::remove(name + "/config.json");
  Json config = parsed_json(std::ifstream(checkpoint_path(name) + "/config.json"));
  change(config);
  write_config(name, config);
}

// safetensors of zeros under these names and shapes.
std::string safetensors(const std::vector<std::pair<std::string, Shape>>& tensors, const std::string& dtype = "F32",
                        std::size_t bytes = 4) {
  Json header = Json::object();
  std::size_t at = 0;
  for (const auto& [name, shape] : tensors) {
    std::size_t size = bytes;
    for (const std::size_t extent : shape) size *= extent;
    header[name] = {{"dtype", dtype}, {"shape", shape}, {"data_offsets", {at, at + size}}};
    at += size;
  }
  const std::string text = header.dump();
  std::string file;
  for (std::size_t i = 0; i < 8; ++i) file.push_back(static_cast<char>(text.size() >> (8 * i) & 0xFFU));
  return file + text + std::string(at, '\0');
}

std::string known_names() {
  std::string names;
  for (const ArchitectureInfo& row : known_architectures())
    names += (names.empty() ? "" : ", ") + std::string(row.name);
  return names;
}

}  // namespace

TEST_CASE("flags that go with --weights", "[checkpoint]") {
  const Folder folder;
  folder.write("x.json", three_tokens);
  for (const Arguments& flag : {Arguments{"--layer", "1"}, Arguments{"--arch", "llama"}, Arguments{"--prefix", "model"},
                                Arguments{"--norm"}, Arguments{"--no-causal"}, Arguments{"--list"}})
    check_error(run(Arguments{"multihead", "x.json"} + flag), 2, flag[0] + ": goes with --weights");
  take("bert");
  check_error(layer("bert", {"--list", "--norm"}), 2, "--norm: does not go with --list");
  check_error(layer("bert", {"--list", "--cross"}), 2, "--cross: does not go with --list");
  check_error(layer("bert", {"--list", "-f", "csv"}), 2, "--list: gives json or text");
  check_error(layer("bert", {"--init", "xavier"}), 2, "--init: draws projections, but --weights gives them");
}

TEST_CASE("a layer that is not there, or not said", "[checkpoint]") {
  const Folder folder;
  take("llama");
  check_error(layer("llama", {}), 2, "--layer: is needed: llama/model.safetensors has the layers 0, 1");
  check_error(layer("llama", {"--layer", "2"}), 2,
              "--layer: there is no layer 2 in llama/model.safetensors; there are 0, 1");
  check_error(layer("llama", {"--layer", "-1"}), 2, "--layer: must be 0 or more, not -1");
  check_error(layer("llama", {"--layer", "one"}), 2, "--layer: 'one' is not a whole number");
  take("llama-yarn");
  check_error(layer("llama-yarn", {"--layer", "1"}), 2,
              "--layer: there is no layer 1 in llama-yarn/model.safetensors; there is 0");
  write_expected("torch-cross", "query", "x.npy");
  copy_checkpoint("torch-cross", "torch-cross");
  check_error(layer("torch-cross", {"--layer", "0"}), 2,
              "--layer: torch-cross/model.safetensors has one layer, without a number");
  check_error(quiet("torch-cross", {}), 2,
              "--heads: is needed: the parameters of torch.nn.MultiheadAttention do not say the number");
}

TEST_CASE("prefixes and architectures that are not there", "[checkpoint]") {
  const Folder folder;
  take("t5");
  check_error(layer("t5", {"--layer", "0", "--prefix", "middle"}), 2,
              "--prefix: there is no attention layer under 'middle' in t5/model.safetensors; there are "
              "'decoder.block.N.layer.0.SelfAttention.', 'encoder.block.N.layer.0.SelfAttention.'");
  check_error(layer("t5", {"--arch", "lama"}), 2,
              "--arch: 'lama' is not one of " + known_names() + "; did you mean 'llama'?");
  check_error(layer("t5", {"--arch", ""}), 2, "--arch: is empty");
  CHECK(layer("t5", {"--layer", "0", "--arch", "gpt2"})
            .err.find("attn: error: t5/model.safetensors: has no attention layer under names that attn recognises") ==
        0);
  folder.write("two.safetensors", safetensors({{"a.layers.0.self_attn.q_proj.weight", {2, 2}},
                                               {"b.layers.0.self_attn.q_proj.weight", {2, 2}}}));
  check_error(layer("two.safetensors", {}), 2,
              "--prefix: is needed: two.safetensors has attention layers under 'a.layers.N.self_attn.', "
              "'b.layers.N.self_attn.'");
}

TEST_CASE("names that are not recognised are answered with the nearest", "[checkpoint]") {
  const Folder folder;
  folder.write("x.json", three_tokens);
  folder.write("odd.safetensors", safetensors({{"model.layers.0.self_atn.q_proj.weight", {2, 2}}, {"head", {2}}}));
  const std::string known = "has no attention layer under names that attn recognises (" + known_names() + "); ";
  check_error(run({"multihead", "x.json", "--weights", "odd.safetensors"}), 1,
              "odd.safetensors: " + known +
                  "'model.layers.0.self_atn.q_proj.weight' is nearest to llama's layers.N.self_attn.q_proj.weight; "
                  "--list shows all");
  folder.write("far.safetensors", safetensors({{"conv1", {2, 2}}}));
  check_error(run({"multihead", "x.json", "--weights", "far.safetensors"}), 1,
              "far.safetensors: " + known + "its names are like 'conv1'; --list shows all");
}

TEST_CASE("tensors that a layer lacks", "[checkpoint]") {
  const Folder folder;
  folder.write("x.json", three_tokens);
  const std::string path = "model.layers.0.self_attn.";
  folder.write("lacks.safetensors", safetensors({{path + "q_proj.weight", {3, 3}},
                                                 {path + "v_proj.weight", {3, 3}},
                                                 {path + "o_proj.weight", {3, 3}}}));
  check_error(run({"multihead", "x.json", "--weights", "lacks.safetensors", "--heads", "1"}), 1,
              "lacks.safetensors: lacks 'model.layers.0.self_attn.k_proj.weight' of llama; did you mean "
              "'model.layers.0.self_attn.q_proj.weight'?");
  folder.write("bert.safetensors", safetensors({{"encoder.layer.0.attention.self.query.weight", {3, 3}}}));
  CHECK(run({"multihead", "x.json", "--weights", "bert.safetensors", "--heads", "1"})
            .err.find("bert.safetensors: lacks 'encoder.layer.0.attention.self.query.bias' of bert") !=
        std::string::npos);
}

TEST_CASE("biases that config.json says a layer has", "[checkpoint]") {
  const Folder folder;
  take("llama");
  edit_config("llama", [](Json& config) { config["attention_bias"] = true; });
  check_error(layer("llama", {"--layer", "0"}), 1,
              "llama/model.safetensors: lacks 'model.layers.0.self_attn.q_proj.bias' of llama");
  take("gpt-neox");
  edit_config("gpt-neox", [](Json& config) { config["attention_bias"] = false; });
  check_error(layer("gpt-neox", {"--layer", "0"}), 1,
              "gpt-neox/model.safetensors#/gpt_neox.layers.0.attention.dense.bias: is not used by the layers of "
              "gpt-neox: the numbers would be those of another model; --ignore-tensors leaves it out all the same");
  CHECK(layer("gpt-neox", {"--layer", "0", "--ignore-tensors", "all"}).code == 0);
}

TEST_CASE("quantised weights and other types are refused", "[checkpoint]") {
  const Folder folder;
  folder.write("x.json", three_tokens);
  const std::string path = "layers.0.self_attn.";
  const std::vector<std::pair<std::string, Shape>> tensors{{path + "q_proj.weight", {3, 3}},
                                                           {path + "k_proj.weight", {3, 3}},
                                                           {path + "v_proj.weight", {3, 3}},
                                                           {path + "o_proj.weight", {3, 3}}};
  folder.write("i8.safetensors", safetensors(tensors, "I8", 1));
  folder.write("f8.safetensors", safetensors(tensors, "F8_E4M3", 1));
  const Arguments more{"--heads", "1", "--rope", "10"};
  check_error(run(Arguments{"multihead", "x.json", "--weights", "i8.safetensors"} + more), 1,
              "i8.safetensors#/layers.0.self_attn.q_proj.weight: is stored as I8: quantised weights are not read");
  check_error(run(Arguments{"multihead", "x.json", "--weights", "f8.safetensors"} + more), 1,
              "f8.safetensors#/layers.0.self_attn.q_proj.weight: is stored as F8_E4M3: quantised weights are not read");
  for (const std::string scale : {"weight_scale", "weight_scale_inv"}) {
    auto scaled = tensors;
    scaled.emplace_back(path + "q_proj." + scale, Shape{1});
    folder.write("s8.safetensors", safetensors(scaled, "F8_E5M2", 1));
    check_error(run(Arguments{"multihead", "x.json", "--weights", "s8.safetensors"} + more), 1,
                "s8.safetensors: has weights quantised with scales (." + scale + "), which are not read");
    check_error(
        run(Arguments{"multihead", "x.json", "--weights", "s8.safetensors", "--ignore-tensors", "all"} + more), 1,
        "s8.safetensors#/layers.0.self_attn.q_proj.weight: is stored as F8_E5M2: it is of weights quantised with "
        "scales (." +
            scale + "), which are not read");
  }
}

TEST_CASE("files that are no checkpoint", "[checkpoint]") {
  const Folder folder;
  folder.write("x.json", three_tokens);
  const auto error = [](const std::string& weights, const std::string& message) {
    check_error(run({"multihead", "x.json", "--weights", weights}), 1, message);
  };
  error("none.safetensors", "none.safetensors: cannot be read: No such file or directory");
  error("x.json",
        "x.json: is no checkpoint that attn reads: .safetensors, .safetensors.index.json, .npz, .gguf, or a folder "
        "with one");
  fs::create_directory("empty");
  error("empty", "empty: has no model.safetensors, model.safetensors.index.json, model.npz or .gguf file");
  folder.write("empty/pytorch_model.bin", "PK");
  error("empty",
        "empty: has no model.safetensors, model.safetensors.index.json, model.npz or .gguf file; its "
        "pytorch_model.bin is a pickle, which attn does not read: from_pretrained and save_pretrained of transformers "
        "write the model as model.safetensors");
  const std::string whole = safetensors({{"W_q", {2, 2}}});
  folder.write("cut.safetensors", whole.substr(0, whole.size() - 1));
  error("cut.safetensors", "cut.safetensors#/W_q/data_offsets: lies outside the file's 15 bytes of data");
  folder.write("header.safetensors", whole.substr(0, 20));
  error("header.safetensors", "header.safetensors: ends inside its safetensors header");
}

TEST_CASE("an index that is wrong", "[checkpoint]") {
  const Folder folder;
  folder.write("x.json", three_tokens);
  const auto error = [&](const std::string& index, const std::string& message) {
    folder.write("model.safetensors.index.json", index);
    check_error(
        run({"multihead", "x.json", "--weights", "model.safetensors.index.json", "--heads", "1", "--rope", "10"}), 1,
        message);
  };
  error("{}", "model.safetensors.index.json#: has no weight_map");
  error(R"({"weight_map":{"a":"../b.safetensors"}})",
        "model.safetensors.index.json#/weight_map/a: '../b.safetensors' is no name of a file beside the index");
  const std::string path = "layers.0.self_attn.";
  std::string map;
  for (const char* part : {"q", "k", "v", "o"})
    map += (map.empty() ? "\"" : ",\"") + path + part + R"(_proj.weight":"part.safetensors")";
  error(R"({"weight_map":{)" + map + "}}", "part.safetensors: cannot be read: No such file or directory");
  folder.write("part.safetensors", safetensors({{path + "q_proj.weight", {3, 3}}, {path + "o_proj.weight", {3, 3}}}));
  error(R"({"weight_map":{)" + map + "}}",
        "part.safetensors: has no tensor 'layers.0.self_attn.k_proj.weight', which the index says it has");
}

TEST_CASE("shapes that do not fit config.json", "[checkpoint]") {
  const Folder folder;
  take("llama");
  const auto error = [](const std::string& member, int value, const std::string& message) {
    edit_config("llama", [&](Json& config) { config[member] = value; });
    check_error(layer("llama", {"--layer", "1"}), 1, message);
  };
  error("num_key_value_heads", 1,
        "llama/model.safetensors#/model.layers.1.self_attn.k_proj.weight: has the shape (8, 16), but 4 heads and 1 "
        "key/value heads of 4 columns, in layers of width 16, need (4, 16)");
  error("num_key_value_heads", 3,
        "llama/model.safetensors#/model.layers.1.self_attn.q_proj.weight: 3 key/value heads do not divide 4 heads");
  error("head_dim", 8,
        "llama/model.safetensors#/model.layers.1.self_attn.o_proj.weight: has the shape (16, 16), but config.json says "
        "4 heads of 8 columns");
  error("num_attention_heads", 3,
        "llama/model.safetensors#/model.layers.1.self_attn.o_proj.weight: has the shape (16, 16), which is no multiple "
        "of 3 heads");
  error("num_attention_heads", 0, "llama/config.json#/num_attention_heads: is less than 1");
  edit_config("llama", [](Json& config) { config["hidden_size"] = 32; });
  check_error(
      layer("llama", {"--layer", "1"}), 1,
      "llama/model.safetensors#/model.layers.1.self_attn.q_proj.weight: has the shape (16, 16), but 4 heads and "
      "2 key/value heads of 4 columns, in layers of width 32, need (16, 32)");
  take("gpt2");
  edit_config("gpt2", [](Json& config) { config["n_embd"] = 32; });
  check_error(
      layer("gpt2", {"--layer", "1"}), 1,
      "gpt2/model.safetensors#/transformer.h.1.attn.c_attn.weight: has the shape (16, 48); (32, 48) is expected");
  take("phi3");
  edit_config("phi3", [](Json& config) { config["num_key_value_heads"] = 4; });
  check_error(
      layer("phi3", {"--layer", "1"}), 1,
      "phi3/model.safetensors#/model.layers.1.self_attn.qkv_proj.weight: has the shape (32, 16), but 4 heads and "
      "4 key/value heads of 4 columns, in layers of width 16, need (48, 16)");
}

TEST_CASE("members of config.json that are wrong or not supported", "[checkpoint]") {
  const Folder folder;
  take("llama");
  const auto error = [](const std::string& name, const std::string& member, const Json& value,
                        const std::string& message) {
    if (!fs::exists(name)) take(name);
    edit_config(name, [&](Json& config) { config[member] = value; });
    check_error(layer(name, {"--layer", "0"}), 1, name + "/config.json" + message);
  };
  error(
      "llama", "model_type", "llama9",
      "#/model_type: 'llama9' is no model that attn knows, whatever its tensors are called; --arch computes its layers "
      "by the rules of one that it knows");
  const Outcome doubtful = layer("llama", {"--layer", "0", "--arch", "llama", "-f", "json"});
  CHECK(doubtful.code == 0);
  CHECK(doubtful.err.find("attn: note: warning: 'llama9' of llama/config.json#/model_type is no model that attn "
                          "knows: its layer is computed by the rules of llama, as --arch says, and may do something "
                          "else\n") != std::string::npos);
  error("llama", "model_type", "gpt2",
        "#/model_type: 'gpt2' does not go with the tensors of llama/model.safetensors: there is no 'h.N.attn.c_attn' "
        "among them; --arch names the architecture that they are of");
  error("llama", "rope_parameters", {{"rope_type", "su2"}, {"rope_theta", 10}},
        "#/rope_parameters/rope_type: the RoPE scheme 'su2' is not supported; those are default, linear, dynamic, "
        "llama3, yarn, longrope, proportional; did you mean 'su'?");
  error("llama", "rope_parameters", {{"rope_type", "linear"}},
        "#/rope_parameters/factor: is missing, and the RoPE scheme needs it");
  error("llama", "rope_parameters", {{"rope_type", "linear"}, {"factor", -1}},
        "#/rope_parameters/factor: -1 is not more than 0");
  error("llama", "rope_parameters", {{"rope_type", "default"}, {"mrope_section", {1, 1}}},
        "#/rope_parameters/mrope_section: RoPE over several axes is supported of Qwen2-VL, Qwen2.5-VL and "
        "Qwen3-VL alone");
  error("llama", "rope_parameters",
        {{"rope_type", "llama3"}, {"factor", 2}, {"low_freq_factor", 4}, {"high_freq_factor", 4}},
        "#/rope_parameters/high_freq_factor: is not more than low_freq_factor");
  error("llama", "rope_parameters", {{"rope_type", "default"}, {"partial_rotary_factor", 0.5}},
        "#/rope_parameters/partial_rotary_factor: layers of llama rotate whole heads");
  error("phi3", "rope_parameters", {{"rope_type", "default"}, {"partial_rotary_factor", 0.75}},
        "#/rope_parameters/partial_rotary_factor: RoPE turns pairs of columns, and 3 is an odd number");
  error("phi3", "rope_parameters", {{"rope_type", "default"}, {"partial_rotary_factor", 1.5}},
        "#/rope_parameters/partial_rotary_factor: 1.5 is more than 1");
  error("llama", "rms_norm_eps", -1, "#/rms_norm_eps: -1 is less than 0");
  edit_config("llama", [](Json& config) { config["rms_norm_eps"] = 0; });
  CHECK(layer("llama", {"--layer", "0"}).code == 0);
  error("llama", "rms_norm_eps", "1e-6", "#/rms_norm_eps: string where a number is expected");
  error("llama", "rope_parameters", 3, "#/rope_parameters: number where an object is expected");
  error("llama", "num_attention_heads", "four", "#/num_attention_heads: string where a number is expected");
  error("llama", "num_attention_heads", 1.5, "#/num_attention_heads: is no whole number");
  error("qwen2", "layer_types", {"full_attention", 1}, "#/layer_types/1: number where a string is expected");
  error("qwen2", "layer_types", {"chunked_attention", "full_attention"},
        "#/layer_types/0: layers of the type 'chunked_attention' are not supported");
  error("qwen2", "layer_types", Json::array(), "#/layer_types: has 0 entries, and none for layer 0");
  error("mistral", "sliding_window", 0, "#/sliding_window: is less than 1");
  error("gemma", "use_bidirectional_attention", true, "#/use_bidirectional_attention: is not supported");
  error("bert", "position_embedding_type", "relative_key",
        "#/position_embedding_type: 'relative_key' is not supported, only absolute");
}

TEST_CASE("a part of a model that runs it by rules of its own is refused", "[checkpoint]") {
  const Folder folder;
  take("bert");
  const Json own = parsed_json(folder.read("bert/config.json"));
  write_config("bert", {{"model_type", "some-pair"}, {"text_config", own}});
  CHECK(layer("bert", {"--layer", "0"}).code == 0);
  write_config("bert", {{"model_type", "grounding-dino"}, {"text_config", own}});
  check_error(layer("bert", {"--layer", "0"}), 1,
              "bert/config.json#/model_type: 'grounding-dino' is no model that attn knows, whatever its tensors are "
              "called; --arch computes its layers by the rules of one that it knows");
}

TEST_CASE("is_causal outside of a model's part is refused", "[checkpoint]") {
  const Folder folder;
  take("llama");
  const Json own = parsed_json(folder.read("llama/config.json"));
  write_config("llama", {{"model_type", "some-pair"}, {"text_config", own}, {"is_causal", false}});
  check_error(layer("llama", {"--layer", "0"}), 1,
              "llama/config.json#/is_causal: 'false' is not supported outside of llama/config.json#/text_config");
  write_config("llama", {{"model_type", "some-pair"}, {"text_config", own}, {"is_causal", true}});
  CHECK(layer("llama", {"--layer", "0"}).code == 0);
}

TEST_CASE("a module's own names beside config.json of another model need --arch", "[checkpoint]") {
  const Folder folder;
  copy_checkpoint("torch", "torch");
  write_expected("torch", "1.normed", "x.npy");
  write_config("torch", {{"model_type", "cohere"}});
  check_error(
      layer("torch", {"--layer", "1", "--heads", "4"}), 1,
      "torch/config.json#/model_type: 'cohere' does not go with the tensors of torch/model.safetensors: there is "
      "no 'layers.N.self_attn.q_proj' among them; --arch names the architecture that they are of");
  const Outcome outcome = layer("torch", {"--layer", "1", "--heads", "4", "--arch", "torch"});
  CHECK(outcome.code == 0);
  CHECK(outcome.err.find("warning: 'cohere' of torch/config.json#/model_type is another model") != std::string::npos);
}

TEST_CASE("a config.json that is no JSON", "[checkpoint]") {
  const Folder folder;
  take("bert");
  folder.write("bert/config.json", "{\n  \"hidden_size\": 16,\n  oops\n}");
  check_error(layer("bert", {"--layer", "0"}), 1, "bert/config.json:3:3: is no valid JSON");
  folder.write("bert/config.json", "[1]");
  check_error(layer("bert", {"--layer", "0"}), 1, "bert/config.json: array where an object is expected");
  folder.write("bert/config.json", R"({"hidden_size": 1e999})");
  check_error(layer("bert", {"--layer", "0"}), 1, "bert/config.json: has a number that is outside float64");
}

TEST_CASE("what is missing without config.json", "[checkpoint]") {
  const Folder folder;
  take("llama");
  fs::remove("llama/config.json");
  check_error(
      layer("llama", {"--layer", "0"}), 2,
      "--heads: is needed: there is no config.json beside llama/model.safetensors that says the number of heads");
  check_error(layer("llama", {"--layer", "0", "--heads", "4"}), 2,
              "--rope: is needed: llama turns queries and keys, and there is no config.json beside "
              "llama/model.safetensors that says how");
  write_config("llama", {{"model_type", "llama"}});
  check_error(layer("llama", {"--layer", "0"}), 2,
              "--heads: is needed: llama/config.json#/num_attention_heads is missing");
}

TEST_CASE("--norm where there is none, or of another width", "[checkpoint]") {
  const Folder folder;
  take("bert");
  check_error(layer("bert", {"--layer", "0", "--norm"}), 2,
              "--norm: layers of bert have no norm before their attention");
  take("torch");
  check_error(layer("torch", {"--layer", "1", "--norm", "--heads", "4"}), 2,
              "--norm: layers of torch have no norm before their attention");
  const std::string path = "layers.0.self_attn.";
  folder.write("bare.safetensors", safetensors({{path + "q_proj.weight", {16, 16}},
                                                {path + "k_proj.weight", {16, 16}},
                                                {path + "v_proj.weight", {16, 16}},
                                                {path + "o_proj.weight", {16, 16}}}));
  check_error(layer("bare.safetensors", {"--heads", "1", "--rope", "10", "--norm"}), 1,
              "bare.safetensors: lacks 'layers.0.input_layernorm.weight' of llama");
  take("gpt2");
  folder.write("narrow.json", three_tokens);
  check_error(run({"multihead", "narrow.json", "--weights", "gpt2", "--layer", "0", "--norm", "-q"}), 1,
              "narrow.json#/embeddings: has the shape (3, 3), but the layer's input norm is of width 16");
}

TEST_CASE("a layer that needs more memory than the limit", "[checkpoint]") {
  const Folder folder;
  take("qwen2");  // float16 is widened
  const Outcome outcome = layer("qwen2", {"--layer", "0", "--max-memory", "1K"});
  CHECK(outcome.code == 1);
  CHECK(outcome.err.find("--max-memory sets the limit") != std::string::npos);
}

TEST_CASE("tensors of the attention that attn does not use are an error, unless they may go unused", "[checkpoint]") {
  const Folder folder;
  folder.write("x.json", three_tokens);
  const std::string path = "layers.0.self_attn.";
  folder.write("more.safetensors", safetensors({{path + "q_proj.weight", {3, 3}},
                                                {path + "k_proj.weight", {3, 3}},
                                                {path + "v_proj.weight", {3, 3}},
                                                {path + "o_proj.weight", {3, 3}},
                                                {path + "rotary_emb.inv_freq", {2}},
                                                {path + "g_proj.weight", {3, 3}}}));
  const Arguments base{"multihead", "x.json", "--weights", "more.safetensors", "--heads",
                       "1",         "--rope", "10",        "--rope-dims",      "2"};
  check_error(run(base), 1,
              "more.safetensors#/layers.0.self_attn.g_proj.weight: is not used by the layers of llama: the numbers "
              "would be those of another model; --ignore-tensors leaves it out all the same");
  for (const char* names : {"g_proj", "g_proj.weight", "layers.0.self_attn.g_proj.weight", "all", "no,g_proj"}) {
    const Outcome outcome = run(base + Arguments{"--ignore-tensors", names});
    CHECK(outcome.code == 0);
    CHECK(outcome.err.find("; not used: layers.0.self_attn.g_proj.weight\n") != std::string::npos);
  }
  check_error(run(base + Arguments{"--ignore-tensors", "proj"}), 1,
              "more.safetensors#/layers.0.self_attn.g_proj.weight: is not used by the layers of llama: the numbers "
              "would be those of another model; --ignore-tensors leaves it out all the same");
  check_error(run(base + Arguments{"--ignore-tensors", "g_proj,"}), 2, "--ignore-tensors: has an empty name");
  take("llama");
  check_error(layer("llama", {"--layer", "0", "--ignore-tensors", "g_proj"}), 2,
              "--ignore-tensors: 'g_proj' is none of the tensors that the layer does not use");
  check_error(run({"multihead", "x.json", "--ignore-tensors", "all"}), 2, "--ignore-tensors: goes with --weights");
}

TEST_CASE("an encoder's attention to itself has one input", "[checkpoint]") {
  const Folder folder;
  take("t5");
  write_expected("t5", "decoder.0.normed", "y.npy");
  const Arguments base{"multihead", "--weights", "t5", "--layer", "0", "--query", "x.npy"};
  check_error(run(base + Arguments{"--key", "y.npy", "--value", "y.npy", "-q"}), 1,
              "--key: is another than the query, but the layer attends to itself; --cross takes a decoder's attention "
              "to its encoder");
  CHECK(run(base + Arguments{"--key", "x.npy", "--value", "x.npy"}).code == 0);
}

TEST_CASE("RoPE of a checkpoint's layer can be left out, and begin later", "[checkpoint]") {
  const Folder folder;
  take("llama");
  const Arguments base{"--layer", "0", "--emit", "query,key,weights"};
  const Json turned = layer("llama", base).json(),
             later = layer("llama", base + Arguments{"--rope-offset", "7"}).json(),
             unturned = layer("llama", base + Arguments{"--rope", "none"}).json();
  // Weights hang on distances alone; queries turn further.
  CHECK(later["query"] != turned["query"]);
  CHECK(later["metadata"]["rope_offset"] == 7);
  for (std::size_t k = 0; k < 3; ++k)
    CHECK(later["weights"][0][2][k].get<double>() == Approx(turned["weights"][0][2][k].get<double>()).margin(1e-5));
  CHECK(unturned["query"][0][0] == turned["query"][0][0]);
  CHECK(unturned["query"][0][1] != turned["query"][0][1]);
  CHECK(!unturned["metadata"].contains("rope_theta"));
  // What the projections give is what an explicit rotation begins with.
  CHECK(layer("llama", base + Arguments{"--rope", "100", "--rope-offset", "7"}).json()["query"] == later["query"]);
  check_error(run({"multihead", "x.npy", "--rope", "none"}), 2,
              "--rope: none is of a checkpoint's layer: it goes with --weights");
  check_error(layer("llama", {"--rope", "none", "--rope-offset", "1"}), 2,
              "--rope-offset: does not go with --rope none");
  check_error(layer("llama", {"--rope-dims", "2"}), 2, "--rope-dims: goes with --rope");
}

}  // namespace attn::test
