// GGUF files that are refused: quantised tensors, keys and tensors of models that attn does not know.
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>

#include "cli/session.hpp"
#include "support/gguf_writer.hpp"
#include "support/small_model.hpp"

namespace attn::test {
namespace {

std::string zeros(std::size_t count) { return std::string(count, '\0'); }

GgufWriter model(const std::string& name = "llama", const std::string& epsilon = "layer_norm_rms_epsilon") {
  GgufWriter writer;
  writer.text("general.architecture", name).u32(name + ".block_count", 1).u32(name + ".embedding_length", 8);
  return writer.u32(name + ".attention.head_count", 2).f32(name + ".attention." + epsilon, 1e-5F);
}

void add_layer(GgufWriter& writer) {
  for (const char* const part : {"q", "k", "v", "output"})
    writer.tensor(std::string("blk.0.attn_") + part + ".weight", {8, 8}, 0, zeros(256));
}

Outcome run_of(const GgufWriter& writer) {
  std::ofstream("m.gguf", std::ios::binary) << writer.bytes();
  return run({"multihead", "--weights", "m.gguf", "--random", "2,8"});
}

}  // namespace

TEST_CASE("a GGUF layer that is sound, beside those that are not", "[gguf]") {
  const Folder folder;
  GgufWriter writer = model();
  add_layer(writer);
  CHECK(run_of(writer).code == 0);
}

TEST_CASE("quantised tensors of GGUF files are refused by the name of their type", "[gguf]") {
  const Folder folder;
  struct Type {
    std::uint32_t number;
    const char* name;
    std::size_t block, bytes;
  };
  for (const Type& type : {Type{2, "Q4_0", 32, 18}, Type{12, "Q4_K", 256, 144}, Type{14, "Q6_K", 256, 210},
                           Type{24, "I8", 1, 1}, Type{39, "MXFP4", 32, 17}}) {
    const std::size_t width = std::max<std::size_t>(type.block, 8);
    GgufWriter writer;
    writer.text("general.architecture", "llama").u32("llama.block_count", 1).u32("llama.attention.head_count", 2);
    writer.u32("llama.embedding_length", static_cast<std::uint32_t>(width)).u32("llama.attention.key_length", 4);
    writer.f32("llama.attention.layer_norm_rms_epsilon", 1e-5F);
    writer.tensor("blk.0.attn_q.weight", {8, width}, type.number, zeros(8 * width / type.block * type.bytes));
    for (const char* const part : {"k", "v"})
      writer.tensor(std::string("blk.0.attn_") + part + ".weight", {8, width}, 0, zeros(32 * width));
    writer.tensor("blk.0.attn_output.weight", {width, 8}, 0, zeros(32 * width));
    std::ofstream("m.gguf", std::ios::binary) << writer.bytes();
    check_error(run({"multihead", "--weights", "m.gguf", "--random", "2," + std::to_string(width)}), 1,
                std::string("m.gguf#/blk.0.attn_q.weight: is stored as ") + type.name +
                    ", which is not read; F32, F16, BF16, F64 and Q8_0 are");
  }
}

TEST_CASE("GGUF files of other models, and of none", "[gguf]") {
  const Folder folder;
  const auto message = [](const GgufWriter& writer, const std::string& text) { check_error(run_of(writer), 1, text); };
  GgufWriter nameless;
  message(nameless.u32("x", 1), "m.gguf#/general.architecture: is missing");
  message(
      model("mamba"),
      "m.gguf#/general.architecture: 'mamba' is not among the architectures that are read of GGUF files: llama, "
      "smollm3, granite, qwen2, qwen3, gemma, gemma2, gemma3, phi3, olmo, olmo2, stablelm, command-r, gpt2, gptneox, "
      "bert");
  message(model("qwen4"),
          "m.gguf#/general.architecture: 'qwen4' is not among the architectures that are read of GGUF "
          "files: llama, smollm3, granite, qwen2, qwen3, gemma, gemma2, gemma3, phi3, olmo, olmo2, "
          "stablelm, command-r, gpt2, gptneox, bert; did you mean 'qwen2'?");
  message(model().text("general.type", "adapter"),
          "m.gguf#/general.type: 'adapter' is no whole model, and only those are read");
  message(model().u32("split.count", 3),
          "m.gguf#/split.count: is one of 3 parts of a model; a model in one file is read");
  GgufWriter headless;
  headless.text("general.architecture", "llama").u32("llama.block_count", 1).u32("llama.embedding_length", 8);
  message(headless, "m.gguf#/llama.attention.head_count: is missing");
  GgufWriter bare;
  message(bare.text("general.architecture", "llama"), "m.gguf#/llama.embedding_length: is missing");
  GgufWriter vague;
  vague.text("general.architecture", "llama").u32("llama.block_count", 1).u32("llama.embedding_length", 8);
  message(vague.u32("llama.attention.head_count", 2), "m.gguf#/llama.attention.layer_norm_rms_epsilon: is missing");
}

TEST_CASE("keys of GGUF files that attn does not honour", "[gguf]") {
  const Folder folder;
  const auto message = [](const std::function<void(GgufWriter&)>& change, const std::string& text,
                          GgufWriter writer = model()) {
    change(writer);
    add_layer(writer);
    check_error(run_of(writer), 1, "m.gguf#/" + text);
  };
  using W = GgufWriter;
  message([](W& w) { w.u32("llama.new_thing", 1); },
          "llama.new_thing: is no key of llama that attn knows: it may change what the model does");
  message([](W& w) { w.u32("llama.attention.sliding_window", 4); },
          "llama.attention.sliding_window: is 4, which is not supported in llama");
  message([](W& w) { w.u32("llama.expert_count", 8); }, "llama.expert_count: is 8, which is not supported in llama");
  message([](W& w) { w.f32("llama.attn_logit_softcapping", 50); },
          "llama.attn_logit_softcapping: is 50, which is not supported in llama");
  message([](W& w) { w.f32("llama.attention.clamp_kqv", 2); },
          "llama.attention.clamp_kqv: is 2, which is not supported in llama");
  message([](W& w) { w.f32("llama.attention.max_alibi_bias", 8); },
          "llama.attention.max_alibi_bias: is 8, which is not supported in llama");
  message([](W& w) { w.f32("llama.embedding_scale", 3); },
          "llama.embedding_scale: is 3, which is not supported in llama");
  message([](W& w) { w.f32("llama.attention.scale", 0.25F); },
          "llama.attention.scale: is 0.25, which is not supported in llama");
  message([](W& w) { w.truth("llama.attention.causal", false); },
          "llama.attention.causal: is false, which is not supported in llama");
  message([](W& w) { w.truth("llama.use_parallel_residual", true); },
          "llama.use_parallel_residual: is not supported in llama");
  message([](W& w) { w.u32("llama.attention.value_length", 2); },
          "llama.attention.value_length: is 2, and heads of queries and keys have 4 columns: it is not supported");
  message([](W& w) { w.u32("llama.rope.dimension_count", 2); },
          "llama.rope.dimension_count: is 2, and layers of llama rotate whole heads of 4 columns");
  message([](W& w) { w.u32("llama.rope.dimension_count", 6); },
          "llama.rope.dimension_count: is 6, and heads have 4 columns");
  message([](W& w) { w.text("llama.rope.scaling.type", "longrope").f32("llama.rope.scaling.factor", 4); },
          "llama.rope.scaling.type: 'longrope' is not supported here; linear and yarn are");
  message([](W& w) { w.text("llama.rope.scaling.type", "yarn").f32("llama.rope.scaling.factor", 4); },
          "llama.rope.scaling.original_context_length: is missing, and yarn needs it");
  message([](W& w) { w.f32("llama.rope.scaling.attn_factor", 2); },
          "llama.rope.scaling.attn_factor: without factors of frequencies is not supported");
  message([](W& w) { w.f32("llama.rope.scaling.yarn_log_multiplier", 0.1F); },
          "llama.rope.scaling.yarn_log_multiplier: is 0.10000000149011612, which is not supported in llama");
  message([](W& w) { w.u32("llama.attention.head_count_kv", 3); },
          "llama.attention.head_count_kv: 3 does not divide the 2 heads of queries");
  message(
      [](W& w) {
        w.i32s("llama.attention.head_count_kv", {1, 2});
      },
      "llama.attention.head_count_kv: differs from layer to layer, which is not supported");
  message([](W&) {}, "olmo.attention.layer_norm_epsilon: is 0.001, and olmo has 1e-05",
          [] {
            GgufWriter olmo;
            olmo.text("general.architecture", "olmo").u32("olmo.block_count", 1).u32("olmo.embedding_length", 8);
            return olmo.u32("olmo.attention.head_count", 2).f32("olmo.attention.layer_norm_epsilon", 1e-3F);
          }());
}

TEST_CASE("keys of GGUF files that say two things, or nothing that can be", "[gguf]") {
  const Folder folder;
  const auto of = [](const std::string& architecture, std::uint32_t layers, const std::string& epsilon) {
    GgufWriter writer;
    writer.text("general.architecture", architecture).u32(architecture + ".block_count", layers);
    writer.u32(architecture + ".embedding_length", 8);
    return writer.f32(architecture + ".attention." + epsilon, 1e-5F);
  };
  const auto message = [](GgufWriter& writer, const std::string& text) {
    add_layer(writer);
    check_error(run_of(writer), 1, "m.gguf#/" + text);
  };
  const std::string rms = "layer_norm_rms_epsilon", heads = "llama.attention.head_count";
  GgufWriter three = of("llama", 1, rms);
  message(three.u32(heads, 3), heads + ": 3 heads do not divide the width 8");
  GgufWriter no_number = of("llama", 1, rms);
  message(no_number.i32s(heads, {}), heads + ": is an empty list");
  GgufWriter broken = of("llama", 1, rms);
  message(broken.f32s(heads, {2.5F}), heads + ": has 2.5, which counts nothing");
  for (const char* const name : {"rope.freq_base", "rope.scaling.attn_factor", "attention.scale"})
    for (const float value : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
      GgufWriter infinite = model();
      const std::string key = std::string("llama.") + name;
      message(infinite.f32(key, value), key + ": is not finite");
    }
  GgufWriter few = of("gemma2", 2, rms);
  few.u32("gemma2.attention.head_count", 2).u32("gemma2.attention.sliding_window", 4);
  message(few.i32s("gemma2.attention.sliding_window_pattern", {1}),
          "gemma2.attention.sliding_window_pattern: has 1 entries for 2 layers");
  GgufWriter both = model();
  both.f32("llama.rope.scaling.factor", 2).tensor("rope_freqs.weight", {2}, 0, zeros(8));
  message(both, "llama.rope.scaling.factor: beside factors of single frequencies is not supported");
  for (const std::string name : {"rope_factors_short.weight", "rope_factors_long.weight"}) {
    GgufWriter twice = model();
    twice.tensor("rope_freqs.weight", {2}, 0, zeros(8)).tensor(name, {2}, 0, zeros(8));
    message(twice, "rope_freqs.weight: does not go with " + name);
    GgufWriter local = of("gemma3", 1, rms);
    local.u32("gemma3.attention.head_count", 2).tensor(name, {2}, 0, zeros(8));
    message(local, name + ": is not supported in gemma3");
  }
  GgufWriter single = of("smollm3", 1, rms);
  single.u32("smollm3.attention.head_count", 2).tensor("rope_freqs.weight", {2}, 0, zeros(8));
  message(single, "rope_freqs.weight: is not supported in smollm3");
}

TEST_CASE("keys of GGUF files that change the result", "[gguf]") {
  const Folder folder;
  const auto output_of = [](const std::function<void(GgufWriter&)>& change) {
    GgufWriter writer = model();
    change(writer);
    for (const char* const part : {"q", "k", "v", "output"})
      writer.tensor(std::string("blk.0.attn_") + part + ".weight", {8, 8}, 0,
                    stored_elements(drawn_elements(part, 64, {0, 1}), StoredAs::f32));
    const Outcome outcome = run_of(writer);
    INFO(outcome.err);
    REQUIRE(outcome.code == 0);
    return outcome.json()["output"].dump();
  };
  using W = GgufWriter;
  const std::string plain = output_of([](W&) {});
  CHECK(output_of([](W& w) { w.f32("llama.rope.freq_base", 10000); }) == plain);
  CHECK(output_of([](W& w) { w.f32("llama.rope.freq_base", 50); }) != plain);
  CHECK(output_of([](W& w) { w.f32("llama.rope.scale_linear", 2); }) != plain);
  CHECK(output_of([](W& w) { w.text("llama.rope.scaling.type", "linear").f32("llama.rope.scaling.factor", 2); }) ==
        output_of([](W& w) { w.f32("llama.rope.scale_linear", 2); }));
  CHECK(output_of([](W& w) {
          w.text("llama.rope.scaling.type", "yarn").f32("llama.rope.scaling.factor", 4);
          w.u32("llama.rope.scaling.original_context_length", 16);
        }) != plain);
  // Factors of frequencies: 1 changes nothing, others do.
  const auto with_factors = [&output_of](float second) {
    return output_of([second](W& w) {
      w.tensor("rope_freqs.weight", {2}, 0, stored_elements({1, second}, StoredAs::f32));
    });
  };
  CHECK(with_factors(1) == plain);
  CHECK(with_factors(8) != plain);
  for (const char* const key : {"vocab_size", "context_length", "feed_forward_length"})
    CHECK(output_of([key](W& w) { w.u32(std::string("llama.") + key, 7); }) == plain);
}

TEST_CASE("tensors of GGUF files that attn does not know", "[gguf]") {
  const Folder folder;
  const auto message = [](const char* name, std::vector<std::uint64_t> shape, const std::string& text) {
    GgufWriter writer = model();
    add_layer(writer);
    std::uint64_t count = 4;
    for (const std::uint64_t extent : shape) count *= extent;
    writer.tensor(name, shape, 0, zeros(count));
    check_error(run_of(writer), 1, "m.gguf#/" + text);
  };
  for (const char* const name :
       {"blk.0.ssm_in.weight", "blk.00.attn_norm.weight", "head", "blk.0.ffn_gate_exps.weight"})
    message(name, {8, 8},
            std::string(name) + ": is no tensor of llama that attn knows: the numbers would be those of another model");
  message("rope_freqs.weight", {2, 2}, "rope_freqs.weight: is no list of float32");
  GgufWriter odd = model();
  for (const char* const part : {"k", "v", "output"})
    odd.tensor(std::string("blk.0.attn_") + part + ".weight", {8, 8}, 0, zeros(256));
  odd.tensor("blk.0.attn_q.weight", {6, 8}, 0, zeros(192));
  CHECK(run_of(odd).code == 1);
  GgufWriter narrow = model();
  narrow.u32("llama.attention.key_length", 2);
  add_layer(narrow);
  check_error(run_of(narrow), 1,
              "m.gguf#/blk.0.attn_output.weight: has the shape (8, 8), but its metadata says 2 heads of 2 columns");
}

TEST_CASE("tensors of GGUF files whose shapes or types do not fit", "[gguf]") {
  const Folder folder;
  const std::string norm = "blk.0.attn_norm.weight";
  GgufWriter twice = model("olmo2");
  add_layer(twice);
  twice.tensor("blk.0.post_attention_norm.weight", {8}, 0, zeros(32))
      .tensor("blk.0.ffn_norm.weight", {8}, 0, zeros(32));
  check_error(
      run_of(twice), 1,
      "m.gguf#/blk.0.ffn_norm.weight: is the tensor 'model.layers.0.post_attention_layernorm.weight' once more");
  GgufWriter headless = model("stablelm", "layer_norm_epsilon");
  add_layer(headless);
  headless.tensor("blk.0.attn_q_norm.weight", {3, 4}, 0, zeros(48));
  check_error(run_of(headless), 1,
              "m.gguf#/blk.0.attn_q_norm.weight: has the shape (3, 4) where 2 heads have a norm each");
  GgufWriter flat = model("stablelm", "layer_norm_epsilon");
  add_layer(flat);
  flat.tensor("blk.0.attn_k_norm.weight", {8}, 0, zeros(32));
  check_error(run_of(flat), 1, "m.gguf#/blk.0.attn_k_norm.weight: has the shape (8,) where 2 heads have a norm each");
  GgufWriter narrow = model("gemma");
  add_layer(narrow);
  narrow.tensor(norm, {8}, 1, zeros(16));
  std::ofstream("m.gguf", std::ios::binary) << narrow.bytes();
  check_error(run({"multihead", "--weights", "m.gguf", "--random", "2,8", "--norm"}), 1,
              "m.gguf#/" + norm + ": is stored as F16; such norms are read as F32");
  // A layer without RoPE may have an odd number of columns, but the file has those of a head in pairs.
  GgufWriter odd;
  odd.text("general.architecture", "smollm3").u32("smollm3.block_count", 4).u32("smollm3.embedding_length", 8);
  odd.u32("smollm3.attention.head_count", 2).u32("smollm3.attention.key_length", 3);
  odd.f32("smollm3.attention.layer_norm_rms_epsilon", 1e-5F);
  for (const char* const part : {"q", "k", "v"})
    odd.tensor(std::string("blk.3.attn_") + part + ".weight", {6, 8}, 0, zeros(192));
  odd.tensor("blk.3.attn_output.weight", {8, 6}, 0, zeros(192));
  check_error(
      run_of(odd), 1,
      "m.gguf#/blk.3.attn_q.weight: has the shape (6, 8); a multiple of 4 rows is expected, as many of each head");
}

TEST_CASE("damage to a GGUF file's header ends in a result or an error", "[gguf]") {
  const Folder folder;
  std::ifstream in(std::string(ATTN_TEST_DATA) + "/gguf/q8_0.gguf", std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(in), {}};
  constexpr std::size_t header = 2000, step = 3;
  REQUIRE(whole.size() > header);
  for (std::size_t at = 0; at < header; at += step) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(at % 2 == 0 ? 0xFF : damaged[at] + 1);
    folder.write("m.gguf", damaged);
    const Outcome outcome = run({"multihead", "--weights", "m.gguf", "--ids", "1,2"});
    CHECK((outcome.code == 0 || outcome.code == 1));
  }
}

TEST_CASE("GGUF files where documents are expected", "[gguf]") {
  const Folder folder;
  folder.write("m.gguf", model().bytes());
  for (const char* const command : {"compute", "multihead", "visualize"})
    check_error(run({command, "m.gguf"}), 1, "m.gguf: is a GGUF file, which is a stored model and no document");
}

}  // namespace attn::test
