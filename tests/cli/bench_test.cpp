// bench: its document, its table, its flags. Nothing here depends on how long a run took.
#include <sstream>

#include "cli/session.hpp"

namespace attn::test {
namespace {

// Of the reference, which has no peak to measure: that takes a second.
const Arguments tiny{"bench", "--shape",  "1,2,8,4", "--kernel",  "reference", "--runs",
                     "2",     "--warmup", "0",       "--threads", "1"};

using Names = std::vector<std::string>;

const Names result_members{"mode",     "batch",     "heads",      "kv_heads",    "queries",        "keys",
                           "dim",      "value_dim", "causal",     "dtype",       "kernel",         "threads",
                           "status",   "reason",    "max_error",  "error_bound", "warmup",         "runs",
                           "seconds",  "min",       "median",     "mean",        "stddev",         "max",
                           "outliers", "gflops",    "peak_share", "gbps",        "bandwidth_share"};

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
  CHECK(result["seconds"].size() == 2);
  CHECK(result["peak_share"].is_null());
  CHECK(result["gflops"] > 0);
  CHECK(result["min"] <= result["median"]);
  CHECK(result["median"] <= result["max"]);
}

TEST_CASE("sets with vectors are held against the machine's peak", "[bench]") {
  const Json json =
      run({"bench", "--shape", "1,1,8,4", "--kernel", "sse4", "--runs", "1", "--warmup", "0", "--threads", "1"}).json();
  CHECK(members(json["peaks"][0]) == Names{"kernel", "dtype", "threads", "fma_gflops", "read_gbps"});
  CHECK(json["results"][0]["peak_share"] > 0);
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

TEST_CASE("every flag of bench is in its results", "[bench]") {
  const auto result = [](const Arguments& more) { return run(tiny + more).json()["results"][0]; };
  CHECK(result({})["queries"] == 8);
  CHECK(result({"--keys", "16"})["keys"] == 16);
  CHECK(result({"--kv-heads", "1"})["kv_heads"] == 1);
  CHECK(result({"--mode", "materialise"})["mode"] == "materialise");
  CHECK(result({"--dtype", "f64"})["dtype"] == "f64");
  CHECK(result({"--threads", "2"})["threads"] == 2);
  CHECK(result({"--causal"})["causal"] == true);
  CHECK(result({"--runs", "3"})["runs"] == 3);
  CHECK(result({"--warmup", "1"})["warmup"] == 1);
  const Json many = run({"bench", "--shape", "1,1,4,4", "--shape", "2,1,4,4", "--kernel", "reference", "--dtype",
                         "f32,f64", "--threads", "1,2", "--mode", "stream", "--mode", "materialise", "--runs", "1"})
                        .json()["results"];
  CHECK(many.size() == 16);
}

TEST_CASE("the text, CSV, TSV and Markdown tables have a row for each result", "[bench]") {
  const std::string text = run(tiny + Arguments{"-f", "text"}).out;
  CHECK(text.find("mode    B,H,L,S,D  causal  dtype  kernel     threads") != std::string::npos);
  CHECK(text.find("\nstream  1,2,8,8,4  no      f32    reference ") != std::string::npos);
  const std::string csv = run(tiny + Arguments{"-f", "csv"}).out;
  CHECK(csv.find("mode,batch,heads,kv_heads,queries,keys,dim,causal,dtype,kernel,threads,status,") == 0);
  CHECK(csv.find("\nstream,1,2,2,8,8,4,false,f32,reference,1,ok,") != std::string::npos);
  CHECK(run(tiny + Arguments{"-f", "tsv"}).out.find("mode\tbatch\t") == 0);
  const Folder folder;
  REQUIRE(run(tiny + Arguments{"-o", "b.md", "-o", "b.txt"}).out == "");
  CHECK(folder.read("b.md").find("\n| stream | 1,2,8,8,4 | no | f32 | reference | 1 |") != std::string::npos);
}

TEST_CASE("wrong flags of bench are exit code 2", "[bench]") {
  const auto fails = [](const Arguments& more, const std::string& message) {
    INFO(joined(more));
    check_error(run(tiny + more), 2, message);
  };
  fails({"--shape", "1,1,8"}, "--shape: '1,1,8' is not B,H,L,D");
  fails({"--shape", "1,1,8,0"}, "--shape: must be 1 or more, not 0");
  fails({"--mode", "steam"}, "--mode: 'steam' is not one of stream and materialise; did you mean 'stream'?");
  fails({"--kernel", "avx3"},
        "--kernel: unknown kernel set 'avx3'; there are auto, reference, sse4, avx2, avx512; did you mean 'avx2'?");
  fails({"--threads", "1,0"}, "--threads: must be 1 or more, not 0");
  fails({"--threads", "100000"}, "--threads: must be 1024 or less");
  fails({"--dtype", "f16"}, "--dtype: 'f16' is not one of f32 and f64");
  fails({"--runs", "0"}, "--runs: must be 1 or more, not 0");
  fails({"--warmup", "-1"}, "--warmup: must be 0 or more, not -1");
  fails({"--kv-heads", "3"}, "--kv-heads: 3 does not divide 2 heads");
  fails({"--max-memory", "x"}, "--max-memory: 'x' is not a size such as 512M or 2G");
  fails({"-f", "npy"}, "-f: 'npy' is not one of json, csv, tsv, text and markdown");
  fails({"-o", "b.npy"}, "-o: 'b.npy': the extension is one of .json, .csv, .tsv, .txt and .md");
  fails({"input.json"}, "unexpected argument 'input.json'");
}

}  // namespace attn::test
