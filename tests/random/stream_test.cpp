// RandomStream: sequences of draws against the real libraries, precisions, names and messages.
#include <cmath>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "attn/error.hpp"
#include "golden.hpp"
#include "support/catch.hpp"

using attn::DType;
using attn::Generator;
using attn::RandomStream;
using attn::Tensor;

namespace {

void check_draw(RandomStream& stream, const attn::test::Json& draw, DType dtype) {
  const std::string kind = draw["kind"];
  const attn::Shape shape = {draw["n"].get<std::size_t>()};
  const std::vector<double> parameters = draw["parameters"];
  // PyTorch's blocks of sixteen and all uniforms are exact; other normals go through the C library's functions.
  const double normal_ulps = dtype == DType::f64 ? 4 : shape[0] < 16 ? 1 : 0;
  if (kind == "rand") return golden::check(stream.rand(shape, dtype), draw, 0);
  if (kind == "uniform") return golden::check(stream.uniform(shape, parameters[0], parameters[1], dtype), draw, 0);
  if (kind == "randn") return golden::check(stream.randn(shape, dtype), draw, normal_ulps);
  if (kind == "normal")
    return golden::check(stream.normal(shape, parameters[0], parameters[1], dtype), draw, normal_ulps);
  REQUIRE(kind == "keep");
  std::string kept;
  const Tensor mask = stream.keep(shape, parameters[0]);
  for (const std::uint8_t value : mask.values<std::uint8_t>()) kept += value == 1 ? '1' : '0';
  CHECK(kept == draw["kept"].get<std::string>());
}

std::string message_of(const std::function<void()>& action, const std::string& where) {
  try {
    action();
  } catch (const attn::Error& error) {
    CHECK(error.kind() == attn::ErrorKind::usage);
    CHECK(error.where() == where);
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("sequences of draws of all kinds and sizes are those of PyTorch and NumPy") {
  const char* const file = GENERATE("sequences.json", "pcg64.json");
  const attn::test::Json cases = golden::read(file);
  REQUIRE(cases.size() >= 9);
  for (const attn::test::Json& golden_case : cases) {
    RandomStream stream = golden::stream(golden_case);
    std::size_t position = 0;
    for (const attn::test::Json& draw : golden_case["draws"]) {
      INFO(golden_case["generator"] << " seed " << golden_case["seed"] << ", draw " << position++ << ": "
                                    << draw["kind"] << " of " << draw["n"]);
      check_draw(stream, draw, golden::dtype(golden_case));
    }
  }
}

TEST_CASE("a stream goes on after numbers that were drawn before") {
  const Generator generator =
      GENERATE(Generator::torch, Generator::torch_mkl, Generator::numpy, Generator::numpy_pcg64);
  const std::size_t count = GENERATE(0U, 1U, 2U, 15U, 16U, 17U, 18U, 32U, 1000U);
  INFO(attn::generator_names()[static_cast<std::size_t>(generator)] << ", " << count);
  for (const bool normals : {false, true}) {
    RandomStream drawn(generator, 42), skipped(generator, 42);
    for (std::size_t times = 0; times < 2; ++times) {
      if (normals) {
        drawn.randn({count}, DType::f64);
        skipped.skip_normal(count);
      } else {
        drawn.rand({count}, DType::f64);
        skipped.skip_uniform(count);
      }
      // A waiting normal is waiting still.
      for (const std::size_t after : {1U, 20U}) {
        const Tensor expected = drawn.randn({after}, DType::f64), got = skipped.randn({after}, DType::f64);
        for (std::size_t i = 0; i < after; ++i) CHECK(got.values<double>()[i] == expected.values<double>()[i]);
      }
    }
  }
}

TEST_CASE("PyTorch's draws are float32, widened for f64") {
  RandomStream narrow(Generator::torch, 3), wide(Generator::torch, 3);
  for (const std::size_t count : {5U, 40U}) {
    const Tensor expected = narrow.randn({count}, DType::f32), got = wide.randn({count}, DType::f64);
    for (std::size_t i = 0; i < count; ++i) CHECK(got.values<double>()[i] == double(expected.values<float>()[i]));
  }
}

TEST_CASE("NumPy's draws are float64, rounded for f32") {
  RandomStream narrow(Generator::numpy, 3), wide(Generator::numpy, 3);
  const Tensor got = narrow.rand({4, 5}, DType::f32), expected = wide.rand({4, 5}, DType::f64);
  CHECK(got.shape() == attn::Shape{4, 5});
  for (std::size_t i = 0; i < got.size(); ++i)
    CHECK(got.values<float>()[i] == static_cast<float>(expected.values<double>()[i]));
}

TEST_CASE("a shape's elements are drawn row by row, as one run") {
  for (const Generator generator : {Generator::torch, Generator::torch_mkl, Generator::numpy}) {
    RandomStream flat(generator, 11), shaped(generator, 11);
    const Tensor line = flat.randn({30}, DType::f32), block = shaped.randn({2, 3, 5}, DType::f32);
    CHECK(golden::fnv1a(line) == golden::fnv1a(block));
  }
}

TEST_CASE("a moved stream goes on where it was") {
  RandomStream stream(Generator::torch, 5), reference(Generator::torch, 5);
  stream.rand({3}, DType::f32);
  reference.rand({3}, DType::f32);
  RandomStream moved = std::move(stream);
  CHECK(golden::fnv1a(moved.rand({3}, DType::f32)) == golden::fnv1a(reference.rand({3}, DType::f32)));
}

TEST_CASE("a clone draws what the stream would, and both go on alone") {
  RandomStream stream(Generator::torch, 5), reference(Generator::torch, 5);
  stream.randn({3}, DType::f32);  // leaves a normal that waits
  reference.randn({3}, DType::f32);
  CHECK(stream.seed() == 5);
  CHECK(stream.clone().seed() == 5);
  const std::string next = golden::fnv1a(reference.randn({5}, DType::f32));
  CHECK(golden::fnv1a(stream.clone().randn({5}, DType::f32)) == next);
  CHECK(golden::fnv1a(stream.randn({5}, DType::f32)) == next);
}

TEST_CASE("a dropout mask of bits is the mask of bytes, and leaves the stream where that does") {
  for (const Generator generator : {Generator::torch, Generator::torch_mkl, Generator::numpy}) {
    for (const double p : {0.0, 0.3, 1.0}) {
      RandomStream bytes(generator, 9), bits(generator, 9);
      const Tensor mask = bytes.keep({3, 7, 11}, p);
      const std::vector<std::uint8_t> kept = bits.keep_bits(3, {0, 7, 7}, 11, p);
      REQUIRE(kept.size() == 29 + attn::kept_bits_padding);  // 231 bits
      for (std::size_t n = 0; n < mask.size(); ++n)
        REQUIRE((kept[n / 8] >> n % 8 & 1) == mask.values<std::uint8_t>()[n]);
      CHECK(golden::fnv1a(bits.rand({4}, DType::f32)) == golden::fnv1a(bytes.rand({4}, DType::f32)));
      // Rows 2, 3 and 4 of each group.
      RandomStream some(generator, 9);
      const std::vector<std::uint8_t> part = some.keep_bits(3, {2, 3, 7}, 11, p);
      REQUIRE(part.size() == 13 + attn::kept_bits_padding);  // 99 bits
      for (std::size_t n = 0; n < 99; ++n)
        REQUIRE((part[n / 8] >> n % 8 & 1) == mask.values<std::uint8_t>()[n / 33 * 77 + 22 + n % 33]);
      RandomStream after(generator, 9);
      after.keep({3, 7, 11}, p);
      CHECK(golden::fnv1a(some.rand({4}, DType::f32)) == golden::fnv1a(after.rand({4}, DType::f32)));
    }
  }
  RandomStream stream(Generator::torch, 0);
  CHECK(message_of(
            [&] {
              stream.keep_bits(1, {0, 1, 1}, 1, 2);
            },
            "`dropout`") == "a dropout probability lies between 0 and 1, and 2 does not");
}

TEST_CASE("dropout by MKL's numbers differs from PyTorch's own, other draws do not") {
  RandomStream native(Generator::torch, 123), mkl(Generator::torch_mkl, 123);
  CHECK(golden::fnv1a(native.rand({9}, DType::f32)) == golden::fnv1a(mkl.rand({9}, DType::f32)));
  CHECK(golden::fnv1a(native.keep({64}, 0.5)) != golden::fnv1a(mkl.keep({64}, 0.5)));
}

TEST_CASE("PyTorch takes the lower half of a long seed, NumPy refuses it") {
  const std::uint64_t seed = (std::uint64_t{1} << 32U) + 5;
  RandomStream longer(Generator::torch, seed), shorter(Generator::torch, 5);
  CHECK(golden::fnv1a(longer.rand({9}, DType::f32)) == golden::fnv1a(shorter.rand({9}, DType::f32)));
  CHECK(message_of([&] { RandomStream(Generator::numpy, seed, "--init-seed"); }, "--init-seed") ==
        "numpy takes seeds from 0 to 4294967295, not 4294967301");
}

TEST_CASE("numbers are not drawn as bytes") {
  RandomStream stream(Generator::torch, 0);
  CHECK_THROWS_AS(stream.rand({2}, DType::u8), std::logic_error);
}

TEST_CASE("a dropout probability outside 0 to 1 is refused") {
  RandomStream stream(Generator::torch, 0);
  CHECK(message_of([&] { stream.keep({2}, 1.5); }, "`dropout`") ==
        "a dropout probability lies between 0 and 1, and 1.5 does not");
  CHECK(message_of([&] { stream.keep({2}, -0.1, "p"); }, "p") ==
        "a dropout probability lies between 0 and 1, and -0.1 does not");
  CHECK(message_of([&] { stream.keep({2}, std::nan("")); }, "`dropout`") ==
        "a dropout probability lies between 0 and 1, and nan does not");
}

TEST_CASE("every generator is found by its name") {
  CHECK(attn::generator_of("torch", "--rng") == Generator::torch);
  CHECK(attn::generator_of("torch-mkl", "--rng") == Generator::torch_mkl);
  CHECK(attn::generator_of("numpy", "--rng") == Generator::numpy);
  CHECK(attn::generator_names().size() == 4);
  for (const std::string_view name : attn::generator_names())
    CHECK(RandomStream(attn::generator_of(name, "--rng"), 1).generator() == attn::generator_of(name, "--rng"));
}

TEST_CASE("an unknown generator's message suggests the nearest") {
  CHECK(message_of([] { attn::generator_of("nunpy", "--rng"); }, "--rng") ==
        "no generator is named 'nunpy' (there are torch, torch-mkl, numpy, numpy-pcg64); did you mean 'numpy'?");
  CHECK(message_of([] { attn::generator_of("xorshift", "--rng"); }, "--rng") ==
        "no generator is named 'xorshift' (there are torch, torch-mkl, numpy, numpy-pcg64)");
}
