// Families of encoders: what config.json and the names of tensors say of them, and single layers against whole models.
#include <fstream>
#include <sstream>

#include "attn/output_file.hpp"
#include "attn/read.hpp"
#include "attn/write.hpp"
#include "cli/model_case.hpp"

namespace attn::test {
namespace {

const Arguments six_ids{"--ids", "5,1,33,2,9,40", "--emit", "hidden_last"};

// Another name of the same length.
void rename_tensor(const std::string& from, const std::string& to) {
  REQUIRE(from.size() == to.size());
  const std::string path = "m/model.safetensors";
  std::ostringstream whole;
  whole << std::ifstream(path, std::ios::binary).rdbuf();
  std::string bytes = whole.str();
  const std::size_t at = bytes.find("\"" + from + "\"");
  REQUIRE(at != std::string::npos);
  std::ofstream(path, std::ios::binary) << bytes.replace(at + 1, from.size(), to);
}

std::string output() {
  const Outcome outcome = run(model(six_ids));
  INFO(outcome.err);
  CHECK(outcome.code == 0);
  return outcome.out;
}

void check_refused(const std::string& message) { check_error(run(model(six_ids)), 1, message); }

// Of the first axis, element `at`.
Tensor element(const Tensor& tensor, std::size_t at) {
  const Shape shape(tensor.shape().begin() + 1, tensor.shape().end());
  const std::size_t size = tensor.size() / tensor.extent(0);
  return Tensor::of<double>(shape, tensor.values<double>().subspan(at * size, size));
}

// A layer of a checkpoint alone, fed with the states that enter it in the whole model.
void check_layers(const std::string& family, const std::string& part, const Arguments& more, std::size_t first = 0) {
  write_small_model(family, "m");
  const Tensor hidden = golden(family, part + "hidden"), weights = golden(family, part + "weights");
  for (std::size_t layer = first; layer < weights.extent(0); ++layer) {
    INFO(family << " " << part << layer);
    OutputFile file("x.npy");
    write_npy(element(hidden, layer), file);
    file.commit();
    const Outcome outcome = run(Arguments{"multihead", "x.npy", "--weights", "m", "--layer", std::to_string(layer),
                                          "--emit", "weights", "-o", "w.npy"} +
                                more);
    INFO(outcome.err);
    REQUIRE(outcome.code == 0);
    const Tensor found = read_tensor("w.npy", TensorKind::number, {.dtype = DType::f64});
    const Tensor expected = element(weights, layer);
    REQUIRE(found.shape() == expected.shape());
    double worst = 0;
    for (std::size_t i = 0; i < found.size(); ++i)
      worst = std::max(worst, std::abs(found.values<double>()[i] - expected.values<double>()[i]));
    CHECK(worst < 1e-5);
  }
}

}  // namespace

TEST_CASE("single layers are those of the whole model", "[checkpoint]") {
  const Folder folder;
  for (const char* family : {"electra", "xlm-roberta", "distilbert", "albert", "albert-masked-lm", "mpnet", "bart"})
    check_layers(family, "", {});
  check_layers("bart", "decoder.", {"--prefix", "decoder"});
  check_layers("modernbert", "", {"--norm"}, 1);
  for (const char* family : {"t5", "t5-gated"}) {
    check_layers(family, "", {"--norm"});
    check_layers(family, "decoder.", {"--norm", "--prefix", "decoder"});
  }
}

TEST_CASE("ModernBERT's first layer has no norm, its windows lie on both sides", "[checkpoint]") {
  const Folder folder;
  write_small_model("modernbert", "m");
  folder.write("x.json",
               Json({{"embeddings", std::vector<std::vector<double>>(9, std::vector<double>(24, 0.5))}}).dump());
  check_error(run({"multihead", "x.json", "--weights", "m", "--layer", "0", "--norm", "-q"}), 2,
              "--norm: the first layer of modernbert has no norm before its attention");
  const auto note = [](const char* layer) {
    return run({"multihead", "x.json", "--weights", "m", "--layer", layer}).err;
  };
  CHECK(note("0").find("applied: RoPE (theta 5000)") != std::string::npos);
  CHECK(note("1").find("applied: window of 3 keys on both sides, RoPE (theta 100)") != std::string::npos);
  CHECK(note("3").find("applied: RoPE (theta 5000)") != std::string::npos);
  const std::string before = output();
  change_config("sliding_window", 3);  // half of local_attention
  CHECK(output() == before);
  change_config("sliding_window", 2);
  CHECK(output() != before);
  change_config("sliding_window", -1);
  check_refused("m/config.json#/sliding_window: is less than 0");
  change_config("sliding_window", nullptr);
  change_config("global_attn_every_n_layers", 0);
  check_refused("m/config.json#/global_attn_every_n_layers: is less than 1");
  change_config("global_attn_every_n_layers", 3);
  for (const char* theta : {"global_rope_theta", "local_rope_theta"}) {
    change_config(theta, 77);
    CHECK(output() != before);
    change_config(theta, std::string(theta) == "global_rope_theta" ? 5000 : 100);
  }
  CHECK(output() == before);
  change_config("rope_theta", 3);  // not a member that the library reads
  CHECK(output() == before);
  change_config("rope_parameters", {{"full_attention", {{"rope_theta", 5000}, {"partial_rotary_factor", 0.5}}}});
  check_refused(
      "m/config.json#/rope_parameters/full_attention/partial_rotary_factor: layers of modernbert rotate whole heads");
}

TEST_CASE("ModernBERT's biases are there if config.json says so", "[model]") {
  const Folder folder;
  write_small_model("modernbert", "m");
  change_config("norm_bias", true);
  check_refused("m/model.safetensors: lacks the bias beside 'model.embeddings.norm.weight'");
  change_config("norm_bias", false);
  change_config("mlp_bias", true);
  check_refused("m/model.safetensors: lacks the bias beside 'model.layers.0.mlp.Wi.weight'");
  change_config("mlp_bias", false);
  change_config("attention_bias", true);
  check_refused("m/model.safetensors: lacks 'model.layers.0.attn.Wqkv.bias' of modernbert");
  change_config("attention_bias", false);
  rename_tensor("model.layers.1.attn_norm.weight", "model.layers.1.attn_norm.weighs");
  check_refused(
      "m/model.safetensors: lacks 'model.layers.1.attn_norm.weight'; did you mean 'model.layers.1.attn_norm.weighs'?");
}

TEST_CASE("is_decoder makes BERT and its kin causal, and no other encoder", "[model]") {
  const Folder folder;
  for (const char* family : {"bert", "roberta", "electra"}) {
    write_small_model(family, "m");
    const std::string both_ways = output();
    change_config("is_decoder", true);
    CHECK(output() != both_ways);
    CHECK(run(model(six_ids + Arguments{"--no-causal"})).out == both_ways);
    change_config("is_causal", false);
    CHECK(output() == both_ways);
  }
  for (const char* family : {"distilbert", "albert", "mpnet", "modernbert"}) {
    write_small_model(family, "m");
    const std::string both_ways = output();
    change_config("is_decoder", true);
    CHECK(output() == both_ways);
  }
}

TEST_CASE("what ALBERT's and MPNet's config.json may not say", "[model]") {
  const Folder folder;
  write_small_model("albert", "m");
  change_config("inner_group_num", 2);
  check_refused("m/config.json#/inner_group_num: '2' is not supported, only 1");
  change_config("inner_group_num", 1);
  change_config("position_embedding_type", "relative_key_query");
  check_refused("m/config.json#/position_embedding_type: 'relative_key_query' is not supported, only absolute");
  change_config("position_embedding_type", "absolute");
  const std::string two = output();
  change_config("num_hidden_groups", 1);
  CHECK(output() != two);
  change_config("num_hidden_groups", 3);
  check_refused("m/config.json#/num_hidden_groups: is 3, but m/model.safetensors has the groups 0, 1");
  change_config("num_hidden_groups", 0);
  check_refused("m/config.json#/num_hidden_groups: is 0, but m/model.safetensors has the groups 0, 1");
  change_config("num_hidden_groups", 2);
  check_error(run({"multihead", "--weights", "m", "--ids", "3", "--layer", "4"}), 2,
              "--layer: 4 does not exist; there are 4, 0 to 3");
  change_config("num_hidden_layers", 12);
  const std::string twelve = output();
  change_config("num_hidden_layers", nullptr);
  CHECK(output() == twelve);
  write_small_model("mpnet", "m");
  const std::string plain = output();
  change_config("relative_attention_max_distance", 9);  // not a member that the library reads
  change_config("pad_token_id", 0);
  CHECK(output() == plain);
  change_config("relative_attention_num_buckets", 16);
  check_refused("m/config.json#/relative_attention_num_buckets: '16' is not supported, only 32");
}

TEST_CASE("numbers of heads and layers under two names that differ", "[model]") {
  const Folder folder;
  const auto check_alias = [](const char* family, const char* alias, const char* name, int number) {
    INFO(family);
    write_small_model(family, "m");
    change_config(alias, number);
    const Arguments decoder =
        std::string(family) == "bart" || std::string(family) == "t5" ? Arguments{"--decoder-ids", "0,1"} : Arguments{};
    CHECK(run(model(six_ids + decoder)).code == 0);
    change_config(alias, number + 1);
    check_error(run(model(six_ids + decoder)), 1,
                std::string("m/config.json#/") + alias + ": is " + std::to_string(number + 1) + ", but " + name +
                    " is " + std::to_string(number) + ", and both are the same number");
  };
  check_alias("distilbert", "num_attention_heads", "n_heads", 4);
  check_alias("distilbert", "num_hidden_layers", "n_layers", 3);
  check_alias("bart", "num_attention_heads", "encoder_attention_heads", 3);
  check_alias("bart", "num_hidden_layers", "encoder_layers", 2);
  check_alias("t5", "num_attention_heads", "num_heads", 3);
  check_alias("t5", "num_hidden_layers", "num_layers", 2);
}

TEST_CASE("padding's id is where RoBERTa's positions begin", "[model]") {
  const Folder folder;
  write_small_model("roberta", "m");
  const std::string one = output();
  change_config("pad_token_id", 2);
  CHECK(output() != one);
  change_config("pad_token_id", nullptr);  // 1
  CHECK(output() == one);
}

TEST_CASE("tensors that encoders lack, and that they do not use", "[model]") {
  const Folder folder;
  write_small_model("bert", "m");
  rename_tensor("embeddings.token_type_embeddings.weight", "embeddings.token_type_embeddings.weighs");
  check_refused(
      "m/model.safetensors: lacks 'embeddings.token_type_embeddings.weight'; did you mean "
      "'embeddings.token_type_embeddings.weighs'?");
  write_small_model("bert", "m");
  rename_tensor("encoder.layer.1.output.dense.bias", "encoder.layer.1.output.dense.bios");
  check_refused("m/model.safetensors: lacks the bias beside 'encoder.layer.1.output.dense.weight'");
  write_small_model("bert", "m");
  rename_tensor("pooler.dense.weight", "encoder.layer.0.abc");
  check_refused(
      "m/model.safetensors#/encoder.layer.0.abc: is not used by the blocks of bert: the numbers would be "
      "those of another model");
  write_small_model("electra", "m");
  rename_tensor("embeddings_project.bias", "embeddings_project.bios");
  check_refused("m/model.safetensors: lacks the bias beside 'embeddings_project.weight'");
  rename_tensor("embeddings_project.weight", "embeddings_project.weighs");
  check_refused("m/model.safetensors: lacks 'embeddings_project.weight'; did you mean 'embeddings_project.weighs'?");
  write_small_model("t5", "m");
  change_config("relative_attention_num_buckets", 9);
  check_refused(
      "m/model.safetensors#/encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight: has the shape "
      "(8, 3), but m/config.json#/relative_attention_num_buckets says 9");
  change_config("relative_attention_num_buckets", 8);
  rename_tensor("decoder.block.1.layer.1.layer_norm.weight", "decoder.block.1.layer.1.layer_norm.weighs");
  CHECK(output() != "");  // no part of the encoder
  check_error(run(model(six_ids + Arguments{"--decoder-ids", "1"})), 1,
              "m/model.safetensors: lacks 'decoder.block.1.layer.1.layer_norm.weight'; did you mean "
              "'decoder.block.0.layer.1.layer_norm.weight'?");
  change_config("num_decoder_layers", 3);
  check_error(run(model(six_ids + Arguments{"--decoder-ids", "1"})), 1,
              "m/model.safetensors: has 2 layers of attention, but m/config.json#/num_decoder_layers says 3");
}

TEST_CASE("BART's embeddings", "[model]") {
  const Folder folder;
  write_small_model("bart", "m");
  const std::string scaled = output();
  change_config("scale_embedding", false);
  CHECK(output() != scaled);
  std::string long_text = "3";
  for (int i = 0; i < 20; ++i) long_text += ",3";
  check_error(run(model({"--ids", long_text})), 1, "--ids: has 21 tokens, and the model has 20 positions");
  check_error(run(model({"--ids", "3", "--decoder-ids", long_text})), 1,
              "--decoder-ids: has 21 tokens, and the model has 20 positions");
}

}  // namespace attn::test
