// Documents for whole models: ids, their types, and texts, in JSON and in archives.
#include "io/support.hpp"

using namespace attn;
using namespace attn::test;

namespace {

Input of_json(const std::string& text) { return input_of(text, "json"); }
using Ids = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("token ids of JSON", "[ids]") {
  const Input one = of_json(R"({"token_ids":[5,7,9]})");
  CHECK(one.token_ids->ids == Ids{5, 7, 9});
  CHECK(one.token_ids->batch == 1);
  CHECK(one.token_ids->length == 3);
  CHECK_FALSE(one.token_ids->has_batch_axis);
  CHECK(one.token_ids->types.empty());
  CHECK(one.token_ids->where.ends_with("#/token_ids"));
  const Input rows = of_json(R"({"type_ids":[[0,1],[0,0]],"token_ids":[ [5,7],[9,2]],"key_lengths":[2,1]})");
  CHECK(rows.token_ids->ids == Ids{5, 7, 9, 2});
  CHECK(rows.token_ids->types == Ids{0, 1, 0, 0});
  CHECK(rows.token_ids->batch == 2);
  CHECK(rows.token_ids->length == 2);
  CHECK(rows.token_ids->has_batch_axis);
  CHECK(rows.token_ids->types_where.ends_with("#/type_ids"));
  CHECK(of_json(R"({"token_ids":[[]]})").token_ids->length == 0);
}

TEST_CASE("texts of JSON", "[ids]") {
  const Input input = of_json(R"({"text_pair":"b","text":"a ü"})");
  CHECK(input.text == "a ü");
  CHECK(input.text_pair == "b");
  CHECK(input.text_where.ends_with("#/text"));
  CHECK_THAT(json_error(R"({"text":["a"]})"),
             Catch::ContainsSubstring("#/text: ") && Catch::ContainsSubstring("a string"));
}

TEST_CASE("token ids that are none", "[ids]") {
  CHECK_THAT(
      json_error(R"({"token_ids":[[5,7],[9]]})"),
      Catch::ContainsSubstring("#/token_ids/1: has 1 id, but the first row has 2: pad the shorter rows at their ends, "
                               "with any id of the vocabulary, and say in key_lengths how many of each row count"));
  CHECK_THAT(json_error(R"({"token_ids":7})"), Catch::ContainsSubstring("#/token_ids: ") &&
                                                   Catch::ContainsSubstring("a list of integers, or of such lists"));
  CHECK_THAT(json_error(R"({"token_ids":[5,7.5]})"), Catch::ContainsSubstring("#/token_ids/1: 7.5 is not an integer"));
  CHECK_THAT(json_error(R"({"token_ids":[[5],7]})"), Catch::ContainsSubstring("#/token_ids/1: "));
  CHECK_THAT(json_error(R"({"type_ids":[0]})"),
             Catch::ContainsSubstring("#/type_ids: is of token_ids, and there are none"));
  CHECK_THAT(json_error(R"({"token_ids":[[5,7]],"type_ids":[0,0]})"),
             Catch::ContainsSubstring("#/type_ids: has the shape (2,), but token_ids have (1, 2)"));
}

TEST_CASE("token ids and texts of archives", "[ids]") {
  const std::vector<float> ids{5, 7, 9, 2, 3, 4}, types{0, 0, 1, 0, 0, 0};
  for (const char* const format : {"npz", "safetensors"}) {
    INFO(format);
    Result result;
    result.tensors.push_back({"token_ids", Tensor::of<float>({2, 3}, ids)});
    result.tensors.push_back({"type_ids", Tensor::of<float>({2, 3}, types)});
    StringSink sink;
    write_result(result, *format_of_name(format), sink);
    const Input input = input_of(sink.text, format);
    CHECK(input.token_ids->ids == Ids{5, 7, 9, 2, 3, 4});
    CHECK(input.token_ids->types == Ids{0, 0, 1, 0, 0, 0});
    CHECK(input.token_ids->batch == 2);
    CHECK(input.token_ids->length == 3);
    CHECK(input.token_ids->has_batch_axis);

    Result cube;
    cube.tensors.push_back({"token_ids", Tensor::of<float>({1, 2, 3}, ids)});
    sink.text.clear();
    write_result(cube, *format_of_name(format), sink);
    CHECK_THAT(
        error_of([&] { input_of(sink.text, format); }),
        Catch::ContainsSubstring("has the shape (1, 2, 3) where a list of integers, or of such lists, is expected"));
  }
}
