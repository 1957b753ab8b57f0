// Reading JSON: documents, tensors, and everything that must be refused.
#include <cmath>
#include <limits>

#include "io/support.hpp"

using namespace attn;
using namespace attn::test;

namespace {

const ReadOptions f64{DType::f64, 0};

// The one number of a document, as float64.
double number(const std::string& text) {
  return json_input(R"({"query":[)" + text + "]}", f64).tensors.at("query").tensor.values<double>()[0];
}
std::string number_error(const std::string& text, const ReadOptions& options = {}) {
  return json_error(R"({"query":[)" + text + "]}", options);
}

}  // namespace

TEST_CASE("every member of the input document is read") {
  const Input input = json_input(R"({
    "tokens": ["The", "c\u00e4t\n\ud83d\ude00"], "key_tokens": [], "query": [[1, 2.5], [-3e-1, 4]],
    "k": [[1, 2], [3, 4]], "v": [[[1]], [[2]]], "embeddings": [[0]], "mask": [[true, 0], [1, false]],
    "bias": [[0.5, null]], "past_key": [[9]], "past_value": [[8]], "key_lengths": [2, 1.0], "segments": [-1, 7],
    "key_starts": [1, 0], "prefix_lengths": [3], "positions": "from-start",
    "num_heads": 4, "num_kv_heads": 2, "scale": 0.125, "metadata": {"a" : [1.50, {"b": null}], "c": "x y"},
    "projections": {"W_q": [[1]], "q_proj.weight": [[2]]} })");
  CHECK(input.source == "in.json");
  CHECK(input.tokens == std::vector<std::string>{"The", "cät\n😀"});
  CHECK(input.key_tokens.empty());
  CHECK(values_of<float>(input.tensors.at("query").tensor) == std::vector<float>{1, 2.5, -0.3F, 4});
  CHECK(input.tensors.at("query").where == "in.json#/query");
  CHECK(input.tensors.at("query").tensor.shape() == Shape{2, 2});
  CHECK(input.tensors.at("key").where == "in.json#/k");
  CHECK(input.tensors.at("value").tensor.shape() == Shape{2, 1, 1});
  CHECK(values_of<std::uint8_t>(input.tensors.at("mask").tensor) == std::vector<std::uint8_t>{1, 0, 1, 0});
  CHECK(values_of<float>(input.tensors.at("bias").tensor) ==
        std::vector<float>{0.5, -std::numeric_limits<float>::infinity()});
  CHECK(input.tensors.at("past_key").tensor.values<float>()[0] == 9);
  CHECK(input.tensors.at("past_value").tensor.values<float>()[0] == 8);
  CHECK(input.tensors.size() == 8);
  CHECK(input.key_lengths == std::vector<std::int64_t>{2, 1});
  CHECK(input.segments == std::vector<std::int64_t>{-1, 7});
  CHECK_FALSE(input.segment_rows.has_value());
  CHECK(input.key_starts == std::vector<std::int64_t>{1, 0});
  CHECK(input.prefix_lengths == std::vector<std::int64_t>{3});
  CHECK(input.positions == PositionsFrom::start);
  CHECK(input.num_heads == 4);
  CHECK(input.num_kv_heads == 2);
  CHECK(input.scale == 0.125);
  CHECK(input.metadata == R"({"a":[1.50,{"b":null}],"c":"x y"})");
  CHECK(input.projections.at("W_q").where == "in.json#/projections/W_q");
  CHECK(input.projections.at("q_proj.weight").tensor.values<float>()[0] == 2);
}

TEST_CASE("segments may have a row for each batch item, and positions one of two words") {
  const Input input = json_input(R"({"segments":[[1,2,3],[4,5,6]],"positions":"from-zero"})");
  CHECK(input.segments == std::vector<std::int64_t>{1, 2, 3, 4, 5, 6});
  CHECK(input.segment_rows == 2U);
  CHECK(input.positions == PositionsFrom::zero);
  CHECK(json_input("{}").positions == PositionsFrom::unsaid);
  CHECK(json_error(R"({"segments":[[1,2],[3]]})") == "in.json#/segments/1: has 1 id, but the first row has 2");
  CHECK(json_error(R"({"segments":"a"})") ==
        "in.json#/segments: a string where a list of integers, or of such lists is expected");
  CHECK(json_error(R"({"positions":"left"})") == "in.json#/positions: 'left' is neither 'from-start' nor 'from-zero'");
  CHECK(json_error(R"({"positions":[0,1]})") ==
        "in.json#/positions: a list where \"from-start\" or \"from-zero\" is expected");
}

