// --query-part on the command line: which rows it gives, what goes with it, and what is refused.
#include "cli/session.hpp"

namespace attn::test {

TEST_CASE("--query-part gives the rows of a range that it names", "[part]") {
  const Arguments base{"compute", "--random", "2,40,4", "--causal", "--alibi", "--emit", "weights,output,lse"};
  std::string end = "0";
  for (const std::string number : {"1", "2", "3"}) {
    const Json part = run(base + Arguments{"--query-part", number + "/3"}).json();
    const std::string range = part["metadata"]["query_range"];
    CHECK(range.substr(0, range.find(':')) == end);
    end = range.substr(range.find(':') + 1);
    CHECK(run(base + Arguments{"--query-range", range}).json() == part);
  }
  CHECK(end == "40");
}

TEST_CASE("--query-part in text, pictures and lines", "[part]") {
  const Arguments drawn{"compute", "--random", "3000,8", "--causal", "--query-part", "2/3"};
  const std::string range = run(drawn + Arguments{"--emit", "lse"}).json()["metadata"]["query_range"];
  const Arguments same{"compute", "--random", "3000,8", "--causal", "--query-range", range};
  for (const char* const format : {"png", "svg", "text", "csv"}) {
    INFO(format);
    CHECK((run(drawn + Arguments{"-f", format}).out == run(same + Arguments{"-f", format}).out));
  }
  CHECK(run(drawn + Arguments{"-f", "png", "-v"}).err.find("pooled") != std::string::npos);
  CHECK(run(drawn + Arguments{"--steps"}).out == run(same + Arguments{"--steps"}).out);

  const std::string lines = R"({"embeddings":[[1,0],[0,1],[1,1]]})"
                            "\n"
                            R"({"embeddings":[[1,0]]})"
                            "\n";
  const Outcome outcome = run({"compute", "--query-part", "2/2"}, lines);
  CHECK(outcome.code == 1);
  CHECK(Json::parse(outcome.out.substr(0, outcome.out.find('\n')))["weights"].size() == 2);
  CHECK(outcome.out.find("--query-part: 2 parts, but there is 1 query") != std::string::npos);
}

TEST_CASE("parts that are not there are refused", "[part]") {
  for (const auto& [part, message] : {std::pair{"0/4", "must be 1 or more, not 0"},
                                      {"1/0", "must be 1 or more, not 0"},
                                      {"-1/4", "must be 1 or more, not -1"},
                                      {"5/4", "there is no part 5 of 4"},
                                      {"x/4", "'x' is not a whole number"},
                                      {"1/", "'' is not a whole number"},
                                      {"4", "'4' is not a part such as 3/8"},
                                      {"1/2/3", "'1/2/3' is not a part such as 3/8"},
                                      {"1/9", "9 parts, but there are 8 queries"}})
    for (const Arguments& base :
         {Arguments{"compute", "--random", "8,4"}, {"multihead", "--random", "8,4", "--init", "xavier"}}) {
      INFO(joined(base) << " " << part);
      check_error(run(base + Arguments{"--query-part", part}), 2, std::string("--query-part: ") + message);
    }
  check_error(run({"compute", "--random", "8,4", "--query-part", "1/2", "--query-range", "1:2"}), 2,
              "--query-part: goes without --query-range");
}

}  // namespace attn::test
