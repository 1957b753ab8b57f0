// x·W + b in both layouts of W, across the edges of blocks, on every kernel set.
#include "attention/bf16_sets.hpp"
#include "attention/document_case.hpp"
#include "attn/packed_weight.hpp"
#include "attn/task.hpp"
#include "kernels/bfloat16.hpp"

using namespace attn;
using namespace attn::test;

namespace {

struct Sizes3 {
  std::size_t rows, in, out;
};

// Plain double sums, and |x|·|W| + |b|: what bounds the rounding of any order of summing.
struct LinearProduct {
  Matrix exact, magnitude;
};

LinearProduct product_of(const Matrix& x, const Matrix& w, const Matrix& b) {
  LinearProduct p{Matrix::zeros(x.shape(0), w.shape(1)), Matrix::zeros(x.shape(0), w.shape(1))};
  for (std::size_t i = 0; i < x.shape(0); ++i)
    for (std::size_t o = 0; o < w.shape(1); ++o) {
      for (std::size_t c = 0; c < x.shape(1); ++c) {
        p.exact(i, o) += x(i, c) * w(c, o);
        p.magnitude(i, o) += std::abs(x(i, c) * w(c, o));
      }
      p.exact(i, o) += b(0, o);
      p.magnitude(i, o) += std::abs(b(0, o));
    }
  return p;
}

template <class T>
std::vector<T> values_of(const Matrix& m) {
  return {m.begin(), m.end()};
}

// The product lies within longer rows, whose other elements must stay as they were.
template <class T>
std::vector<T> run(const Matrix& x, const Matrix& w, const T* bias, bool transposed, const KernelSet& set,
                   std::size_t threads, bool bf16 = false, bool packed = false) {
  const auto stride = [](std::size_t n) { return static_cast<std::ptrdiff_t>(n); };
  const std::vector<T> left = values_of<T>(x), right = values_of<T>(transposed ? w.transposed() : w);
  const std::size_t in = x.shape(1), out = w.shape(1), width = out + 3;
  std::vector<T> y(x.shape(0) * width, T(77));
  LinearTask<T> task{.x = {left.data(), x.shape(0), in, stride(in)},
                     .weight = transposed ? MatrixView<const T>{right.data(), out, in, stride(in)}
                                          : MatrixView<const T>{right.data(), in, out, stride(out)},
                     .transposed = transposed,
                     .bias = bias,
                     .y = {y.data(), x.shape(0), out, stride(width)},
                     .execution = {.bf16_operands = bf16, .kernels = &set, .threads = threads}};
  if (!packed) {
    linear(task);
    return y;
  }
  const PackedWeight<T> weight(task.weight, transposed, task.execution);
  CHECK(weight.in() == in);
  CHECK(weight.out() == out);
  task.packed = &weight;
  const std::vector<T> other(right.size(), T(1));  // is not read
  if (set.tiles<T>(bf16) != nullptr && in != 0) task.weight.data = other.data();
  linear(task);
  return y;
}

template <class T>
void check(Sizes3 sizes) {
  const Matrix x = random_matrix(sizes.rows, sizes.in, 1), w = random_matrix(sizes.in, sizes.out, 2),
               b = random_matrix(1, sizes.out, 3), none = Matrix::zeros(1, sizes.out);
  const std::vector<T> bias = values_of<T>(b);
  for (const bool biased : {false, true}) {
    const LinearProduct p = product_of(x, w, biased ? b : none);
    const double unit = static_cast<double>(sizes.in + 2) * static_cast<double>(std::numeric_limits<T>::epsilon());
    for (const KernelSet* set : supported_kernel_sets()) {
      for (const bool transposed : {false, true}) {
        INFO(set->name << ", " << sizes.rows << "x" << sizes.in << "x" << sizes.out
                       << (transposed ? ", transposed" : ""));
        const std::vector<T> y = run<T>(x, w, biased ? bias.data() : nullptr, transposed, *set, 1);
        std::size_t wrong = 0;
        for (std::size_t i = 0; i < sizes.rows; ++i) {
          const T* row = y.data() + i * (sizes.out + 3);
          for (std::size_t o = 0; o < sizes.out; ++o)
            wrong += !(std::abs(static_cast<double>(row[o]) - p.exact(i, o)) <= unit * p.magnitude(i, o));
          for (std::size_t o = sizes.out; o < sizes.out + 3; ++o) wrong += row[o] != T(77);
        }
        CHECK(wrong == 0);
      }
    }
  }
}

}  // namespace

