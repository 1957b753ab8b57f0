// Parts of panels: places by number and token, rows and columns kept, rows that sum to 1.
#include "attn/parts.hpp"

#include <cmath>
#include <limits>

#include "picture.hpp"

using namespace attn;
using namespace attn::test;
using Places = std::vector<std::size_t>;
using Texts = std::vector<std::string>;

namespace {

const Texts words{"the", "cat", "the", "7", ",", "it's", "Ġwas", "##ing", "1:2"};

Places places(const std::string& text) { return parse_places(text, words.size(), words, "--rows"); }
std::string refused_places(const std::string& text, const Texts& labels = words) {
  return error_of(ErrorKind::usage, [&] { parse_places(text, 9, labels, "--rows"); });
}

Panel panel_of(Tensor values) {
  Panel panel;
  panel.values = std::move(values);
  return panel;
}

std::vector<float> floats(const Tensor& tensor) {
  const auto values = tensor.values<float>();
  return {values.begin(), values.end()};
}

}  // namespace

TEST_CASE("places are numbers, ranges and tokens, in the order of the text", "[parts]") {
  CHECK(places("3") == Places{3});
  CHECK(places("-1,0") == Places{8, 0});
  CHECK(places("2:4,-2:") == Places{2, 3, 7, 8});
  CHECK(places("all") == Places{0, 1, 2, 3, 4, 5, 6, 7, 8});
  CHECK(places("cat,the") == Places{1, 0, 2});
  CHECK(places("the,1,the") == Places{0, 2, 1, 0, 2});
}

TEST_CASE("what reads as a number is one, and what is quoted is a token", "[parts]") {
  CHECK(places("7") == Places{7});
  CHECK(places("'7'") == Places{3});
  CHECK(places("\"7\",7") == Places{3, 7});
  CHECK(places("1:2") == Places{1});
  CHECK(places("'1:2'") == Places{8});
  CHECK(places("','") == Places{4});
  CHECK(places("cat,',',0") == Places{1, 4, 0});
  CHECK(places("it's") == Places{5});
  CHECK(places("'it's'") == Places{5});
  CHECK(places("\"it's\",1") == Places{5, 1});
}

TEST_CASE("a token is found without its mark where no label is the same", "[parts]") {
  CHECK(places("was") == Places{6});
  CHECK(places("Ġwas") == Places{6});
  CHECK(places("ing") == Places{7});
  CHECK(parse_places("a", 3, {"Ġa", "a", "▁a"}, "--rows") == Places{1});
  CHECK(parse_places("b", 3, {"Ġb", "▁b", "c"}, "--rows") == Places{0, 1});
}

TEST_CASE("places that do not exist are refused", "[parts]") {
  CHECK(refused_places("9") == "--rows: 9 does not exist; there are 9, 0 to 8");
  CHECK(refused_places("4:2") == "--rows: '4:2' selects nothing; A:B is A to B-1");
  CHECK(refused_places("cst") == "--rows: there is no token 'cst'; did you mean 'cat'?");
  CHECK(refused_places("waz") == "--rows: there is no token 'waz'; did you mean 'was'?");
  CHECK(refused_places("mean") == "--rows: there is no token 'mean'");
  CHECK(refused_places("cat", {}) ==
        "--rows: 'cat' is no number, and there are no tokens; `tokens` FILE reads them, else numbers choose");
  CHECK(refused_places("1,,2") == "--rows: '1,,2' has an empty item; a comma itself stands in quotes");
  CHECK(refused_places("1,") == "--rows: '1,' has an empty item; a comma itself stands in quotes");
  CHECK(refused_places("'cat") == "--rows: ''cat' has a quote that does not end");
}

