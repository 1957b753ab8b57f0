// Layers and whole models of GGUF files: the same numbers as of the checkpoints that they were made of.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>

#include "attn/read.hpp"
#include "cli/session.hpp"
#include "support/gguf_writer.hpp"
#include "support/small_gguf.hpp"
#include "support/small_model.hpp"

namespace attn::test {
namespace {

const std::string ids = "3,17,5,9,60,22,41";
const std::string data_folder = std::string(ATTN_TEST_DATA) + "/gguf/";

Tensor stored(const std::string& path) { return read_tensor(path, TensorKind::number, {.dtype = DType::f64}); }

// The greatest difference, in units of the greatest number expected; infinity if there are fewer elements.
double difference(const Tensor& found, const Tensor& expected) {
  if (found.size() != expected.size()) return std::numeric_limits<double>::infinity();
  double worst = 0, greatest = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const double x = found.values<double>()[i], y = expected.values<double>()[i];
    worst = std::max(worst, std::isnan(x) ? std::numeric_limits<double>::infinity() : std::abs(x - y));
    greatest = std::max(greatest, std::abs(y));
  }
  return worst / greatest;
}

void run_model(const std::string& weights, const std::string& out, const Arguments& more = {}) {
  const Outcome outcome = run(
      Arguments{"multihead", "--weights", weights, "--ids", ids, "--emit", "weights,hidden,hidden_last", "-o", out} +
      more);
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
}

void check_same(const std::string& found, const std::string& expected, double bound) {
  for (const char* const name : {"weights", "hidden", "hidden_last"}) {
    INFO(name);
    CHECK(difference(stored(found + ":" + name), stored(expected + ":" + name)) <= bound);
  }
}

// Those whose file has other numbers: norms plus 1, and factors of frequencies, in float32.
bool is_rounded(const std::string& name) { return name.starts_with("gemma") || name == "llama3"; }

std::string permuted(const std::vector<float>& own, std::size_t heads, std::size_t width, StoredAs stored_as) {
  std::vector<float> made(own.size());
  const std::size_t rows = own.size() / width, half = rows / heads / 2;
  for (std::size_t row = 0; row < rows; ++row) {
    const std::size_t head = row / (2 * half), side = row / half % 2, j = row % half;
    for (std::size_t i = 0; i < width; ++i) made[((head * half + j) * 2 + side) * width + i] = own[row * width + i];
  }
  return stored_elements(made, stored_as);
}

GgufWriter llama_metadata() {
  GgufWriter writer;
  writer.text("general.architecture", "llama").u32("llama.block_count", 1).u32("llama.embedding_length", 8);
  writer.u32("llama.attention.head_count", 2).u32("llama.attention.head_count_kv", 1);
  return writer.f32("llama.attention.layer_norm_rms_epsilon", 1e-5F);
}

// A layer of 8 columns with queries of two heads, keys and values of one.
void add_layer(GgufWriter& writer, StoredAs stored_as, std::uint32_t type) {
  // Numbers that all types have.
  const auto drawn = [](const char* name, std::size_t count) {
    std::vector<float> elements = drawn_elements(name, count, {0, 1});
    for (float& element : elements) element = std::round(element * 64) / 64;
    return elements;
  };
  writer.tensor("blk.0.attn_q.weight", {8, 8}, type, permuted(drawn("q", 64), 2, 8, stored_as));
  writer.tensor("blk.0.attn_k.weight", {4, 8}, type, permuted(drawn("k", 32), 1, 8, stored_as));
  writer.tensor("blk.0.attn_v.weight", {4, 8}, type, stored_elements(drawn("v", 32), stored_as));
  writer.tensor("blk.0.attn_output.weight", {8, 8}, type, stored_elements(drawn("o", 64), stored_as));
}

void write(const std::string& path, const GgufWriter& writer) {
  std::ofstream(path, std::ios::binary) << writer.bytes();
}

Outcome run_layer(const std::string& weights, const Arguments& more = {}) {
  return run(Arguments{"multihead", "--weights", weights, "--random", "3,8", "--emit", "weights,output"} + more);
}

}  // namespace

TEST_CASE("whole models of GGUF files are those that they were made of", "[gguf]") {
  const Folder folder;
  const std::vector<std::string> names = small_ggufs();
  CHECK(names.size() == 21);
  for (const std::string& name : names) {
    INFO(name);
    write_small_gguf(name, name);
    run_model(name, "expected.npz");
    run_model(name + ".gguf", "found.npz");
    check_same("found.npz", "expected.npz", is_rounded(name) ? 2e-6 : 0);
  }
}

