// --list: what a checkpoint holds, without INPUT.
#include "cli/checkpoint_case.hpp"

namespace attn::test {

TEST_CASE("--list as text", "[checkpoint]") {
  const Folder folder;
  copy_checkpoint("llama-yarn", "model");
  const Outcome outcome = run({"multihead", "--weights", "model", "--list", "-f", "text"});
  CHECK(outcome.code == 0);
  CHECK(outcome.err.empty());
  CHECK(outcome.out == R"(model/model.safetensors: llama (Llama, Arcee) under 'layers.N.self_attn.'
layer 0, llama: 4 heads of 8 columns, 2 key/value heads; causal mask, RoPE (theta 100, yarn by 4)
  layers.0.self_attn.q_proj.weight  F32  (32, 16)
  layers.0.self_attn.k_proj.weight  F32  (16, 16)
  layers.0.self_attn.v_proj.weight  F32  (16, 16)
  layers.0.self_attn.o_proj.weight  F32  (16, 32)
  layers.0.input_layernorm.weight   F32  (16,)
)");
  // A terminal of 80 columns folds the second line.
  std::string folded = outcome.out;
  folded.replace(folded.find(" (theta"), 1, "\n    ");
  CHECK(run({"multihead", "--weights", "model", "--list"}, "", Device::terminal).out == folded);
  CHECK(run({"multihead", "--weights", "model", "--list", "-o", "list.txt"}).out.empty());
  CHECK(folder.read("list.txt") == outcome.out);
}

TEST_CASE("--list as JSON", "[checkpoint]") {
  const Folder folder;
  copy_checkpoint("t5", "model");
  const Outcome outcome = run({"multihead", "--weights", "model", "--list", "-f", "json"});
  const Json list = outcome.json();
  CHECK(run({"multihead", "--weights", "model", "--list"}).out == outcome.out);
  CHECK(list["file"] == "model/model.safetensors");
  REQUIRE(list["groups"].size() == 2);
  CHECK(list["groups"][0]["architecture"] == "t5");
  CHECK(list["groups"][0]["attention"] == "decoder.block.N.layer.0.SelfAttention.");
  CHECK(list["groups"][0]["layers"].size() == 2);
  const Json layer = list["groups"][1]["layers"][1];
  CHECK(members(layer) ==
        std::vector<std::string>{"layer", "heads", "kv_heads", "head_dim", "applied", "input_norm", "tensors"});
  CHECK(layer["layer"] == 1);
  CHECK(layer["heads"] == 4);
  CHECK(layer["head_dim"] == 8);
  CHECK(layer["applied"] == "no scaling, relative position bias");
  CHECK(layer["input_norm"] == true);
  CHECK(layer["tensors"][0] ==
        Json{{"name", "encoder.block.1.layer.0.SelfAttention.q.weight"}, {"dtype", "F32"}, {"shape", {32, 16}}});
  CHECK(layer["tensors"][4]["name"] == "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight");

  const Json one = run({"multihead", "--weights", "model", "--list", "--prefix", "encoder", "--layer", "0"}).json();
  CHECK(one["groups"].size() == 1);
  CHECK(one["groups"][0]["layers"].size() == 1);
  CHECK(run({"multihead", "--weights", "model", "--list", "--arch", "gpt2"}).json()["groups"].empty());
}

TEST_CASE("--list of shards, half precision and torch modules", "[checkpoint]") {
  const Json shards = run({"multihead", "--weights", checkpoint_path("llama-sharded"), "--list"}).json();
  CHECK(shards["groups"][0]["attention"] == "model.layers.N.self_attn.");
  CHECK(shards["groups"][0]["layers"][1]["tensors"].size() == 5);
  CHECK(run({"multihead", "--weights", checkpoint_path("qwen2"), "--list"})
            .json()["groups"][0]["layers"][0]["tensors"][0]["dtype"] == "F16");
  CHECK(run({"multihead", "--weights", checkpoint_path("mistral"), "--list"})
            .json()["groups"][0]["layers"][0]["tensors"][0]["dtype"] == "BF16");
  CHECK(run({"multihead", "--weights", checkpoint_path("llama/model.npz"), "--list"})
            .json()["groups"][0]["layers"][0]["tensors"][0]["dtype"] == "<f4");
  const Json torch = run({"multihead", "--weights", checkpoint_path("torch"), "--list"}).json();
  CHECK(torch["groups"][0]["attention"] == "layers.N.self_attn.");
  const Json own = run({"multihead", "--weights", checkpoint_path("torch-cross"), "--list"}).json();
  CHECK(own["groups"][0]["layers"][0]["layer"].is_null());
}

TEST_CASE("--list shows layers that cannot be used, and files without any", "[checkpoint]") {
  const Folder folder;
  copy_checkpoint("bert", "model");
  Json config = read_config("model");
  config["num_attention_heads"] = 3;
  write_config("model", config);
  const Json layer = run({"multihead", "--weights", "model", "--list"}).json()["groups"][0]["layers"][0];
  CHECK(layer["problem"].get<std::string>().find("no multiple of 3 heads") != std::string::npos);
  CHECK(layer["tensors"].size() > 7);
  CHECK(run({"multihead", "--weights", "model", "--list", "-f", "text"}).out.find("layer 0, not usable as it is: ") !=
        std::string::npos);
  const std::string expected = checkpoint_path("bert/expected.safetensors");
  folder.write("other.safetensors", "");
  std::filesystem::copy_file(expected, "other.safetensors", std::filesystem::copy_options::overwrite_existing);
  const Json other = run({"multihead", "--weights", "other.safetensors", "--list"}).json();
  CHECK(other["groups"].empty());
  CHECK(other["tensors"].size() == 8);
  CHECK(run({"multihead", "--weights", "other.safetensors", "--list", "-f", "text"})
            .out.find("no attention layers under names that attn recognises\n") != std::string::npos);
}

TEST_CASE("--list of a layer that is not there is an error", "[checkpoint]") {
  const Folder folder;
  copy_checkpoint("bert", "model");
  check_error(run({"multihead", "--weights", "model", "--list", "--layer", "9"}), 2,
              "--layer: there is no layer 9 in model/model.safetensors; --list without it shows those that there are");
}

TEST_CASE("--list has no result to read or to compare", "[checkpoint]") {
  const Folder folder;
  copy_checkpoint("bert", "model");
  const Arguments list{"multihead", "--weights", "model", "--list"};
  for (const Arguments& more :
       {Arguments{"--expect", "x.npy"}, Arguments{"--steps"}, Arguments{"--stats"}, Arguments{"--top", "2"}})
    check_error(run(list + more), 2, more.front() + ": does not go with --list");
}

}  // namespace attn::test
