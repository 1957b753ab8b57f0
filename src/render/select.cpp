// Selects a picture's matrices out of a tensor: indices of layers, batch items and heads, or reductions over them.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <xtensor/xarray.hpp>
#include <xtensor/xmath.hpp>

#include "attn/error.hpp"
#include "attn/selection.hpp"
#include "core/nearest.hpp"
#include "core/number.hpp"
#include "core/option_name.hpp"
#include "core/text.hpp"
#include "core/xt.hpp"

namespace attn {
namespace {

using Kind = AxisSelection::Kind;

struct Reduction {
  std::string_view word;
  Kind kind;
  std::string_view title;
};
constexpr std::array<Reduction, 4> reductions{{{"mean", Kind::mean, "Mean"},
                                               {"max", Kind::max, "Maximum"},
                                               {"min", Kind::min, "Minimum"},
                                               {"std", Kind::std, "Deviation"}}};

class SelectionParser {
 public:
  // `numbers`: of the places; none: from 0.
  SelectionParser(std::string_view text, std::size_t extent, std::span<const std::int64_t> numbers,
                  const std::string& where)
      : text_(text), extent_(static_cast<long long>(extent)), numbers_(numbers), where_(where) {}

  AxisSelection parse() const {
    for (const Reduction& reduction : reductions)
      if (text_ == reduction.word) return {reduction.kind, {}};
    AxisSelection selection;
    if (text_ == "all") {
      append(selection, 0, extent_);
      return selection;
    }
    for (std::size_t start = 0; start <= text_.size();) {
      const std::size_t end = std::min(text_.find(',', start), text_.size());
      parse_item(text_.substr(start, end - start), selection);
      start = end + 1;
    }
    return selection;
  }

 private:
  void parse_item(std::string_view item, AxisSelection& selection) const {
    const std::size_t colon = item.find(':');
    if (colon == std::string_view::npos) {
      const long long index = place_of(integer(item));
      check(index, extent_ - 1, item);
      append(selection, index, index + 1);
      return;
    }
    const std::string_view first = item.substr(0, colon);
    const std::string_view last = item.substr(colon + 1);
    const long long begin = first.empty() ? 0 : end_of(integer(first));
    const long long end = last.empty() ? extent_ : end_of(integer(last));
    if (!first.empty()) check(begin, extent_, first);
    if (!last.empty()) check(end, extent_, last);
    if (begin >= end) throw usage_error(where_, "'" + std::string(item) + "' selects nothing; A:B is A to B-1");
    append(selection, begin, end);
  }

  long long integer(std::string_view digits) const {
    long long value = 0;
    if (parse_integer(digits, value)) return value;
    // What is past 64 bits is past every axis.
    if (is_integer(digits))
      return digits.starts_with('-') ? std::numeric_limits<long long>::min() : std::numeric_limits<long long>::max();
    std::vector<std::string_view> words{"all"};
    for (const Reduction& reduction : reductions) words.push_back(reduction.word);
    throw usage_error(where_, "'" + std::string(text_) + "' is not N, N,M, A:B, all, mean, max, min or std" +
                                  did_you_mean(text_, words));
  }

  long long from_start(long long index) const { return index < 0 ? index + extent_ : index; }

  // The place that bears a number; -1 if none does.
  long long place_of(long long number) const {
    if (number < 0 || numbers_.empty()) return from_start(number);
    const auto found = std::find(numbers_.begin(), numbers_.end(), number);
    return found == numbers_.end() ? -1 : found - numbers_.begin();
  }
  // The end of a range: the first place whose number is not below it.
  long long end_of(long long number) const {
    if (number < 0 || numbers_.empty()) return from_start(number);
    return std::lower_bound(numbers_.begin(), numbers_.end(), number) - numbers_.begin();
  }

  void check(long long index, long long last, std::string_view text) const {
    if (index >= 0 && index <= last) return;
    const std::string given(text);
    if (!numbers_.empty())
      throw missing(given, (extent_ == 1 ? "is " : "are ") +
                               joined(numbers_, [](std::int64_t number) { return std::to_string(number); }));
    const std::string there =
        extent_ == 1 ? "is 1, number 0" : "are " + std::to_string(extent_) + ", 0 to " + std::to_string(extent_ - 1);
    throw missing(given, extent_ == 0 ? "are none" : there);
  }

  NoSuchPlace missing(const std::string& given, const std::string& there) const {
    return {ErrorKind::usage, where_, given + " does not exist; there " + there};
  }

  static void append(AxisSelection& selection, long long begin, long long end) {
    for (long long i = begin; i < end; ++i) selection.indices.push_back(static_cast<std::size_t>(i));
  }

  std::string_view text_;
  long long extent_;
  std::span<const std::int64_t> numbers_;
  const std::string& where_;
};

// A leading axis of the tensor, from the outermost: its name in titles, and what is taken of it.
struct Axis {
  std::string_view name;
  std::string_view plural;
  std::size_t extent;
  AxisSelection selection;
  std::vector<std::int64_t> numbers = {};  // of its places; empty: from 0

