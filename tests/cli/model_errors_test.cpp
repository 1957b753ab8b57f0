// What is wrong with whole models, with texts and ids for them, and with the flags of their runs.
#include <filesystem>
#include <fstream>

#include "cli/model_case.hpp"

namespace attn::test {
namespace {

namespace fs = std::filesystem;

}  // namespace

TEST_CASE("no tokenizer beside the weights", "[model]") {
  const Folder folder;
  write_small_model("bert", "m");
  check_error(run(model(a_cat)), 1,
              "--text: needs a tokenizer, and there is none beside the weights: m has no tokenizer.json, vocab.txt, or "
              "vocab.json with merges.txt; --ids takes the ids of the tokens");
  CHECK(run(model({"--ids", "1,43,2"})).code == 0);
  folder.write("in.json", R"({"text":"a cat"})");
  CHECK(run(model({"in.json"})).err.starts_with("attn: error: in.json#/text: needs a tokenizer"));
  check_error(run({"multihead", "--weights", "nowhere", "--text", "a"}), 1,
              "nowhere: cannot be read: No such file or directory");
}

TEST_CASE("a whole model has tokens and embeddings of its own", "[model]") {
  const Folder folder;
  write_bert();
  const std::string message = " is not for whole models, which have tokens and embeddings of their own";
  check_error(run(model(a_cat + Arguments{"--tokens", "a,cat"})), 2, "--tokens:" + message);
  folder.write("in.json", R"({"text":"a cat"})");
  check_error(run(model({"in.json", "--tokens", "a,cat"})), 2, "--tokens:" + message);
  check_error(run(model({"in.json", "--text", "a cat", "--embed", "4"})), 2, "--embed:" + message);
}

TEST_CASE("no config.json, or one of another model", "[model]") {
  const Folder folder;
  write_bert();
  change_config("num_hidden_layers", 4);
  check_error(run(model(a_cat)), 1,
              "m/model.safetensors: has 3 layers of attention, but m/config.json#/num_hidden_layers says 4");
  change_config("num_hidden_layers", 3);
  change_config("layer_norm_eps", -1e-12);
  check_error(run(model(a_cat)), 1, "m/config.json#/layer_norm_eps: -1e-12 is less than 0");
  change_config("layer_norm_eps", 1e-12);
  change_config("model_type", "mamba");
  CHECK(run(model(a_cat))
            .err.starts_with("attn: error: m/config.json#/model_type: attn runs no whole model of the type "
                             "'mamba' in m/model.safetensors; those are bert, "));
  change_config("model_type", "berd");
  CHECK(run(model(a_cat)).err.ends_with("; did you mean 'bert'?\n"));
  const Outcome doubtful = run(Arguments{"multihead", "--weights", "m", "--arch", "bert"} + a_cat);
  CHECK(doubtful.code == 0);
  CHECK(doubtful.err.find("attn: note: warning: 'berd' of m/config.json#/model_type is no model that attn knows: its "
                          "layer is computed by the rules of bert, as --arch says, and may do something else\n") !=
        std::string::npos);
  change_config("model_type", nullptr);
  CHECK(run(model(a_cat))
            .err.starts_with("attn: error: m/config.json#/model_type: is missing, and whole models are "
                             "known by it: --arch names one of bert, "));
  CHECK(run(model(a_cat + Arguments{"--arch", "bert"})).code == 0);
  folder.write("m/config.json", R"({"model_type":)");
  CHECK(run(model(a_cat)).err.starts_with("attn: error: m/config.json:1:"));
  fs::remove("m/config.json");
  check_error(run(model(a_cat)), 1,
              "m/model.safetensors: has no config.json beside it, which says what a whole model does between its "
              "layers");
}

TEST_CASE("layers that are not there", "[model]") {
  const Folder folder;
  write_bert();
  for (const auto& [layer, message] : {std::pair{"99", "99 does not exist; there are 3, 0 to 2"},
                                       {"7:9", "7 does not exist; there are 3, 0 to 2"},
                                       {"-4", "-4 does not exist; there are 3, 0 to 2"},
                                       {"2:1", "'2:1' selects nothing; A:B is A to B-1"},
                                       {"2,0", "'2,0': layers come in the model's order, and each once: 0,2"},
                                       {"-1,0:2", "'-1,0:2': layers come in the model's order, and each once: 0,1,2"},
                                       {"1,1", "'1,1': layers come in the model's order, and each once: 1"},
                                       {"mean", "'mean' is not N, N,M, A:B or all"},
                                       {"last", "'last' is not N, N,M, A:B or all"},
                                       {"1,", "'1,' is not N, N,M, A:B or all"},
                                       {"", "'' is not N, N,M, A:B or all"}})
    check_error(run(model(a_cat + Arguments{"--layer", layer})), 2, "--layer: " + std::string(message));
}

TEST_CASE("a note says where RoPE goes beyond what a model is made for", "[model]") {
  const Folder folder;
  const auto note = [](const std::string& positions, const std::string& reach) {
    return "attn: note: there are " + positions + " positions, and the model is made for " + reach +
           ": RoPE goes on, by angles that it was not trained for\n";
  };
  const auto notes_of = [](const Arguments& more) {
    const Outcome outcome = run(Arguments{"multihead", "--weights", "m"} + more);
    CHECK(outcome.code == 0);
    const std::size_t second = outcome.err.find("attn: note: ", 1);  // the first names the model
    return second == std::string::npos ? "" : outcome.err.substr(second);
  };
  const Arguments six{"--ids", "5,1,3,2,9,4"};
  write_small_model("llama", "m");
  CHECK(notes_of(six).empty());
  change_config("max_position_embeddings", 6);
  CHECK(notes_of(six).empty());
  CHECK(notes_of(six + Arguments{"--rope-offset", "2", "--layer", "0"}) == note("8", "6"));
  change_config("max_position_embeddings", 5);
  CHECK(notes_of(six) == note("6", "5"));
  CHECK(notes_of(six + Arguments{"--layer", "1"}) == note("6", "5"));
  CHECK(notes_of(six + Arguments{"-q"}).empty());
  CHECK(notes_of(six + Arguments{"--key-starts", "1", "--positions", "from-start"}).empty());
  CHECK(notes_of({"--random", "6,24", "--layer", "0"}) == note("6", "5"));
  CHECK(notes_of({"--random", "6,24", "--layer", "0", "--rope", "none"}).find("RoPE goes on") == std::string::npos);
  CHECK(notes_of({"--random", "6,24", "--layer", "0", "--rope", "100"}).find("RoPE goes on") == std::string::npos);
  // Schemes stretch it.
  for (const char* type : {"linear", "dynamic"}) {
    change_config("rope_scaling", Json{{"rope_type", type}, {"factor", 1.2}});
    CHECK(notes_of(six).empty());
    change_config("rope_scaling", Json{{"rope_type", type}, {"factor", 1.15}});
    CHECK(notes_of(six) == note("6", "5"));
  }
  change_config("rope_scaling", Json{{"rope_type", "yarn"}, {"factor", 2}, {"original_max_position_embeddings", 4}});
  CHECK(notes_of(six).empty());
  change_config("rope_scaling", Json{});
  change_config("max_position_embeddings", Json{});
  CHECK(notes_of(six).empty());
}

TEST_CASE("texts and ids that the model has no room for", "[model]") {
  const Folder folder;
  write_bert();
  const std::string ids = "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1";
  CHECK(run(model({"--ids", ids})).code == 0);
  check_error(run(model({"--ids", ids + ",1"})), 1, "--ids: has 21 tokens, and the model has 20 positions");
  check_error(run(model({"--ids", "1,4058"})), 1,
              "--ids: 4058 is none of the 4058 rows of 'embeddings.word_embeddings.weight'");
  check_error(run(model({"--ids", "1,-5"})), 2, "--ids: must be 0 or more, not -5");
  for (const char* const list : {"[1,1.5]", "[-1]", "[1e16]"}) {
    folder.write("ids.json", list);
    check_error(run(model({"--ids", "ids.json"})), 1, "--ids: an id is a whole number of 0 or more");
  }
  folder.write("in.json", R"({"token_ids":[1,-5]})");
  check_error(run(model({"in.json"})), 1,
              "in.json#/token_ids: -5 is none of the 4058 rows of 'embeddings.word_embeddings.weight'");
  folder.write("in.json", R"({"token_ids":[1,5],"type_ids":[0,7]})");
  check_error(run(model({"in.json"})), 1,
              "in.json#/type_ids: 7 is none of the 2 rows of 'embeddings.token_type_embeddings.weight'");
  folder.write("in.json", R"({"token_ids":[]})");
  check_error(run(model({"in.json"})), 1, "in.json#/token_ids: there are no tokens");
  check_error(run(model({"--text", "", "--no-special-tokens"})), 1, "--text: the text is empty");
  check_error(run(model({"--text", " ", "--no-special-tokens"})), 1, "--text: the text has no tokens");
  CHECK(run(model({"--text", ""})).json()["tokens"] == Json{"[CLS]", "[SEP]"});
  write_small_model("gpt2", "g");
  folder.write("in.json", R"({"token_ids":[1,5],"type_ids":[0,1]})");
  check_error(run({"multihead", "--weights", "g", "in.json"}), 1, "in.json#/type_ids: the model has no token types");
}

TEST_CASE("a vocabulary that does not fit the embeddings", "[model]") {
  const Folder folder;
  write_small_model("bert", "m", {.tokenizer = "bert", .vocabulary = 43});
  check_error(
      run(model({"--text", "a"})), 1,
      "--text: m/tokenizer.json gives 'a' the id 43, and the model has 43 words: the two do not belong together");
  CHECK(run(model({"--text", ""})).code == 0);
}

TEST_CASE("models that are cut", "[model]") {
  const Folder folder;
  write_bert();
  const std::string whole = folder.read("m/model.safetensors");
  folder.write("m/model.safetensors", whole.substr(0, whole.size() - 1));
  CHECK(run(model(a_cat)).code == 1);
  CHECK(run(model(a_cat)).err.find("/data_offsets: lies outside the file's ") != std::string::npos);
  folder.write("m/model.safetensors", whole.substr(0, 300));
  check_error(run(model(a_cat)), 1, "m/model.safetensors: ends inside its safetensors header");
  folder.write("m/model.safetensors", "");
  check_error(run(model(a_cat)), 1, "m/model.safetensors: is empty; a safetensors file is expected");
  // An index with two shards, of which the second is gone.
  folder.write("m/one.safetensors", whole);
  fs::remove("m/model.safetensors");
  std::size_t length = 0;
  for (std::size_t i = 8; i-- > 0;) length = length << 8U | static_cast<unsigned char>(whole[i]);
  Json map;
  const Json header = parsed_json(whole.substr(8, length));
  for (const auto& [name, tensor] : header.items())
    if (name != "__metadata__")
      map[name] = name.starts_with("encoder.layer.2.output") ? "two.safetensors" : "one.safetensors";
  folder.write("m/model.safetensors.index.json", Json{{"weight_map", map}}.dump());
  check_error(run(model(a_cat + Arguments{"--emit", "hidden_last"})), 1,
              "m/two.safetensors: cannot be read: No such file or directory");
  folder.write("m/two.safetensors", whole);
  CHECK(run(model(a_cat + Arguments{"--emit", "hidden_last"})).code == 0);
}

TEST_CASE("--mask-head that is out of range, malformed, or of no layer that is run", "[model]") {
  const Folder folder;
  write_bert();
  for (const auto& [heads, message] : {std::pair{"9:0", "there is no layer 9 of 3"},
                                       {"0:9", "there is no head 9 of 4"},
                                       {"0", "'0' is not LAYER:HEAD"},
                                       {"0:0:0", "'0:0:0' is not LAYER:HEAD"},
                                       {"0:1,", "'' is not LAYER:HEAD"},
                                       {"", "'' is not LAYER:HEAD"},
                                       {"x:1", "'x' is not a whole number"},
                                       {"0:x", "'x' is not a whole number"},
                                       {"-1:0", "must be 0 or more, not -1"}})
    check_error(run(model(a_cat + Arguments{"--mask-head", heads})), 2, "--mask-head: " + std::string(message));
  check_error(run(model(a_cat + Arguments{"--mask-head", "2:0", "--layer", "0:2"})), 2,
              "--mask-head: 2:0 changes nothing: no layer from 2 on is run");
  CHECK(run(model(a_cat + Arguments{"--mask-head", "2:0", "--layer", "0", "-o", "hidden_last=x.npy"})).code == 0);
}

TEST_CASE("flags that do not go with a whole model, or need one", "[model]") {
  const Folder folder;
  write_bert();
  folder.write("in.json", R"({"text":"a"})");
  for (const Arguments& flag :
       {Arguments{"--dropout", "0.1"}, Arguments{"--norm"}, Arguments{"--no-output-projection"}})
    for (const Arguments& input : {a_cat, Arguments{"in.json"}})
      check_error(run(model(input + flag)), 2,
                  flag.front() + ": does not go with a whole model: its layers are run as they are");
  for (const std::string name : {"scale_by", "position_ids"}) {
    const std::string one = "is of one attention: it does not go with a whole model";
    const std::string flag = name == "scale_by" ? "--scale-by" : "--position-ids";
    check_error(run(model(a_cat + Arguments{flag, "0,1"})), 2, flag + ": " + one);
    folder.write("numbers.json", R"({"text":"a",")" + name + R"(":[0,1]})");
    check_error(run(model({"numbers.json"})), 1, "numbers.json#/" + name + ": " + one);
  }
  const std::string needs = "of whole models: it goes with --weights, and a text or the ids of one";
  folder.write("x.json", three_tokens);
  for (const Arguments& input : {Arguments{"--random", "3,24", "--weights", "m", "--layer", "1"},
                                 Arguments{"x.json", "--weights", "m", "--layer", "1"}, Arguments{"x.json"}}) {
    const Arguments command = Arguments{"multihead"} + input;
    check_error(run(command + Arguments{"--emit", "hidden"}), 2, "'hidden' is " + needs);
    check_error(run(command + Arguments{"-o", "hidden_last=x.npy"}), 2, "'hidden_last' is " + needs);
    check_error(run(command + Arguments{"--mask-head", "0:0"}), 2, "--mask-head: is " + needs);
  }
}

}  // namespace attn::test