TEST_CASE("a single layer of a GGUF file, and float64", "[gguf]") {
  const Folder folder;
  for (const char* const name : {"llama", "gpt2", "gpt-neox", "stablelm-parallel"}) {
    INFO(name);
    write_small_gguf(name, name);
    for (const char* const dtype : {"f32", "f64"}) {
      const Arguments layer{"multihead", "--random", "4,24", "--layer", "1", "--norm", "--dtype", dtype, "--weights"};
      const Outcome expected = run(layer + Arguments{name}),
                    found = run(layer + Arguments{std::string(name) + ".gguf"});
      REQUIRE(expected.code == 0);
      REQUIRE(found.code == 0);
      CHECK(found.json()["weights"] == expected.json()["weights"]);
      CHECK(found.json()["output"] == expected.json()["output"]);
    }
  }
}

TEST_CASE("Q8_0 of GGUF files: transformers' numbers of the same file", "[gguf]") {
  const Folder folder;
  const Outcome outcome = run({"multihead", "--weights", data_folder + "q8_0.gguf", "--ids", "3,17,5,9,39,22,0",
                               "--emit", "weights,hidden,hidden_last", "-o", "found.npz"});
  REQUIRE(outcome.code == 0);
  check_same("found.npz", data_folder + "q8_0.safetensors", 1e-6);
  const Outcome listed = run({"multihead", "--weights", data_folder + "q8_0.gguf", "--list", "--layer", "1"});
  CHECK(listed.json()["groups"][0]["layers"][0]["tensors"][0] ==
        Json({{"name", "blk.1.attn_q.weight"}, {"dtype", "Q8_0"}, {"shape", {32, 32}}}));
}

TEST_CASE("element types of GGUF files", "[gguf]") {
  const Folder folder;
  struct Type {
    StoredAs stored_as;
    std::uint32_t number;
  };
  Json expected;
  for (const Type type : {Type{StoredAs::f32, 0}, Type{StoredAs::f16, 1}, Type{StoredAs::bf16, 30}}) {
    GgufWriter writer = llama_metadata();
    add_layer(writer, type.stored_as, type.number);
    write("m.gguf", writer);
    const Outcome found = run_layer("m.gguf");
    INFO(found.err);
    REQUIRE(found.code == 0);
    if (type.number == 0) expected = found.json();
    CHECK(found.json()["weights"] == expected["weights"]);
    CHECK(found.json()["output"] == expected["output"]);
  }
}

TEST_CASE("what --list and the note say of GGUF files", "[gguf]") {
  const Folder folder;
  write_small_gguf("llama3", "m");
  const Outcome listed = run({"multihead", "--weights", "m.gguf", "--list", "--layer", "0", "-f", "text"});
  REQUIRE(listed.code == 0);
  CHECK_THAT(listed.out, Catch::ContainsSubstring("m.gguf: llama (Llama, Arcee) under 'model.layers.N.self_attn.'"));
  CHECK_THAT(listed.out, Catch::ContainsSubstring("blk.0.attn_q.weight"));
  CHECK_THAT(listed.out, Catch::ContainsSubstring("RoPE (theta 500, longrope)"));
  const Outcome layer = run({"multihead", "--weights", "m.gguf", "--random", "3,24", "--layer", "0"});
  CHECK_THAT(layer.err, Catch::ContainsSubstring("layer 0 of m.gguf, llama: 4 heads of 6 columns"));
  // A folder with one GGUF file is that file; a config.json beside it says nothing.
  std::filesystem::create_directory("folder");
  std::filesystem::copy_file("m.gguf", "folder/m.gguf");
  folder.write("folder/config.json", R"({"model_type": "gpt2"})");
  const Outcome of_folder = run({"multihead", "--weights", "folder", "--random", "3,24", "--layer", "0"});
  CHECK(of_folder.json()["output"] == layer.json()["output"]);
  std::filesystem::copy_file("m.gguf", "folder/n.gguf");
  check_error(run({"multihead", "--weights", "folder", "--list"}), 1,
              "folder: has 2 GGUF files; name the one that is meant, such as folder/m.gguf");
}

