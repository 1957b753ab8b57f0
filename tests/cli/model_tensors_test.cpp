// Whole models whose tensors have shapes that do not go together, or are missing: each is an error with its place.
#include <filesystem>
#include <fstream>

#include "cli/model_case.hpp"

namespace attn::test {
namespace {

namespace fs = std::filesystem;

// A small model in the folder `m`, with other shapes of its tensors and other members of config.json; null takes one
// away.
void write_reshaped(const std::string& family, const Json& shapes, const Json& members = Json::object()) {
  fs::remove_all("m");
  write_small_model(family, "m");
  Json rules = read_json(small_model_data(family) + "/tensors.json");
  for (const auto& [name, shape] : shapes.items())
    if (shape.is_null()) {
      rules.erase(name);
    } else {
      rules.at(name)["shape"] = shape;
    }
  write_drawn_weights(rules.dump(), "m/model.safetensors");
  for (const auto& [name, value] : members.items()) change_config(name, value);
}

Outcome run_reshaped(const Arguments& input, const Arguments& more = {"--emit", "hidden_last"}) {
  return run(model(input + more));
}

struct Reshaped {
  const char* family;
  Json shapes;
  const char* message;  ///< after m/model.safetensors
};

void check_all(const std::vector<Reshaped>& all, const Arguments& input) {
  for (const Reshaped& one : all) {
    INFO(one.family << " " << one.shapes.dump());
    write_reshaped(one.family, one.shapes);
    check_error(run_reshaped(input), 1, std::string("m/model.safetensors") + one.message);
  }
}

const Arguments of_ids{"--ids", "2,5,9,4,7,11"}, of_image{"--image", "m/image.png"};

}  // namespace

TEST_CASE("embeddings and second halves of blocks whose tensors do not fit", "[model]") {
  const Folder folder;
  const std::string block = "model.layers.1.";
  check_all({{"llama",
              {{"model.embed_tokens.weight", {64}}},
              "#/model.embed_tokens.weight: has the shape (64,); a matrix is expected"},
             {"bert",
              {{"embeddings.position_embeddings.weight", {20, 23}}},
              "#/embeddings.position_embeddings.weight: has rows of width 23, but words are of width 24"},
             {"llama",
              {{block + "post_attention_layernorm.weight", {20}}},
              "#/model.layers.1.post_attention_layernorm.weight: has the shape (20,), but the layers are of width 24"},
             {"llama",
              {{block + "mlp.up_proj.weight", {40, 20}}},
              "#/model.layers.1.mlp.up_proj.weight: has the shape (40, 20), but takes vectors of width 24"},
             {"llama",
              {{block + "mlp.up_proj.weight", {960}}},
              "#/model.layers.1.mlp.up_proj.weight: has the shape (960,), but takes vectors of width 24"},
             {"gpt2", {{"h.1.mlp.c_fc.bias", {3}}}, "#/h.1.mlp.c_fc.bias: has the shape (3,); (96,) is expected"},
             {"llama",
              {{block + "mlp.gate_proj.weight", {39, 24}}, {block + "mlp.gate_proj.bias", {39}}},
              "#/model.layers.1.mlp.gate_proj.weight: gives vectors of width 39, and what they gate is of width 40"},
             {"phi3",
              {{block + "mlp.gate_up_proj.weight", {79, 24}}},
              "#/model.layers.1.mlp.gate_up_proj.weight: gives 79 columns, an odd number, and half of them are gates"},
             {"llama",
              {{block + "mlp.down_proj.weight", {23, 40}}, {block + "mlp.down_proj.bias", {23}}},
              ": the second half of layer 1 gives vectors of width 23 in blocks of width 24"},
             {"llama",
              {{block + "mlp.up_proj.weight", {0, 24}},
               {block + "mlp.up_proj.bias", {0}},
               {block + "mlp.gate_proj.weight", {0, 24}},
               {block + "mlp.gate_proj.bias", {0}},
               {block + "mlp.down_proj.weight", {24, 0}}},
              "#/model.layers.1.mlp.up_proj.weight: has the shape (0, 24), which gives nothing"}},
            of_ids);
}

TEST_CASE("experts whose tensors do not fit", "[model]") {
  const Folder folder;
  const std::string stacked = "model.layers.0.mlp.experts.", mixtral = "model.layers.0.block_sparse_moe.experts.";
  const auto all_experts = [&mixtral](const char* name, const Json& shape) {
    Json shapes;
    for (int expert = 0; expert < 4; ++expert) shapes[mixtral + std::to_string(expert) + name] = shape;
    return shapes;
  };
  check_all(
      {{"gpt-oss",
        {{stacked + "gate_up_proj", {3, 24, 48}}},
        "#/model.layers.0.mlp.experts.gate_up_proj: has the shape (3, 24, 48), but there are 4 experts one after the "
        "other"},
       {"gpt-oss",
        {{stacked + "gate_up_proj", {4, 23, 48}}},
        "#/model.layers.0.mlp.experts.gate_up_proj: has matrices of the shape (23, 48), but they take vectors of width "
        "24"},
       {"gpt-oss",
        {{stacked + "gate_up_proj", {4, 24}}},
        "#/model.layers.0.mlp.experts.gate_up_proj: has matrices of the shape (24,), but they take vectors of width "
        "24"},
       {"gpt-oss",
        {{stacked + "gate_up_proj_bias", {4, 47}}},
        "#/model.layers.0.mlp.experts.gate_up_proj_bias: has biases of the shape (47,); (48,) is expected"},
       {"gpt-oss",
        {{stacked + "gate_up_proj", {4, 24, 47}}, {stacked + "gate_up_proj_bias", {4, 47}}},
        "#/model.layers.0.mlp.experts.gate_up_proj: gives 47 columns, an odd number, and half of them are gates"},
       {"gpt-oss",
        {{stacked + "gate_up_proj", {4, 24, 0}}, {stacked + "gate_up_proj_bias", {4, 0}}},
        "#/model.layers.0.mlp.experts.gate_up_proj: has the shape (24, 0), which gives nothing"},
       {"mixtral", all_experts(".w2.weight", {20, 40}),
        ": experts of layer 0 give vectors of width 20 in blocks of width 24"},
       {"qwen2-moe",
        {{"model.layers.0.mlp.shared_expert_gate.weight", {2, 24}}},
        ": the gate of layer 0's shared expert gives 2 numbers a token, not one"}},
      of_ids);
}

TEST_CASE("tensors of models of images that do not fit", "[model]") {
  const Folder folder;
  const std::string vit = "vit.embeddings.", one_row = ", and one row of width 24 is expected";
  check_all({{"vit",
              {{vit + "patch_embeddings.projection.weight", {24, 3, 4, 5}}},
              "#/vit.embeddings.patch_embeddings.projection.weight: has the shape (24, 3, 4, 5); (width, channels, "
              "side, side) is expected"},
             {"vit",
              {{vit + "patch_embeddings.projection.weight", {0, 3, 4, 4}}},
              "#/vit.embeddings.patch_embeddings.projection.weight: has the shape (0, 3, 4, 4); (width, channels, "
              "side, side) is expected"},
             {"vit",
              {{vit + "cls_token", {1, 1, 20}}},
              "#/vit.embeddings.cls_token: has the shape (1, 1, 20), and one row of width 24 is expected"},
             {"vit",
              {{vit + "cls_token", {1, 0, 24}}},
              "#/vit.embeddings.cls_token: has the shape (1, 0, 24), and one row of width 24 is expected"},
             {"vit",
              {{vit + "cls_token", {1, 2, 24}}},
              "#/vit.embeddings.cls_token: has the shape (1, 2, 24), and one row of width 24 is expected"},
             {"vit",
              {{vit + "position_embeddings", {1, 17, 20}}},
              "#/vit.embeddings.position_embeddings: has the shape (1, 17, 20), and rows of width 24 are expected"},
             {"vit",
              {{vit + "position_embeddings", {1, 1, 24}}},
              "#/vit.embeddings.position_embeddings: has 1 position, and none for patches: the model's own tokens take "
              "1"},
             {"dinov2",
              {{"encoder.layer.0.layer_scale1.lambda1", {23}}},
              "#/encoder.layer.0.layer_scale1.lambda1: has the shape (23,); (24,) is expected"}},
            of_image);
}

TEST_CASE("layers whose tensors have no common shape are shown one by one", "[model]") {
  const Folder folder;
  const std::string attention = "model.layers.1.self_attn.";
  write_reshaped("llama",
                 {{attention + "q_proj.weight", {48, 24}},
                  {attention + "q_proj.bias", {48}},
                  {attention + "k_proj.weight", {24, 24}},
                  {attention + "k_proj.bias", {24}},
                  {attention + "v_proj.weight", {24, 24}},
                  {attention + "v_proj.bias", {24}},
                  {attention + "o_proj.weight", {24, 48}}},
                 {{"head_dim", nullptr}});
  CHECK(run_reshaped(of_ids, {"--emit", "weights"}).code == 0);
  CHECK(run_reshaped(of_ids, {"--emit", "query", "--layer", "1"}).code == 0);
  check_error(
      run_reshaped(of_ids, {"--emit", "query"}), 1,
      "'query' has the shape (1, 4, 6, 12) in one layer and (1, 4, 6, 8) in another: they have no common array, only "
      "one by one");
}

TEST_CASE("layers that are missing between others", "[model]") {
  const Folder folder;
  const Json rules = read_json(small_model_data("llama") + "/tensors.json");
  Json gone;
  for (const auto& [name, rule] : rules.items())
    if (name.starts_with("model.layers.1.")) gone[name] = nullptr;
  write_reshaped("llama", gone);
  check_error(run_reshaped(of_ids), 1,
              "m/model.safetensors: has 2 layers of attention, but m/config.json#/num_hidden_layers says 3");
  change_config("num_hidden_layers", 2);
  check_error(run_reshaped(of_ids), 1, "m/model.safetensors: has 2 layers of attention, but no layer 1");
  change_config("num_hidden_layers", nullptr);
  check_error(run_reshaped(of_ids), 1, "m/model.safetensors: has 2 layers of attention, but no layer 1");
}

TEST_CASE("a decoder needs the encoder beside it", "[model]") {
  const Folder folder;
  const Json rules = read_json(small_model_data("t5") + "/tensors.json");
  Json gone;
  for (const auto& [name, rule] : rules.items())
    if (name.starts_with("encoder.")) gone[name] = nullptr;
  write_reshaped("t5", gone);
  check_error(run_reshaped({"--ids", "2,5", "--decoder-ids", "0,3"}), 1,
              "m/model.safetensors: has a decoder, but no encoder that it could attend to");
}

}  // namespace attn::test