TEST_CASE("linear is right at small sizes and across the edges of its blocks") {
  for (const Sizes3 sizes : {Sizes3{1, 1, 1},
                             {2, 3, 4},
                             {7, 5, 17},
                             {96, 8, 256},
                             {97, 9, 257},
                             {200, 33, 300},
                             {450, 7, 300},
                             {5, 300, 700}}) {
    check<float>(sizes);
    check<double>(sizes);
  }
}

TEST_CASE("linear with bf16 operands is the product of rounded ones") {
  std::vector<const KernelSet*> sets = supported_kernel_sets();
  for (const KernelSet& set : bf16_sets()) sets.push_back(&set);
  for (const Sizes3 sizes : {Sizes3{1, 1, 1}, {2, 3, 4}, {97, 9, 257}, {5, 300, 700}}) {
    const Matrix x = random_matrix(sizes.rows, sizes.in, 1), w = random_matrix(sizes.in, sizes.out, 2),
                 none = Matrix::zeros(1, sizes.out);
    const auto rounded = [](Matrix m) {
      for (double& number : m) number = static_cast<double>(bfloat16_rounded(static_cast<float>(number)));
      return m;
    };
    const LinearProduct p = product_of(rounded(x), rounded(w), none);
    const double unit = static_cast<double>(sizes.in + 2) * static_cast<double>(std::numeric_limits<float>::epsilon());
    for (const KernelSet* set : sets) {
      for (const bool transposed : {false, true}) {
        INFO(set->name << ", " << sizes.rows << "x" << sizes.in << "x" << sizes.out);
        const std::vector<float> y = run<float>(x, w, nullptr, transposed, *set, 2, true);
        std::size_t wrong = 0;
        for (std::size_t i = 0; i < sizes.rows; ++i)
          for (std::size_t o = 0; o < sizes.out; ++o)
            wrong += !(std::abs(static_cast<double>(y[i * (sizes.out + 3) + o]) - p.exact(i, o)) <=
                       unit * p.magnitude(i, o));
        CHECK(wrong == 0);
      }
    }
  }
}

TEST_CASE("linear with no rows, columns or depth gives nothing, or the bias") {
  check<float>({0, 3, 4});
  check<float>({3, 4, 0});
  check<float>({3, 0, 4});
}

TEST_CASE("linear gives the same bytes for any number of threads") {
  // Few blocks a thread, which all pack together, and many, of which every thread packs what it needs.
  for (const Sizes3 sizes : {Sizes3{300, 64, 600}, {1500, 20, 600}}) {
    const Matrix x = random_matrix(sizes.rows, sizes.in, 1), w = random_matrix(sizes.in, sizes.out, 2);
    for (const KernelSet* set : supported_kernel_sets())
      for (const bool transposed : {false, true})
        for (const std::size_t threads : {2U, 4U, 7U})
          CHECK(run<float>(x, w, nullptr, transposed, *set, 1) == run<float>(x, w, nullptr, transposed, *set, threads));
  }
}

