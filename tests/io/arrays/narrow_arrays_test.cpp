// Arrays of 16 bits that stay as they are stored, and of 8 bits, which are widened.
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include "io/arrays/zip.hpp"
#include "io/support.hpp"
#include "support/array_files.hpp"

using namespace attn;
using namespace attn::test;

namespace {

const ReadOptions keeping{.keeps_narrow = true};

// 1, 2, 3, 4 and what they are as f16 and as bf16.
const std::vector<float> numbers{1, 2, 3, 4};
const std::string halves_of_numbers("\x00\x3C\x00\x40\x00\x42\x00\x44", 8);
const std::string bfloats_of_numbers("\x80\x3F\x00\x40\x40\x40\x80\x40", 8);

std::string npy_2x2(const std::string& type, const std::string& fortran, const std::string& data) {
  const std::string header = "{'descr': '" + type + "', 'fortran_order': " + fortran + ", 'shape': (2, 2)}\n";
  return std::string("\x93NUMPY\1\0", 8) + static_cast<char>(header.size()) + '\0' + header + data;
}

Tensor tensor_of(const std::string& bytes, const std::string& ending, TensorKind kind = TensorKind::number,
                 const ReadOptions& options = keeping) {
  const TemporaryFolder folder;
  spit(folder / ("x." + ending), bytes);
  return read_tensor(folder / ("x." + ending), kind, options);
}

// What the byte of a float of 8 bits stands for, by the definition of its type.
float float8(unsigned byte, int exponent_bits, bool has_infinities) {
  const int mantissa_bits = 7 - exponent_bits, bias = (1 << (exponent_bits - 1)) - 1;
  const unsigned mantissas = 1U << static_cast<unsigned>(mantissa_bits);
  const unsigned mantissa = byte % mantissas, exponent = byte % 128 / mantissas;
  const bool is_last = exponent == (1U << static_cast<unsigned>(exponent_bits)) - 1;
  const float sign = byte < 128 ? 1 : -1;
  if (is_last && has_infinities && mantissa == 0) return sign * std::numeric_limits<float>::infinity();
  if (is_last && (has_infinities || mantissa == mantissas - 1)) return std::numeric_limits<float>::quiet_NaN();
  const float fraction = static_cast<float>(mantissa) / static_cast<float>(mantissas);
  if (exponent == 0) return sign * std::ldexp(fraction, 1 - bias);
  return sign * std::ldexp(1 + fraction, static_cast<int>(exponent) - bias);
}

}  // namespace

TEST_CASE("every number of 8 bits in a safetensors file is widened exactly") {
  std::string bytes;
  for (unsigned byte = 0; byte < 256; ++byte) bytes.push_back(static_cast<char>(byte));
  for (const bool is_e4m3 : {true, false}) {
    const std::string type = is_e4m3 ? "F8_E4M3" : "F8_E5M2";
    const std::string file =
        safetensors_bytes(R"({"key":{"dtype":")" + type + R"(","shape":[256],"data_offsets":[0,256]}})", bytes);
    for (const DType dtype : {DType::f32, DType::f64}) {
      const Tensor read =
          tensor_of(file, "safetensors", TensorKind::number, {.dtype = dtype, .keeps_narrow = true}).as(DType::f32);
      for (unsigned byte = 0; byte < 256; ++byte) {
        INFO(type << " " << byte);
        const float expected = float8(byte, is_e4m3 ? 4 : 5, !is_e4m3), found = read.values<float>()[byte];
        if (std::isnan(expected))
          CHECK(std::isnan(found));
        else
          CHECK(std::bit_cast<std::uint32_t>(found) == std::bit_cast<std::uint32_t>(expected));
      }
    }
  }
}

TEST_CASE("an NPY of float16 stays so where that is asked for, and is what it was before") {
  const Tensor kept = read_tensor(data_path("le_f2.npy"), TensorKind::number, keeping);
  CHECK(kept.dtype() == DType::f16);
  CHECK(kept.shape() == Shape{2, 3, 4});
  CHECK(values_of<float>(kept.as(DType::f32)) == halves(24));
  const std::string bytes = npy_2x2("<f2", "False", halves_of_numbers);
  CHECK(tensor_of(bytes, "npy").dtype() == DType::f16);
  CHECK(values_of<float>(tensor_of(bytes, "npy").as(DType::f32)) == numbers);
}

