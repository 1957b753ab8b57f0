// Attention layers of checkpoints: every architecture against the outputs of its real model.
#include <algorithm>
#include <cmath>
#include <sstream>

#include "attn/kernels.hpp"
#include "attn/output_file.hpp"
#include "attn/write.hpp"
#include "cli/checkpoint_case.hpp"

namespace attn::test {
namespace {

// A checkpoint of tests/data/checkpoints, the layers that are known of it, and whether it has a norm before attention.
struct Golden {
  const char* name;
  std::vector<std::string> layers;
  bool norm = true;
};

const std::vector<Golden> goldens{
    {"bert", {"0", "1"}, false},
    {"roberta", {"0", "1"}, false},
    {"distilbert", {"0", "1"}, false},
    {"vit", {"0", "1"}},
    {"gpt2", {"0", "1"}},
    {"gpt2-inverse-layer", {"0", "1"}},  // without the prefix transformer.
    {"gpt-neox", {"0", "1"}},
    {"t5", {"encoder.0", "encoder.1", "decoder.0", "decoder.1"}},
    {"gpt-oss", {"0", "1"}},
    {"gemma3", {"0", "1"}},
    {"qwen3", {"0", "1"}},
    {"gemma2", {"0", "1"}},
    {"qwen2", {"0", "1"}},  // float16
    {"llama", {"0", "1"}},
    {"llama-linear", {"0"}},  // without the prefix model.
    {"llama-dynamic", {"0"}},
    {"llama-llama3", {"0"}},
    {"llama-yarn", {"0"}},
    {"mistral", {"0", "1"}},  // bfloat16
    {"gemma", {"0", "1"}},
    {"phi3", {"0", "1"}},
    {"phi3-longrope-short", {"0"}},
    {"phi3-longrope-long", {"0"}},
};

}  // namespace

TEST_CASE("layers of checkpoints give what their models give, on every kernel set", "[checkpoint]") {
  const Folder folder;
  for (const KernelSet* set : supported_kernel_sets()) {
    for (const Golden& golden : goldens) {
      for (const std::string& layer : golden.layers) {
        check_layer(golden.name, checkpoint_path(golden.name), layer, "normed", {"--kernel", std::string(set->name)});
        if (golden.norm)
          check_layer(golden.name, checkpoint_path(golden.name), layer, "input",
                      {"--norm", "--kernel", std::string(set->name)});
      }
    }
    check_layer("torch", checkpoint_path("torch"), "1", "normed", {"--heads", "4", "--kernel", std::string(set->name)});
  }
}

TEST_CASE("layers of checkpoints in float64", "[checkpoint]") {
  const Folder folder;
  for (const char* name : {"gpt2", "gpt-neox", "gemma3", "qwen2", "phi3", "t5"})
    check_layer(name, checkpoint_path(name), std::string(name) == "t5" ? "encoder.1" : "1", "input",
                {"--norm", "--dtype", "f64"});
}

TEST_CASE("positions of three axes turn the layers of Qwen2-VL and Qwen3-VL", "[checkpoint]") {
  const Folder folder;
  for (const char* name : {"qwen2-vl", "qwen3-vl"}) {
    write_expected(name, "position_ids", "places.npy");
    for (const char* layer : {"0", "1"})
      for (const char* input : {"normed", "input"}) {
        Arguments more{"--position-ids", "places.npy"};
        if (std::string(input) == "input") more.emplace_back("--norm");
        check_layer(name, checkpoint_path(name), layer, input, more);
      }
    // Of a text, one axis of positions stands for all three.
    write_expected(name, "0.normed", "x.npy");
    const Arguments base{"multihead", "x.npy", "--weights", checkpoint_path(name), "--layer", "0"};
    const Outcome plain = run(base), counted = run(base + Arguments{"--position-ids", "0,1,2,3,4,5,6,7,8,9"});
    REQUIRE(plain.code == 0);
    CHECK(plain.err.find(", 3 axes of positions)") != std::string::npos);
    CHECK(plain.json()["output"] == counted.json()["output"]);
    CHECK(plain.json()["output"] != run(base + Arguments{"--position-ids", "places.npy"}).json()["output"]);
  }
  copy_checkpoint("qwen2-vl", "wrong");
  Json config = read_config("wrong");
  config["rope_parameters"]["mrope_section"] = {1, 1, 1};
  write_config("wrong", config);
  check_error(run({"multihead", "x.npy", "--weights", "wrong", "--layer", "0"}), 1,
              "wrong/config.json#/rope_parameters/mrope_section: is not three sections of the 4 pairs of columns of a "
              "head");
}

TEST_CASE("RoPE that hangs on the length takes it from the positions", "[checkpoint]") {
  const Folder folder;
  write_expected("llama-dynamic", "0.normed", "x.npy");
  const Arguments base{"multihead",
                       "x.npy",
                       "-q",
                       "--weights",
                       checkpoint_path("llama-dynamic"),
                       "--dtype",
                       "f64",
                       "--position-ids",
                       "3,8,13,18,23,28,33,38,43,48"};
  REQUIRE(run(base + Arguments{"-o", "out.npz"}).code == 0);
  // 49 positions, where 6 were trained: theta grows by (3·49/6 − 2)^(8/6).
  std::ostringstream theta;
  theta.precision(17);
  theta << 100 * std::pow(3 * 49.0 / 6 - 2, 8.0 / 6);
  const Outcome same =
      run(base + Arguments{"--rope", theta.str(), "--expect", "output=out.npz:output", "-o", "same.npz"});
  INFO(same.err);
  CHECK(same.code == 0);
}

TEST_CASE("a layer's own norm is not replaced by another kind", "[checkpoint]") {
  const Folder folder;
  write_expected("qwen3", "0.normed", "x.npy");
  check_error(run({"multihead", "x.npy", "--weights", checkpoint_path("qwen3"), "--layer", "0", "--norm-qk", "l2"}), 2,
              "--norm-qk: the layer has a norm of queries and keys of its own");
}

TEST_CASE("torch.nn.MultiheadAttention with keys and values of other widths", "[checkpoint]") {
  const Folder folder;
  for (const char* name : {"query", "key", "value"}) write_expected("torch-cross", name, std::string(name) + ".npy");
  const Outcome outcome =
      run({"multihead", "--query", "query.npy", "--key", "key.npy", "--value", "value.npy", "--weights",
           checkpoint_path("torch-cross/model.safetensors"), "--heads", "4", "-o", "out.npz"});
  REQUIRE(outcome.code == 0);
  CHECK(difference("out.npz", "weights", expected_tensor("torch-cross", "weights")) < checkpoint_bound);
  CHECK(difference("out.npz", "output", expected_tensor("torch-cross", "output")) < checkpoint_bound);
}

TEST_CASE("shards, a folder, an index and an NPZ are the same checkpoint", "[checkpoint]") {
  const Folder folder;
  for (const char* file : {"llama", "llama/model.safetensors", "llama/model.npz", "llama-sharded",
                           "llama-sharded/model.safetensors.index.json"})
    check_layer("llama", checkpoint_path(file), "1", "input", {"--norm"});
}

TEST_CASE("one layer of a checkpoint needs no --layer", "[checkpoint]") {
  const Folder folder;
  write_expected("llama-yarn", "0.normed", "x.npy");
  const Arguments base{"multihead", "x.npy", "--weights", checkpoint_path("llama-yarn")};
  const Outcome outcome = run(base);
  CHECK(outcome.code == 0);
  CHECK(outcome.out == run(base + Arguments{"--layer", "0"}).out);
}

TEST_CASE("JSON Lines: each document is a run of the layer", "[checkpoint]") {
  const Folder folder;
  std::string row = "[0.5,-1,2,0,1,1,0,-1,0.25,1,2,3,-2,0,1,0.5]", other = row;
  std::replace(other.begin(), other.end(), '2', '1');
  folder.write("x.jsonl", "{\"embeddings\":[" + row + "," + other + "]}\n{\"embeddings\":[" + other + "," + row + "," +
                              row + "]}\n");
  folder.write("first.json", "{\"embeddings\":[" + row + "," + other + "]}");
  folder.write("second.json", "{\"embeddings\":[" + other + "," + row + "," + row + "]}");
  for (const char* name : {"t5", "phi3-longrope-long"}) {
    const Arguments layer{"--weights", checkpoint_path(name), "--layer", "0", "--norm"};
    CHECK(run(Arguments{"multihead", "x.jsonl"} + layer).out ==
          run(Arguments{"multihead", "first.json"} + layer).out +
              run(Arguments{"multihead", "second.json"} + layer).out);
  }
}

TEST_CASE("a cache goes on where it ended, under windows, RoPE and relative positions", "[checkpoint]") {
  const Folder folder;
  for (const char* name : {"mistral", "t5", "gpt-oss"}) {
    INFO(name);
    const std::string layer = std::string(name) == "t5" ? "decoder.1" : "0";
    const Arguments weights{"--weights", checkpoint_path(name),
                            "--layer",   layer.substr(layer.size() - 1),
                            "--prefix",  layer.size() > 1 ? "decoder" : std::string(name) == "mistral" ? "" : "model"};
    const Tensor x = expected_tensor(name, layer + ".normed");
    const auto write_rows = [&](const std::string& file, std::size_t begin, std::size_t end) {
      OutputFile out(file);
      const auto values = x.values<double>();
      const std::size_t width = x.extent(1);
      write_npy(Tensor::of<double>({end - begin, width}, values.subspan(begin * width, (end - begin) * width)), out);
      out.commit();
    };
    write_rows("first.npy", 0, 6);
    write_rows("rest.npy", 6, x.extent(0));
    REQUIRE(run(Arguments{"multihead", "first.npy", "--emit", "present_key,present_value", "-o", "past.npz"} + weights)
                .code == 0);
    const Outcome rest = run(Arguments{"multihead", "rest.npy", "--past-key", "past.npz:present_key", "--past-value",
                                       "past.npz:present_value", "-o", "out.npz"} +
                             weights);
    INFO(rest.err);
    REQUIRE(rest.code == 0);
    const Tensor expected = expected_tensor(name, layer + ".output");
    const std::size_t width = expected.extent(1);
    CHECK(difference("out.npz", "output",
                     Tensor::of<double>({x.extent(0) - 6, width}, expected.values<double>().subspan(6 * width))) <
          checkpoint_bound);
  }
}

TEST_CASE("a range of queries has the positions of the whole under a checkpoint's layer", "[checkpoint]") {
  const Folder folder;
  for (const char* name : {"t5", "gpt-oss", "llama-dynamic"}) {
    INFO(name);
    write_expected(name, std::string(name) == "t5" ? "encoder.0.normed" : "0.normed", "x.npy");
    const Arguments base{"multihead", "x.npy", "--weights", checkpoint_path(name), "--layer", "0"};
    const Json all = run(base).json(), some = run(base + Arguments{"--query-range", "3:6"}).json();
    REQUIRE(some["output"].size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK(some["output"][i] == all["output"][i + 3]);
      for (std::size_t h = 0; h < 4; ++h) CHECK(some["weights"][h][i] == all["weights"][h][i + 3]);
    }
  }
}

TEST_CASE("members of older config.json files mean the same", "[checkpoint]") {
  const Folder folder;
  const auto with = [](const std::string& name, const auto& change) {
    copy_checkpoint(name, name);
    Json config = read_config(name);
    change(config);
    write_config(name, config);
  };
  // rope_theta and rope_scaling before rope_parameters.
  for (const char* name : {"llama", "llama-linear", "llama-dynamic", "llama-llama3", "llama-yarn", "gpt-oss", "phi3",
                           "phi3-longrope-short", "phi3-longrope-long"}) {
    with(name, [&](Json& config) {
      Json rope = config["rope_parameters"];
      config.erase("rope_parameters");
      config["rope_theta"] = rope["rope_theta"];
      if (rope.contains("partial_rotary_factor")) config["partial_rotary_factor"] = rope["partial_rotary_factor"];
      rope.erase("rope_theta");
      rope.erase("partial_rotary_factor");
      if (rope["rope_type"] == "default") {
        config["rope_scaling"] = nullptr;
      } else {
        rope["type"] = rope["rope_type"] == "longrope" ? "su" : rope["rope_type"];
        rope.erase("rope_type");
        config["rope_scaling"] = rope;
      }
    });
    check_layer(name, name, "0", "normed", {});
  }
  with("gpt-neox", [](Json& config) {
    config.erase("rope_parameters");
    config["rotary_emb_base"] = 100;
    config["rotary_pct"] = 0.5;
  });
  check_layer("gpt-neox", "gpt-neox", "1", "normed", {});
  // Windows before layer_types.
  for (const char* name : {"qwen2", "gemma2"}) {
    with(name, [](Json& config) { config.erase("layer_types"); });
    for (const char* layer : {"0", "1"}) check_layer(name, name, layer, "normed", {});
  }
  with("gemma3", [](Json& config) {
    config.erase("layer_types");
    config.erase("rope_parameters");
    config["sliding_window_pattern"] = 2;
    config["rope_theta"] = 1000;
    config["rope_local_base_freq"] = 100;
    config["rope_scaling"] = {{"rope_type", "linear"}, {"factor", 2}};
  });
  for (const char* layer : {"0", "1"}) check_layer("gemma3", "gemma3", layer, "normed", {});
  // The text part of a model of text and images.
  copy_checkpoint("qwen3", "qwen3");
  write_config("qwen3", {{"model_type", "some_vlm"}, {"text_config", read_config("qwen3")}});
  check_layer("qwen3", "qwen3", "1", "normed", {});
}

TEST_CASE("without config.json, flags say what the tensors do not", "[checkpoint]") {
  const Folder folder;
  const auto bare = [](const std::string& name) {
    copy_checkpoint(name, name);
    std::filesystem::remove(name + "/config.json");
  };
  bare("bert");
  check_layer("bert", "bert", "1", "normed", {"--heads", "4"});
  bare("gpt2");
  check_layer("gpt2", "gpt2", "1", "input", {"--heads", "4", "--norm"});
  bare("qwen3");  // heads by the width of q_norm
  check_layer("qwen3", "qwen3", "1", "normed", {"--rope", "100"});
  bare("phi3");
  check_layer("phi3", "phi3", "1", "normed",
              {"--heads", "4", "--rope", "100", "--rope-dims", "2", "--mask", "window:4,0"});
  bare("gpt-neox");
  check_layer("gpt-neox", "gpt-neox", "1", "normed", {"--heads", "2", "--rope", "100", "--rope-dims", "4"});
}

TEST_CASE("flags of a run count more than the checkpoint", "[checkpoint]") {
  const Folder folder;
  write_expected("gemma2", "0.normed", "x.npy");
  const Arguments base{"multihead", "x.npy", "--weights", checkpoint_path("gemma2"), "--layer", "0"};
  const Json plain = run(base).json();
  CHECK(plain["metadata"]["weights"] == checkpoint_path("gemma2/model.safetensors"));
  CHECK(plain["metadata"]["architecture"] == "gemma2");
  CHECK(plain["metadata"]["layer"] == 0);
  CHECK(run(base + Arguments{"--norm"}).json()["metadata"]["input_norm"] == true);
  CHECK(plain["metadata"]["scale"] == 0.5);
  CHECK(plain["metadata"]["softcap"] == 2);
  CHECK(plain["metadata"]["kv_heads"] == 2);
  CHECK(plain["metadata"]["mask"] == "causal & window:3,-1");
  CHECK(run(base + Arguments{"--scale", "0.25"}).json()["metadata"]["scale"] == 0.25);
  CHECK(run(base + Arguments{"--softcap", "7"}).json()["metadata"]["softcap"] == 7);
  const Arguments stages{"--emit", "scores,capped"};
  const Json lifted = run(base + stages + Arguments{"--softcap", "none"}).json();
  CHECK_FALSE(lifted["metadata"].contains("softcap"));
  CHECK(lifted["capped"] == lifted["scores"]);
  CHECK(lifted["scores"] == run(base + stages).json()["scores"]);
  CHECK(run(base + stages).json()["capped"] != lifted["capped"]);
  CHECK(run(base + Arguments{"--no-causal"}).json()["metadata"]["mask"] == "window:3,-1");
  CHECK(run(base + Arguments{"--mask", "stride:2"}).json()["metadata"]["mask"] == "causal & stride:2 & window:3,-1");
  CHECK(run(base + Arguments{"--rope", "50"}).out != run(base).out);
  write_expected("gpt-oss", "1.normed", "x.npy");
  const Arguments oss{"multihead", "x.npy", "--weights", checkpoint_path("gpt-oss"), "--layer", "1"};
  CHECK(run(oss + Arguments{"--sink", "3"}).out != run(oss).out);
  write_expected("qwen3", "1.normed", "x.npy");
  const Arguments qwen{"multihead", "x.npy", "--weights", checkpoint_path("qwen3"), "--layer", "1"};
  CHECK(run(qwen + Arguments{"--qk-norm-epsilon", "1"}).out != run(qwen).out);
  CHECK(run(qwen + Arguments{"--qk-norm-epsilon", "1e-6"}).out == run(qwen).out);
}

TEST_CASE("a document's own scale and bias count beside a checkpoint", "[checkpoint]") {
  const Folder folder;
  const std::string x = R"("embeddings":[[1,0,0,1,0,2,0,0,1,0,0,0,1,0,0,1],[0,2,0,0,1,0,0,1,0,1,0,0,0,3,0,0]])";
  folder.write("x.json", "{" + x + "}");
  folder.write("scaled.json", "{" + x + R"(,"scale":0.5,"projections":{"W_q":[[1]]}})");
  folder.write("biased.json", "{" + x + R"(,"bias":[[0,-2],[1,0]]})");
  const Arguments t5{"--weights", checkpoint_path("t5"), "--layer", "0", "--emit", "scores,masked"};
  const Json plain = run(Arguments{"multihead", "x.json"} + t5).json();
  CHECK(plain["metadata"]["scale"] == 1);
  CHECK(run(Arguments{"multihead", "scaled.json"} + t5).json()["metadata"]["scale"] == 0.5);
  const Json biased = run(Arguments{"multihead", "biased.json"} + t5).json();
  for (std::size_t h = 0; h < 4; ++h) {
    CHECK(biased["masked"][h][0][1].get<double>() == Approx(plain["masked"][h][0][1].get<double>() - 2));
    CHECK(biased["masked"][h][1][0].get<double>() == Approx(plain["masked"][h][1][0].get<double>() + 1));
    CHECK(biased["masked"][h][1][1] == plain["masked"][h][1][1]);
  }
}

TEST_CASE("--no-causal lets T5's decoder and GPT-2 see later keys", "[checkpoint]") {
  const Folder folder;
  write_expected("gpt2", "0.normed", "x.npy");
  const Arguments base{"multihead", "x.npy", "--weights", checkpoint_path("gpt2"), "--layer", "0"};
  CHECK(run(base).json()["weights"][0][0][1] == 0);
  CHECK(run(base + Arguments{"--no-causal"}).json()["weights"][0][0][1] > 0);
}

TEST_CASE("one note says what a checkpoint's layer applies", "[checkpoint]") {
  const Folder folder;
  const auto note = [](const std::string& name, const std::string& layer, const Arguments& more = {}) {
    write_expected(name, layer + ".normed", "x.npy");
    std::string text =
        run(Arguments{"multihead", "x.npy", "--weights", checkpoint_path(name), "--layer", layer} + more).err;
    const std::string path = checkpoint_path(name) + "/";
    if (const std::size_t at = text.find(path); at != std::string::npos) text.erase(at, path.size());
    return text;
  };
  CHECK(note("bert", "1") ==
        "attn: note: layer 1 of model.safetensors, bert: 4 heads of 4 columns; nothing else is "
        "applied\n");
  CHECK(note("gpt2", "1") ==
        "attn: note: layer 1 of model.safetensors, gpt2: 4 heads of 4 columns; applied: causal "
        "mask; the input is taken as normed (--norm)\n");
  CHECK(note("gpt2", "1", {"--no-causal", "--norm"}) ==
        "attn: note: layer 1 of model.safetensors, gpt2: 4 heads of 4 columns; applied: input norm\n");
  CHECK(note("gemma2", "0", {"--norm"}) ==
        "attn: note: layer 0 of model.safetensors, gemma2: 4 heads of 8 columns, 2 key/value heads; applied: causal "
        "mask, window of 4 keys, RoPE (theta 10000), scale 0.5, softcap 2, input norm\n");
  CHECK(note("gemma2", "0", {"--norm", "--scale", "1", "--softcap", "3", "--rope", "5"}) ==
        "attn: note: layer 0 of model.safetensors, gemma2: 4 heads of 8 columns, 2 key/value heads; applied: causal "
        "mask, window of 4 keys, input norm\n");
  CHECK(note("gpt-oss", "0", {"--norm"}) ==
        "attn: note: layer 0 of model.safetensors, gpt-oss: 4 heads of 8 columns, 2 key/value heads; applied: causal "
        "mask, window of 3 keys, RoPE (theta 100, yarn by 4), sinks, input norm\n");
  CHECK(note("qwen3", "0", {"--norm"}) ==
        "attn: note: layer 0 of model.safetensors, qwen3: 4 heads of 8 columns, 2 key/value heads; applied: causal "
        "mask, norm of queries and keys, RoPE (theta 100), input norm\n");
  CHECK(note("gpt-neox", "0", {"--norm"}) ==
        "attn: note: layer 0 of model.safetensors, gpt-neox: 2 heads of 8 columns; applied: causal mask, RoPE (theta "
        "100, the first 4 columns), input norm\n");
  copy_checkpoint("llama", "llama");
  Json config = read_config("llama");
  config["rope_parameters"] = {{"rope_type", "linear"}, {"rope_theta", 500000}, {"factor", 2.5}};
  write_config("llama", config);
  CHECK(run({"multihead", "--random", "3,16", "--weights", "llama", "--layer", "0"})
            .err.find("RoPE (theta 500000, linear by 2.5)") != std::string::npos);
  write_expected("t5", "encoder.0.normed", "x.npy");
  CHECK(run({"multihead", "x.npy", "--weights", checkpoint_path("t5"), "--layer", "0"})
            .err.find("applied: no scaling, relative position bias") != std::string::npos);
  CHECK(run({"multihead", "x.npy", "--weights", checkpoint_path("t5"), "--layer", "0", "-q"}).err.empty());
}

}  // namespace attn::test
