// --expect: what is compared with what, the tolerances, the report and the exit code.
#include "attn/kernels.hpp"
#include "cli/difference.hpp"
#include "cli/session.hpp"

namespace attn::test {
namespace {

using cli::Difference;
using cli::difference_of;

const double infinity = std::numeric_limits<double>::infinity();
const double nan = std::numeric_limits<double>::quiet_NaN();
const Arguments base{"compute", "--random", "3,4", "--causal"};

Tensor row_of_values(const std::vector<double>& values) { return Tensor::of<double>({1, values.size()}, values); }

Outcome expecting(const std::string& what, const Arguments& more = {}) {
  return run(base + Arguments{"--expect", what} + more);
}

}  // namespace

TEST_CASE("elements are close by absolute and relative tolerance", "[expect]") {
  const Tensor expected = row_of_values({100, 0, -1, 3});
  const auto differing = [&](const std::vector<double>& actual, double relative, double absolute) {
    return difference_of(row_of_values(actual), expected, {relative, absolute}).differing;
  };
  CHECK(differing({100, 0, -1, 3}, 0, 0) == 0);
  CHECK(differing({101, 0, -1, 3}, 0.01, 0) == 0);
  CHECK(differing({101.1, 0, -1, 3}, 0.01, 0) == 1);
  CHECK(differing({100, 0.5, -1.5, 3}, 0, 0.5) == 0);
  CHECK(differing({100, 0.6, -1.6, 3}, 0, 0.5) == 2);
  CHECK(differing({100, 0.1, -1, 3}, 1, 0) == 1);  // of 0 there is no share
  const Difference found = difference_of(row_of_values({102, 0.25, -1, 3}), expected, {0, 0});
  CHECK(found.absolute.amount == 2);
  CHECK(found.absolute.index == 0);
  CHECK(found.first.index == 0);
  CHECK(difference_of(row_of_values({100, 0.25, -1, 9}), expected, {0, 0}).first.index == 1);
  CHECK(found.relative.amount == infinity);
  CHECK(found.relative.index == 1);
  CHECK(found.relative.actual == 0.25);
  CHECK(difference_of(row_of_values({100.5, 0, -1, 3}), expected, {0, 1}).greatest == 0.5);
}

TEST_CASE("NaN is close to NaN alone, an infinity to itself", "[expect]") {
  const auto met = [](double actual, double expected, bool nulls = false) {
    return difference_of(row_of_values({actual}), row_of_values({expected}), {1, 1}, nulls).met();
  };
  CHECK(met(nan, nan));
  CHECK(met(infinity, infinity));
  CHECK_FALSE(met(infinity, -infinity));
  CHECK_FALSE(met(1, infinity));
  CHECK_FALSE(met(infinity, 1));
  CHECK_FALSE(met(nan, 1));
  CHECK_FALSE(met(1, nan));
  CHECK_FALSE(met(infinity, nan));
  CHECK(met(infinity, nan, true));
  CHECK(met(-infinity, nan, true));
  CHECK(met(nan, nan, true));
  CHECK_FALSE(met(1, nan, true));
  const Difference found = difference_of(row_of_values({5, nan, 7}), row_of_values({0, 0, 0}), {0, 0});
  CHECK(std::isnan(found.absolute.amount));
  CHECK(found.absolute.index == 1);
}

TEST_CASE("shapes must agree, and places are written by axis", "[expect]") {
  CHECK_FALSE(difference_of(Tensor::zeros(DType::f32, {2, 3}), Tensor::zeros(DType::f64, {3, 2}), {1, 1}).same_shape);
  CHECK(difference_of(Tensor::zeros(DType::u8, {2, 3}), Tensor::zeros(DType::f32, {2, 3}), {0, 0}).met());
  CHECK(cli::index_text(17, {2, 3, 4}) == "[1, 1, 1]");
}

TEST_CASE("a run is as its own files expect it", "[expect]") {
  const Folder folder;
  const Arguments emit{"--emit", "masked,weights,output,lse"};
  for (const char* file : {"all.json", "all.npz", "all.safetensors"}) {
    INFO(file);
    REQUIRE(run(base + emit + Arguments{"-o", file}).code == 0);
    const Outcome outcome = expecting(file, {"--rtol", "0", "--atol", "0"});
    CHECK(outcome.code == 0);
    for (const char* name : {"masked", "weights", "output", "lse"})
      CHECK(outcome.err.find(std::string("attn: expect: ") + file + ": " + name + ": ok, greatest difference 0\n") !=
            std::string::npos);
    // Standard output is what it is without.
    CHECK(outcome.out == run(base).out);
    CHECK(expecting(file, {"-q"}).err == "");
    CHECK(expecting(std::string("lse=") + file).err.find(": lse: ok") != std::string::npos);
    CHECK(expecting(std::string(file) + ":lse").err.find(": lse: ok") != std::string::npos);
    CHECK(expecting(std::string("output=") + file + ":masked").code == 3);
  }
  for (const char* file : {"o.npy", "o.csv", "o.tsv"}) {
    INFO(file);
    REQUIRE(run(base + Arguments{"-f", "json", "-o", std::string("output=") + file, "-o",
                                 std::string("lse=lse.") + (file + 2)})
                .code == 0);
    CHECK(expecting(file, {"--rtol", "0", "--atol", "0"}).err ==
          std::string("attn: expect: ") + file + ": output: ok, greatest difference 0\n");
    CHECK(expecting(std::string("lse=lse.") + (file + 2), {"--rtol", "0", "--atol", "0"}).code == 0);
    CHECK(expecting(std::string("weights=") + file).code == 3);
  }
  folder.write("bare.json", run(base).json()["output"].dump());
  CHECK(expecting("bare.json", {"--rtol", "0", "--atol", "0"}).code == 0);
  CHECK(expecting("weights=bare.json").code == 3);
}

TEST_CASE("what a result's name has in a file is compared, or is an error with its place", "[expect]") {
  const Folder folder;
  const Json result = run(base).json();
  const auto refuse = [&](const char* value, const std::string& message) {
    Json other = result;
    other["weights"] = Json::parse(value);
    folder.write("e.json", other.dump());
    INFO(value);
    for (const char* const what : {"e.json", "weights=e.json", "lse=e.json:weights"})
      check_error(expecting(what), 1, "e.json#/weights" + message);
    CHECK(expecting("output=e.json").code == 0);
  };
  refuse(R"("x")", ": a string where a nested list of numbers is expected");
  refuse("0.5", ": a number where a nested list of numbers is expected");
  refuse("true", ": true or false where a nested list of numbers is expected");
  refuse("null", ": null where a nested list of numbers is expected");
  refuse("{}", ": an object where a nested list of numbers is expected");
  refuse(R"([["a"]])", "/0/0: a string where a number is expected");
  refuse(R"([["1","0","0"],["1","0","0"],["1","0","0"]])", "/0/0: a string where a number is expected");
  refuse("[[1,0,0],[1,0,0],[1,\"0\",0]]", "/2/1: a string where a number is expected");
  refuse("[[[1]],[{}]]", "/1/0: is ragged: a single value where a list is expected");
}

TEST_CASE("statistics are compared like tensors, and shown only where they are asked for", "[expect]") {
  const Folder folder;
  const Arguments exact{"--rtol", "0", "--atol", "0"};
  for (const char* const file : {"s.json", "s.npz", "s.safetensors"}) {
    INFO(file);
    REQUIRE(run(base + Arguments{"--stats", "-o", file}).code == 0);
    const Outcome outcome = expecting(file, exact);
    CHECK(outcome.code == 0);
    for (const char* const name :
         {"row_sum", "entropy", "peak", "effective_keys", "first_key_share", "mean_distance", "sparsity"})
      CHECK(
          has(outcome.err, std::string("attn: expect: ") + file + ": stats." + name + ": ok, greatest difference 0\n"));
    CHECK(outcome.out == run(base).out);
    CHECK(expecting(file, {"--stats"}).out == run(base + Arguments{"--stats"}).out);
    CHECK(expecting(std::string(file) + ":stats.peak", exact).err ==
          std::string("attn: expect: ") + file + ":stats.peak: stats.peak: ok, greatest difference 0\n");
    CHECK(expecting(std::string("stats.peak=") + file + ":stats.entropy").code == 3);
  }
  Json other = run(base + Arguments{"--stats"}).json();
  other["stats"]["entropy"] = {9, 9, 9};
  folder.write("e.json", other.dump());
  for (const Arguments& more : {Arguments{}, Arguments{"--stats"}}) {
    const Outcome outcome = expecting("e.json", more);
    CHECK(outcome.code == 3);
    CHECK(has(outcome.err, "attn: expect: e.json: stats.entropy: 3 of 3 elements differ by more than"));
  }
  CHECK(expecting("stats.entropy=e.json").code == 3);
  CHECK(expecting("stats.peak=e.json").code == 0);
  other["stats"]["entropy"] = "much";
  folder.write("e.json", other.dump());
  check_error(expecting("e.json"), 1, "e.json#/stats/entropy: a string where a nested list of numbers is expected");
  other["stats"] = {1};
  folder.write("e.json", other.dump());
  check_error(expecting("e.json"), 1, "e.json#/stats: a list where an object is expected");
  folder.write("p.csv", "1\n1\n1\n");
  CHECK(run({"compute", "--random", "3,4", "--mask", "window:0,0", "--expect", "stats.peak=p.csv"}).code == 0);
}

TEST_CASE("a note names what of a file is not compared", "[expect]") {
  const Folder folder;
  Json result = run(base + Arguments{"--top", "1", "--stats"}).json();
  folder.write("e.json", result.dump());
  const auto note_of = [](const std::string& what, const Arguments& more = {}) {
    const std::string err = expecting(what, more).err;
    return err.starts_with("attn: note: ") ? err.substr(0, err.find('\n')) : "";
  };
  CHECK(note_of("e.json") == "attn: note: e.json: top is not compared");
  CHECK(note_of("e.json", {"-q"}) == "");
  CHECK(note_of("output=e.json") == "");
  result["top"] = Json::array();
  result["concat"] = {1};
  result["stats"]["other"] = {1};
  folder.write("e.json", result.dump());
  CHECK(note_of("e.json") == "attn: note: e.json: stats.other, top and concat are not compared");
  for (int n = 0; n < 30; ++n) result["x" + std::to_string(100 + n)] = {1};
  folder.write("e.json", result.dump());
  CHECK(note_of("e.json").ends_with("x115, x116 and 13 more are not compared"));
  REQUIRE(run({"multihead", "--random", "2,4", "--init", "torch-mha", "--heads", "2", "--emit", "output,concat", "-o",
               "m.npz"})
              .code == 0);
  CHECK(note_of("m.npz") == "attn: note: m.npz: concat is not compared");
}

TEST_CASE("what is not met is told with its worst elements, and outputs are written all the same", "[expect]") {
  const Folder folder;
  folder.write("x.json", R"({"query":[[0],[0]],"key":[[1],[2]],"value":[[2],[4]]})");
  folder.write("e.json", R"({"output":[[3],[2]],"weights":[[0.5,0.5],[0.5,0.25]]})");
  const Arguments run_x{"compute", "x.json", "--expect", "e.json", "-o", "out.npy", "-f", "json"};
  const Outcome outcome = run(run_x);
  CHECK(outcome.code == 3);
  CHECK(outcome.json()["output"] == Json{{3.0}, {3.0}});
  CHECK(folder.read("out.npy").size() > 80);
  const std::string failures =
      "attn: expect: e.json: output: 1 of 2 elements differs by more than 1e-05 + 1.3e-06·|expected|\n"
      "attn: expect: e.json: output: first difference at [1, 0]: 3, expected 2\n"
      "attn: expect: e.json: output: greatest absolute difference 1 at [1, 0]: 3, expected 2\n"
      "attn: expect: e.json: output: greatest relative difference 0.5 at [1, 0]: 3, expected 2\n"
      "attn: expect: e.json: weights: 1 of 4 elements differs by more than 1e-05 + 1.3e-06·|expected|\n"
      "attn: expect: e.json: weights: first difference at [1, 1]: 0.5, expected 0.25\n"
      "attn: expect: e.json: weights: greatest absolute difference 0.25 at [1, 1]: 0.5, expected 0.25\n"
      "attn: expect: e.json: weights: greatest relative difference 1 at [1, 1]: 0.5, expected 0.25\n";
  CHECK(outcome.err == failures);
  CHECK(run(run_x + Arguments{"-q"}).err == failures);
  CHECK(run(run_x + Arguments{"--atol", "1"}).code == 0);
  CHECK(run(run_x + Arguments{"--rtol", "1"}).code == 0);
  CHECK(run(run_x + Arguments{"--rtol", "0.4"}).code == 3);
  folder.write("shape.json", "[[3,3]]");
  CHECK(run({"compute", "x.json", "--expect", "shape.json"}).err ==
        "attn: expect: shape.json: output: the shape is (2, 1), expected (1, 2)\n"
        "attn: expect: shape.json: output: an array without a name is compared with 'output'\n");
  // Each file counts.
  folder.write("good.json", "[[3],[3]]");
  const Outcome both = run({"compute", "x.json", "--expect", "good.json", "--expect", "shape.json"});
  CHECK(both.code == 3);
  CHECK(both.err.find("good.json: output: ok") != std::string::npos);
}

TEST_CASE("tolerances are the looser of the run's and the file's", "[expect]") {
  const Folder folder;
  folder.write("x.json", R"({"query":[[0]],"key":[[1]],"value":[[1]]})");
  // 1 is off by this much of what a text expects.
  const auto code = [&](const char* expected, const Arguments& more) {
    folder.write("e.json", std::string("[[") + expected + "]]");
    return run(Arguments{"compute", "x.json", "--expect", "e.json"} + more).code;
  };
  CHECK(code("1.00001", {}) == 0);
  CHECK(code("1.00002", {}) == 3);
  CHECK(code("1.0000001", {"--dtype", "f64"}) == 0);
  CHECK(code("1.000001", {"--dtype", "f64"}) == 3);
  CHECK(code("1.03", {"--dtype", "bf16"}) == 0);
  CHECK(code("1.04", {"--dtype", "bf16"}) == 3);
  CHECK(code("1.02", {"--dtype", "bf16", "--atol", "1e-5"}) == 3);
  CHECK(code("1.0019", {"--dtype", "f16"}) == 0);
  CHECK(code("1.0021", {"--dtype", "f16"}) == 3);
  CHECK(code("1.0015", {"--dtype", "f16", "--atol", "1e-5"}) == 3);
  folder.write("near.json", R"({"query":[[0]],"key":[[1]],"value":[[1.00001]]})");
  REQUIRE(run({"compute", "near.json", "-o", "output=f32.npy"}).code == 0);
  REQUIRE(run({"compute", "near.json", "--dtype", "f64", "-o", "output=f64.npy"}).code == 0);
  CHECK(run({"compute", "x.json", "--dtype", "f64", "--expect", "f32.npy"}).code == 0);
  CHECK(run({"compute", "x.json", "--dtype", "f64", "--expect", "f64.npy"}).code == 3);
  CHECK(run({"compute", "x.json", "--expect", "f64.npy"}).code == 0);
}

TEST_CASE("kernel sets are as expected of each other in bf16, where elements are small too", "[expect]") {
  const Folder folder;
  const Arguments drawn{"compute", "--random", "2,300,64", "--seed", "3", "--emit", "output", "--dtype", "bf16"};
  for (const KernelSet* of_file : supported_kernel_sets()) {
    const std::string name(of_file->name);
    REQUIRE(run(drawn + Arguments{"--kernel", name, "-o", "output=of.npy"}).code == 0);
    for (const KernelSet* set : supported_kernel_sets()) {
      INFO(set->name << " against " << name);
      const Arguments other = drawn + Arguments{"--kernel", std::string(set->name), "--expect", "of.npy"};
      CHECK(run(other).code == 0);
      if (set != of_file) CHECK(run(other + Arguments{"--atol", "1e-5"}).code == 3);
    }
  }
  // What is not a sum of rounded weights keeps its tolerance.
  REQUIRE(run(drawn + Arguments{"-o", "lse=lse.npy"}).code == 0);
  CHECK(run({"compute", "--random", "2,300,64", "--seed", "4", "--dtype", "bf16", "--expect", "lse=lse.npy"})
            .err.find("by more than 1e-05 + ") != std::string::npos);
}

TEST_CASE("null in JSON is what JSON cannot hold", "[expect]") {
  const Folder folder;
  REQUIRE(run(base + Arguments{"--emit", "masked", "-o", "m.json", "-o", "masked=m.npy"}).code == 0);
  CHECK(expecting("m.json").code == 0);
  CHECK(expecting("masked=m.npy").code == 0);
  CHECK(run({"compute", "--random", "3,4", "--expect", "m.json"}).code == 3);  // nothing is masked
}

TEST_CASE("multihead compares its own tensors", "[expect]") {
  const Folder folder;
  folder.write("mh.json", R"({"embeddings":[[1,2],[2,1]],"projections":{"W_q":[[1,0],[0,1]],"W_k":[[1,0],[0,1]],)"
                          R"("W_v":[[1,0],[0,1]],"W_o":[[2,0],[0,2]]}})");
  REQUIRE(run({"multihead", "mh.json", "--emit", "concat,output", "-o", "e.npz"}).code == 0);
  const Outcome outcome = run({"multihead", "mh.json", "--expect", "e.npz"});
  CHECK(outcome.code == 0);
  CHECK(outcome.err.find(": concat: ok") != std::string::npos);
  CHECK(run({"multihead", "mh.json", "--expect", "output=e.npz:concat"}).code == 3);
}

TEST_CASE("--max-memory bounds what is expected, of all files together", "[expect]") {
  const Folder folder;
  const Arguments drawn{"compute", "--random", "600,4", "--dtype", "f64"};
  REQUIRE(run(drawn + Arguments{"-o", "weights=w.npy", "-o", "weights=w.csv", "-o", "w.npz", "-o", "w.json", "-o",
                                "w.safetensors"})
              .code == 0);
  const auto expecting_weights = [&](const std::string& file, const char* limit) {
    return run(drawn + Arguments{"-o", "lse=npy:/dev/null", "--max-memory", limit, "--expect", "weights=" + file});
  };
  // 2.7 MiB, and as much again of the run.
  for (const char* const file : {"w.npy", "w.csv", "w.npz", "w.json", "w.safetensors"}) {
    INFO(file);
    const Outcome outcome = expecting_weights(file, "2M");
    CHECK(outcome.code == 1);
    CHECK(has(outcome.err, std::string("attn: error: ") + file));
    CHECK(has(outcome.err, " of the limit of 2.0 MiB are left; --max-memory sets the limit\n"));
    CHECK(expecting_weights(file, "12M").code == 0);
  }
  check_error(
      run(drawn + Arguments{"-o", "lse=npy:/dev/null", "--max-memory", "4M", "--expect", "weights=w.npy", "--expect",
                            "weights=w.npy"}),
      1, "w.npy: needs 2.7 MiB or more, and 1.3 MiB of the limit of 4.0 MiB are left; --max-memory sets the limit");
  const std::string whole = folder.read("w.npy");
  folder.write("w.npy", whole.substr(0, 128));
  check_error(expecting_weights("w.npy", "2M"), 1,
              "w.npy: its shape (600, 600) of '<f8' takes 2880000 bytes, and 0 follow the header");
}

TEST_CASE("errors of --expect, --rtol and --atol", "[expect]") {
  const Folder folder;
  folder.write("d.json", R"({"embeddings":[[1,2]],"other":[1]})");
  folder.write("t.json", R"({"tokens":["a"]})");
  folder.write("bad.npy", "nothing");
  const auto refuse = [](const Arguments& more, int code, const std::string& message) {
    check_error(run(base + more), code, message);
  };
  refuse({"--rtol", "1"}, 2, "--rtol: goes with --expect");
  refuse({"--atol", "1"}, 2, "--atol: goes with --expect");
  refuse({"--expect", "d.json", "--rtol", "-1"}, 2, "--rtol: must be 0 or more");
  refuse({"--expect", "d.json", "--atol", "much"}, 2, "--atol: 'much' is not a number");
  refuse({"--expect"}, 2, "--expect: needs a value");
  refuse({"--expect", "none.npy"}, 1, "none.npy: cannot be read: No such file or directory");
  refuse({"--expect", "bad.npy"}, 1, "bad.npy: is not an NPY file: it does not begin with \\x93NUMPY");
  refuse({"--expect", "d.json"}, 1, "d.json: holds no tensor that this run can give; it has embeddings and other");
  refuse({"--expect", "t.json"}, 1, "t.json: holds no tensor that this run can give; it has no tensor");
  refuse({"--expect", "output=d.json:othre"}, 1,
         "d.json: holds no 'othre'; it has embeddings and other; did you mean 'other'?");
  refuse({"--expect", "d.json:other"}, 2,
         "--expect: 'other' is no tensor of a result; write which one it is expected of, as in output=d.json:other");
  refuse({"--expect", "d.json:concat"}, 2,
         "--expect: 'concat' is no tensor of a result; write which one it is expected of, as in output=d.json:concat");
  folder.write("lines.jsonl", "{\"embeddings\":[[1]]}\n");
  folder.write("e.json", "[[1]]");
  check_error(run({"compute", "lines.jsonl", "--expect", "e.json"}), 2,
              "--expect: is of one result: it does not go with JSON Lines");
}

TEST_CASE("an array without a name is of the output, or of --emit's tensor, and what is not met says so", "[expect]") {
  const Folder folder;
  REQUIRE(run(base + Arguments{"-o", "w.npy", "-o", "lse=lse.csv", "-o", "w.csv"}).code == 0);
  const std::string start = "attn: expect: w.npy: output: ",
                    choice = start + "an array without a name is compared with 'output'",
                    advice = "; --expect weights=w.npy compares the weights";
  const Outcome outcome = expecting("w.npy");
  CHECK(outcome.code == 3);
  CHECK(outcome.err == start + "the shape is (3, 4), expected (3, 3)\n" + choice + advice + "\n");
  CHECK(expecting("weights=w.npy").code == 0);
  CHECK(has(expecting("w.csv").err, "; --expect weights=w.csv compares the weights\n"));
  CHECK(has(expecting("w.npy", {"--query-range", "1:3"}).err, choice + "\n"));
  CHECK(has(expecting("lse.csv").err, "compared with 'output'\n"));
  for (const std::string name : {"weights", "lse"}) {
    const Arguments emit{"--emit", name};
    CHECK(expecting(name == "lse" ? "lse.csv" : "w.npy", emit).err.find(": " + name + ": ok") != std::string::npos);
    CHECK(run(base + emit + Arguments{"-o", "output=o.npy", "--expect", "w.npy"}).err.find("--emit") ==
          std::string::npos);
  }
  // Where both have one shape.
  REQUIRE(run({"compute", "--random", "4,4", "-o", "w.npy"}).code == 0);
  const Outcome square = run({"compute", "--random", "4,4", "--expect", "w.npy"});
  CHECK(square.code == 3);
  CHECK(square.err.ends_with(choice + advice + "\n"));
  CHECK_FALSE(has(run({"compute", "--random", "4,4", "--expect", "output=w.npy"}).err, "without a name"));
}

}  // namespace attn::test