TEST_CASE("a scale of none is the multiplier 1, and another text is refused") {
  CHECK(json_input(R"({"scale":"none"})").scale == 1);
  const Input lists = json_input(R"({"scale":[0.1,2],"scale_by":[[1],[3]],"position_ids":[0.1]})");
  CHECK(!lists.scale.has_value());
  CHECK(lists.numbers.at("scale").tensor.values<double>()[0] == 0.1);  // float64, though floats are read
  CHECK(lists.numbers.at("scale_by").tensor.shape() == Shape{2, 1});
  CHECK(lists.numbers.at("position_ids").where == "in.json#/position_ids");
  CHECK_FALSE(json_input("{}").scale.has_value());
  CHECK(json_error(R"({"scale":"no"})") ==
        "in.json#/scale: a string where a number, a list of numbers or \"none\" is expected");
  CHECK(json_error(R"({"scale":true})") ==
        "in.json#/scale: true or false where a number, a list of numbers or \"none\" is expected");
}

TEST_CASE("the dtype of tensors is the one asked for") {
  CHECK(json_input(R"({"q":[0.1]})").tensors.at("query").tensor.values<float>()[0] == 0.1F);
  CHECK(json_input(R"({"q":[0.1]})", f64).tensors.at("query").tensor.values<double>()[0] == 0.1);
}

TEST_CASE("numbers are rounded as float64 first, then as float32, as Python does it") {
  CHECK(number("0") == 0);
  CHECK(std::signbit(number("-0")));
  CHECK(std::signbit(number("-0.0")));
  CHECK(number("5e-324") == 5e-324);
  CHECK(number("2.2250738585072011e-308") == 2.2250738585072011e-308);
  CHECK(number("1.7976931348623157e308") == 1.7976931348623157e308);
  CHECK(number("1e-400") == 0);
  CHECK(std::signbit(number("-1e-400")));
  CHECK(number("1e-99999999999999999999") == 0);
  CHECK(number("0e99999999999999999999") == 0);
  CHECK(number("0.000e400") == 0);
  CHECK(number("12345678901234567890") == 12345678901234567890.0);
  CHECK(number("9007199254740993") == 9007199254740992.0);
  CHECK(number("123456789012345678901234567890e-30") == 0.12345678901234568);
  CHECK(number("1E+2") == 100);
  CHECK(number("0.1234567") == 0.1234567);
  CHECK(number("0.12345678") == 0.12345678);
  CHECK(number("0.12345678901234567890123") == 0.12345678901234567890123);
  // Halfway between two floats by a hair that float64 cannot see: float64 first gives the even one.
  CHECK(json_input(R"({"q":[1.00000005960464477539062500001]})").tensors.at("query").tensor.values<float>()[0] == 1.0F);
  CHECK(json_input(R"({"q":[3.4028235e38]})").tensors.at("query").tensor.values<float>()[0] ==
        std::numeric_limits<float>::max());
}

TEST_CASE("numbers outside float64 or float32 are refused") {
  CHECK(number_error("1, 1e309") == "in.json#/query/1: 1e309 is outside float64, which ends at 1.7976931348623157e308");
  CHECK(
      number_error("-1e99999999999999999999", f64).starts_with("in.json#/query/0: -1e99999999999999999999 is outside"));
  CHECK(number_error("1" + std::string(400, '0')).find("is outside float64") != std::string::npos);
  CHECK(number_error("1e39") ==
        "in.json#/query/0: 1e39 is outside float32, which ends at 3.4028235e38; `dtype` f64 reads it");
  CHECK(number_error("1e39", f64) == "no error");
  CHECK(json_error(R"({"scale":1e999})") == "in.json#/scale: is outside float64, which ends at 1.7976931348623157e308");
}