TEST_CASE("what is not in C order, little-endian, a number, or to be float32 is widened all the same") {
  const Tensor swapped = read_tensor(data_path("be_f2.npy"), TensorKind::number, keeping);
  CHECK(values_of<float>(swapped) == halves(24));
  const Tensor turned = tensor_of(npy_2x2("<f2", "True", halves_of_numbers), "npy");
  CHECK(values_of<float>(turned) == std::vector<float>{1, 3, 2, 4});
  const std::string bytes = npy_2x2("<f2", "False", halves_of_numbers);
  CHECK(tensor_of(bytes, "npy", TensorKind::bias).dtype() == DType::f32);
  CHECK(tensor_of(bytes, "npy", TensorKind::number, {.dtype = DType::f64, .keeps_narrow = true}).dtype() == DType::f64);
  CHECK(tensor_of(bytes, "npy", TensorKind::number, {}).dtype() == DType::f32);
  CHECK(input_of(bytes, "npy", keeping).tensors.at("embeddings").tensor.dtype() == DType::f32);
  CHECK(values_of<float>(read_tensor(data_path("le_f4.npy"), TensorKind::number, keeping)) == halves(24));
}

TEST_CASE("keys and values of a document stay narrow, cached ones too, and nothing else") {
  std::string header = "{", data;
  for (const std::string name : {"query", "k", "v", "past_key", "past_value", "bias", "W_q"}) {
    const bool is_half = name != "v";
    header += (data.empty() ? "\"" : ",\"") + name + R"(":{"dtype":")" + (is_half ? "F16" : "BF16") +
              R"(","shape":[2,2],"data_offsets":[)" + std::to_string(data.size()) + "," +
              std::to_string(data.size() + 8) + "]}";
    data += is_half ? halves_of_numbers : bfloats_of_numbers;
  }
  header += "}";
  // Where the data begin at an odd address too, of which they are copied.
  for (const std::size_t blanks : {0U, 1U, 2U, 3U}) {
    const Input input = input_of(safetensors_bytes(header + std::string(blanks, ' '), data), "safetensors", keeping);
    const auto type_of = [&](const std::string& name) { return input.tensors.at(name).tensor.dtype(); };
    CHECK(type_of("key") == DType::f16);
    CHECK(type_of("value") == DType::bf16);
    CHECK(type_of("past_key") == DType::f16);
    CHECK(type_of("past_value") == DType::f16);
    CHECK(type_of("query") == DType::f32);
    CHECK(type_of("bias") == DType::f32);
    CHECK(input.projections.at("W_q").tensor.dtype() == DType::f32);
    for (const auto& [name, sourced] : input.tensors) {
      INFO(name);
      CHECK(values_of<float>(sourced.tensor.as(DType::f32)) == numbers);
    }
  }
}

TEST_CASE("keys of an NPZ stay narrow as well") {
  StringSink sink;
  io::ZipWriter zip(sink);
  const std::string array = npy_2x2("<f2", "False", halves_of_numbers);
  for (const char* name : {"key.npy", "query.npy"}) zip.add(name, array, {});
  zip.finish();
  const Input input = input_of(sink.text, "npz", keeping);
  CHECK(input.tensors.at("key").tensor.dtype() == DType::f16);
  CHECK(values_of<float>(input.tensors.at("key").tensor.as(DType::f32)) == numbers);
  CHECK(input.tensors.at("query").tensor.dtype() == DType::f32);
}

TEST_CASE("a copy of a narrow array is counted as what it takes") {
  // 64 numbers, at an odd address with one blank or without, where they are copied.
  const auto read = [&](const std::string& blanks, std::uint64_t limit) {
    const std::string header = R"({"key":{"dtype":"F16","shape":[64],"data_offsets":[0,128]}})" + blanks;
    const std::string bytes = safetensors_bytes(header, std::string(128, '\0'));
    return error_of([&] { input_of(bytes, "safetensors", {.max_memory = limit, .keeps_narrow = true}); });
  };
  for (const char* blanks : {"", " "}) CHECK(read(blanks, 128) == "no error");
  CHECK((read("", 127) == "no error") != (read(" ", 127) == "no error"));
}
