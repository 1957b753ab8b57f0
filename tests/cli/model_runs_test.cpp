// Flags of attention, of reading and of execution in runs of whole models.
#include <algorithm>
#include <cmath>

#include "cli/model_case.hpp"

namespace attn::test {
namespace {

// The same numbers but for their last digits: kernels sum in another order where less is wanted of a layer.
void check_close(const Json& found, const Json& expected) {
  const Json a = found.flatten(), b = expected.flatten();
  REQUIRE(a.size() == b.size());
  double worst = 0;
  for (const auto& [path, value] : a.items())
    worst = std::max(worst, std::abs(value.get<double>() - b.at(path).get<double>()));
  CHECK(worst < 1e-5);
}

Json result(const Arguments& more) { return run(model(a_cat + more)).json(); }

}  // namespace

TEST_CASE("layers by themselves are those of a list", "[model]") {
  const Folder folder;
  write_bert();
  const Json all = result({});
  CHECK(all["metadata"]["layers"] == Json{0, 1, 2});
  for (int layer = 0; layer < 3; ++layer) {
    const Json one = result({"--layer", std::to_string(layer)});
    check_close(one["weights"], all["weights"][static_cast<std::size_t>(layer)][0]);
    CHECK(one["metadata"]["layer"] == layer);
  }
  CHECK(result({"--layer", "-1"}) == result({"--layer", "2"}));
  check_close(result({"--layer", "1:"})["weights"], Json::array({all["weights"][1], all["weights"][2]}));
}

TEST_CASE("--expect of a model's result", "[model]") {
  const Folder folder;
  write_bert();
  REQUIRE(run(model(a_cat + Arguments{"--emit", "hidden,hidden_last,weights,output", "-o", "all.npz"})).code == 0);
  CHECK(run(model(a_cat + Arguments{"--expect", "all.npz", "-o", "x.npz"})).code == 0);
  const Outcome masked = run(model(a_cat + Arguments{"--expect", "all.npz", "--mask-head", "0:1", "-o", "x.npz"}));
  CHECK(masked.code == 3);
  CHECK(has(masked.err, "hidden_last"));
  CHECK(run(model(a_cat + Arguments{"--expect", "weights=all.npz:weights", "--dtype", "f64", "-o", "x.npz"})).code ==
        0);
  CHECK(has(run(model(a_cat + Arguments{"--layer", "1", "--expect", "all.npz", "-o", "x.npz"})).err,
            "expected (3, 1, 4, "));
}

TEST_CASE("masks of the flags hold in every layer", "[model]") {
  const Folder folder;
  write_bert();
  const Json causal = result({"--mask", "causal"});
  for (const Json& layer : causal["weights"]) {
    CHECK(layer[0][0][0][0] == 1.0);
    CHECK(layer[0][3][1][2] == 0.0);
  }
  CHECK(result({"--causal"})["weights"] == causal["weights"]);
  write_small_model("gpt2", "m");
  const Arguments ids{"--ids", "5,7,9"};
  CHECK(run(model(ids)).json()["weights"][2][0][0][0][1] == 0.0);
  CHECK(run(model(ids + Arguments{"--no-causal"})).json()["weights"][2][0][0][0][1] != 0.0);
}

TEST_CASE("--query-range cuts what is shown, not what later layers read", "[model]") {
  const Folder folder;
  write_bert();
  const Arguments emit{"--emit", "hidden,hidden_last,weights,output"};
  const Json all = result(emit), some = result(emit + Arguments{"--query-range", "1:3"});
  for (const char* const name : {"hidden", "output"})
    check_close(some[name][2][0], Json::array({all[name][2][0][1], all[name][2][0][2]}));
  check_close(some["hidden_last"][0], Json::array({all["hidden_last"][0][1], all["hidden_last"][0][2]}));
  check_close(some["weights"][2][0][3], Json::array({all["weights"][2][0][3][1], all["weights"][2][0][3][2]}));
  check_error(run(model(a_cat + Arguments{"--query-range", "1:99", "-o", "x.npz"})), 2,
              "--query-range: ends at 99, but there are " + std::to_string(all["tokens"].size()) + " queries");
}

TEST_CASE("--query-part of a model is one range for all layers", "[model]") {
  const Folder folder;
  write_bert();
  for (const Arguments& shown : {Arguments{"--emit", "hidden,hidden_last,weights,output"},
                                 Arguments{"--layer", "1", "--emit", "hidden,weights"}}) {
    const Json part = result(shown + Arguments{"--query-part", "2/2"});
    const std::string range = part["metadata"]["query_range"];
    CHECK(result(shown + Arguments{"--query-range", range}) == part);
  }
  const std::string tokens = std::to_string(result({})["tokens"].size());
  check_error(run(model(a_cat + Arguments{"--query-part", "1/99", "-o", "x.npz"})), 2,
              "--query-part: 99 parts, but there are " + tokens + " queries");
  check_error(run(model(a_cat + Arguments{"--query-part", "1/2", "-o", "output=x.npy", "--shared"})), 2,
              "--shared: is not for whole models: each part would run all of the model");
}

TEST_CASE("--average, --stats and --top by layers", "[model]") {
  const Folder folder;
  write_bert();
  const std::size_t tokens = result({})["tokens"].size();
  CHECK(shape(result({"--average"})["weights"]) == std::vector<std::size_t>{3, 1, tokens, tokens});
  const Json all = result({"--stats", "--top", "1"});
  CHECK(shape(all["stats"]["entropy"]) == std::vector<std::size_t>{3, 1, 4, tokens});
  CHECK(all["top"].size() == 3);
  const Json one = result({"--stats", "--top", "1", "--layer", "2"});
  check_close(all["stats"]["entropy"][2][0], one["stats"]["entropy"]);
  CHECK(all["top"][2][0][3][1][0]["key"] == one["top"][3][1][0]["key"]);
}

TEST_CASE("arithmetic of a model's run", "[model]") {
  const Folder folder;
  write_bert();
  const Json exact = result({"--dtype", "f64"}), narrow = result({"--dtype", "bf16"}), usual = result({});
  CHECK(exact["metadata"]["dtype"] == "f64");
  const auto number = [](const Json& of) { return of["weights"][2][0][3][1][0].get<double>(); };
  CHECK(number(usual) == Approx(number(exact)).margin(1e-6));
  CHECK(number(usual) != number(exact));
  CHECK(number(narrow) != number(usual));
  CHECK(number(narrow) == Approx(number(exact)).margin(0.05));
  for (const char* const threads : {"1", "2", "3"}) CHECK(result({"--threads", threads}) == usual);
}

TEST_CASE("memory of all layers is counted before any is run", "[model]") {
  const Folder folder;
  write_bert();
  Json rows = Json::array();
  for (int i = 0; i < 100; ++i) rows.push_back(std::vector<int>(20, 43));
  folder.write("in.json", Json{{"token_ids", rows}}.dump());
  // 100·4·20·20·4 bytes of weights a layer: 625 KiB, three times.
  const Outcome outcome = run(model({"in.json", "--emit", "weights", "-o", "x.npz", "--max-memory", "1900K"}));
  CHECK(outcome.code == 1);
  CHECK(has(outcome.err, "attn: error: --max-memory: this needs 2.0 MiB, of which weights (3, 100, 4, 20, 20) takes "));
  CHECK(run(model({"in.json", "--emit", "weights", "-o", "x.npz", "--max-memory", "3M", "--layer", "1"})).code == 0);
  CHECK(run(model({"in.json", "--emit", "weights", "-o", "x.npz", "--max-memory", "8M"})).code == 0);
}

TEST_CASE("--steps of a model are those of the first layer that is asked for", "[model]") {
  const Folder folder;
  write_bert();
  const Outcome steps = run(model(a_cat + Arguments{"--layer", "1,2", "--steps"}));
  CHECK(steps.code == 0);
  CHECK(steps.out.starts_with("layer 1: the input is the state that enters it\n1. input: a row for each token\n"));
  // The walk of the layer by itself, on the state that enters it.
  REQUIRE(run(model(a_cat + Arguments{"--layer", "1", "-o", "hidden=x.npy"})).code == 0);
  const Outcome layer = run(
      {"multihead", "x.npy", "--weights", "m", "--layer", "1", "--steps", "-q", "--text", "[CLS] a c ##a ##t [SEP]"});
  const std::string walk = steps.out.substr(steps.out.find('\n') + 1);
  CHECK(layer.code == 0);
  CHECK(walk == layer.out);
  const std::string one = run(model(a_cat + Arguments{"--layer", "1", "--steps", "--head", "3"})).out;
  CHECK(has(one, "head 3"));
  CHECK_FALSE(has(one, "head 1\n"));
  write_small_model("gpt2", "m");
  CHECK(run(model({"--ids", "5,7", "--layer", "2", "--steps", "--stats"}))
            .out.starts_with("layer 2: the input is the state that enters it, after its norm\n"));
  // What is written beside the steps is the run's own.
  REQUIRE(run(model({"--ids", "5,7", "-o", "a.npz", "--steps", "-o", "-"})).code == 0);
  REQUIRE(run(model({"--ids", "5,7", "-o", "b.npz"})).code == 0);
  CHECK(folder.read("a.npz") == folder.read("b.npz"));
}

TEST_CASE("steps of chosen heads", "[model]") {
  const std::string steps = run({"compute", "--random", "1,4,2,3", "--head", "2", "--steps", "-q"}).out;
  CHECK(has(steps, "head 2"));
  CHECK_FALSE(has(steps, "head 0"));
  CHECK_FALSE(has(steps, "go the same way"));
}

}  // namespace attn::test