  std::size_t picks() const { return selection.kind == Kind::indices ? selection.indices.size() : 1; }
  // The pick alone: one index, or the reduction.
  AxisSelection picked(std::size_t pick) const {
    if (selection.kind != Kind::indices) return selection;
    return {Kind::indices, {selection.indices[pick]}};
  }
  // "Head 3", "Mean of 8 heads"; empty where there is no choice, and no number of the only one.
  std::string title(std::size_t pick) const {
    if (extent == 1 && (numbers.empty() || selection.kind != Kind::indices)) return "";
    if (selection.kind == Kind::indices) {
      const std::size_t index = selection.indices[pick];
      return std::string(name) + " " + (numbers.empty() ? std::to_string(index) : std::to_string(numbers[index]));
    }
    const auto* const reduction = std::find_if(reductions.begin(), reductions.end(),
                                               [this](const Reduction& r) { return r.kind == selection.kind; });
    return std::string(reduction->title) + " of " + std::to_string(extent) + " " + std::string(plural);
  }
};

using Matrix = xt::xarray<double>;

// Reduces matrices one after the other, so that no more than three of them are in memory. NaN is kept
// and the deviation is the population's, as numpy has it; the deviation's sums are Welford's.
class Reducer {
 public:
  explicit Reducer(Kind kind) : kind_(kind) {}

  void add(const Matrix& matrix) {
    ++count_;
    if (count_ == 1) {
      value_ = matrix;
      spread_ = xt::zeros_like(matrix) * matrix;  // NaN where the matrix is not finite
      return;
    }
    const auto nan = std::numeric_limits<double>::quiet_NaN();
    const auto undefined = xt::isnan(value_) || xt::isnan(matrix);
    switch (kind_) {
      case Kind::mean: value_ += matrix; break;
      case Kind::max: value_ = xt::eval(xt::where(undefined, nan, xt::maximum(value_, matrix))); break;
      case Kind::min: value_ = xt::eval(xt::where(undefined, nan, xt::minimum(value_, matrix))); break;
      case Kind::std: {
        const Matrix from_mean = matrix - value_;
        value_ += from_mean / static_cast<double>(count_);
        spread_ += from_mean * (matrix - value_);
        break;
      }
      case Kind::indices: break;
    }
  }

  Matrix result() const {
    if (kind_ == Kind::mean) return value_ / static_cast<double>(count_);
    return kind_ == Kind::std ? Matrix(xt::sqrt(spread_ / static_cast<double>(count_))) : value_;
  }

 private:
  Kind kind_;
  std::size_t count_ = 0;
  Matrix value_;
  Matrix spread_;
};

constexpr std::size_t leading_axes = 3;  // layer, batch, head

using Picks = std::array<std::size_t, leading_axes>;

// What a selection takes of a tensor's leading axes.
class LeadingAxes {
 public:
  LeadingAxes(const Shape& shape, const Selection& selection) {
    const std::size_t rank = shape.size();
    if (rank < 2 || rank > leading_axes + 2)
      throw data_error("", "a picture needs matrices, a tensor of rank 2 to 5; its shape is " + shape_text(shape));
    const auto leading = [&](std::size_t from_matrix) {
      return rank >= 2 + from_matrix ? shape[rank - 2 - from_matrix] : 1;
    };
    for (std::size_t k = 1; k <= leading_axes; ++k)
      if (leading(k) == 0) throw data_error("", "a tensor of shape " + shape_text(shape) + " holds no matrix");
    const std::vector<std::int64_t> layers =
        selection.layers.size() == leading(3) ? selection.layers : std::vector<std::int64_t>{};
    axes_ = {
        Axis{"Layer", "layers", leading(3),
             SelectionParser(selection.layer, leading(3), layers, option_name("layer")).parse(), layers},
        Axis{"Batch", "batch items", leading(2), parse_selection(selection.batch, leading(2), option_name("batch"))},
        Axis{"Head", "heads", leading(1), parse_selection(selection.head, leading(1), option_name("head"))}};
  }

  const Axis& operator[](std::size_t k) const { return axes_[k]; }

  std::vector<Picks> picks() const {
    std::vector<Picks> all;
    for (std::size_t layer = 0; layer < axes_[0].picks(); ++layer)
      for (std::size_t batch = 0; batch < axes_[1].picks(); ++batch)
        for (std::size_t head = 0; head < axes_[2].picks(); ++head) all.push_back({layer, batch, head});
    return all;
  }

  std::string title(const Picks& picks) const {
    std::vector<std::string> parts;
    for (std::size_t k = 0; k < leading_axes; ++k)
      if (std::string part = axes_[k].title(picks[k]); !part.empty()) parts.push_back(std::move(part));
    return joined(parts);
  }

