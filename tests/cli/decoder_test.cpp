// Models with an encoder and a decoder, and one layer of them: flags, tokens, and what is wrong.
#include <filesystem>
#include <fstream>

#include "attn/output_file.hpp"
#include "attn/read.hpp"
#include "attn/write.hpp"
#include "cli/model_case.hpp"

namespace attn::test {
namespace {

const Arguments ids{"--ids", "5,9,33,2", "--decoder-ids", "2,8,41"};

Tensor stored(const std::string& name) {
  return read_tensor("m/model.safetensors:" + name, TensorKind::number, {.dtype = DType::f64});
}

Json matrix(const Tensor& tensor) {
  Json rows = Json::array();
  for (std::size_t i = 0; i < tensor.size(); ++i) {
    if (i % tensor.extent(1) == 0) rows.push_back(Json::array());
    rows.back().push_back(tensor.values<double>()[i]);
  }
  return rows;
}

// (rows, 24), another one for each seed.
Json states(std::size_t rows, std::size_t seed) {
  Json all = Json::array();
  for (std::size_t i = 0; i < rows; ++i) {
    Json row = Json::array();
    for (std::size_t c = 0; c < 24; ++c) row.push_back(static_cast<double>((i * 7 + c * 5 + seed) % 11) / 8 - 0.5);
    all.push_back(std::move(row));
  }
  return all;
}

}  // namespace

TEST_CASE("a decoder's text begins with its first id, and ends before the special tokens", "[model]") {
  const Folder folder;
  write_small_model("bart", "m", {.tokenizer = "roberta", .vocabulary = 900});
  const Json found = parsed_json(run(model({"--text", "a cat", "--decoder-text", "a dog", "--layer", "0"})).out);
  const Json list =
      parsed_json(run({"multihead", "--weights", "m", "--text", "a dog", "--list", "tokens", "-f", "json"}).out);
  Json expected = list.at("tokens");
  REQUIRE(list.at("special_tokens").back() == true);
  REQUIRE(list.at("special_tokens").front() == true);
  expected.erase(expected.size() - 1);
  expected.insert(expected.begin(), list.at("tokens").back());  // 2, as config.json says
  CHECK(found.at("tokens") == expected);
  CHECK_FALSE(found.contains("key_tokens"));
  const Json cross =
      parsed_json(run(model({"--text", "a cat", "--decoder-text", "a dog", "--layer", "0", "--cross"})).out);
  CHECK(cross.at("tokens") == expected);
  CHECK(cross.at("key_tokens") == parsed_json(run(model({"--text", "a cat", "--layer", "0"})).out).at("tokens"));
  CHECK(cross.at("metadata").at("cross") == true);
  std::string written;
  for (const Json& id : list.at("token_ids")) written += (written.empty() ? "2," : ",") + id.dump();
  written.erase(written.rfind(','));
  CHECK(run(model({"--text", "a cat", "--decoder-ids", written, "--layer", "0"})).out ==
        run(model({"--text", "a cat", "--decoder-text", "a dog", "--layer", "0"})).out);
  change_config("decoder_start_token_id", nullptr);
  check_error(run(model({"--text", "a cat", "--decoder-text", "a dog"})), 1,
              "m/config.json#/decoder_start_token_id: is missing, and a decoder's text begins with it; --decoder-ids "
              "gives all ids");
  CHECK(run(model({"--text", "a cat", "--decoder-ids", written, "--layer", "0"})).code == 0);
}

TEST_CASE("flags of decoders", "[model]") {
  const Folder folder;
  write_small_model("t5", "m");
  const Outcome own = run(model(ids)), cross = run(model(ids + Arguments{"--cross"}));
  REQUIRE(own.code == 0);
  REQUIRE(cross.code == 0);
  CHECK(own.out != cross.out);
  CHECK(own.out == run(model(ids + Arguments{"--prefix", "decoder"})).out);
  CHECK(run(model(ids + Arguments{"--no-causal"})).out != own.out);
  CHECK(run(model(ids + Arguments{"--cross", "--mask", "window:0,0"})).out != cross.out);
  const auto output = [](const Arguments& more) {
    return parsed_json(run(model(ids + Arguments{"--emit", "output,weights,hidden_last"} + more)).out);
  };
  CHECK(output({"--mask-head", "0:1", "--cross"}).at("hidden_last") != output({"--cross"}).at("hidden_last"));
  CHECK(output({"--mask-head", "0:1"}).at("hidden_last") !=
        output({"--mask-head", "0:1", "--cross"}).at("hidden_last"));
  const Json some = output({"--cross", "--query-range", "1:3", "--layer", "0"});
  CHECK(some.at("weights").at(0).at(0) == output({"--cross", "--layer", "0"}).at("weights").at(0).at(1));
  check_error(run(model({"--ids", "5,9", "--prefix", "decoder"})), 2,
              "--decoder-text: is needed, or --decoder-ids: the decoder reads a text of its own");
  check_error(run(model({"--ids", "5,9", "--cross"})), 2,
              "--decoder-text: is needed, or --decoder-ids: the decoder reads a text of its own");
  check_error(run(model(ids + Arguments{"--prefix", "encoder"})), 2,
              "--decoder-text: m/model.safetensors has no decoder that attends to an encoder under 'encoder'");
  check_error(run(model(ids + Arguments{"--decoder-text", "a"})), 2, "--decoder-ids: does not go with --decoder-text");
  check_error(run(model({"--ids", "5,9", "--decoder-ids", "3,64"})), 1,
              "--decoder-ids: 64 is none of the 64 rows of 'shared.weight'");
  check_error(run(model({"--ids", "5,9", "--decoder-text", "a"})), 1,
              "--decoder-text: needs a tokenizer, and there is none beside the weights: m has no tokenizer.json, "
              "vocab.txt, or vocab.json with merges.txt; --ids takes the ids of the tokens");
  folder.write("x.json", R"({"embeddings":[[1]]})");
  check_error(run(model({"x.json", "--layer", "0", "--decoder-ids", "1"})), 2,
              "--decoder-ids: is of whole models: it goes with --weights, and a text or the ids of one");
  folder.write("two.json", R"({"token_ids":[[5,9],[3,4]]})");
  check_error(run(model({"two.json", "--decoder-ids", "3,6"})), 1,
              "--decoder-ids: has 1 text for the decoder, two.json#/token_ids has 2");
  check_error(run({"multihead", "x.json", "--cross"}), 2, "--cross: goes with --weights");
}

TEST_CASE("models without a decoder, and decoders without an encoder", "[model]") {
  const Folder folder;
  write_small_model("bert", "m");
  check_error(run(model(ids)), 2, "--decoder-text: m/model.safetensors has no decoder that attends to an encoder");
  check_error(run(model({"--ids", "5", "--cross"})), 2,
              "--cross: m/model.safetensors has no decoder that attends to an encoder");
}

TEST_CASE("T5's config.json says which second half there is", "[model]") {
  const Folder folder;
  write_small_model("t5", "m");
  change_config("dense_act_fn", nullptr);
  const std::string relu = run(model({"--ids", "5,9,3", "--emit", "hidden_last"})).out;
  change_config("feed_forward_proj", "silu");
  CHECK(run(model({"--ids", "5,9,3", "--emit", "hidden_last"})).out != relu);
  change_config("feed_forward_proj", "open-relu");
  check_error(run(model({"--ids", "5,9"})), 1,
              "m/config.json#/feed_forward_proj: 'open-relu' is neither ACT nor gated-ACT");
  change_config("feed_forward_proj", "gated-gelu");
  change_config("is_gated_act", nullptr);
  CHECK(run(model({"--ids", "5,9"})).err.find("lacks 'encoder.block.0.layer.1.DenseReluDense.wi_1.weight'") !=
        std::string::npos);
}

TEST_CASE("--cross takes a layer's attention to the encoder", "[checkpoint]") {
  const Folder folder;
  for (const std::string name : {"t5", "bart"}) {
    INFO(name);
    write_small_model(name, "m");
    const bool is_t5 = name == "t5";
    const std::string path =
        is_t5 ? "decoder.block.1.layer.1.EncDecAttention." : "model.decoder.layers.1.encoder_attn.";
    Json document = {{"query", states(3, 1)}, {"key", states(5, 2)}, {"value", states(5, 2)}};
    folder.write("in.json", document.dump());
    document["num_heads"] = is_t5 ? 3 : 2;
    for (const std::string part : {"q", "k", "v", "o"}) {
      const std::string other = part == "o" ? "out_proj" : part + "_proj";
      const std::string from = path + (is_t5 ? part : other);
      document["projections"][other + ".weight"] = matrix(stored(from + ".weight"));
      if (is_t5) continue;
      Tensor bias = stored(from + ".bias");
      bias.reshape({1, bias.size()});
      document["projections"][other + ".bias"] = matrix(bias).at(0);
    }
    if (is_t5) document["scale"] = 1;
    folder.write("own.json", document.dump());
    const Outcome found = run({"multihead", "in.json", "--weights", "m", "--layer", "1", "--cross"});
    INFO(found.err);
    REQUIRE(found.code == 0);
    CHECK(found.err.find("attention to the encoder") != std::string::npos);
    const Json by_hand = parsed_json(run({"multihead", "own.json"}).out);
    CHECK(parsed_json(found.out).at("weights") == by_hand.at("weights"));
    CHECK(parsed_json(found.out).at("output") == by_hand.at("output"));
    CHECK(parsed_json(found.out).at("metadata").at("cross") == true);
  }
  check_error(run({"multihead", "in.json", "--weights", "m", "--layer", "1", "--cross", "--norm", "-q"}), 2,
              "--norm: layers of bart have no norm before their attention");
  write_small_model("t5", "m");
  const Outcome normed =
      run({"multihead", "in.json", "--weights", "m", "--layer", "1", "--cross", "--norm", "--emit", "query,key"});
  const Outcome plain =
      run({"multihead", "in.json", "--weights", "m", "--layer", "1", "--cross", "--emit", "query,key"});
  CHECK(parsed_json(normed.out).at("query") != parsed_json(plain.out).at("query"));
  CHECK(parsed_json(normed.out).at("key") == parsed_json(plain.out).at("key"));
  folder.write("self.json", Json({{"embeddings", states(3, 1)}}).dump());
  check_error(run({"multihead", "self.json", "--weights", "m", "--layer", "1", "--cross", "--norm", "-q"}), 2,
              "--norm: is of queries alone in attention to an encoder: INPUT needs a 'query', or 'key' and 'value'");
}

TEST_CASE("layers of the encoder, of the decoder, and what a decoder lacks", "[checkpoint]") {
  const Folder folder;
  write_small_model("bart", "m");
  folder.write("x.json", Json({{"embeddings", states(4, 3)}}).dump());
  const auto layer = [](const Arguments& more) {
    return run(Arguments{"multihead", "x.json", "--weights", "m", "--layer", "0"} + more);
  };
  const Outcome encoder = layer({}), decoder = layer({"--prefix", "decoder"});
  CHECK(encoder.err.find("bart: 3 heads of 8 columns; nothing else is applied") != std::string::npos);
  CHECK(decoder.err.find("bart: 2 heads of 12 columns; applied: causal mask") != std::string::npos);
  CHECK(layer({"--prefix", "model.encoder"}).out == encoder.out);
  std::filesystem::remove("m/config.json");
  CHECK(layer({"--heads", "3"}).err.find("bart: 3 heads") != std::string::npos);  // by the names alone
  CHECK(layer({"--heads", "2", "--prefix", "decoder"}).out == decoder.out);
}

}  // namespace attn::test