TEST_CASE("texts and ids of GGUF files", "[gguf]") {
  const Folder folder;
  const std::string llama = data_folder + "llama-bpe.gguf";
  const Outcome listed = run({"multihead", "--weights", llama, "--list", "tokens", "--text", "Hello there"});
  REQUIRE(listed.code == 0);
  CHECK(listed.json()["file"] == llama);
  CHECK(listed.json()["token_ids"][0] == 0);
  write_small_gguf("qwen2", "m");
  check_error(run({"multihead", "--weights", "m.gguf", "--text", "Hi"}), 1,
              "--text: needs a tokenizer, and there is none in the metadata of m.gguf, or beside it: . has no "
              "tokenizer.json, vocab.txt, or vocab.json with merges.txt; --ids takes the ids of the tokens");
  // A tokenizer.json beside the file is taken where it has none itself.
  std::filesystem::copy_file(std::string(ATTN_TEST_DATA) + "/tokenizers/gpt2/tokenizer.json", "tokenizer.json");
  CHECK(run({"multihead", "--weights", "m.gguf", "--list", "tokens", "--text", "Hi"}).json()["file"] ==
        "./tokenizer.json");
  std::filesystem::remove("tokenizer.json");
  // A tokenizer that attn does not know: texts are refused, ids are not, and have numbers for labels.
  GgufWriter writer = llama_metadata();
  writer.text("tokenizer.ggml.model", "rwkv").texts("tokenizer.ggml.tokens", {"a", "b"});
  add_layer(writer, StoredAs::f32, 0);
  for (const char* const name : {"blk.0.attn_norm.weight", "blk.0.ffn_norm.weight", "output_norm.weight"})
    writer.tensor(name, {8}, 0, stored_elements(std::vector<float>(8, 1), StoredAs::f32));
  writer.tensor("token_embd.weight", {2, 8}, 0, stored_elements(drawn_elements("e", 16, {0, 1}), StoredAs::f32));
  for (const char* const name : {"blk.0.ffn_gate.weight", "blk.0.ffn_up.weight", "blk.0.ffn_down.weight"})
    writer.tensor(name, {8, 8}, 0, stored_elements(drawn_elements(name, 64, {0, 1}), StoredAs::f32));
  write("rwkv.gguf", writer);
  check_error(run({"multihead", "--weights", "rwkv.gguf", "--text", "a"}), 1,
              "rwkv.gguf#/tokenizer.ggml.model: the tokenizer 'rwkv' is not supported; those are gpt2, llama and bert; "
              "--ids takes the ids of the tokens");
  const Outcome by_ids = run({"multihead", "--weights", "rwkv.gguf", "--ids", "1,0"});
  REQUIRE(by_ids.code == 0);
  CHECK(by_ids.json().count("tokens") == 0);
}

TEST_CASE("of quantised embeddings in GGUF files, the rows of the text are widened", "[gguf]") {
  const Folder folder;
  constexpr std::uint64_t words = 100000, width = 32, block = 34;
  GgufWriter writer;
  writer.text("general.architecture", "llama").u32("llama.block_count", 1).u32("llama.embedding_length", width);
  writer.u32("llama.attention.head_count", 4).f32("llama.attention.layer_norm_rms_epsilon", 1e-5F);
  // Scales of 1, and bytes that say the row.
  std::string table;
  for (std::uint64_t row = 0; row < words; ++row)
    table += std::string("\0\x3C", 2) + std::string(width, static_cast<char>(row % 100));
  writer.tensor("token_embd.weight", {words, width}, 8, table);
  for (const char* const part : {"attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"})
    writer.tensor(std::string("blk.0.") + part + ".weight", {width, width}, 8, std::string(width * block, '\0'));
  for (const char* const norm : {"blk.0.attn_norm", "blk.0.ffn_norm", "output_norm"})
    writer.tensor(std::string(norm) + ".weight", {width}, 0,
                  stored_elements(std::vector<float>(width, 1), StoredAs::f32));
  write("m.gguf", writer);
  const Arguments model{"multihead", "--weights", "m.gguf", "--ids", "7,99942,150", "--emit", "hidden"};
  const Outcome outcome = run(model + Arguments{"--max-memory", "4M"});
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  const Json hidden = outcome.json()["hidden"][0][0];
  CHECK(hidden[0][0] == 7);
  CHECK(hidden[1][width - 1] == 42);
  CHECK(hidden[2][5] == 50);
  // All rows as float32 would take 12.8 MB: with less than some rows need, there is an error.
  CHECK(run(model + Arguments{"--max-memory", "1K"}).code == 1);
}

}  // namespace attn::test