TEST_CASE("what RFC 8259 does not have is a syntax error with line and column") {
  CHECK(number_error("NaN") ==
        "in.json:1:11: 'NaN' is no number in JSON, and null stands for it in results; `json_nan` reads NaN, as "
        "Python's json writes it");
  CHECK(number_error("Infinity").starts_with("in.json:1:11: 'Infinity' is no number"));
  CHECK(number_error("+1").starts_with("in.json:1:11: '+' begins no value"));
  CHECK(number_error("01") == "in.json:1:12: a number must not begin with 0");
  CHECK(json_error(R"({"num_heads":01})") == "in.json:1:14: a number must not begin with 0");
  for (const char* bad : {"1.", "-", "1e", "1e+", "-.5"})
    CHECK(number_error(bad) == "in.json:1:11: is not a number as JSON writes it, such as -1.5e3");
  CHECK(number_error(".5") == "in.json:1:11: '.' where a value is expected");
  CHECK(number_error("1,") == "in.json:1:13: a trailing comma");
  CHECK(json_error(R"({"num_heads":1,})") == "in.json:1:16: a trailing comma");
  CHECK(json_error(R"({"tokens":["a",]})") == "in.json:1:16: a trailing comma");
  CHECK(number_error("1 2") == "in.json:1:13: ',' or ']' is expected in a list");
  CHECK(number_error("\n 1, /* one */ 2") == "in.json:2:5: '/' where a value is expected");
  CHECK(json_error("{\"tokens\":[\"ü\" 1]}") == "in.json:1:16: '1' where ',' or ']' is expected");
  CHECK(json_error("{'a':1}") == "in.json:1:2: a member's name in quotes is expected");
  CHECK(json_error(R"({"scale" 1})") == "in.json:1:10: ':' is expected after a member's name");
  CHECK(json_error("{} x") == "in.json:1:4: 'x' after the end of the value");
  CHECK(json_error("{} {}") == "in.json:1:4: '{' after the end of the value");
  CHECK(json_error(R"({"mask":[tru]})") == "in.json:1:10: is not a value; 'true' may be meant");
  CHECK(json_error(R"({"scale":)") == "in.json:1:10: the text ends where a value is expected");
  CHECK(json_error(R"({"query":[[1,2)") == "in.json:1:15: the text ends where ',' or ']' is expected");
  CHECK(json_error(R"({"query":[[1],)") == "in.json:1:15: the text ends where a value is expected");
  CHECK(json_error("{") == "in.json:1:2: the text ends where ',' or '}' is expected");
}

TEST_CASE("strings are checked: UTF-8, escapes, control characters, ends") {
  CHECK(json_input(R"({"tokens":["\"\\\/\b\f\n\r\t\u0000"]})").tokens[0] == std::string("\"\\/\b\f\n\r\t\0", 9));
  CHECK(json_error("{\"tokens\":[\"a\xFF\"]}") == "in.json:1:14: is not valid UTF-8");
  CHECK(json_error("{\"tokens\":[\"\xED\xA0\x80\"]}") == "in.json:1:13: is not valid UTF-8");
  CHECK(json_error(R"({"tokens":["\ud800"]})") == "in.json:1:13: half of a surrogate pair");
  CHECK(json_error(R"({"tokens":["\ud800\u0041"]})") == "in.json:1:13: half of a surrogate pair");
  CHECK(json_error(R"({"tokens":["\udc00"]})") == "in.json:1:13: half of a surrogate pair");
  CHECK(json_error(R"({"tokens":["\u12g4"]})") == "in.json:1:13: \\u is followed by four hexadecimal digits");
  CHECK(json_error(R"({"tokens":["\x"]})") == "in.json:1:13: '\\' is followed by 'x', which is no escape");
  CHECK(json_error("{\"tokens\":[\"a\nb\"]}") ==
        "in.json:1:14: a control character in a string; write it as an escape such as \\n");
  CHECK(json_error(R"({"tokens":["a)") == "in.json:1:12: the string that begins here does not end");
  CHECK(json_error("\xEF\xBB\xBF{}") ==
        "in.json:1:1: begins with a byte order mark, which JSON must not have (RFC 8259, section 8.1)");
}

TEST_CASE("an empty text says so") {
  CHECK(json_error("") == "in.json: is empty; a JSON value is expected");
  CHECK(json_error(" \n") == "in.json: is empty; a JSON value is expected");
}

TEST_CASE("names are unique at every depth, also across aliases") {
  CHECK(json_error(R"({"scale":1,"scale":2})") == "in.json#/scale: there are two members of this name");
  CHECK(json_error(R"({"q":[1],"query":[1]})") == "in.json#/query: is 'query' once more");
  CHECK(json_error(R"({"metadata":{"a/b":[{"x":1,"\u0078":2}]}})") ==
        "in.json#/metadata/a~1b/0/x: there are two members of this name");
  CHECK(json_error(R"({"projections":{"W_q":[[1]],"W_q":[[1]]}})") ==
        "in.json#/projections/W_q: there are two members of this name");
}

