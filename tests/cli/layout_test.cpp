// Arrays whose axes are those of kernels: in, out, and compared.
#include "attn/tensor.hpp"
#include "cli/session.hpp"

namespace attn::test {
namespace {

// (2, 3, 4, 2) queries, and keys and values of 2 heads and 5 tokens, in one order and in the other.
void write_operands(const Folder& folder) {
  const auto list = [](std::size_t b, std::size_t heads, std::size_t tokens, double factor, bool heads_last) {
    const auto value = [&](std::size_t i, std::size_t h, std::size_t t, std::size_t d) {
      return std::sin(factor * static_cast<double>(((i * heads + h) * tokens + t) * 2 + d));
    };
    Json all = Json::array();
    for (std::size_t i = 0; i < b; ++i) {
      Json item = Json::array();
      for (std::size_t outer = 0; outer < (heads_last ? tokens : heads); ++outer) {
        Json rows = Json::array();
        for (std::size_t inner = 0; inner < (heads_last ? heads : tokens); ++inner) {
          const std::size_t h = heads_last ? inner : outer, t = heads_last ? outer : inner;
          rows.push_back(Json{value(i, h, t, 0), value(i, h, t, 1)});
        }
        item.push_back(rows);
      }
      all.push_back(item);
    }
    return all;
  };
  for (const bool heads_last : {false, true}) {
    const Json query = list(2, 4, 3, 1, heads_last), key = list(2, 2, 5, 2, heads_last),
               value = list(2, 2, 5, 3, heads_last);
    const std::string name = heads_last ? "bshd" : "bhsd";
    folder.write(name + ".json", Json{{"query", query}, {"key", key}, {"value", value}}.dump());
    folder.write(name + "-one.json", Json{{"query", query[1]}, {"key", key[1]}, {"value", value[1]}}.dump());
  }
}

// (…, m, n, d) → (…, n, m, d)
Json swapped(const Json& list, bool has_batch) {
  Json result = Json::array();
  if (has_batch) {
    for (const Json& item : list) result.push_back(swapped(item, false));
    return result;
  }
  for (std::size_t n = 0; n < list.at(0).size(); ++n) {
    result.push_back(Json::array());
    for (std::size_t m = 0; m < list.size(); ++m) result.back().push_back(list[m][n]);
  }
  return result;
}

const Arguments all_tensors{"--emit", "query,key,value,weights,lse,output"};

}  // namespace

TEST_CASE("arrays of (batch, tokens, heads, width) give what those of (batch, heads, tokens, width) do", "[layout]") {
  const Folder folder;
  write_operands(folder);
  const Json own = run(Arguments{"compute", "bhsd.json"} + all_tensors).json();
  const Json other = run(Arguments{"compute", "bshd.json", "--layout", "bshd"} + all_tensors).json();
  for (const char* const name : {"query", "key", "value", "output"}) CHECK(other[name] == swapped(own[name], true));
  for (const char* const name : {"weights", "lse"}) CHECK(other[name] == own[name]);
  CHECK(other["metadata"]["layout"] == "bshd");
  CHECK(other["metadata"]["heads"] == 4);
  CHECK(other["metadata"]["kv_heads"] == 2);
  CHECK_FALSE(own["metadata"].contains("layout"));
  CHECK(run(Arguments{"compute", "bhsd.json", "--layout", "bhsd"} + all_tensors).json() == own);
  // What names its axes has attn's own, before and after what has not.
  for (const Arguments& outputs : {Arguments{"-o", "output=a.npy", "-o", "output=a.csv", "-o", "output=b.npy"},
                                   Arguments{"-o", "output=a.csv", "-o", "output=a.npy", "-o", "output=b.npy"}}) {
    REQUIRE(run(Arguments{"compute", "bshd.json", "--layout", "bshd"} + outputs).code == 0);
    REQUIRE(run({"compute", "bhsd.json", "-o", "output=own.csv"}).code == 0);
    CHECK(folder.read("a.csv") == folder.read("own.csv"));
    CHECK(folder.read("a.npy") == folder.read("b.npy"));
    CHECK(folder.read("a.npy").find("(2, 3, 4, 2)") != std::string::npos);
  }
  CHECK(run({"compute", "bshd.json", "--layout", "bshd", "-f", "text"}).out ==
        run({"compute", "bhsd.json", "-f", "text"}).out);
}

TEST_CASE("an expected output has the layout of the input", "[layout]") {
  const Folder folder;
  write_operands(folder);
  const Arguments layout{"compute", "bshd.json", "--layout", "bshd"};
  REQUIRE(run(layout + Arguments{"-o", "output=o.npy", "-o", "all.json"}).code == 0);
  CHECK(run(layout + Arguments{"--expect", "o.npy"}).code == 0);
  CHECK(run(layout + Arguments{"--expect", "all.json"}).code == 0);
  CHECK(run({"compute", "bhsd.json", "--expect", "o.npy"}).code == 3);
}

TEST_CASE("a result whose tokens come before its heads is drawn where its axes are known", "[layout]") {
  const Folder folder;
  write_operands(folder);
  REQUIRE(run({"compute", "bshd.json", "--layout", "bshd", "-o", "r.json", "-o", "r.npz", "-o", "output=o.csv"}).code ==
          0);
  REQUIRE(run({"compute", "bhsd.json", "-o", "own.json"}).code == 0);
  for (const std::string file : {"r.json", "r.npz"}) {
    CHECK(run({"visualize", file}).out == run({"visualize", "own.json"}).out);
    check_error(run({"visualize", file, "--tensor", "output"}), 1,
                file +
                    ": 'output' has its tokens before its heads, as the layout in the metadata is bshd; a CSV file of "
                    "it has the heads first, and is drawn");
  }
  CHECK(run({"visualize", "o.csv"}).out == run({"visualize", "own.json", "--tensor", "output"}).out);
}

TEST_CASE("without a batch axis arrays have heads where --layout says so", "[layout]") {
  const Folder folder;
  write_operands(folder);
  const Json own = run({"compute", "bhsd.json"}).json();
  for (const std::string name : {"bshd", "bhsd"}) {
    const Json one = run({"compute", name + "-one.json", "--layout", name}).json();
    CHECK(one["weights"][0] == own["weights"][1]);
    CHECK(one["output"] == (name == "bshd" ? swapped(own["output"][1], false) : own["output"][1]));
  }
}

TEST_CASE("cached keys and JSON Lines have the layout too", "[layout]") {
  const Folder folder;
  const std::string line =
      R"({"query":[[[[1,2],[3,1]]]],"key":[[[[1,0],[2,1]]]],"value":[[[[1,0],[0,1]]]],)"
      R"("past_key":[[[[1,1],[0,1]],[[2,0],[1,1]]]],"past_value":[[[[1,2],[3,4]],[[5,6],[7,8]]]]})";
  const std::string own = R"({"query":[[[[1,2]],[[3,1]]]],"key":[[[[1,0]],[[2,1]]]],"value":[[[[1,0]],[[0,1]]]],)"
                          R"("past_key":[[[[1,1],[2,0]],[[0,1],[1,1]]]],"past_value":[[[[1,2],[5,6]],[[3,4],[7,8]]]]})";
  const Arguments emit{"compute", "--emit", "weights,present_key,output"};
  const Json expected = run(emit, own).json();
  const std::vector<Json> lines = run(emit + Arguments{"--layout", "bshd"}, line + "\n" + line + "\n").json_lines();
  REQUIRE(lines.size() == 2);
  for (const Json& one : lines) {
    CHECK(one["weights"] == expected["weights"]);
    for (const char* const name : {"present_key", "output"}) CHECK(one[name] == swapped(expected[name], true));
  }
}

TEST_CASE("what has no such axes is refused", "[layout]") {
  const Folder folder;
  write_operands(folder);
  const auto refuse = [](const std::string& document, int code, const std::string& message) {
    check_error(run({"compute", "--layout", "bshd"}, document), code, message);
  };
  refuse(R"({"embeddings":[[1]]})", 2, "--layout: is of queries, keys and values, and embeddings have no heads yet");
  refuse(R"({"query":[[1]],"key":[[1]],"value":[[1]]})", 1,
         "standard input#/query: has the shape (1, 1); with --layout it is (tokens, heads, width)");
  refuse(R"({"query":[[[[1]]]],"key":[[[1]]],"value":[[[[1]]]]})", 1,
         "standard input#/key: has the shape (1, 1, 1); with --layout it is (batch, tokens, heads, width)");
  check_error(run({"compute", "--random", "1,2,3,4", "--layout", "bshd"}), 2,
              "--layout: is of arrays that are read; --random draws (batch, heads, tokens, width)");
  check_error(run({"compute", "bshd.json", "--layout", "sbhd"}), 2,
              "--layout: 'sbhd' is not one of bhsd and bshd; did you mean 'bshd'?");
  check_error(
      run({"compute", "bshd.json", "--layout", "bshd", "--query-part", "1/1", "--shared", "-o", "output=o.npy"}), 2,
      "--layout: does not go with --shared");
  check_error(
      run({"compute", "bshd.json", "--cu-seqlens", "0,4"}), 2,
      "--cu-seqlens: unknown option; --mask documents:L1,L2,... keeps packed documents apart, by their lengths");
}

}  // namespace attn::test
