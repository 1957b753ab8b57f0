// Structure that differs from row to row of a batch, against predicates, NumPy and transformers (make_rows.py).
#include <cmath>
#include <fstream>

#include "attn/kernels.hpp"
#include "cli/session.hpp"
#include "support/small_model.hpp"

namespace attn::test {
namespace {

Json golden(const std::string& name) {
  std::ifstream file(std::string(ATTN_TEST_DATA) + "/rows/" + name);
  return Json::parse(file);
}

Arguments strings(const Json& list) { return list.get<Arguments>(); }

// The rows of a matrix as text: "1 0 0".
Json rows_of(const Json& matrix) {
  Json rows = Json::array();
  for (const Json& row : matrix) {
    std::string text;
    for (const Json& cell : row) text += (text.empty() ? "" : " ") + cell.dump();
    rows.push_back(text);
  }
  return rows;
}

double greatest_difference(const Json& a, const Json& b) {
  if (a.is_number() && b.is_number()) return std::abs(a.get<double>() - b.get<double>());
  if (!a.is_array() || !b.is_array() || a.size() != b.size()) return HUGE_VAL;
  double greatest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) greatest = std::max(greatest, greatest_difference(a[i], b[i]));
  return greatest;
}

std::vector<std::string> kernel_names() {
  std::vector<std::string> names{"reference"};
  for (const KernelSet* set : supported_kernel_sets()) names.push_back(set->name);
  return names;
}

}  // namespace

TEST_CASE("masks of rows are those of their predicates, and so are their counts", "[rows]") {
  const Folder folder;
  const Json all = golden("masks.json");
  folder.write("segments.json", Json{{"segments", all.at("segments")}}.dump());
  for (const Json& one : all.at("cases")) {
    const Arguments arguments = Arguments{"mask"} + strings(one.at("arguments"));
    INFO(joined(arguments));
    const Outcome outcome = run(arguments);
    INFO(outcome.err);
    REQUIRE(outcome.code == 0);
    Json expected = Json::array();
    for (const Json& matrix : one.at("mask")) expected.push_back(matrix);
    Json found = outcome.json()["mask"];
    if (shape(found).size() == 2) found = Json::array({found});
    REQUIRE(found.size() == expected.size());
    std::size_t ones = 0;
    for (std::size_t b = 0; b < found.size(); ++b) {
      CHECK(rows_of(found[b]) == expected[b]);
      for (const Json& row : found[b])
        for (const Json& cell : row) ones += cell.get<std::size_t>();
    }
    CHECK(run(arguments + Arguments{"--stats", "-q"}).json()["stats"]["attended"] == ones);
    // A picture of as many cells shows them one by one.
    CHECK(run(arguments + Arguments{"-q", "-f", "text", "--batch", "all"}).code == 0);
  }
}

TEST_CASE("attention of rows is that of NumPy, by every engine and kernel set", "[rows]") {
  const Folder folder;
  const Json identity = Json::parse("[[1,0],[0,1]]");
  for (const Json& one : golden("attention.json")) {
    Json document = one.at("document");
    folder.write("in.json", document.dump());
    document["projections"] = {{"W_q", identity}, {"W_k", identity}, {"W_v", identity}};
    folder.write("projected.json", document.dump());
    const Arguments flags = strings(one.at("arguments"));
    INFO(document.dump() << "\n" << joined(flags));
    for (const std::string& kernel : kernel_names())
      for (const std::string emit : {"output", "weights,output"})
        for (const Arguments& command : {Arguments{"compute", "in.json"}, Arguments{"multihead", "projected.json"}}) {
          const Outcome outcome = run(command + flags + Arguments{"-q", "--emit", emit, "--kernel", kernel});
          INFO(joined(command) << " " << kernel << " " << emit << " " << outcome.err);
          REQUIRE(outcome.code == 0);
          CHECK(greatest_difference(outcome.json()["output"], one.at("output")) < 2e-6);
        }
    // Of JSON Lines, each is a document of its own; so is a range of queries.
    folder.write("in.jsonl", one.at("document").dump() + "\n" + one.at("document").dump() + "\n");
    for (const Json& line : run(Arguments{"compute", "in.jsonl", "-q"} + flags).json_lines())
      CHECK(greatest_difference(line["output"], one.at("output")) < 2e-6);
    const Json part = run(Arguments{"compute", "in.json", "-q", "--query-range", "1:2"} + flags).json()["output"];
    for (std::size_t b = 0; b < part.size() && shape(part).size() == 3; ++b)
      CHECK(greatest_difference(part[b][0], one.at("output")[b][1]) < 2e-6);
  }
}

TEST_CASE("left-padded models give transformers' states", "[rows][models]") {
  const Folder folder;
  for (const Json& one : golden("models.json")) {
    const std::string family = one.at("family");
    write_small_model(family, family, {});
    const Json document{
        {"token_ids", one.at("ids")}, {"key_starts", one.at("starts")}, {"positions", one.at("positions")}};
    folder.write("in.json", document.dump());
    const Outcome outcome =
        run({"multihead", "in.json", "--weights", family, "--layer", "all", "--emit", "weights,hidden_last", "-q"});
    INFO(family << " " << document.dump() << "\n" << outcome.err);
    REQUIRE(outcome.code == 0);
    const Json result = outcome.json();
    for (std::size_t b = 0; b < one.at("starts").size(); ++b)
      for (std::size_t i = one.at("starts")[b]; i < one.at("ids")[b].size(); ++i) {
        CHECK(greatest_difference(result["hidden_last"][b][i], one.at("hidden_last")[b][i]) < 5e-5);
        const Json& last = result["weights"][result["weights"].size() - 1][b];
        for (std::size_t h = 0; h < last.size(); ++h)
          CHECK(greatest_difference(last[h][i], one.at("weights")[b][h][i]) < 1e-5);
      }
  }
}

}  // namespace attn::test
