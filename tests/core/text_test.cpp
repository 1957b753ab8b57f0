// Lists and plurals of messages.
#include "core/text.hpp"

#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

namespace attn::test {

TEST_CASE("lists are joined by commas, or by a word before the last") {
  const std::vector<std::string_view> none, one{"a"}, two{"a", "b"}, three{"a", "b", "c"};
  CHECK(joined(none) == "");
  CHECK(joined(one) == "a");
  CHECK(joined(three) == "a, b, c");
  CHECK(joined(three, {}, "") == "abc");
  CHECK(listed(none) == "");
  CHECK(listed(one) == "a");
  CHECK(listed(two) == "a and b");
  CHECK(listed(three) == "a, b and c");
  CHECK(listed(three, {}, "or") == "a, b or c");
  CHECK(listed(std::vector<std::string>{"", "b", "c"}) == ", b and c");
}

TEST_CASE("what is listed may be made of the items") {
  struct Row {
    std::string_view name;
  };
  const std::vector<Row> rows{{"x"}, {"y"}};
  CHECK(joined(rows, &Row::name) == "x, y");
  CHECK(listed(rows, &Row::name) == "x and y");
  CHECK(joined(std::vector{1, 20}, [](int n) { return std::to_string(n); }) == "1, 20");
}

TEST_CASE("one thing is singular") {
  CHECK(counted(0, "head") == "0 heads");
  CHECK(counted(1, "head") == "1 head");
  CHECK(counted(2, "head") == "2 heads");
  CHECK(counted(1, "matrix", "matrices") == "1 matrix");
  CHECK(counted(3, "matrix", "matrices") == "3 matrices");
}

}  // namespace attn::test