TEST_CASE("an unknown member suggests the nearest") {
  CHECK(json_error(R"({"qurey":[1]})") == "in.json#/qurey: unknown member; did you mean 'query'?");
  CHECK(json_error(R"({"zzzzzzzz":[1]})").starts_with("in.json#/zzzzzzzz: unknown member; members are tokens, "));
}

TEST_CASE("nesting is bounded without recursion running away") {
  const std::string deep(100000, '[');
  CHECK(json_error(R"({"query":)" + deep) == "in.json#/query/0/0/0/0/0/0/0/0: is nested deeper than 8 lists");
  CHECK(json_error(R"({"metadata":)" + deep) == "in.json:1:76: nested deeper than 64 levels");
}

TEST_CASE("ragged lists are refused with the pointer of what differs") {
  CHECK(json_error(R"({"query":[[1,2],[3]]})") ==
        "in.json#/query/1: is ragged: its length is 1, that of #/query/0 is 2");
  CHECK(json_error(R"({"query":[[1],[3,4]]})") ==
        "in.json#/query/1: is ragged: its length is 2, that of #/query/0 is 1");
  CHECK(json_error(R"({"query":[[[1],[2]],[[3]]]})") ==
        "in.json#/query/1: is ragged: its length is 1, that of #/query/0 is 2");
  CHECK(json_error(R"({"query":[[1],2]})") == "in.json#/query/1: is ragged: a single value where a list is expected");
  CHECK(json_error(R"({"query":[1,[2]]})") == "in.json#/query/1: is ragged: a list where a number is expected");
  CHECK(json_error(R"({"query":[[],[[]]]})") == "in.json#/query/1/0: is ragged: a list where a number is expected");
  CHECK(json_error(R"({"query":[[],[1]]})") == "in.json#/query/1: is ragged: its length is 1, that of #/query/0 is 0");
}

TEST_CASE("empty lists have shapes") {
  CHECK(json_input(R"({"query":[]})").tensors.at("query").tensor.shape() == Shape{0});
  CHECK(json_input(R"({"query":[[],[]]})").tensors.at("query").tensor.shape() == Shape{2, 0});
  CHECK(json_input(R"({"query":[ [ [ ] ] , [ [ ] ] ]})").tensors.at("query").tensor.shape() == Shape{2, 1, 0});
}

TEST_CASE("values of another kind are refused where they are") {
  CHECK(json_error(R"({"query":[[1,"a"]]})") == "in.json#/query/0/1: a string where a number is expected");
  CHECK(json_error(R"({"query":[{}]})") == "in.json#/query/0: an object where a number is expected");
  CHECK(json_error(R"({"query":[1,null]})") ==
        "in.json#/query/1: null where a number is expected; only 'bias' takes null, as minus infinity");
  CHECK(json_error(R"({"query":[true]})") ==
        "in.json#/query/0: true or false where a number is expected; only 'mask' takes booleans");
  CHECK(json_error(R"({"query":3})") == "in.json#/query: a number where a nested list of numbers is expected");
  CHECK(json_error(R"({"mask":[[1,0.5]]})") ==
        "in.json#/mask/0/1: 0.5 is neither 0 nor 1; numbers to add to the scores go in 'bias'");
  CHECK(json_error(R"({"mask":[[null]]})").starts_with("in.json#/mask/0/0: null where a number is expected"));
  CHECK(json_error(R"({"tokens":["a",1]})") == "in.json#/tokens/1: a number where a string is expected");
  CHECK(json_error(R"({"tokens":"a b"})") == "in.json#/tokens: a string where a list of strings is expected");
  CHECK(json_error(R"({"num_heads":2.5})") == "in.json#/num_heads: 2.5 is not an integer");
  CHECK(json_error(R"({"num_heads":"2"})") == "in.json#/num_heads: a string where an integer is expected");
  CHECK(json_error(R"({"key_lengths":3})") == "in.json#/key_lengths: a number where a list of integers is expected");
  CHECK(json_error(R"({"segments":[12345678901234567890]})") ==
        "in.json#/segments/0: 12345678901234567890 is too large for an integer");
  CHECK(json_error(R"({"projections":[1]})") == "in.json#/projections: a list where an object is expected");
  CHECK(json_error("[[1]]") == "no error");
  CHECK(json_error("\"a\"") ==
        "in.json#: a string where an object with 'query' or 'embeddings', or a nested list of numbers, is expected");
}

