// Writing JSON: the writer's pieces, and the result document.
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "io/support.hpp"
#include "support/json.hpp"

using namespace attn;
using namespace attn::test;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

template <class Write>
std::string written(Write write) {
  StringSink sink;
  JsonWriter json(sink);
  write(json);
  json.finish();
  return sink.text;
}

template <class T>
Tensor tensor_of(Shape shape, const std::vector<T>& values) {
  return Tensor::of<T>(std::move(shape), std::span<const T>(values));
}

}  // namespace

TEST_CASE("the JSON writer places commas and quotes") {
  CHECK(
      written([](JsonWriter& json) {
        json.begin_object().key("a\"\n\x01").value("x\\\t/ü").key("b").begin_array().value(1.5).value(-0.0).null();
        json.value(true).value(std::int64_t{-3}).value(std::uint64_t{4}).value(0.1F).value(not_a_number).begin_object();
        json.end_object().end_array().key("c").raw("[1]").key("d").value(std::vector<std::string>{"x", "y"});
        json.end_object();
      }) ==
      "{\"a\\\"\\n\\u0001\":\"x\\\\\\t/ü\",\"b\":[1.5,-0.0,null,true,-3,4,0.1,null,{}],\"c\":[1],\"d\":[\"x\","
      "\"y\"]}\n");
}

TEST_CASE("bytes that are not UTF-8 become replacement characters, so that the JSON stays JSON") {
  CHECK(written([](JsonWriter& json) { json.value("a\xFFz"); }) == "\"a\uFFFDz\"\n");
}

TEST_CASE("tensors are nested lists of their shape") {
  const auto text = [](const Tensor& tensor) { return written([&](JsonWriter& json) { json.tensor(tensor); }); };
  CHECK(text(tensor_of<float>({2, 2}, {1, 0.1F, -0.0F, 1e20F})) == "[[1,0.1],[-0.0,1e+20]]\n");
  CHECK(text(tensor_of<double>({3}, {not_a_number, INFINITY, -INFINITY})) == "[null,null,null]\n");
  CHECK(text(tensor_of<double>({2, 1, 1}, {5e-324, 0.1})) == "[[[5e-324]],[[0.1]]]\n");
  CHECK(text(tensor_of<float>({}, {2})) == "2\n");
  CHECK(text(Tensor(DType::f32, {2, 0})) == "[[],[]]\n");
  CHECK(text(Tensor(DType::f32, {0, 2})) == "[]\n");
  const Tensor mask = tensor_of<std::uint8_t>({1, 2}, {1, 0});
  CHECK(text(mask) == "[[1,0]]\n");
  CHECK(written([&](JsonWriter& json) { json.tensor(mask, true); }) == "[[true,false]]\n");
}

TEST_CASE("any float reads back to the same bits") {
  std::mt19937 bits(1);
  std::vector<float> singles;
  std::vector<double> doubles;
  while (singles.size() < 20000) {
    const float value = std::bit_cast<float>(static_cast<std::uint32_t>(bits()));
    const double wide = std::bit_cast<double>(std::uint64_t{bits()} << 32U | bits());
    if (!std::isfinite(value) || !std::isfinite(wide)) continue;
    singles.push_back(value);
    doubles.push_back(wide);
  }
  const auto again = [](const Tensor& tensor, DType dtype) {
    const std::string text = "{\"query\":" + written([&](JsonWriter& json) { json.tensor(tensor); }) + "}";
    return std::move(json_input(text, {dtype, 0}).tensors.at("query").tensor);
  };
  const Tensor single = tensor_of<float>({singles.size()}, singles);
  const Tensor wide = tensor_of<double>({doubles.size()}, doubles);
  CHECK(std::memcmp(again(single, DType::f32).data(), single.data(), single.bytes()) == 0);
  CHECK(std::memcmp(again(wide, DType::f64).data(), wide.data(), wide.bytes()) == 0);
}

TEST_CASE("a result document has its members in the documented order") {
  Result result;
  result.tokens = {"a", "b"};
  result.key_tokens = {"k"};
  result.tensors.push_back({"weights", tensor_of<float>({2, 1}, {1, 0.5})});
  result.tensors.push_back({"output", tensor_of<float>({2, 1}, {2, 3})});
  result.metadata = {{"kernel", std::string("avx2")}, {"scale", 0.5}, {"heads", std::int64_t{2}}, {"causal", true}};
  result.input_metadata = R"({"mine":1})";
  StringSink sink;
  write_result_json(result, sink);
  CHECK(sink.text == R"({"tokens":["a","b"],"key_tokens":["k"],"weights":[[1],[0.5]],"output":[[2],[3]],"metadata":)"
                     R"({"kernel":"avx2","scale":0.5,"heads":2,"causal":true,"input":{"mine":1}}})"
                     "\n");
  StringSink more;
  write_result_json(result, more, [](JsonWriter& json) { json.key("stats").begin_object().end_object(); });
  CHECK(more.text.find(R"("output":[[2],[3]],"stats":{},"metadata")") != std::string::npos);
}

TEST_CASE("a result document of nothing is an empty object") {
  StringSink sink;
  write_result_json({}, sink);
  CHECK(sink.text == "{}\n");
}

TEST_CASE("another library reads what the writer wrote") {
  Result result;
  result.tokens = {"\"quoted\"", "日本\n"};
  result.tensors.push_back({"weights", tensor_of<double>({1, 3}, {0.1, 1e-300, not_a_number})});
  StringSink sink;
  write_result_json(result, sink);
  const auto document = nlohmann::json::parse(sink.text);
  CHECK(document["tokens"][1] == "日本\n");
  CHECK(document["weights"][0][1].get<double>() == 1e-300);
  CHECK(document["weights"][0][2].is_null());
}
