// Golden draws: reading tests/data/random and comparing tensors with what the libraries drew.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <span>
#include <string>
#include <vector>

#include "attn/random.hpp"
#include "attn/tensor.hpp"
#include "support/catch.hpp"
#include "support/json.hpp"

namespace golden {

inline attn::test::Json read(const std::string& name) {
  std::ifstream file(std::string(ATTN_TEST_DATA) + "/random/" + name);
  REQUIRE(file);
  return attn::test::parsed_json(file);
}

inline attn::RandomStream stream(const attn::test::Json& golden_case) {
  const attn::Generator generator = attn::generator_of(golden_case["generator"].get<std::string>(), "--rng");
  return {generator, golden_case["seed"].get<std::uint64_t>()};
}

/// The library's own precision: float32 for PyTorch, float64 for NumPy.
inline attn::DType dtype(const attn::test::Json& golden_case) {
  return golden_case["generator"].get<std::string>().starts_with("numpy") ? attn::DType::f64 : attn::DType::f32;
}

inline std::string fnv1a(const attn::Tensor& tensor) {
  const auto* bytes = static_cast<const unsigned char*>(tensor.data());
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (std::size_t i = 0; i < tensor.bytes(); ++i) hash = (hash ^ bytes[i]) * 0x100000001b3U;
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  return text;
}

/// The tensor's elements against numbers of a golden, within `ulps` last places of the tensor's own precision.
template <class T>
void check_values(std::span<const T> got, const attn::test::Json& wanted, double ulps) {
  REQUIRE(got.size() == wanted.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    const T value = static_cast<T>(wanted[i].get<double>());
    const double ulp = std::abs(std::nextafter(value, T(100)) - value);
    INFO("element " << i << ": " << got[i] << ", not " << value);
    REQUIRE(std::abs(double(got[i]) - double(value)) <= ulps * ulp);
  }
}

template <class T>
void check_typed(const attn::Tensor& tensor, const attn::test::Json& wanted, double ulps) {
  const std::span<const T> got = tensor.values<T>();
  if (wanted.contains("values")) return check_values(got, wanted["values"], ulps);
  const std::size_t ends = wanted["head"].size();
  REQUIRE(got.size() > ends);
  check_values(got.first(ends), wanted["head"], ulps);
  check_values(got.last(ends), wanted["tail"], ulps);
  if (wanted.contains("fnv1a")) CHECK(fnv1a(tensor) == wanted["fnv1a"].get<std::string>());
}

/// Shape, values and hash. `ulps` is 0 where the draw is made of exact operations only, and 1 or so where it goes
/// through the C library's logarithm.
inline void check(const attn::Tensor& tensor, const attn::test::Json& wanted, double ulps) {
  REQUIRE(tensor.shape() == wanted["shape"].get<attn::Shape>());
  if (tensor.dtype() == attn::DType::f32) return check_typed<float>(tensor, wanted, ulps);
  check_typed<double>(tensor, wanted, ulps);
}

}  // namespace golden