TEST_CASE("a JSON document's tensors stay within the memory that is allowed") {
  const std::string text = R"({"query":[)" + std::string(1, '1') + [] {
    std::string more;
    for (int i = 0; i < 5000; ++i) more += ",1";
    return more;
  }() + "]}";
  CHECK(json_error(text, {DType::f32, 20004}) == "no error");
  CHECK(json_error(text, {DType::f32, 20003}).find("`max_memory` sets the limit") != std::string::npos);
  CHECK(json_error(text, {DType::f64, 20004}).starts_with("in.json#/query: needs "));
}

TEST_CASE("a line of JSON Lines is placed in its file") {
  Lines lines(FileBytes::of("{}\n\n  \r\n{\"scale\":x}\r\n{\"q\":[[1],2]}", "in.jsonl"));
  const Format& format = *format_of_name("jsonl");
  CHECK(read_input(*lines.next(), format, {}).source == "in.jsonl:1");
  const auto second = lines.next();
  CHECK(second->first_line() == 4);
  CHECK(error_of([&] { read_input(*second, format, {}); }) == "in.jsonl:4:10: 'x' where a value is expected");
  const auto third = lines.next();
  CHECK(error_of([&] { read_input(*third, format, {}); }) ==
        "in.jsonl:5#/q/1: is ragged: a single value where a list is expected");
  CHECK_FALSE(lines.next().has_value());
  std::istringstream stream("{}\n\n{\"scale\":2}");
  StreamLines arriving(stream, "standard input");
  CHECK(arriving.arrived(1).starts_with("{}\n"));
  CHECK(arriving.next()->bytes() == "{}");
  CHECK(read_input(*arriving.next(), format, {}).scale == 2);
  CHECK_FALSE(arriving.next().has_value());
}

TEST_CASE("a result document gives its tensors with labels, null as NaN") {
  const std::string text = R"({"metadata":{"weights":[1]},"weights":[[[1,null]],[[0,0.5]]],"output":[[1,2],[3,4]],
                               "stats":{"entropy":[1]},"mask":[[true,false]],"key_tokens":["x","y"],"tokens":["a"]})";
  const LabelledTensor weights = labelled_of(text, "json");
  CHECK(weights.tensor.shape() == Shape{2, 1, 2});
  CHECK(std::isnan(weights.tensor.values<float>()[1]));
  CHECK(weights.row_labels == std::vector<std::string>{"a"});
  CHECK(weights.column_labels == std::vector<std::string>{"x", "y"});
  CHECK(values_of<float>(labelled_of(text, "json", "mask").tensor) == std::vector<float>{1, 0});
  CHECK(labelled_of(text, "json", "output").column_labels.empty());
  CHECK(labelled_of(text, "json", "output").row_labels.empty());
  CHECK(labelled_of("[[1,2]]", "json").tensor.shape() == Shape{1, 2});
  CHECK(error_of([&] { labelled_of(text, "json", "weigths"); }) ==
        "in.json: holds no tensor 'weigths'; did you mean 'weights'?; it holds weights, output, mask");
  CHECK(error_of([&] { labelled_of("{}", "json"); }) == "in.json: holds no tensor 'weights'; it holds none");
  CHECK(error_of([&] { labelled_of(R"({"tokens":["a","b"],"weights":[[1]]})", "json"); }) ==
        "in.json#/tokens: has 2 labels for 1 query");
}

