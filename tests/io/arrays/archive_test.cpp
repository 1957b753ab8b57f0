// NPZ and safetensors: files of numpy and the safetensors package, our own, and files that lie.
#include <cstdint>
#include <cstring>

#include "io/support.hpp"
#include "support/array_files.hpp"

using namespace attn;
using namespace attn::test;

namespace {

Result small_result() {
  Result result;
  result.tokens = {"The", "sät 😀"};
  const std::vector<float> weights{0.5, 0.5, 0.25, 0.75};
  const std::vector<double> output{1, 2};
  const std::vector<std::uint8_t> mask{1, 0, 1, 1};
  result.tensors.push_back({"mask", Tensor::of<std::uint8_t>({2, 2}, mask)});
  result.tensors.push_back({"weights", Tensor::of<float>({2, 2}, weights)});
  result.tensors.push_back({"output", Tensor::of<double>({2, 1}, output)});
  result.metadata = {{"kernel", std::string("reference")}};
  return result;
}

std::string written(const Result& result, const std::string& format) {
  StringSink sink;
  write_result(result, *format_of_name(format), sink);
  return sink.text;
}

std::string write_error(const Result& result, const std::string& format) {
  return error_of([&] { written(result, format); });
}

std::string file_error(const std::string& bytes, const std::string& format, const ReadOptions& options = {}) {
  return error_of([&] { input_of(bytes, format, options); });
}

std::string safetensors_error(const std::string& header, const std::string& data) {
  return file_error(safetensors_bytes(header, data), "safetensors");
}

// Replaces the nth occurrence of a signature's neighbourhood: `bytes` at `offset` after it.
std::string patched(std::string bytes, const std::string& signature, std::size_t offset, const std::string& with,
                    bool last = false) {
  const std::size_t at = last ? bytes.rfind(signature) : bytes.find(signature);
  REQUIRE(at != std::string::npos);
  return bytes.replace(at + offset, with.size(), with);
}
const std::string local = "PK\3\4", central = "PK\1\2", end_record = "PK\5\6";

}  // namespace

TEST_CASE("texts that end with NUL are refused in NPZ, which would drop it, and kept elsewhere") {
  const std::string nul(1, '\0');
  const std::string why =
      ": ends with NUL, which NumPy's arrays of strings, and so NPZ, cannot hold; JSON and safetensors can";
  Result result = small_result();
  result.tokens = {"a", nul};
  CHECK(write_error(result, "npz") == "tokens/1" + why);
  result.tokens = {"a" + nul, "b"};
  CHECK(write_error(result, "npz") == "tokens/0" + why);
  result.tokens = {"a", "b"};
  result.key_tokens = {"a", "b" + nul + nul};
  CHECK(write_error(result, "npz") == "key_tokens/1" + why);
  // Others stay as they are.
  result.key_tokens = {"", nul + "b"};
  const auto read = [&](const std::string& format) {
    const FileBytes file = FileBytes::of(written(result, format), "x." + format);
    return Archive::open(file, *format_of_name(format), {})->texts("key_tokens");
  };
  CHECK(read("npz") == result.key_tokens);
  result.key_tokens = {nul, "b" + nul};
  CHECK(read("safetensors") == result.key_tokens);
}

TEST_CASE("an NPZ of numpy is an input document, stored or deflated") {
  for (const char* name : {"input.npz", "compressed.npz"}) {
    INFO(name);
    const FileBytes file = FileBytes::open(data_path(name));
    const Input input = read_input(file, *format_of_name("npz"), {});
    CHECK(input.tokens == std::vector<std::string>{"The", "cat", "sät"});
    CHECK(values_of<float>(input.tensors.at("query").tensor) == halves(24));
    CHECK(values_of<float>(input.tensors.at("key").tensor) == halves(24));
    CHECK(values_of<float>(input.tensors.at("value").tensor) == halves(24));
    CHECK(input.tensors.at("mask").tensor.values<std::uint8_t>()[1] == 0);
    CHECK(input.key_lengths == std::vector<std::int64_t>{3, 2});
    CHECK(input.num_heads == 2);
    CHECK(input.scale == 0.25);
    CHECK(input.projections.at("W_q").tensor.shape() == Shape{4, 4});
    CHECK(input.projections.at("W_q").where == data_path(name) + "#/W_q");
    CHECK(input.metadata == R"({"model":"tiny"})");
  }
}

TEST_CASE("archives have rows of segments, starts, prefixes and where positions count from") {
  for (const std::string format : {"npz", "safetensors"}) {
    INFO(format);
    const FileBytes file = FileBytes::open(data_path("rows." + format));
    const Input input = read_input(file, *format_of_name(format), {});
    CHECK(input.segments == std::vector<std::int64_t>{0, 0, 1, 1, 2, 1});
    CHECK(input.segment_rows == 2U);
    CHECK(input.key_starts == std::vector<std::int64_t>{0, 1});
    CHECK(input.prefix_lengths == std::vector<std::int64_t>{1, 2});
    CHECK(input.positions == (format == "npz" ? PositionsFrom::start : PositionsFrom::zero));
  }
}

