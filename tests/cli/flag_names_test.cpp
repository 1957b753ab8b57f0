// The library's names of options become the flags of the command that runs.
#include "cli/flag_names.hpp"

#include "cli/session.hpp"
#include "support/catch.hpp"

namespace attn::test {

TEST_CASE("names of options in backticks become flags", "[flags]") {
  cli::FlagNames names;
  names.add("--query-range");
  names.add("-o,--output");
  names.add("--sink", "sinks");
  CHECK(names.translated("`query_range`: is empty") == "--query-range: is empty");
  CHECK(names.translated("write to `output`; `query_range` 2:5 or `query_range`") ==
        "write to -o; --query-range 2:5 or --query-range");
  CHECK(names.translated("`sink` and `sinks`") == "--sink and --sink");
  CHECK(names.translated("") == "");
  CHECK(names.translated("no name") == "no name");
}

TEST_CASE("what is no option of the command stays as it is", "[flags]") {
  cli::FlagNames names;
  names.add("--heads");
  for (const char* const text : {"`rope`", "`", "``", "a ` b", "heads", "`heads", "heads`", "`head s`", "`Heads`"})
    CHECK(names.translated(text) == text);
  CHECK(names.translated("`rope` `heads` `") == "`rope` --heads `");
  CHECK(names.translated("a`b`heads`") == "a`b--heads");
}

TEST_CASE("advice to use an option that the command does not have is left out", "[flags]") {
  cli::FlagNames names;
  names.add("--heads");
  CHECK(names.translated("1e39 is outside; `dtype` f64 reads it") == "1e39 is outside");
  CHECK(names.translated("too few; `heads` 2 fits") == "too few; --heads 2 fits");
  CHECK(names.translated("`a`; `b.c` is a path") == "`a`; `b.c` is a path");

  const Folder folder;
  folder.write("big.json", R"({"weights":[[1e39]],"metadata":{"dtype":"f32"}})");
  check_error(run({"visualize", "big.json", "-o", "big.png"}), 1,
              "big.json#/weights/0/0: 1e39 is outside float32, which ends at 3.4028235e38");
}

TEST_CASE("errors, notes and lines of JSON Lines give flags", "[flags]") {
  const Folder folder;
  folder.write("big.json", R"({"embeddings":[[1e39]]})");
  const std::string outside = "1e39 is outside float32, which ends at 3.4028235e38; --dtype f64 reads it";
  check_error(run({"compute", "big.json"}), 1, "big.json#/embeddings/0/0: " + outside);
  check_error(run({"multihead", "--init", "torch-mha", "--qkv-bias"}, three_tokens), 2,
              "--qkv-bias: torch-mha has biases in any case, all zero");
  const std::string bad = R"({"embeddings":[[1e39]]})";
  CHECK(run({"compute"}, bad + "\n" + bad + "\n").json_lines().at(1).at("error").at("message") ==
        "standard input:2#/embeddings/0/0: " + outside);
}

}  // namespace attn::test