TEST_CASE("kept places have their values, labels and mask", "[parts]") {
  Panel panel = panel_of(matrix(2, 3, {0, 1, 2, 3, 4, 5}));
  panel.column_labels = {"a", "b", "c"};
  panel.masked = Tensor::of<std::uint8_t>({2, 3}, std::vector<std::uint8_t>{0, 1, 0, 0, 0, 1});
  keep_places(panel, Places{1}, Places{2, 0});
  CHECK(panel.values.shape() == Shape{1, 2});
  CHECK(floats(panel.values) == std::vector<float>{5, 3});
  CHECK(panel.row_labels == Texts{"1"});
  CHECK(panel.column_labels == Texts{"c", "a"});
  CHECK(panel.masked.values<std::uint8_t>()[0] == 1);
  CHECK(panel.masked.values<std::uint8_t>()[1] == 0);

  Panel whole = panel_of(matrix(1, 2, {1, 2}));
  keep_places(whole, Places{0}, Places{0, 1});
  CHECK(whole.row_labels.empty());  // indices, as they were
  CHECK(whole.column_labels.empty());
}

TEST_CASE("rows sum to 1 again, and rows of zeros stay", "[parts]") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  Panel panel = panel_of(matrix(4, 2, {0.1F, 0.3F, 0, 0, 0, 0.5F, nan, 1}));
  CHECK(renormalize_rows(panel) == 1);
  const std::vector<float> values = floats(panel.values);
  CHECK(values[0] == 0.25F);
  CHECK(values[1] == 0.75F);
  CHECK(values[2] == 0);
  CHECK(values[3] == 0);
  CHECK(values[5] == 1);
  CHECK(std::isnan(values[6]));
  CHECK(std::isnan(values[7]));
}

TEST_CASE("what is no weight is not normalised", "[parts]") {
  Panel negative = panel_of(matrix(2, 2, {1, 0, 2, -0.5F}));
  CHECK(error_of(ErrorKind::usage, [&] { renormalize_rows(negative); }) ==
        "`renormalize`: is for weights: row 1 has the number -0.5");
  Panel infinite = panel_of(matrix(1, 2, {1, std::numeric_limits<float>::infinity()}));
  CHECK(error_of(ErrorKind::usage, [&] { renormalize_rows(infinite); }) ==
        "`renormalize`: is for weights: row 0 has the number inf");
}

TEST_CASE("keys as a grid: the mean over queries, row by row", "[parts]") {
  Panel panel = panel_of(matrix(2, 6, {0, 1, 2, 3, 4, 5, 2, 3, 4, 5, 6, 7}));
  panel.title = "Head 1";
  panel.column_labels = {"a", "b", "c", "d", "e", "f"};
  panel.masked = Tensor::of<std::uint8_t>({2, 6}, std::vector<std::uint8_t>{0, 1, 0, 0, 0, 1, 0, 1, 1, 0, 0, 0});
  reshape_keys(panel, {2, 3});
  CHECK(panel.values.shape() == Shape{2, 3});
  CHECK(floats(panel.values) == std::vector<float>{1, 2, 3, 4, 5, 6});
  CHECK(panel.masked.shape() == Shape{2, 3});
  CHECK(panel.masked.values<std::uint8_t>()[1] == 1);
  CHECK(panel.masked.values<std::uint8_t>()[5] == 0);
  CHECK(panel.title == "Head 1, Mean of 2 queries");
  CHECK(panel.column_labels.empty());

  Panel one = panel_of(matrix(1, 2, {0.25F, 0.5F}));
  one.row_labels = {"cat"};
  reshape_keys(one, {2, 1});
  CHECK(floats(one.values) == std::vector<float>{0.25F, 0.5F});
  CHECK(one.title == "Query cat");
}

TEST_CASE("a grid that does not fit the keys is refused, with advice where one key is too many", "[parts]") {
  const auto refused_grid = [](GridSize grid) {
    Panel panel = panel_of(varied(2, 5));
    return error_of(ErrorKind::usage, [&] { reshape_keys(panel, grid); });
  };
  CHECK(refused_grid({2, 2}) ==
        "`reshape`: 5 keys are one more than the 4 of 2x2; `cols` 1: leaves the first out, the class token");
  CHECK(refused_grid({2, 3}) == "`reshape`: 5 keys are not the 6 of 2x3");
  CHECK(refused_grid({1, 3}) == "`reshape`: 5 keys are not the 3 of 1x3");
}