TEST_CASE("data descriptors in place of sizes are read") {
  CHECK(values_of<float>(read_tensor(data_path("descriptors.npz"), TensorKind::number, {})) == halves(24));
}

TEST_CASE("a safetensors file of its own package is an input document") {
  const FileBytes file = FileBytes::open(data_path("input.safetensors"));
  const Input input = read_input(file, *format_of_name("safetensors"), {});
  for (const char* name : {"query", "key", "value", "embeddings"})
    CHECK(values_of<float>(input.tensors.at(name).tensor) == halves(24));
  CHECK(input.tokens == std::vector<std::string>{"The", "cat", "sät"});
  CHECK(input.key_lengths == std::vector<std::int64_t>{3, 2});
  CHECK(input.tensors.at("mask").tensor.values<std::uint8_t>()[0] == 1);
  CHECK(input.projections.count("q_proj.weight") == 1);
  CHECK(input.metadata == R"({"model":"tiny"})");
}

TEST_CASE("what is written reads back from NPZ and safetensors") {
  for (const char* name : {"npz", "safetensors"}) {
    INFO(name);
    const std::string bytes = written(small_result(), name);
    const LabelledTensor weights = labelled_of(bytes, name);
    CHECK(values_of<float>(weights.tensor) == std::vector<float>{0.5, 0.5, 0.25, 0.75});
    CHECK(weights.row_labels == std::vector<std::string>{"The", "sät 😀"});
    CHECK(weights.column_labels == weights.row_labels);
    CHECK(values_of<float>(labelled_of(bytes, name, "mask").tensor) == std::vector<float>{1, 0, 1, 1});
    CHECK(labelled_of(bytes, name, "output", {DType::f64, 0}).tensor.values<double>()[1] == 2);
    const TensorsRead some =
        read_tensors(FileBytes::of(bytes, "in"), *format_of_name(name), {"weights", "mask", "lse"}, {});
    CHECK(some.tensors.size() == 2);
    CHECK(some.others == std::vector<std::string>{"output"});
    CHECK(error_of([&] {
            labelled_of(bytes, name, "weigths");
          }).find("holds no tensor 'weigths'; did you mean 'weights'?; it holds") != std::string::npos);
  }
}

TEST_CASE("an archive lists its arrays, and reads one by name") {
  const FileBytes file = FileBytes::open(data_path("compressed.npz"));
  const auto archive = Archive::open(file, *format_of_name("npz"), {});
  CHECK(archive->names().front() == "query");
  CHECK(archive->contains("W_q"));
  CHECK_FALSE(archive->contains("w_q"));
  CHECK(archive->entry("key").dtype == "<f8");
  CHECK(archive->entry("key").shape == Shape{2, 3, 4});
  CHECK(archive->texts("metadata")->front() == R"({"model": "tiny"})");
  CHECK_FALSE(archive->texts("query").has_value());
  CHECK_FALSE(archive->texts("nothing").has_value());
  CHECK(archive->read("value", TensorKind::number, {}).shape() == Shape{2, 3, 4});
  const auto tensors =
      Archive::open(FileBytes::open(data_path("input.safetensors")), *format_of_name("safetensors"), {});
  CHECK(tensors->entry("embeddings").dtype == "BF16");
  CHECK(error_of([&] { tensors->read("quary", TensorKind::number, {}); }).find("did you mean 'query'?") !=
        std::string::npos);
  CHECK(error_of([&] { Archive::open(file, *format_of_name("csv"), {}); }).find("is not a file of named arrays") !=
        std::string::npos);
}

TEST_CASE("a stored NPZ's data lie aligned in the file and are not copied") {
  const TemporaryFolder folder;
  spit(folder / "a.npz", written(small_result(), "npz"));
  const FileBytes file = FileBytes::open(folder / "a.npz");
  const Tensor weights = read_labelled(file, *format_of_name("npz"), "weights", {}).tensor;
  const auto* const data = static_cast<const char*>(weights.data());
  CHECK(data > file.bytes().data());
  CHECK(data < file.bytes().data() + file.bytes().size());
  CHECK(reinterpret_cast<std::uintptr_t>(data) % 64 == 0);
}

