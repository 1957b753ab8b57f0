// Archives of numbered arrays: layers, steps of generation, and what is neither.
#include "io/support.hpp"

using namespace attn;
using namespace attn::test;

namespace {

struct Array {
  std::string name;
  Shape shape;
  float value;
};

std::string written(const std::vector<Array>& arrays, const std::string& format,
                    const std::vector<std::string>& tokens = {}) {
  Result result;
  result.tokens = tokens;
  for (const Array& array : arrays) {
    Tensor tensor(DType::f32, array.shape);
    for (float& value : tensor.values<float>()) value = array.value;
    result.tensors.push_back({array.name, std::move(tensor)});
  }
  StringSink sink;
  write_result(result, *format_of_name(format), sink);
  return sink.text;
}

const Shape layer{1, 2, 3, 3};

LabelledTensor read(const std::vector<Array>& arrays, const std::string& format = "npz",
                    const std::vector<std::string>& tokens = {}) {
  return labelled_of(written(arrays, format, tokens), format, "");
}

// What the last layer or step is filled with.
float last_of(const LabelledTensor& read) { return read.tensor.values<float>().back(); }

std::string refused(const std::vector<Array>& arrays, const std::string& name = "") {
  return error_of([&] { labelled_of(written(arrays, "npz"), "npz", name); });
}

}  // namespace

TEST_CASE("numbered arrays are layers in the order of their numbers", "[numbered]") {
  for (const std::string format : {"npz", "safetensors"}) {
    CHECK(read({{"layer_0", layer, 1}, {"layer_1", layer, 2}}, format).tensor.shape() == Shape{2, 1, 2, 3, 3});
    CHECK(last_of(read({{"1", layer, 1}, {"0", layer, 2}}, format)) == 1);
    std::vector<Array> twelve;
    for (int i = 0; i < 12; ++i) twelve.push_back({"h." + std::to_string(i) + ".attn2", layer, static_cast<float>(i)});
    CHECK(last_of(read(twelve, format)) == 11);
  }
  CHECK(read({{"arr_0", layer, 1}}).tensor.shape() == layer);
  const LabelledTensor labelled = read({{"arr_0", layer, 1}, {"arr_1", layer, 1}}, "npz", {"a", "b", "c"});
  CHECK(labelled.row_labels == std::vector<std::string>{"a", "b", "c"});
  CHECK(labelled.masked.size() == 0);
}

TEST_CASE("numbered arrays whose keys grow are steps of generation", "[numbered]") {
  const std::vector<Array> steps{{"step_0", {1, 2, 1, 3}, 1}, {"step_1", {1, 2, 1, 4}, 2}};
  const LabelledTensor labelled = read(steps, "npz", {"a", "b", "c", "d"});
  CHECK(labelled.tensor.shape() == Shape{1, 2, 2, 4});
  CHECK(labelled.masked.shape() == Shape{2, 4});
  CHECK(labelled.row_labels == std::vector<std::string>{"c", "d"});
  CHECK(labelled.column_labels == std::vector<std::string>{"a", "b", "c", "d"});
}

TEST_CASE("weights come first, and names that count otherwise are no layers", "[numbered]") {
  CHECK(read({{"weights", {3, 3}, 1}}).tensor.shape() == Shape{3, 3});
  const std::string none = "holds no tensor 'weights'";
  const std::vector<std::vector<Array>> others{{{"layer_1", layer, 1}, {"layer_2", layer, 1}},
                                               {{"a_0", layer, 1}, {"b_1", layer, 1}},
                                               {{"a_0", layer, 1}, {"a_00", layer, 1}},
                                               {{"x_99999999999999999999", layer, 1}, {"x_0", layer, 1}}};
  for (const std::vector<Array>& arrays : others) CHECK(refused(arrays).find(none) != std::string::npos);
  CHECK(refused({{"layer_0", layer, 1}, {"layer_1", layer, 1}}, "weights").find(none) != std::string::npos);
  CHECK(refused({{"a0", layer, 1}, {"a1", {1, 3, 3, 3}, 1}}) ==
        "in.npz#/a1: has the shape (1, 3, 3, 3) after (1, 2, 3, 3): layers have one shape, and a step of generation "
        "has a key more for each of its queries, or one query and the same keys");
}

TEST_CASE("stacking counts against the memory that reading may take", "[numbered]") {
  const std::string bytes = written({{"a0", layer, 1}, {"a1", layer, 1}}, "npz");
  CHECK(labelled_of(bytes, "npz", "", {.max_memory = 1000}).tensor.size() == 36);
  CHECK(error_of([&] { labelled_of(bytes, "npz", "", {.max_memory = 100}); }).find("144 bytes or more") !=
        std::string::npos);
}