TEST_CASE("a row of linear does not depend on how many there are, or on how W lies") {
  std::vector<const KernelSet*> sets = supported_kernel_sets();
  for (const KernelSet& set : bf16_sets()) sets.push_back(&set);
  // The second is deeper than what is multiplied at a time, and has columns in whole panels.
  for (const auto& [in, out] : {std::pair{70U, 600U}, std::pair{1100U, 64U}}) {
    const Matrix w = random_matrix(in, out, 2), x = random_matrix(600, in, 1);
    const std::vector<float> drawn = values_of<float>(random_matrix(1, out, 3));
    for (const float* const bias : {drawn.data(), static_cast<const float*>(nullptr)})
      for (const bool bf16 : {false, true})
        for (const KernelSet* set : sets) {
          const std::vector<float> many = run<float>(x, w, bias, true, *set, 2, bf16);
          for (const std::size_t rows : {1U, 20U, 33U, 100U, 300U, 599U}) {
            const Matrix few = x.rows(0, rows);
            for (const bool transposed : {false, true}) {
              INFO(set->name << ", " << rows << " rows of " << in << (bf16 ? ", bf16" : "")
                             << (transposed ? ", transposed" : ""));
              const std::vector<float> y = run<float>(few, w, bias, transposed, *set, 2, bf16);
              CHECK(std::equal(y.begin(), y.end(), many.begin()));
            }
          }
        }
  }
}

TEMPLATE_TEST_CASE("W that is packed before gives the same bytes and is not read again", "[packed]", float, double) {
  std::vector<const KernelSet*> sets = supported_kernel_sets();
  if constexpr (sizeof(TestType) == sizeof(float))
    for (const KernelSet& set : bf16_sets()) sets.push_back(&set);
  for (const Sizes3 sizes : {Sizes3{1, 1, 1}, {0, 3, 4}, {3, 0, 4}, {5, 300, 700}, {97, 70, 257}, {1500, 20, 600}}) {
    const Matrix x = random_matrix(sizes.rows, sizes.in, 1), w = random_matrix(sizes.in, sizes.out, 2);
    const std::vector<TestType> bias = values_of<TestType>(random_matrix(1, sizes.out, 3));
    for (const KernelSet* set : sets)
      for (const bool transposed : {false, true})
        for (const bool bf16 : {false, true}) {
          if (bf16 && sizeof(TestType) != sizeof(float)) continue;
          INFO(set->name << ", " << sizes.rows << "x" << sizes.in << "x" << sizes.out << (bf16 ? ", bf16" : "")
                         << (transposed ? ", transposed" : ""));
          const std::vector<TestType> y = run<TestType>(x, w, bias.data(), transposed, *set, 1, bf16);
          for (const std::size_t threads : {1U, 3U})
            CHECK(run<TestType>(x, w, bias.data(), transposed, *set, threads, bf16, true) == y);
        }
  }
}

TEST_CASE("W that is packed for other kernels or another arithmetic is a mistake of the program") {
  const std::vector<float> numbers(16, 1);
  std::vector<float> y(16);
  const auto execution_of = [](const KernelSet& set, bool bf16) {
    return Execution{.bf16_operands = bf16, .kernels = &set, .threads = 1};
  };
  const MatrixView<const float> matrix{numbers.data(), 4, 4, 4};
  const PackedWeight<float> packed(matrix, false, execution_of(fastest_kernel_set(), false));
  for (const Execution& other : {execution_of(reference_kernel_set(), false), execution_of(fastest_kernel_set(), true)})
    CHECK_THROWS_AS(
        linear(LinearTask<float>{
            .x = matrix, .weight = matrix, .packed = &packed, .y = {y.data(), 4, 4, 4}, .execution = other}),
        std::logic_error);
  // Of another shape than x or y.
  for (const auto& [in, out] : {std::pair{3U, 4U}, std::pair{4U, 3U}})
    CHECK_THROWS_AS(linear(LinearTask<float>{.x = {numbers.data(), 4, in, 4},
                                             .weight = matrix,
                                             .packed = &packed,
                                             .y = {y.data(), 4, out, 4},
                                             .execution = execution_of(fastest_kernel_set(), false)}),
                    std::logic_error);
}