TEST_CASE("ZIP archives that are damaged or lie are refused") {
  const std::string good = slurp(data_path("compressed.npz"));
  CHECK(file_error("", "npz") == "in.npz: is empty; an NPZ file is expected");
  CHECK(file_error("PK", "npz") == "in.npz: is not a whole ZIP archive");
  CHECK(file_error(good.substr(0, good.size() - 1), "npz") == "in.npz: is not a whole ZIP archive");
  CHECK(file_error(good + "x", "npz") == "in.npz: is not a whole ZIP archive");
  CHECK(file_error("x" + good, "npz") == "in.npz: has bytes before or after its ZIP archive");
  CHECK(file_error(patched(good, central, 8, "\1"), "npz") == "in.npz: is encrypted ('query.npy')");
  CHECK(file_error(patched(good, central, 10, "\14"), "npz") ==
        "in.npz: holds 'query.npy' in the compression method 12; stored (0) and deflated (8) can be read");
  CHECK(file_error(patched(good, local, 8, std::string(1, '\0')), "npz") ==
        "in.npz: says two things about 'query.npy' in its two headers");
  CHECK(file_error(patched(good, local, 30, "Q"), "npz") ==
        "in.npz: says two things about 'query.npy' in its two headers");
  CHECK(file_error(patched(good, end_record, 4, "\1"), "npz") == "in.npz: is one part of a split ZIP archive");
  const std::string stored = written(small_result(), "npz");
  CHECK(file_error(patched(stored, "\x93NUMPY", 130, "x"), "npz") == "in.npz#/mask: is damaged: its CRC is wrong");
  CHECK(file_error(patched(stored, "weights.npy", 0, "weights.txt", true), "npz") ==
        "in.npz: says two things about 'weights.txt' in its two headers");
}

TEST_CASE("a member that claims to be larger than deflate can make it is refused before memory is asked for") {
  std::string bytes = slurp(data_path("descriptors.npz"));
  bytes = patched(bytes, central, 24, std::string("\0\0\0\x70", 4));
  CHECK(file_error(bytes, "npz") == "in.npz#/query: cannot be as large as it says, 1.8 GiB");
  bytes = patched(slurp(data_path("descriptors.npz")), central, 24, std::string("\xE1\0\0\0", 4));
  CHECK(file_error(bytes, "npz") == "in.npz#/query: is damaged: it does not inflate to the size that it gives");
  CHECK(file_error(slurp(data_path("descriptors.npz")), "npz", {DType::f32, 100})
            .starts_with("in.npz#/query: needs 224 bytes or more, and 100 bytes of the limit"));
}

TEST_CASE("archives name what is no member, or is twice there") {
  Result result;
  result.tensors.push_back({"qeury", Tensor::zeros(DType::f32, {1})});
  CHECK(file_error(written(result, "npz"), "npz") == "in.npz#/qeury: unknown member; did you mean 'query'?");
  result.tensors.clear();
  for (const char* name : {"q", "query"}) result.tensors.push_back({name, Tensor::zeros(DType::f32, {1})});
  CHECK(file_error(written(result, "npz"), "npz") == "in.npz#/query: is 'query' once more");
  result.tensors[0].name = "query";
  CHECK(file_error(written(result, "npz"), "npz") == "in.npz: holds 'query.npy' twice");
  CHECK(file_error(written(result, "safetensors"), "safetensors") ==
        "in.safetensors#/query: there are two members of this name");
}

TEST_CASE("projections in archives go by their names, with or without a prefix") {
  Result result;
  for (const char* name : {"projections/W_q", "projections.b_q", "in_proj_weight"})
    result.tensors.push_back({name, Tensor::zeros(DType::f32, {1, 1})});
  for (const char* format : {"npz", "safetensors"}) {
    const Input input = input_of(written(result, format), format);
    CHECK(input.projections.size() == 3);
    CHECK(input.projections.count("W_q") + input.projections.count("b_q") == 2);
  }
}

