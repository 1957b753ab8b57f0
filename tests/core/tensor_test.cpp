// Tensors: shapes, ownership and conversions.
#include "attn/tensor.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <numeric>
#include <optional>

#include "attn/error.hpp"
#include "core/xt.hpp"
#include "support/catch.hpp"

namespace attn::test {
namespace {

std::string size_error(const Shape& shape, std::size_t element_bytes) {
  try {
    checked_size(shape, element_bytes, "in.npy");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::data);
    return error.where() + ": " + error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("shapes are written as numpy writes them") {
  CHECK(shape_text({}) == "()");
  CHECK(shape_text({4}) == "(4,)");
  CHECK(shape_text({2, 3}) == "(2, 3)");
}

TEST_CASE("the size of a shape is its product") {
  CHECK(checked_size({}, 4, "") == 1);
  CHECK(checked_size({2, 3, 4}, 4, "") == 24);
  CHECK(checked_size({2, 0, 4}, 4, "") == 0);
}

TEST_CASE("a shape that overflows is refused, even if an extent of 0 hides it") {
  const std::size_t large = std::size_t{1} << 40;
  CHECK(size_error({large, large}, 1) ==
        "in.npy: the shape (1099511627776, 1099511627776) has more elements than memory can hold");
  CHECK(size_error({0, large, large}, 1) ==
        "in.npy: the shape (0, 1099511627776, 1099511627776) has more elements than memory can hold");
  CHECK(size_error({std::size_t{1} << 62}, 8) ==
        "in.npy: the shape (4611686018427387904,) has more bytes than memory can hold");
  CHECK(size_error({std::size_t{1} << 63}, 1) ==
        "in.npy: the shape (9223372036854775808,) has more bytes than memory can hold");
}

TEST_CASE("large tensors are aligned and whole") {
  for (const std::size_t size : {std::size_t{4} << 20U, (std::size_t{4} << 20U) + 4, std::size_t{70} << 20U}) {
    Tensor tensor = Tensor::zeros(DType::u8, {size});
    CHECK(reinterpret_cast<std::uintptr_t>(tensor.data()) % 64 == 0);
    const auto values = tensor.values<std::uint8_t>();
    values.front() = values.back() = 1;
    const Tensor copy = tensor.clone();
    const auto copied = copy.values<std::uint8_t>();
    CHECK(std::count(copied.begin(), copied.end(), 1) == 2);
    CHECK(copied.back() == 1);
  }
}

TEST_CASE("tensors are aligned and know their extents") {
  const Tensor tensor = Tensor::zeros(DType::f64, {2, 3});
  CHECK(reinterpret_cast<std::uintptr_t>(tensor.data()) % 64 == 0);
  CHECK(tensor.bytes() == 48);
  CHECK(tensor.rank() == 2);
  CHECK(tensor.extent(0) == 2);
  CHECK(tensor.extent(-1) == 3);
  CHECK(tensor.extent(-2) == 2);
  CHECK_THROWS_AS(tensor.extent(2), std::out_of_range);
  CHECK_THROWS_AS(tensor.extent(-3), std::out_of_range);
  for (const double value : tensor.values<double>()) CHECK(value == 0);
  CHECK(Tensor().size() == 0);
  CHECK(Tensor::zeros(DType::f32, {}).size() == 1);
  CHECK(Tensor::zeros(DType::f32, {0, 5}).values<float>().empty());
}

TEST_CASE("elements are only handed out as what they are") {
  Tensor tensor = Tensor::zeros(DType::f32, {2});
  CHECK_THROWS_WITH(tensor.values<double>(), "Tensor: holds f32, asked for f64");
  CHECK_THROWS_WITH(std::as_const(tensor).values<std::uint8_t>(), "Tensor: holds f32, asked for u8");
}

TEST_CASE("conversions round to nearest, and keep what is not finite") {
  const double infinity = std::numeric_limits<double>::infinity();
  const std::array<double, 4> values{0.1, -infinity, std::numeric_limits<double>::quiet_NaN(), 1e-40};
  const Tensor wide = Tensor::of<double>({4}, values);
  const Tensor narrow = wide.as(DType::f32);
  CHECK(narrow.shape() == Shape{4});
  CHECK(narrow.values<float>()[0] == 0.1F);
  CHECK(narrow.values<float>()[1] == -std::numeric_limits<float>::infinity());
  CHECK(narrow.values<float>()[2] != narrow.values<float>()[2]);
  CHECK(narrow.values<float>()[3] == 1e-40F);
  CHECK(narrow.as(DType::f64).values<double>()[0] == static_cast<double>(0.1F));
  const std::array<std::uint8_t, 3> mask{0, 1, 1};
  const Tensor numbers = Tensor::of<std::uint8_t>({3}, mask).as(DType::f32);
  CHECK(numbers.values<float>()[0] == 0);
  CHECK(numbers.values<float>()[2] == 1);
  CHECK_THROWS_AS(wide.as(DType::u8), std::logic_error);
}

TEST_CASE("a clone, and a conversion to the same type, share nothing") {
  Tensor tensor = Tensor::zeros(DType::f32, {2});
  const Tensor clone = tensor.clone(), same = tensor.as(DType::f32);
  tensor.values<float>()[0] = 7;
  CHECK(clone.values<float>()[0] == 0);
  CHECK(same.values<float>()[0] == 0);
}

TEST_CASE("a tensor keeps the owner of its memory alive, and no longer") {
  auto owner = std::make_shared<std::array<float, 4>>(std::array<float, 4>{1, 2, 3, 4});
  const std::weak_ptr<std::array<float, 4>> watch = owner;
  {
    float* const data = owner->data();
    const Tensor tensor = Tensor::adopt(DType::f32, {2, 2}, std::move(owner), data);
    CHECK_FALSE(watch.expired());
    CHECK(tensor.values<float>()[3] == 4);
  }
  CHECK(watch.expired());
}

TEST_CASE("a view has another tensor's elements under its own shape, and keeps them alive") {
  auto tensor = std::make_unique<Tensor>(Tensor::of<float>({2, 3}, std::vector<float>{0, 1, 2, 3, 4, 5}));
  const Tensor view = Tensor::view_of(*tensor, {3, 1, 2});
  CHECK(view.data() == tensor->data());
  CHECK(view.shape() == Shape{3, 1, 2});
  CHECK(tensor->shape() == Shape{2, 3});
  CHECK_THROWS_AS(Tensor::view_of(*tensor, {2, 2}), std::logic_error);
  tensor.reset();
  CHECK(view.values<float>()[5] == 5);
}

TEST_CASE("a part lies in its tensor, and keeps the memory") {
  std::array<float, 6> values{};
  std::iota(values.begin(), values.end(), 0.0F);
  std::optional<Tensor> tensor = Tensor::of<float>({3, 2}, values);
  Tensor part = Tensor::part_of(*tensor, 1);
  CHECK(part.shape() == Shape{2});
  CHECK(part.data() == tensor->values<float>().data() + 2);
  part.values<float>()[0] = 9;
  CHECK(tensor->values<float>()[2] == 9);
  CHECK_THROWS_WITH(Tensor::part_of(*tensor, 3), "Tensor::part_of: no part 3 of (3, 2)");
  tensor.reset();
  CHECK(part.values<float>()[1] == 3);
}

TEST_CASE("reshape keeps the elements and refuses another size") {
  std::array<float, 6> values{};
  std::iota(values.begin(), values.end(), 0.0F);
  Tensor tensor = Tensor::of<float>({2, 3}, values);
  tensor.reshape({3, 1, 2});
  CHECK(tensor.shape() == Shape{3, 1, 2});
  CHECK(tensor.values<float>()[5] == 5);
  CHECK_THROWS_WITH(tensor.reshape({4}), "Tensor::reshape: (4,) is not of the size of (3, 1, 2)");
  CHECK_THROWS_AS(Tensor::of<float>({7}, values), std::length_error);
}

TEST_CASE("xtensor sees a tensor's own elements") {
  std::array<float, 6> values{};
  std::iota(values.begin(), values.end(), 0.0F);
  Tensor tensor = Tensor::of<float>({2, 3}, values);
  auto view = as_xt<float>(tensor);
  CHECK(view(1, 2) == 5);
  view(0, 1) = 9;
  CHECK(tensor.values<float>()[1] == 9);
  CHECK(as_xt<float>(std::as_const(tensor))(0, 1) == 9);
}

TEST_CASE("types have names and sizes") {
  CHECK(dtype_name(DType::f32) == "f32");
  CHECK(dtype_name(DType::f64) == "f64");
  CHECK(dtype_name(DType::u8) == "u8");
  CHECK(dtype_size(DType::f32) == 4);
  CHECK(dtype_size(DType::f64) == 8);
  CHECK(dtype_size(DType::u8) == 1);
}

}  // namespace attn::test
