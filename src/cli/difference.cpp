// The rule of closeness, and the search for the worst that breaks it.
#include "cli/difference.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <utility>

#include "core/number.hpp"

namespace attn::cli {
namespace {

// NaN is worse than infinity, which is worse than all numbers.
bool is_worse(double amount, double than) { return !std::isnan(than) && (std::isnan(amount) || amount > than); }

class Comparison {
 public:
  Comparison(Tolerance tolerance, bool nulls) : tolerance_(tolerance), nulls_(nulls) {}

  void add(double actual, double expected) {
    const std::size_t index = found_.count++;
    if (!std::isfinite(actual) || !std::isfinite(expected)) {
      const bool same =
          actual == expected || (std::isnan(expected) && (nulls_ ? !std::isfinite(actual) : std::isnan(actual)));
      if (!same) differ(index, actual, expected);
      return;
    }
    const double amount = std::abs(actual - expected);
    if (amount <= tolerance_.absolute + tolerance_.relative * std::abs(expected)) {
      found_.greatest = std::max(found_.greatest, amount);
    } else {
      differ(index, actual, expected);
    }
  }

  const Difference& found() const { return found_; }

 private:
  void differ(std::size_t index, double actual, double expected) {
    const double amount = std::abs(actual - expected);
    if (found_.differing == 0) found_.first = {amount, index, actual, expected};
    const auto keep = [&](Deviation& worst, double next) {
      if (found_.differing == 0 || is_worse(next, worst.amount)) worst = {next, index, actual, expected};
    };
    keep(found_.absolute, amount);
    keep(found_.relative, std::isinf(amount) ? amount : amount / std::abs(expected));
    ++found_.differing;
  }

  Tolerance tolerance_;
  bool nulls_;
  Difference found_;
};

template <class Use>
void with_values(const Tensor& tensor, Use use) {
  switch (tensor.dtype()) {
    case DType::f32: return use(tensor.values<float>());
    case DType::f64: return use(tensor.values<double>());
    case DType::u8: return use(tensor.values<std::uint8_t>());
    case DType::f16:
    case DType::bf16: refuse_narrow(tensor.dtype());
  }
}

// Whether a number is what the shortest text of a float32 number says.
bool is_written_float32(double value) {
  const auto narrow = static_cast<float>(value);
  if (static_cast<double>(narrow) == value || std::isnan(value)) return true;
  double written = 0;
  return std::isfinite(narrow) && parse_double(shortest(narrow), written) && written == value;
}

}  // namespace

void match_written_types(Tensor& one, Tensor& other) {
  if (one.dtype() == other.dtype()) return;
  Tensor& wide = one.dtype() == DType::f64 ? one : other;
  const Tensor& narrow = one.dtype() == DType::f64 ? other : one;
  if (wide.dtype() != DType::f64 || narrow.dtype() != DType::f32) return;
  const std::span<const double> numbers = std::as_const(wide).values<double>();
  if (std::all_of(numbers.begin(), numbers.end(), is_written_float32)) wide = wide.as(DType::f32);
}

Difference difference_of(const Tensor& actual, const Tensor& expected, Tolerance tolerance, bool nulls) {
  if (actual.shape() != expected.shape()) return {.same_shape = false};
  Comparison comparison(tolerance, nulls);
  with_values(actual, [&](auto here) {
    with_values(expected, [&](auto there) {
      for (std::size_t i = 0; i < here.size(); ++i)
        comparison.add(static_cast<double>(here[i]), static_cast<double>(there[i]));
    });
  });
  return comparison.found();
}

double root_mean_square(const Tensor& tensor) {
  double sum = 0;
  std::size_t count = 0;
  with_values(tensor, [&](auto values) {
    for (const auto value : values) {
      const double x = static_cast<double>(value);
      if (!std::isfinite(x)) continue;
      sum += x * x;
      ++count;
    }
  });
  return count == 0 ? 0 : std::sqrt(sum / static_cast<double>(count));
}

std::string index_text(std::size_t index, const Shape& shape) {
  std::string text;
  for (std::size_t axis = shape.size(); axis-- > 0; index /= shape[axis])
    text = std::to_string(index % shape[axis]) + (text.empty() ? "" : ", ") + text;
  return "[" + text + "]";
}

}  // namespace attn::cli