TEST_CASE("a safetensors header follows every rule") {
  const std::string good = R"({"query":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
  CHECK(safetensors_error(good, "....") == "no error");
  CHECK(file_error("", "safetensors") == "in.safetensors: is empty; a safetensors file is expected");
  CHECK(file_error("1234", "safetensors") == "in.safetensors: ends inside its safetensors header");
  CHECK(file_error(safetensors_bytes(good, "").substr(0, 20), "safetensors") ==
        "in.safetensors: ends inside its safetensors header");
  CHECK(file_error(std::string("\1\xE1\xF5\5\0\0\0\0{", 9), "safetensors") ==
        "in.safetensors: has a safetensors header of 95.4 MiB; at most 100 MB are allowed");
  CHECK(safetensors_error(" " + good, "....") == "in.safetensors: has a safetensors header that is no JSON object");
  CHECK(safetensors_error(good + "x", "....").find("'x' after the end of the value") != std::string::npos);
  CHECK(safetensors_error(good + "  ", "....") == "no error");
  CHECK(safetensors_error(good, ".....") == "in.safetensors: has 1 bytes at its end that belong to no tensor");
  CHECK(safetensors_error(good, "...") ==
        "in.safetensors#/query/data_offsets: lies outside the file's 3 bytes of data");
  const auto two = [](const std::string& first, const std::string& second) {
    return R"({"query":{"dtype":"U8","shape":[2],"data_offsets":)" + first +
           R"(},"key":{"dtype":"U8","shape":[2],"data_offsets":)" + second + "}}";
  };
  CHECK(safetensors_error(two("[0,2]", "[2,4]"), "....") == "no error");
  CHECK(safetensors_error(two("[0,2]", "[1,3]"), "...") ==
        "in.safetensors: has tensors that overlap at byte 1 of the data");
  CHECK(safetensors_error(two("[0,2]", "[3,5]"), ".....") == "in.safetensors: has a hole at byte 3 of the data");
  const auto one = [](const std::string& members) { return safetensors_error(R"({"q":{)" + members + "}}", "...."); };
  CHECK(one(R"("dtype":"F33","shape":[1],"data_offsets":[0,4])") ==
        "in.safetensors#/q/dtype: 'F33' is not a type that is known; F64, F32, F16, BF16, BOOL, U8, I8, U16, I16, U32, "
        "I32, U64, I64, F8_E4M3 and F8_E5M2 are");
  CHECK(one(R"("dtype":"F8_E8M0","shape":[4],"data_offsets":[0,4])") ==
        "in.safetensors#/q: is of the type F8_E8M0, which attn cannot compute with");
  CHECK(one(R"("dtype":"F32","shape":[1])") == "in.safetensors#/q: lacks one of dtype, shape and data_offsets");
  CHECK(one(R"("dtype":"F32","shape":[2],"data_offsets":[0,4])") ==
        "in.safetensors#/q: its shape (2,) takes 8 bytes, its data_offsets 4");
  CHECK(one(R"("dtype":"F32","shape":[1],"data_offsets":[4,0])").find("lies outside") != std::string::npos);
  CHECK(one(R"("dtype":"F32","shape":[1],"data_offsets":[0])") ==
        "in.safetensors#/q/data_offsets: is not a list of begin and end");
  CHECK(one(R"("dtype":"F32","shape":[-1],"data_offsets":[0,4])") == "in.safetensors#/q/shape/0: is negative");
  CHECK(one(R"("dtype":"F32","shape":[1.0],"data_offsets":[0,4])") ==
        "in.safetensors#/q/shape/0: 1.0 is not written in digits alone");
  CHECK(one(R"("dtype":"F32","shape":[1],"data_offsets":[0,4e0])") ==
        "in.safetensors#/q/data_offsets/1: 4e0 is not written in digits alone");
  CHECK(one(R"("dtype":"F32","shape":[1],"data_offsets":[0,99999999999999999999])") ==
        "in.safetensors#/q/data_offsets/1: 99999999999999999999 is too large for an integer");
  CHECK(one(R"("dtype":"F32","shape":["1"],"data_offsets":[0,4])") ==
        "in.safetensors#/q/shape/0: a string where a whole number is expected");
  CHECK(one(R"("dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4])")
            .find("has more elements than memory can hold") != std::string::npos);
  CHECK(one(R"("dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1)") ==
        "in.safetensors#/q/x: unknown member; dtype, shape and data_offsets are allowed");
  CHECK(one(R"("dtype":"BOOL","shape":[4],"data_offsets":[0,4])") ==
        "in.safetensors#/q: holds booleans that are neither 0 nor 1");
}

TEST_CASE("scales and positions are float64, and projections may bear Keras's names", "[archive]") {
  Result result;
  const auto add = [&](const std::string& name, const Shape& shape, const std::vector<double>& values) {
    result.tensors.push_back({name, Tensor::of<double>(shape, values)});
  };
  add("query", {1, 2}, {1, 2});
  add("scale", {2}, {0.1, 2});
  add("scale_by", {1}, {0.3});
  add("position_ids", {2, 1}, {7, 0.5});
  add("key_position_ids", {1}, {9});
  add("query/kernel", {2, 1, 1}, {1, 2});
  add("attention_output/bias", {1}, {3});
  for (const std::string format : {"npz", "safetensors"}) {
    const Input input = read_input(FileBytes::of(written(result, format), "in"), *format_of_name(format), {});
    CHECK(!input.scale);
    CHECK(values_of<double>(input.numbers.at("scale").tensor) == std::vector<double>{0.1, 2});
    CHECK(values_of<double>(input.numbers.at("scale_by").tensor) == std::vector<double>{0.3});
    CHECK(input.numbers.at("position_ids").tensor.shape() == Shape{2, 1});
    CHECK(input.numbers.at("key_position_ids").where == "in#/key_position_ids");
    CHECK(input.projections.at("query/kernel").tensor.shape() == Shape{2, 1, 1});
    CHECK(input.projections.contains("attention_output/bias"));
  }
}
