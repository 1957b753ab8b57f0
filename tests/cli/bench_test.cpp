// bench: its document, its table, its flags. Nothing here depends on how long a run took.
#include <sstream>

#include "cli/session.hpp"
#include "cli/vector_set.hpp"

namespace attn::test {
namespace {

using Names = std::vector<std::string>;

const Names result_members{
    "mode",       "batch",     "heads",           "kv_heads",   "queries",       "keys",    "dim",
    "value_dim",  "causal",    "dtype",           "kernel",     "threads",       "status",  "reason",
    "max_error",  "rms_error", "error_bound",     "warmup",     "runs",          "seconds", "min",
    "median",     "mean",      "stddev",          "max",        "outliers",      "gflops",  "fma_gflops",
    "peak_share", "gbps",      "bandwidth_share", "peak_bytes", "doubling_ratio"};

}  // namespace

TEST_CASE("the document has the documented members", "[bench]") {
  const Outcome outcome = run(tiny);
  CHECK(outcome.code == 0);
  CHECK(outcome.out.find('\n') == outcome.out.size() - 1);
  const Json json = outcome.json();
  CHECK(members(json) == Names{"version", "date", "cpu", "kernels", "peaks", "results", "stages"});
  CHECK(json["kernels"][0] == "reference");
  CHECK(json["peaks"].empty());
  const Json& result = json["results"][0];
  CHECK(members(result) == result_members);
  CHECK(result["status"] == "ok");
  CHECK(result["reason"].is_null());
  CHECK(result["max_error"] <= result["error_bound"]);
  CHECK(result["rms_error"] > 0);
  CHECK(result["rms_error"] < result["max_error"]);
  CHECK(result["seconds"].size() == 2);
  CHECK(result["peak_share"].is_null());
  CHECK(result["gflops"] > 0);
  CHECK(result["min"] <= result["median"]);
  CHECK(result["median"] <= result["max"]);
}

TEST_CASE("sets with vectors are held against the machine's peak", "[bench]") {
  const Json json =
      run({"bench", "--shape", "1,1,8,4", "--kernel", vector_set(), "--runs", "1", "--warmup", "0", "--threads", "1"})
          .json();
  CHECK(members(json["peaks"][0]) == Names{"kernel", "dtype", "threads", "fma_gflops", "read_gbps"});
  CHECK(json["results"][0]["peak_share"] > 0);
  CHECK(json["results"][0]["fma_gflops"] > 0);
  CHECK(json["results"][0]["bandwidth_share"] > 0);
}

TEST_CASE("what needs too much memory is skipped, with nothing that was not measured", "[bench]") {
  const Outcome outcome = run(tiny + Arguments{"--max-memory", "1"});
  CHECK(outcome.code == 0);
  const Json result = outcome.json()["results"][0];
  CHECK(result["status"] == "skipped");
  CHECK(result["reason"].get<std::string>().find("needs ") == 0);
  CHECK(result["seconds"].empty());
  for (const char* name : {"max_error", "error_bound", "min", "median", "mean", "stddev", "max", "gflops", "gbps"}) {
    INFO(name);
    CHECK(result[name].is_null());
  }
}

TEST_CASE("the text, CSV, TSV and Markdown tables have a row for each result", "[bench]") {
  const std::string text = run(tiny + Arguments{"-f", "text"}).out;
  CHECK(text.find("mode    B,H,L,S,D  causal  dtype  kernel     threads") != std::string::npos);
  CHECK(text.find("\nstream  1,2,8,8,4  no      f32    reference ") != std::string::npos);
  const std::string csv = run(tiny + Arguments{"-f", "csv"}).out;
  CHECK(csv.find("mode,batch,heads,kv_heads,queries,keys,dim,causal,dtype,kernel,threads,status,") == 0);
  CHECK(csv.find("\nstream,1,2,2,8,8,4,false,f32,reference,1,ok,") != std::string::npos);
  CHECK(run(tiny + Arguments{"-f", "tsv"}).out.find("mode\tbatch\t") == 0);
  CHECK(csv.find("bandwidth_share,peak_bytes,doubling_ratio,bytes,elements,overhead_bytes,ratio\n") !=
        std::string::npos);
  const Folder folder;
  REQUIRE(run(tiny + Arguments{"-o", "b.md", "-o", "b.txt"}).out == "");
  CHECK(folder.read("b.md").find("\n| stream | 1,2,8,8,4 | no | f32 | reference | 1 |") != std::string::npos);
}

TEST_CASE("what does not apply to a projection is null, and its shape is rows, in, out", "[bench]") {
  const Arguments projection = tiny + Arguments{"--mode", "projection"};
  const Json result = run(projection).json()["results"][0];
  CHECK(result["status"] == "ok");
  for (const char* name : {"kv_heads", "keys", "value_dim", "causal"}) {
    INFO(name);
    CHECK(result[name].is_null());
  }
  CHECK(run(projection + Arguments{"-f", "text"}).out.find("\nprojection  8,8,8 ") != std::string::npos);
  CHECK(run(projection + Arguments{"-f", "csv"}).out.find("\nprojection,1,2,,8,,4,,f32,reference,1,ok,") !=
        std::string::npos);
}

TEST_CASE("a decoding case has one query, and as many keys as the shape has queries", "[bench]") {
  const Json result = run(tiny + Arguments{"--mode", "decode"}).json()["results"][0];
  CHECK(result["queries"] == 1);
  CHECK(result["keys"] == 8);
  CHECK(result["causal"] == false);
  CHECK(result["status"] == "ok");
  CHECK(run(tiny + Arguments{"--mode", "decode", "--keys", "5"}).json()["results"][0]["keys"] == 5);
}

TEST_CASE("a case of twice the length is held against its half", "[bench]") {
  const Json results = run({"bench", "--shape", "1,1,64,4", "--shape", "1,1,128,4", "--shape", "1,2,256,4", "--kernel",
                            "reference", "--runs", "1", "--warmup", "0"})
                           .json()["results"];
  CHECK(results[0]["doubling_ratio"].is_null());
  const double ratio = results[1]["median"].get<double>() / results[0]["median"].get<double>();
  CHECK(results[1]["doubling_ratio"].get<double>() == Approx(ratio));
  CHECK(results[2]["doubling_ratio"].is_null());  // other heads
}

TEST_CASE("the peak of memory covers a case's inputs and output", "[bench]") {
  const Json results = run({"bench", "--shape", "1,1,16,64", "--shape", "1,1,65536,64", "--mode", "projection",
                            "--kernel", "reference", "--runs", "1", "--warmup", "0"})
                           .json()["results"];
  if (results[0]["peak_bytes"].is_null()) return;  // this system does not tell
  // The larger case holds 2 × 65536 × 64 floats more.
  CHECK(results[1]["peak_bytes"].get<double>() - results[0]["peak_bytes"].get<double>() > 0.9 * 2 * 65536 * 64 * 4);
}

TEST_CASE("a document's run is timed by its stages", "[bench]") {
  const Folder folder;
  folder.write("x.json", three_tokens);
  folder.write("mh.json", R"({"embeddings":[[1,0],[0,1]],"projections":{"W_q":[[1,2],[3,4]],"W_k":[[1,0],[0,1]],)"
                          R"("W_v":[[1,0],[0,1]]}})");
  const Arguments base{"bench", "--stages", "--runs", "2", "--warmup", "0", "--kernel", "reference", "--input"};
  folder.write("ids.json", R"({"token_ids":[1,2]})");
  check_error(run(base + Arguments{"ids.json"}), 1,
              "ids.json#/token_ids: is for a whole model; a layer by itself takes embeddings");
  const Json json = run(base + Arguments{"x.json"}).json();
  CHECK(json["results"].empty());
  REQUIRE(json["stages"].size() == 3);
  CHECK(members(json["stages"][0]) ==
        Names{"stage", "median", "min", "max", "bytes", "elements", "peak_bytes", "overhead_bytes", "ratio"});
  CHECK(json["stages"][0]["stage"] == "parse");
  CHECK(json["stages"][0]["bytes"] == three_tokens.size());
  CHECK(json["stages"][0]["elements"] == 9);
  CHECK(json["stages"][1]["stage"] == "compute");
  CHECK(json["stages"][1]["bytes"].is_null());
  CHECK(json["stages"][2]["stage"] == "write");
  CHECK(json["stages"][2]["elements"] == 18);  // weights and output
  for (const Json& stage : json["stages"]) CHECK(stage["min"] <= stage["max"]);

  const auto written = [&](const Arguments& more) { return run(base + more).json()["stages"][2]; };
  CHECK(written({"x.json", "--mode", "stream"})["elements"] == 9);
  CHECK(written({"x.json", "--mode", "materialise"})["elements"] == 18);
  CHECK(written({"x.json", "--causal"})["bytes"] != written({"x.json"})["bytes"]);
  CHECK(written({"x.json", "--dtype", "f64"})["bytes"] > written({"x.json"})["bytes"]);
  CHECK(written({"mh.json"})["elements"] == 8);  // multihead: weights (1, 2, 2), output (2, 2)
  CHECK(run(base + Arguments{"x.json", "-f", "text"}).out.find("\nstage    median ms ") != std::string::npos);
  CHECK(run(base + Arguments{"x.json", "-f", "csv"}).out.find("\nparse,,,,,,,,,,,,,,,") != std::string::npos);
  CHECK(run(base + Arguments{"x.json", "-f", "markdown"}).out.find("\n| compute | ") != std::string::npos);
}

TEST_CASE("-o FILE.png draws results, or stages where there are no results", "[bench]") {
  const Folder folder;
  folder.write("x.json", three_tokens);
  const std::string magic = "\x89PNG\r\n\x1a\n";
  REQUIRE(run(tiny + Arguments{"-o", "light.png"}).code == 0);
  REQUIRE(run(tiny + Arguments{"-o", "dark.png", "--theme", "dark"}).code == 0);
  REQUIRE(run({"bench", "--input", "x.json", "--stages", "--runs", "1", "-o", "stages.png"}).code == 0);
  for (const char* name : {"light.png", "dark.png", "stages.png"}) {
    INFO(name);
    CHECK(folder.read(name).compare(0, magic.size(), magic) == 0);
  }
  CHECK(folder.read("light.png") != folder.read("dark.png"));
  CHECK(run(tiny + Arguments{"-f", "png"}).out.compare(0, magic.size(), magic) == 0);
  REQUIRE(run(tiny + Arguments{"-o", "chart.svg"}).code == 0);
  CHECK(folder.read("chart.svg").find(">attn bench</title>") != std::string::npos);
}

TEST_CASE("shares of the limits are coloured where colour is wanted", "[bench]") {
  const Arguments measured{"bench",    "--shape", "1,1,8,4",   "--kernel", vector_set(), "--runs", "1",
                           "--warmup", "0",       "--threads", "1",        "-f",         "text"};
  const auto is_colored = [](const Outcome& outcome) { return outcome.out.find("\x1b[3") != std::string::npos; };
  CHECK(is_colored(run(measured + Arguments{"--color", "always"})));
  CHECK_FALSE(is_colored(run(measured)));
}

TEST_CASE("--verbose says how long each case took, --quiet does not", "[bench]") {
  CHECK(run(tiny).err == "");
  CHECK(run(tiny + Arguments{"-v"}).err.find("attn: note: stream 1,2,8,8,4 reference in ") != std::string::npos);
  CHECK(run(tiny + Arguments{"-v", "-q"}).err == "");
}

}  // namespace attn::test
