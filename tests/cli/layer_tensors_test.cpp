// Layers of checkpoints whose tensors have shapes that do not go together, or with config.json: each is an error with
// its place.
#include <filesystem>
#include <fstream>

#include "attn/checkpoint.hpp"
#include "cli/session.hpp"
#include "support/small_model.hpp"

namespace attn::test {
namespace {

namespace fs = std::filesystem;

// A layer of a model of tests/data/types in the folder `m`, with other shapes of its tensors and other members of
// config.json; null takes one away, and a shape of a tensor that is not there adds it.
void write_layer(const std::string& type, const Json& shapes, const Json& members = Json::object()) {
  fs::remove_all("m");
  fs::create_directory("m");
  Json data = read_json(std::string(ATTN_TEST_DATA) + "/types/" + type + ".json");
  Json &tensors = data["tensors"], &config = data["config"];
  for (const auto& [name, shape] : shapes.items())
    if (shape.is_null()) {
      tensors.erase(name);
    } else {
      if (!tensors.contains(name)) tensors[name] = {{"center", 0}, {"spread", 1}};
      tensors[name]["shape"] = shape;
    }
  config.update(members);
  for (const auto& [name, value] : members.items())
    if (value.is_null()) config.erase(name);
  std::ofstream("m/config.json") << config.dump();
  write_drawn_weights(tensors.dump(), "m/model.safetensors");
}

Outcome run_layer_of(const Arguments& more) {
  return run(Arguments{"multihead", "--random", "3,32", "--weights", "m", "--layer", "0", "-q"} + more);
}

struct ChangedLayer {
  const char* type;
  Json shapes, members;
  std::string message;  ///< after "m/"
  Arguments more = {};
};

void check_layers_refused(const std::vector<ChangedLayer>& all) {
  for (const ChangedLayer& one : all) {
    INFO(one.type << " " << one.shapes.dump() << " " << one.members.dump());
    write_layer(one.type, one.shapes, one.members);
    check_error(run_layer_of(one.more), 1, "m/" + one.message);
  }
}

const Json as_it_is = Json::object();
const std::string self = "layers.0.self_attn.", at_self = "model.safetensors#/layers.0.self_attn.";

}  // namespace

TEST_CASE("projections, biases, sinks and norms of a layer that do not fit", "[checkpoint]") {
  const Folder folder;
  check_layers_refused(
      {{"llama",
        {{self + "o_proj.weight", {20, 64}}},
        as_it_is,
        at_self + "o_proj.weight: has the shape (20, 64), but the layer is of width 32"},
       {"gpt_oss", {{self + "sinks", {3}}}, as_it_is, at_self + "sinks: has the shape (3,); (4,) is expected"},
       {"gpt_oss",
        {{self + "k_proj.bias", {3}}},
        as_it_is,
        at_self + "k_proj.bias: has the shape (3,); (32,) is expected"},
       {"llama",
        {{"layers.0.input_layernorm.weight", {20}}},
        as_it_is,
        "model.safetensors#/layers.0.input_layernorm.weight: has the shape (20,); (32,) is expected"},
       {"qwen3",
        {{self + "q_norm.weight", {5}}},
        as_it_is,
        at_self + "q_norm.weight: has the shape (5,); (16,) is expected"},
       {"phi+normed",
        {{self + "k_layernorm.bias", {5}}},
        as_it_is,
        at_self + "k_layernorm.bias: has the shape (5,); (8,) is expected"},
       {"gpt2",
        {{"h.0.ln_1.bias", {31}}},
        as_it_is,
        "model.safetensors#/h.0.ln_1.bias: has the shape (31,); (32,) is expected"},
       {"gpt2",
        {{"h.0.ln_1.bias", {0}}},
        as_it_is,
        "model.safetensors#/h.0.ln_1.bias: has the shape (0,); (32,) is expected"}});
}

TEST_CASE("tables of T5's relative positions that do not fit", "[checkpoint]") {
  const Folder folder;
  const std::string table = "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight",
                    at_table = "model.safetensors#/" + table + ": has the shape ";
  const Json any_count{{"relative_attention_num_buckets", nullptr}};
  const Arguments encoder{"--prefix", "encoder"};
  check_layers_refused(
      {{"t5",
        {{table, {8, 2}}},
        as_it_is,
        at_table + "(8, 2), which is not (buckets, 4) of 4 buckets or more",
        encoder},
       {"t5",
        {{table, {3, 4}}},
        any_count,
        at_table + "(3, 4), which is not (buckets, 4) of 4 buckets or more",
        encoder},
       {"t5",
        {{table, {6, 4}}},
        as_it_is,
        at_table + "(6, 4), but m/config.json#/relative_attention_num_buckets says 8",
        encoder},
       {"t5",
        as_it_is,
        {{"relative_attention_max_distance", 2}},
        "config.json#/relative_attention_max_distance: is not more than the 2 distances that have a bucket each",
        encoder},
       {"t5",
        as_it_is,
        {{"relative_attention_max_distance", 4}},
        "config.json#/relative_attention_max_distance: is not more than the 4 distances that have a bucket each",
        {"--prefix", "decoder"}}});
}

TEST_CASE("--heads that a layer's tensors contradict", "[checkpoint]") {
  const Folder folder;
  for (const auto& [type, more] : {std::pair{"t5", Arguments{"--prefix", "encoder"}}, {"gpt_oss", {}}, {"qwen3", {}}}) {
    INFO(type);
    write_layer(type, as_it_is);
    CHECK(run_layer_of(more + Arguments{"--heads", "4"}).code == 0);
    const std::string member = std::string(type) == "t5" ? "num_heads" : "num_attention_heads";
    check_error(run_layer_of(more + Arguments{"--heads", "2"}), 2,
                "--heads: is 2, but m/config.json#/" + member + " says 4");
    write_layer(type, as_it_is, {{member, nullptr}});
    check_error(run_layer_of(more + Arguments{"--heads", "2"}), 2,
                "--heads: 2 heads, but the layer's tensors are of 4");
  }
}

TEST_CASE("--heads and --kv-heads that config.json contradicts", "[checkpoint]") {
  const Folder folder;
  write_layer("llama", as_it_is);
  CHECK(run_layer_of({"--heads", "4", "--kv-heads", "2"}).code == 0);
  check_error(run_layer_of({"--heads", "2"}), 2, "--heads: is 2, but m/config.json#/num_attention_heads says 4");
  check_error(run_layer_of({"--kv-heads", "1"}), 2, "--kv-heads: is 1, but m/config.json#/num_key_value_heads says 2");
  write_layer("llama", as_it_is, {{"num_attention_heads", nullptr}, {"head_dim", nullptr}});
  CHECK(run_layer_of({"--heads", "8", "--kv-heads", "2"}).code == 1);
  CHECK(run_layer_of({"--heads", "4"}).code == 0);
}

TEST_CASE("numbers of heads in a document are those of the layer", "[checkpoint]") {
  const Folder folder;
  write_layer("llama", as_it_is);
  const auto outcome = [&folder](const Json& members, const Arguments& more = {}) {
    Json document{{"embeddings", {std::vector<int>(32, 1)}}};
    document.update(members);
    folder.write("x.json", document.dump());
    return run(Arguments{"multihead", "x.json", "--weights", "m", "--layer", "0", "-q"} + more);
  };
  CHECK(outcome({{"num_heads", 4}, {"num_kv_heads", 2}}).code == 0);
  check_error(outcome({{"num_heads", 2}}), 1, "x.json#/num_heads: is 2, but the layer has 4");
  check_error(outcome({{"num_kv_heads", 4}}), 1, "x.json#/num_kv_heads: is 4, but the layer has 2");
  CHECK(outcome({{"num_heads", 2}}, {"--heads", "4"}).code == 0);
}

TEST_CASE("tensors of multi-head latent attention that do not fit", "[checkpoint]") {
  const Folder folder;
  const auto misfit = [](const std::string& name, const std::string& shape) {
    return at_self + name + ".weight: has the shape " + shape +
           ", which does not fit 4 heads and the other tensors of the layer";
  };
  struct Change {
    const char* name;
    Json shape;
    const char* text;
  };
  for (const Change& change : {Change{"kv_b_proj", {112}, "(112,)"}, Change{"kv_a_layernorm", {11}, "(11,)"},
                               Change{"kv_a_proj_with_mqa", {12, 32}, "(12, 32)"},
                               Change{"o_proj", {32, 50}, "(32, 50)"}, Change{"o_proj", {33, 48}, "(33, 48)"},
                               Change{"kv_b_proj", {40, 12}, "(40, 12)"}, Change{"q_b_proj", {95, 16}, "(95, 16)"},
                               Change{"q_a_proj", {16, 31}, "(16, 31)"}, Change{"q_a_layernorm", {15}, "(15,)"}})
    check_layers_refused({{"deepseek_v2",
                           {{self + change.name + ".weight", change.shape}},
                           as_it_is,
                           misfit(change.name, change.text)}});
  check_layers_refused(
      {{"deepseek_v3+direct", {{self + "q_proj.weight", {96, 31}}}, as_it_is, misfit("q_proj", "(96, 31)")},
       {"deepseek_v2",
        as_it_is,
        {{"qk_rope_head_dim", 4}},
        "config.json#/qk_rope_head_dim: is 4, but the layer's tensors have 8"},
       {"deepseek_v2",
        as_it_is,
        {{"v_head_dim", 11}},
        "config.json#/v_head_dim: is 11, but the layer's tensors have 12"},
       {"deepseek_v2",
        as_it_is,
        {{"kv_lora_rank", 11}},
        "config.json#/kv_lora_rank: is 11, but the layer's tensors have 12"},
       {"deepseek_v2",
        {{"layers.0.input_layernorm.weight", {1, 32}}},
        as_it_is,
        "model.safetensors#/layers.0.input_layernorm.weight: has the shape (1, 32); (32,) is expected"},
       {"deepseek_v2",
        {{self + "q_b_proj.bias", {5}}},
        as_it_is,
        at_self + "q_b_proj.bias: has the shape (5,); (96,) is expected"},
       {"deepseek_v2",
        {{self + "q_a_proj.bias", {5}}},
        {{"attention_bias", true}},
        at_self + "q_a_proj.bias: has the shape (5,); (16,) is expected"},
       {"deepseek_v2",
        {{self + "kv_a_proj_with_mqa.bias", {1, 20}}},
        {{"attention_bias", true}},
        at_self + "kv_a_proj_with_mqa.bias: has the shape (1, 20); (20,) is expected"}});
  write_layer("deepseek_v2", as_it_is);
  folder.write("x.json", R"({"embeddings":[[1,2,3]]})");
  check_error(run({"multihead", "x.json", "--weights", "m", "--layer", "0"}), 1,
              "x.json#/embeddings: the shape (1, 3) has not the width 32 of the layer");
}

TEST_CASE("members of config.json about positions that do not go with a layer", "[checkpoint]") {
  const Folder folder;
  check_layers_refused(
      {{"phi3",
        as_it_is,
        {{"rope_parameters",
          {{"rope_type", "longrope"},
           {"rope_theta", 10000},
           {"short_factor", {1, 1, 1, 1}},
           {"long_factor", {1, 1, 1}}}}},
        "config.json#/rope_parameters/long_factor: has 3 factors for the 4 frequencies of a head"},
       {"llama",
        as_it_is,
        {{"rope_parameters",
          {{"rope_type", "yarn"}, {"rope_theta", 1}, {"factor", 2}, {"original_max_position_embeddings", 32}}}},
        "config.json#/rope_parameters/rope_theta: is 1, and YaRN divides by its logarithm"},
       {"qwen2",
        as_it_is,
        {{"model_type", "qwen2_vl"},
         {"rope_parameters", {{"rope_type", "default"}, {"rope_theta", 10000}, {"mrope_section", {4, 0, 4}}}}},
        "config.json#/rope_parameters/mrope_section: 0 is no number of pairs of columns"},
       {"llama",
        as_it_is,
        {{"position_embedding_type", "relative_key"}},
        "config.json#/position_embedding_type: 'relative_key' is not supported"}});
}

TEST_CASE("names that several models share need config.json, or --arch", "[checkpoint]") {
  const Folder folder;
  write_layer("clip_vision_model", as_it_is);
  CHECK(run_layer_of({}).code == 0);
  fs::remove("m/config.json");
  check_error(run_layer_of({}), 1,
              "m/model.safetensors: has attention layers under names that several models share, and there is no "
              "config.json beside it that says which; --arch names one");
  CHECK(run_layer_of({"--arch", "clip", "--heads", "4"}).code == 0);
}

TEST_CASE("CTRL's norms have an epsilon of their own", "[checkpoint]") {
  const Folder folder;
  fs::create_directory("m");
  Json rules;
  for (const char* part : {"Wq", "Wk", "Wv", "dense"})
    rules[std::string("h.0.multi_head_attention.") + part + ".weight"] = {
        {"shape", {32, 32}}, {"center", 0}, {"spread", 0.5}};
  for (const char* part : {"weight", "bias"})
    rules[std::string("h.0.layernorm1.") + part] = {{"shape", {32}}, {"center", 1}, {"spread", 0.5}};
  write_drawn_weights(rules.dump(), "m/model.safetensors");
  const auto with = [](double epsilon) {
    std::ofstream("m/config.json")
        << Json{{"model_type", "ctrl"}, {"n_head", 4}, {"n_embd", 32}, {"layer_norm_epsilon", epsilon}}.dump();
    return run_layer_of({"--norm"}).out;
  };
  CHECK(!with(1).empty());
  CHECK(with(1) == with(1e-5));
}

}  // namespace attn::test
