// bench: each flag is in its results, and wrong ones are refused.
#include "attn/formats.hpp"
#include "attn/kernels.hpp"
#include "cli/flags/output_formats.hpp"
#include "cli/session.hpp"
#include "cli/vector_set.hpp"

namespace attn::test {
namespace {

// "auto, reference, …"
std::string known_sets() {
  std::string names;
  for (const std::string_view name : kernel_set_names()) names += (names.empty() ? "" : ", ") + std::string(name);
  return names;
}

}  // namespace

TEST_CASE("bench gives its report in every format of text and pictures that there is", "[bench]") {
  for (const cli::OutputFormat& format : cli::output_formats()) {
    CAPTURE(format.name);
    // Results have axes and lines, which a report has not.
    const bool gives = format.data == nullptr || (format.is_text && format.data->kind != FormatKind::lines);
    const Outcome outcome = run(tiny + Arguments{"-f", std::string(format.name)});
    CHECK(outcome.code == (gives ? 0 : 2));
    CHECK(outcome.out.empty() != gives);
  }
}

TEST_CASE("every flag of bench is in its results", "[bench]") {
  const auto result = [](const Arguments& more) { return run(tiny + more).json()["results"][0]; };
  CHECK(result({})["queries"] == 8);
  CHECK(result({"--keys", "16"})["keys"] == 16);
  CHECK(result({"--kv-heads", "1"})["kv_heads"] == 1);
  CHECK(result({"--mode", "materialise"})["mode"] == "materialise");
  CHECK(result({"--dtype", "f64"})["dtype"] == "f64");
  CHECK(result({"--dtype", "bf16"})["dtype"] == "bf16");
  CHECK(result({"--dtype", "f16"})["dtype"] == "f16");
  CHECK(result({"--threads", "2"})["threads"] == 2);
  CHECK(result({"--causal"})["causal"] == true);
  CHECK(result({"--runs", "3"})["runs"] == 3);
  CHECK(result({"--warmup", "1"})["warmup"] == 1);
  CHECK(result({"--mode", "decode"})["mode"] == "decode");
  CHECK(result({"--mode", "projection"})["mode"] == "projection");
  CHECK(result({"--mode", "packed-projection"})["mode"] == "packed-projection");
  CHECK(result({"--kernel", vector_set()})["kernel"] == vector_set());
  const Json many = run({"bench", "--shape", "1,1,4,4", "--shape", "2,1,4,4", "--kernel", "reference", "--dtype",
                         "f32,f64", "--threads", "1,2", "--mode", "stream", "--mode", "materialise", "--runs", "1"})
                        .json()["results"];
  CHECK(many.size() == 16);
}

TEST_CASE("bench says that --theme changes nothing where there is no chart", "[bench]") {
  const Folder folder;
  const std::string note = "attn: note: --theme changes nothing here: no output is a picture of PNG, SVG or HTML\n";
  CHECK(run(tiny + Arguments{"--theme", "dark", "-f", "json"}).err == note);
  CHECK(run(tiny + Arguments{"--theme", "dark", "-f", "json", "-q"}).err.empty());
  CHECK(run(tiny + Arguments{"--theme", "dark", "-o", "chart.svg"}).err.empty());
}

TEST_CASE("wrong flags of bench are exit code 2", "[bench]") {
  const auto fails = [](const Arguments& more, const std::string& message) {
    INFO(joined(more));
    check_error(run(tiny + more), 2, message);
  };
  fails({"--shape", "1,1,8"}, "--shape: '1,1,8' is not B,H,L,D");
  fails({"--shape", "1,1,8,0"}, "--shape: must be 1 or more, not 0");
  fails({"--mode", "steam"},
        "--mode: 'steam' is not one of stream, materialise, decode, projection and packed-projection; did you mean "
        "'stream'?");
  fails({"--kernel", "avx3"},
        "--kernel: unknown kernel set 'avx3'; there are " + known_sets() + "; did you mean 'avx2'?");
  fails({"--threads", "1,0"}, "--threads: must be 1 or more, not 0");
  fails({"--threads", "100000"}, "--threads: must be 1024 or less");
  fails({"--dtype", "f23"}, "--dtype: 'f23' is not one of f32, f64, bf16 and f16; did you mean 'f32'?");
  fails({"--runs", "0"}, "--runs: must be 1 or more, not 0");
  fails({"--warmup", "-1"}, "--warmup: must be 0 or more, not -1");
  fails({"--kv-heads", "3"}, "--kv-heads: 3 does not divide 2 heads");
  fails({"--max-memory", "x"}, "--max-memory: 'x' is not a size such as 512M or 2G");
  fails({"-f", "npy"}, "-f: 'npy' is not one of json, csv, tsv, text, markdown, png, svg and html");
  fails({"-o", "b.npy"}, "-o: 'b.npy': the extension is one of .json, .csv, .tsv, .txt, .md, .png, .svg and .html");
  fails({"--causal", "--mode", "decode"}, "--causal: changes nothing in this mode");
  fails({"--causal", "--mode", "projection"}, "--causal: changes nothing in this mode");
  fails({"--keys", "4", "--mode", "projection"}, "--keys: a projection has none");
  fails({"--kv-heads", "1", "--mode", "projection"}, "--kv-heads: a projection has none");
  fails({"--theme", "blue"}, "--theme: 'blue' is not one of light and dark");
  fails({"--color", "blue"}, "--color: 'blue' is not one of auto, always and never");
  fails({"input.json"}, "unexpected argument 'input.json'");
}

TEST_CASE("a suite or a document has what other flags would choose", "[bench]") {
  const auto fails = [](const Arguments& more, const std::string& message, int code = 2) {
    const Arguments arguments = Arguments{"bench"} + more;
    INFO(joined(arguments));
    check_error(run(arguments), code, message);
  };
  const Folder folder;
  folder.write("x.json", three_tokens);
  folder.write("x.jsonl", three_tokens + "\n" + three_tokens + "\n");
  fails({"--suite", "standart"},
        "--suite: 'standart' is not one of standard, scaling and quick; did you mean 'standard'?");
  fails({"--suite", "quick", "--shape", "1,1,4,4"}, "--shape: does not go with --suite, which has its own shapes");
  fails({"--suite", "quick", "--keys", "4"}, "--keys: does not go with --suite, which has its own shapes");
  fails({"--suite", "quick", "--kv-heads", "1"}, "--kv-heads: does not go with --suite, which has its own shapes");
  fails({"--suite", "quick", "--mode", "stream"}, "--mode: does not go with --suite, which has its own modes");
  fails({"--suite", "quick", "--causal"}, "--causal: does not go with --suite, which has its own masks");
  fails({"--suite", "quick", "--kernel", "reference,auto"}, "--kernel: takes one with --suite");
  fails({"--suite", "quick", "--stages", "--input", "x.json"}, "--suite: does not go with --input");
  fails({"--stages"}, "--stages: needs --input FILE");
  fails({"--input", "x.json"}, "--input: needs --stages");
  const auto document_fails = [&](const Arguments& more, const std::string& message, int code = 2) {
    fails(Arguments{"--stages", "--input"} + more, message, code);
  };
  document_fails({"x.json", "--shape", "1,1,4,4"}, "--shape: does not go with --input, which has its own shapes");
  document_fails({"x.json", "--keys", "4"}, "--keys: does not go with --input, which has its own shapes");
  document_fails({"x.json", "--kv-heads", "4"}, "--kv-heads: does not go with --input, which has its own shapes");
  document_fails({"x.json", "--mode", "decode"}, "--mode: is stream or materialise with --input");
  document_fails({"x.json", "--mode", "stream", "--mode", "materialise"}, "--mode: takes one with --input");
  document_fails({"x.json", "--kernel", "reference,auto"}, "--kernel: takes one with --input");
  document_fails({"x.json", "--threads", "1,2"}, "--threads: takes one with --input");
  document_fails({"x.json", "--dtype", "f32,f64"}, "--dtype: takes one with --input");
  document_fails({"x.jsonl"}, "--input: takes one document, not JSON Lines");
  document_fails({"none.json"}, "none.json: cannot be read: No such file or directory", 1);
}

}  // namespace attn::test