TEST_CASE("the tensors of a document that are asked for, and what it has besides") {
  const auto read = [](const std::string& text, const std::vector<std::string>& names) {
    return read_tensors(FileBytes::of(text, "in.json"), *format_of_name("json"), names, {});
  };
  const std::string text = R"({"metadata":{"weights":[1]},"weights":[[1,null]],"others":["x",1],"tokens":["a"],
                               "stats":{"entropy":[2],"peak":[3],"more":"x"},"top":[[{"key":0}]],"output":[[true,2]]})";
  const TensorsRead some = read(text, {"output", "weights", "lse", "stats.entropy"});
  REQUIRE(some.tensors.size() == 3);
  CHECK(some.tensors[0].name == "weights");
  CHECK(std::isnan(some.tensors[0].tensor.values<float>()[1]));
  CHECK(some.tensors[1].name == "stats.entropy");
  CHECK(values_of<float>(some.tensors[1].tensor) == std::vector<float>{2});
  CHECK(values_of<float>(some.tensors[2].tensor) == std::vector<float>{1, 2});
  CHECK(some.others == std::vector<std::string>{"others", "stats.peak", "top"});
  CHECK(read(text, {"output"}).others == std::vector<std::string>{"weights", "others", "top"});
  CHECK(read("[[1],[2]]", {"output"}).tensors[0].name.empty());
  for (const auto& [value, message] : {std::pair{"\"x\"", ": a string where a nested list of numbers is expected"},
                                       {"0.5", ": a number where a nested list of numbers is expected"},
                                       {"null", ": null where a nested list of numbers is expected"},
                                       {"{}", ": an object where a nested list of numbers is expected"},
                                       {R"([["0.5"]])", "/0/0: a string where a number is expected"}}) {
    INFO(value);
    const std::string bad = std::string(R"({"output":[[1]],"weights":)") + value + "}";
    CHECK(read(bad, {"output"}).tensors.size() == 1);
    const std::string expected = std::string("in.json#/weights") + message;
    CHECK(error_of([&, names = std::vector<std::string>{"output", "weights"}] { read(bad, names); }) == expected);
    CHECK(error_of([&] { labelled_of(bad, "json"); }) == expected);
  }
  CHECK(error_of([&] { read(R"({"stats":[1]})", {"stats.peak"}); }) ==
        "in.json#/stats: a list where an object is expected");
}

TEST_CASE("a list of generation's steps, each a list of layers, is what one run over the whole text gives") {
  // Of transformers' generate(output_attentions=True), written as JSON.
  const FileBytes file = FileBytes::open(data_path("generation.json"));
  const auto read = [&file](const std::string& name) { return read_labelled(file, *format_of_name("json"), name, {}); };
  const auto require_equal = [&read](const std::string& name, const std::string& whole) {
    const std::vector<float> expected = values_of<float>(read(whole).tensor),
                             found = values_of<float>(read(name).tensor);
    CHECK(read(name).tensor.shape() == read(whole).tensor.shape());
    for (std::size_t i = 0; i < expected.size(); ++i)
      CHECK(static_cast<double>(found[i]) == Approx(static_cast<double>(expected[i])).margin(2e-6));
  };
  require_equal("steps", "whole");
  require_equal("cross_steps", "cross_whole");
  const LabelledTensor steps = read("steps");
  CHECK(steps.tensor.shape() == Shape{2, 1, 2, 5, 5});
  CHECK(values_of<std::uint8_t>(steps.masked) ==
        std::vector<std::uint8_t>{0, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0});
  CHECK(read("cross_steps").masked.size() == 0);
}

TEST_CASE("steps in JSON stand in a list or a document, with tokens of all their keys") {
  const LabelledTensor bare = labelled_of("[[[1,0],[0.5,0.5]],[[0.2,0.3,null]]]", "json");
  CHECK(bare.tensor.shape() == Shape{3, 3});
  CHECK(bare.first_row == 0);
  CHECK(std::isnan(bare.tensor.values<float>()[8]));
  const LabelledTensor late = labelled_of(R"({"weights":[[[0.5,0.5]],[[1,2,3]]],"tokens":["a","b","c"]})", "json");
  CHECK(late.first_row == 1);
  CHECK(late.row_labels == std::vector<std::string>{"b", "c"});
  CHECK(late.column_labels == std::vector<std::string>{"a", "b", "c"});
  CHECK(labelled_of("[[[[[[1,2]]]]]]", "json").tensor.shape() == Shape{1, 1, 1, 1, 2});  // one step
}