  bool reduces() const {
    return std::any_of(axes_.begin(), axes_.end(),
                       [](const Axis& axis) { return axis.selection.kind != Kind::indices; });
  }

 private:
  std::array<Axis, leading_axes> axes_;
};

class Selector {
 public:
  Selector(const Tensor& tensor, const Selection& selection)
      : tensor_(tensor), axes_(tensor.shape(), selection), shape_(tensor.shape().end() - 2, tensor.shape().end()) {}

  std::vector<SelectedMatrix> select() const {
    std::vector<SelectedMatrix> matrices;
    for (const Picks& picks : axes_.picks())
      matrices.push_back({values(picks), axes_.title(picks), index(picks, 0), index(picks, 1), index(picks, 2)});
    return matrices;
  }

 private:
  // Which of axis `k` is picked; none where it is reduced, or not there.
  std::optional<std::size_t> index(const Picks& picks, std::size_t k) const {
    const AxisSelection& selection = axes_[k].selection;
    const bool is_there = tensor_.rank() + k >= 2 + leading_axes;
    if (selection.kind != Kind::indices || !is_there) return std::nullopt;
    return selection.indices[picks[k]];
  }

  Tensor values(const Picks& picks) const {
    Tensor chosen(tensor_.dtype() == DType::f64 ? DType::f64 : DType::f32, shape_);
    if (axes_.reduces()) {
      store(matrix(picks, 0, 0), chosen);
    } else {
      std::size_t index = 0;
      for (std::size_t k = 0; k < leading_axes; ++k)
        index = index * axes_[k].extent + axes_[k].selection.indices[picks[k]];
      copy(index, chosen);
    }
    return chosen;
  }

  // The matrix below axis `k`, where the axes before it lead to `index`; the head axis is reduced first.
  Matrix matrix(const Picks& picks, std::size_t k, std::size_t index) const {
    if (k == leading_axes) {
      Tensor whole(DType::f64, shape_);
      copy(index, whole);
      return as_xt<double>(whole);
    }
    const Axis& axis = axes_[k];
    if (axis.selection.kind == Kind::indices)
      return matrix(picks, k + 1, index * axis.extent + axis.selection.indices[picks[k]]);
    Reducer reducer(axis.selection.kind);
    for (std::size_t i = 0; i < axis.extent; ++i) reducer.add(matrix(picks, k + 1, index * axis.extent + i));
    return reducer.result();
  }

  static void store(const Matrix& matrix, Tensor& tensor) {
    if (tensor.dtype() == DType::f64) {
      std::copy(matrix.begin(), matrix.end(), tensor.values<double>().begin());
    } else {
      std::transform(matrix.begin(), matrix.end(), tensor.values<float>().begin(),
                     [](double value) { return static_cast<float>(value); });
    }
  }

  // The index-th matrix of the tensor, converted to the target's type.
  void copy(std::size_t index, Tensor& target) const {
    switch (tensor_.dtype()) {
      case DType::f32: copy_from(tensor_.values<float>(), index, target); break;
      case DType::f64: copy_from(tensor_.values<double>(), index, target); break;
      case DType::u8: copy_from(tensor_.values<std::uint8_t>(), index, target); break;
      case DType::f16:
      case DType::bf16: refuse_narrow(tensor_.dtype());
    }
  }
  template <class T>
  static void copy_from(std::span<const T> values, std::size_t index, Tensor& target) {
    const std::span<const T> matrix = values.subspan(index * target.size(), target.size());
    const auto convert = [matrix](auto out) {
      using Value = typename decltype(out)::value_type;
      std::transform(matrix.begin(), matrix.end(), out.begin(), [](T value) { return static_cast<Value>(value); });
    };
    target.dtype() == DType::f64 ? convert(target.values<double>()) : convert(target.values<float>());
  }

  const Tensor& tensor_;
  LeadingAxes axes_;
  Shape shape_;
};

}  // namespace

AxisSelection parse_selection(std::string_view text, std::size_t extent, const std::string& where) {
  return SelectionParser(text, extent, {}, where).parse();
}

AxisSelection parse_numbered_selection(std::string_view text, std::span<const std::int64_t> numbers,
                                       const std::string& where) {
  return SelectionParser(text, numbers.size(), numbers, where).parse();
}

bool is_reduction(std::string_view text) {
  return std::any_of(reductions.begin(), reductions.end(), [text](const Reduction& r) { return r.word == text; });
}

std::vector<SelectedMatrix> select_matrices(const Tensor& tensor, const Selection& selection) {
  return Selector(tensor, selection).select();
}

std::vector<SelectedAxes> select_axes(const Shape& shape, const Selection& selection) {
  const LeadingAxes axes(shape, selection);
  std::vector<SelectedAxes> selected;
  for (const Picks& picks : axes.picks())
    selected.push_back(
        {axes[0].picked(picks[0]), axes[1].picked(picks[1]), axes[2].picked(picks[2]), axes.title(picks)});
  return selected;
}

}  // namespace attn
