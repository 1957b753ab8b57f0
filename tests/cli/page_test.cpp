// Pages of whole commands: which matrices they have, what the picture flags change in them, and what is said of flags
// that change nothing. What a browser makes of pages is in tests/programs/page.sh.
#include <sstream>

#include "cli/session.hpp"

namespace attn::test {
namespace {

// The page that a command writes on standard output, without a word besides.
std::string page_of(const std::string& command, const std::string& input = "") {
  INFO(command);
  const Outcome outcome = run(words_of(command + " -f html"), input);
  CHECK(outcome.err == "");
  REQUIRE(outcome.code == 0);
  return outcome.out;
}

Json about(const std::string& page) {
  const std::size_t from = page.find("id=\"about\">") + 11;
  return parsed_json(page.substr(from, page.find("</script>", from) - from));
}

std::vector<Json> column(const std::string& page, const char* name) {
  std::vector<Json> values;
  const Json all = about(page);
  for (const Json& matrix : all["matrices"]) values.push_back(matrix.value(name, Json()));
  return values;
}

}  // namespace

TEST_CASE("a page has every matrix, unless the flags say less", "[page]") {
  const std::string all = page_of("compute --random 2,3,4,5");
  CHECK(column(all, "batch") == std::vector<Json>{0, 0, 0, 1, 1, 1});
  CHECK(column(all, "head") == std::vector<Json>{0, 1, 2, 0, 1, 2});
  CHECK(column(page_of("compute --random 2,3,4,5 --batch 1 --head 0,2"), "head") == std::vector<Json>{0, 2});
  CHECK(column(page_of("compute --random 2,3,4,5 --head mean"), "title") ==
        std::vector<Json>{"Batch 0, Mean of 3 heads", "Batch 1, Mean of 3 heads"});
  CHECK(column(page_of("compute --random 2,4,5"), "batch") == std::vector<Json>{0, 1});

  const std::string layers = "[[[[[1,2]]]],[[[[3,4]]]]]";
  CHECK(column(page_of("visualize", layers), "layer") == std::vector<Json>{0, 1});
  CHECK(column(page_of("visualize --layer -1", layers), "layer") == std::vector<Json>{1});
  CHECK(column(page_of("mask causal --queries 3 --keys 4"), "cols") == std::vector<Json>{4});
}

TEST_CASE("matrices of a page are whole, however large", "[page]") {
  CHECK(column(page_of("compute --random 1300,2 -q"), "rows") == std::vector<Json>{1300});
  CHECK(column(page_of("mask causal --queries 1300"), "rows") == std::vector<Json>{1300});
  CHECK(column(page_of("mask causal --queries 1300"), "type") == std::vector<Json>{"u8"});
  const Outcome verbose = run(words_of("compute --random 1300,2 -v -f html"));
  CHECK(verbose.err.find("pooled") == std::string::npos);
}

TEST_CASE("a page and a picture of one run each have their own choice", "[page]") {
  const Folder folder;
  for (const std::string command : {"compute --random 2,3,700,2", "visualize w.npy"}) {
    INFO(command);
    REQUIRE(run(words_of("compute --random 2,3,700,2 -o w.npy")).code == 0);
    REQUIRE(run(words_of(command + " -o alone.png")).code == 0);
    REQUIRE(run(words_of(command + " -o both.png -o both.html")).code == 0);
    CHECK(column(folder.read("both.html"), "head").size() == 6);
    if (command.rfind("visualize", 0) == 0) CHECK(folder.read("both.png") == folder.read("alone.png"));
  }
}

TEST_CASE("picture flags are what a page shows at first", "[page]") {
  const Folder folder;
  folder.write("w.json", R"({"tokens":["a","b","c"],"weights":[[0.5,0.25,0.125],[0.5,0.5,0],[1,0,0.0625]]})");
  for (const std::string command : {"compute --random 3,4", "multihead --random 3,4 --init torch-rand --d-out 4",
                                    "visualize w.json", "mask causal --queries 3"}) {
    const std::string plain = page_of(command);
    for (const char* option :
         {"--cmap magma", "--annot", "--fmt .1f", "--title T", "--xlabel K", "--ylabel Q", "--colorbar-label w",
          "--vmin 0.125", "--vmax 0.75", "--log", "--pool max", "--theme light", "--theme dark"}) {
      INFO(option);
      CHECK((page_of(command + " " + option) != plain));
    }
  }
  CHECK((page_of("visualize w.json --robust") != page_of("visualize w.json")));
}

TEST_CASE("--page-precision stores less", "[page]") {
  const std::string exact = page_of("compute --random 40,4"),
                    half = page_of("compute --random 40,4 --page-precision f16"),
                    byte = page_of("compute --random 40,4 --page-precision u8");
  CHECK(column(exact, "type") == std::vector<Json>{"f32"});
  CHECK(column(half, "type") == std::vector<Json>{"f16"});
  CHECK(column(byte, "type") == std::vector<Json>{"steps"});
  CHECK(exact.size() > half.size() + 4000);
  CHECK(half.size() > byte.size() + 2000);
  CHECK(column(page_of("compute --random 40,4 --dtype f64"), "type") == std::vector<Json>{"f64"});
  check_error(run(words_of("compute --random 3,4 -f html --page-precision f8")), 2,
              "--page-precision: 'f8' is not one of exact, f16 and u8; did you mean 'u8'?");
}

TEST_CASE("flags that mean nothing to a page are named", "[page]") {
  const std::string note = "attn: note: an HTML page fits its window: --size and --dpi changed nothing in it\n";
  for (const std::string command : {"compute --random 3,4", "mask causal --queries 3"}) {
    CHECK(run(words_of(command + " --size 300x300 --dpi 50 -f html")).err == note);
    CHECK(run(words_of(command + " --size 300x300 --dpi 50 -q -f html")).err == "");
    CHECK(run(words_of(command + " --size 300x300 --dpi 50 -f png")).err == "");
  }
  CHECK(run(words_of("visualize --size 300x300 --dpi 50 -f html"), "[[1,2]]").err == note);
}

TEST_CASE("what is compared is documents of one page", "[page]") {
  const Folder folder;
  folder.write("a.json", R"({"weights":[[1,0],[0.5,0.5]]})");
  folder.write("b.json", R"({"weights":[[0.25,0.75]]})");
  const Json both = about(page_of("visualize a.json --compare b.json"));
  CHECK(both["documents"] == parsed_json(R"(["a","b"])"));
  CHECK(both["matrices"][1]["doc"] == 1);
  CHECK(both["matrices"][1]["rows"] == 1);
  CHECK(about(page_of("visualize a.json --compare a.json"))["documents"] == parsed_json(R"x(["a","a (2)"])x"));
}

TEST_CASE("a chart's page is its SVG", "[page]") {
  const Outcome chart =
      run(words_of("bench --shape 1,1,16,8 --runs 1 --warmup 0 --mode stream --kernel reference -q -f html"));
  REQUIRE(chart.code == 0);
  CHECK(chart.out.rfind("<!DOCTYPE html>", 0) == 0);
  CHECK(chart.out.find("<svg ") != std::string::npos);
  CHECK(chart.out.find("<?xml") == std::string::npos);
  CHECK(chart.out.find("default-src 'none'") != std::string::npos);
}

}  // namespace attn::test