TEST_CASE("lists that are neither arrays nor steps say where they are ragged") {
  const auto refused = [](const std::string& text, const ReadOptions& options = {}) {
    return error_of([&] { read_labelled(FileBytes::of(text, "in.json"), *format_of_name("json"), "", options); });
  };
  CHECK(refused("[[1,2],[3]]") == "in.json#/1: is ragged: its length is 1, that of #/0 is 2");
  CHECK(refused("[[[1,2]],[[3,4,5,6]]]") == "in.json#/1/0: is ragged: its length is 4, that of #/0/0 is 2");
  CHECK(refused("[[[1,2]],[[3,4,5]],[6]]") == "in.json#/1/0: is ragged: its length is 3, that of #/0/0 is 2");
  CHECK(refused("[[[1,2]],[[3,4,5]],x]") == "in.json#/1/0: is ragged: its length is 3, that of #/0/0 is 2");
  CHECK(refused("[[[[[[1,2],[3,4]]]]],[[[[[1,2],[3,4]]]]]]") ==
        "in.json#/0: of shape (1, 1, 1, 2, 2) is no layer of several: a layer is (batch, heads, L, S) or less");
  CHECK(refused("[[[1,2]],[[3,4,5]]]", {DType::f32, 39}).find("is ragged") != std::string::npos);
  CHECK(refused("[[[1,2]],[[3,4,5]]]", {DType::f32, 40}) == "no error");
}

TEST_CASE("the axes of a result's tensors are those that it says it has") {
  const auto shape = [](const std::string& text, const std::string& name = "weights") {
    return labelled_of(text, "json", name).tensor.shape();
  };
  const std::string two = R"({"weights":[[[1,0]],[[0,1]]],"lse":[[1],[2]],"bias":[[[1,0]],[[0,1]]])";
  CHECK(shape(two + "}") == Shape{2, 1, 2});
  CHECK(shape(two + R"(,"metadata":{"batch":2,"heads":2}})") == Shape{2, 1, 1, 2});
  CHECK(shape(two + R"(,"metadata":{"batch":2}})", "bias") == Shape{2, 1, 1, 2});
  CHECK(shape(two + R"(,"metadata":{"batch":2}})", "lse") == Shape{2, 1});
  CHECK(shape(two + R"(,"metadata":{"batch":1,"heads":2}})") == Shape{2, 1, 2});
  CHECK(shape(two + R"(,"batch":2})") == Shape{2, 1, 1, 2});
  for (const char* foreign :
       {R"("metadata":{"batch":3})", R"("metadata":{"batch":"2"})", R"("metadata":{"batch":2.5})",
        R"("metadata":{"layer":-1})", R"("batch":2.5)", R"("batch":-2)", R"("batch":1e300)", R"("metadata":[2])"})
    CHECK(shape(two + "," + foreign + "}") == Shape{2, 1, 2});
  const LabelledTensor layer = labelled_of(two + R"(,"metadata":{"layer":3,"batch":2}})", "json");
  CHECK(layer.tensor.shape() == Shape{1, 2, 1, 1, 2});
  CHECK(layer.layers == std::vector<std::int64_t>{3});
  CHECK(shape(R"({"weights":[[1,0]],"metadata":{"layer":3}})") == Shape{1, 1, 1, 1, 2});
  // What a result's state after the last layer is of is no layer.
  CHECK(labelled_of(R"({"hidden_last":[[1,0]],"metadata":{"layer":3}})", "json", "hidden_last").layers.empty());
}

TEST_CASE("decimals are float64 where these are kept, unless their document says that they are narrower") {
  const auto dtype_of_text = [](const std::string& text) {
    return labelled_of(text, "json", "", {.keeps_wide = true}).tensor.dtype();
  };
  const std::string weights = R"({"weights":[[0.5]],)";
  CHECK(labelled_of("[[0.5]]", "json").tensor.dtype() == DType::f32);
  CHECK(dtype_of_text("[[0.5]]") == DType::f64);
  CHECK(dtype_of_text(weights + R"("metadata":{"dtype":"f64"}})") == DType::f64);
  for (const char* dtype : {"f32", "bf16", "f16"})
    CHECK(dtype_of_text(weights + R"("metadata" : {"dtype":")" + dtype + "\"}}\n") == DType::f32);
  // An input's metadata are within those of the result.
  CHECK(dtype_of_text(weights + R"("metadata":{"dtype":"f64","input":{"metadata":{"dtype":"f32"}}}})") == DType::f64);
  CHECK(dtype_of_text(weights + R"("metadata":{"dtype":"f32","input":{"metadata":{"dtype":"f64"}}}})") == DType::f32);
  CHECK(dtype_of_text(weights + R"("tokens":["\"metadata\":{\"dtype\":\"f32\"}"]})") == DType::f64);
  CHECK(dtype_of_text(weights + R"("metadata":{"dtype":32}})") == DType::f64);
  CHECK(labelled_of("0.5\n", "csv", "", {.keeps_wide = true}).tensor.dtype() == DType::f64);
}
