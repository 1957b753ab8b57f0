// Packs keys and values, and finds the values that are not finite or huge.
#include "attention/engine/packed.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "core/rounding.hpp"
#include "kernels/assumptions.hpp"

namespace attn {
namespace {

constexpr std::size_t keys_a_task = 1024;
constexpr std::size_t widened_keys = 128;  // at a time, so that they are packed out of the first-level cache
static_assert(keys_a_task % widened_keys == 0 && widened_keys % kWidestPanel == 0);

// Weights reach 2^32 (kernels/tile.hpp); with values below 2^48, sums over 2^40 keys are far from overflow.
template <class T>
constexpr T greatest_moderate_value = 281474976710656;  // 2^48

// False if an element is NaN, infinite or huge. It compares integers, since numbers without sign are in the order of
// their bits, so that the loop vectorises.
template <class T>
bool row_is_moderate(const T* row, std::size_t n) {
  using Bits = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
  constexpr Bits limit = std::bit_cast<Bits>(greatest_moderate_value<T>), sign = std::numeric_limits<Bits>::min();
  Bits past = 0;
  for (std::size_t i = 0; i < n; ++i) past |= Bits((std::bit_cast<Bits>(row[i]) & ~sign) > limit);
  return past == 0;
}

struct ValueBounds {
  std::vector<std::size_t> non_finite_keys;
  int exponent = 0;  // of the greatest finite value, or 0 if that is moderate
};

template <class T>
ValueBounds find_bounds(MatrixView<const T> values, const TileKernels<T>& kernels) {
  ValueBounds bounds;
  T greatest = 0;
  for (std::size_t j = 0; j < values.rows; ++j) {
    const T* row = values.row(j);
    if (row_is_moderate(row, values.cols)) continue;
    bool finite = true;
    for (std::size_t c = 0; c < values.cols; ++c) {
      if (std::isfinite(kernels.operand(row[c]))) {
        greatest = std::max(greatest, std::abs(row[c]));
      } else {
        finite = false;
      }
    }
    if (!finite) bounds.non_finite_keys.push_back(j);
  }
  if (greatest > greatest_moderate_value<T>)
    bounds.exponent = std::ilogb(greatest) - std::ilogb(greatest_moderate_value<T>) + 1;
  return bounds;
}

// The values times 2^−exponent, with 0 for those that are not finite.
template <class T>
Scratch<T> bounded(MatrixView<const T> values, int exponent, const TileKernels<T>& kernels) {
  Scratch<T> scratch(values.rows * values.cols);
  T* to = scratch.data();
  for (std::size_t j = 0; j < values.rows; ++j)
    for (std::size_t c = 0; c < values.cols; ++c)
      *to++ = std::isfinite(kernels.operand(values.row(j)[c])) ? std::ldexp(values.row(j)[c], -exponent) : T(0);
  return scratch;
}

// Packs the last columns, `tail` of them, to `packed`.
template <class T>
void set_tail(PackedHead<T>& head, MatrixView<const T> values, std::size_t tail, T* packed,
              const TileKernels<T>& kernels) {
  head.value_tail = tail;
  head.tail_values = packed;
  if (tail != 0) kernels.pack_tail(values, values.cols - tail, packed);
}

template <class T>
std::size_t tail_columns(const TileKernels<T>& kernels, std::size_t columns) {
  return kernels.pack_tail == nullptr ? 0 : tail_of(columns, kernels.lanes);
}

template <class T>
std::size_t tail_size(const TileKernels<T>& kernels, std::size_t keys, std::size_t tail) {
  return tail == 0 ? 0 : packed_tail(keys, tail, kernels.lanes);
}

// Packs the values into panels, and a tail behind them.
template <class T>
void set_packed(PackedHead<T>& head, MatrixView<const T> values, Scratch<T>& packed, const TileKernels<T>& kernels) {
  const std::size_t tail = tail_columns(kernels, values.cols), whole = values.cols - tail;
  const std::size_t panels = values.rows * round_up(whole, kernels.panel);
  const std::size_t size = panels + tail_size(kernels, values.rows, tail);
  if (packed.size() < size) packed = Scratch<T>(size);
  kernels.pack({values.data, values.rows, whole, values.row_stride}, packed.data());
  set_tail(head, values, tail, packed.data() + panels, kernels);
  head.narrow_values = {};
  head.values = packed.data();
  head.value_stride = static_cast<std::ptrdiff_t>(kernels.packed_row);
  head.value_panel_stride = static_cast<std::ptrdiff_t>(values.rows * kernels.panel);
}

}  // namespace

template <class T>
bool all_finite(const T* row, std::size_t n) {
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  constexpr Bits exponent = std::bit_cast<Bits>(std::numeric_limits<T>::infinity());
  Bits non_finite = 0;
  for (std::size_t i = 0; i < n; ++i) non_finite |= Bits((std::bit_cast<Bits>(row[i]) & exponent) == exponent);
  return non_finite == 0;
}

template <class T>
bool set_values_unseen(PackedHead<T>& head, MatrixView<const T> values, Scratch<T>& packed,
                       const TileKernels<T>& kernels, bool aligns) {
  if (kernels.packs_values) {
    set_packed(head, values, packed, kernels);
    return true;
  }
  const std::size_t tail = tail_columns(kernels, values.cols), whole = values.cols - tail;
  if (whole % kernels.lanes != 0) return false;
  const std::size_t copied = tail != 0 && aligns ? values.rows * whole : 0;
  const std::size_t size = copied + tail_size(kernels, values.rows, tail);
  if (packed.size() < size) packed = Scratch<T>(size);
  set_tail(head, values, tail, packed.data() + copied, kernels);
  head.narrow_values = {};
  head.values = copied == 0 ? values.data : packed.data();
  head.value_stride = copied == 0 ? values.row_stride : static_cast<std::ptrdiff_t>(whole);
  if (copied != 0)
    for (std::size_t j = 0; j < values.rows; ++j) std::copy_n(values.row(j), whole, packed.data() + j * whole);
  head.value_panel_stride = static_cast<std::ptrdiff_t>(kernels.panel);
  return true;
}

template <class T>
void pack_values(PackedHead<T>& head, MatrixView<const T> values, Scratch<T>& packed, const TileKernels<T>& kernels,
                 bool scales, bool aligns) {
  ValueBounds bounds = find_bounds(values, kernels);
  head.kernels = &kernels;
  head.values_seen = true;
  head.non_finite_keys = std::move(bounds.non_finite_keys);
  head.value_exponent = scales ? bounds.exponent : 0;
  head.values_huge = !scales && bounds.exponent != 0;
  const bool as_given = head.non_finite_keys.empty() && head.value_exponent == 0;
  if (as_given && set_values_unseen(head, values, packed, kernels, aligns)) return;
  if (as_given) {
    set_packed(head, values, packed, kernels);
  } else {
    const Scratch<T> finite = bounded(values, head.value_exponent, kernels);
    set_packed(head, {finite.data(), values.rows, values.cols, static_cast<std::ptrdiff_t>(values.cols)}, packed,
               kernels);
  }
  for (std::size_t& j : head.non_finite_keys) j += static_cast<std::size_t>(head.first_key);
}

template <class T>
bool set_narrow_values(PackedHead<T>& head, const NarrowRows& values, const TileKernels<T>& kernels) {
  if (kernels.packs_values || values.cols % kernels.lanes != 0) return false;
  head.narrow_values = values.elements;
  head.value_stride = values.row_stride;
  head.value_tail = 0;
  return true;
}

template <class T>
PackedHeads<T>::PackedHeads(const AttentionTask<T>& task, const TileKernels<T>& kernels, bool see_values,
                            Scratch<T>* lent)
    : task_(task),
      kernels_(kernels),
      see_values_(see_values),
      kv_heads_(task.operands.key.heads),
      chunks_(std::max<std::size_t>(1, divide_up(task.operands.key.rows, keys_a_task))),
      keys_a_head_(round_up(task.operands.key.rows, kernels.panel) * task.operands.key.cols),
      own_keys_(lent == nullptr ? task.operands.key.batch * kv_heads_ * keys_a_head_ : 0),
      key_lengths_(task.operands.key.batch * kv_heads_ * chunks_),
      heads_(task.operands.key.batch * kv_heads_),
      values_(heads_.size()) {
  Scratch<T>& keys = lent == nullptr ? own_keys_ : *lent;
  if (keys.size() < heads_.size() * keys_a_head_) keys = Scratch<T>(heads_.size() * keys_a_head_);
  keys_ = keys.data();
}

template <class T>
Phase PackedHeads<T>::packing() {
  return {heads_.size() * chunks_, [this](std::size_t index, std::size_t) { pack(index / chunks_, index % chunks_); },
          "packing keys and values"};
}

template <class T>
void PackedHeads<T>::pack(std::size_t head, std::size_t chunk) {
  const std::size_t first = chunk * keys_a_task, count = std::min(keys_a_task, task_.operands.key.rows - first);
  key_lengths_[head * chunks_ + chunk] = pack_keys(head, first, count);
  if (chunk != 0) return;
  heads_[head].keys = keys_ + head * keys_a_head_;
  if (task_.operands.value.data == nullptr && task_.operands.narrow_value.data == nullptr) return;
  pack_values_of(heads_[head], values_[head], head, see_values_, see_values_);
}

// Returns the greatest length of these keys.
template <class T>
T PackedHeads<T>::pack_keys(std::size_t head, std::size_t first, std::size_t count) {
  const std::size_t b = head / kv_heads_, kv_head = head % kv_heads_;
  const HeadsView<const T>& keys = task_.operands.key;
  T* const packed = keys_ + head * keys_a_head_;
  if (task_.operands.narrow_key.data == nullptr) {
    const MatrixView<const T> all = keys.at(b, kv_head);
    return kernels_.pack_transposed({all.row(first), count, all.cols, all.row_stride}, packed + first * all.cols);
  }
  const NarrowRows all = narrow_rows(keys, task_.operands.narrow_key, b, kv_head);
  Scratch<T> wide(widened_keys * all.cols);
  T longest = 0;
  std::size_t j = first;
  do {
    const NarrowRows part = all.part(j, std::min(widened_keys, first + count - j));
    const MatrixView<const T> rows = widen_rows(part, kernels_, wide.data());
    longest = std::max(longest, kernels_.pack_transposed(rows, packed + j * all.cols));
    j += part.rows;
  } while (j < first + count);
  return longest;
}

// Sets the values of a head, by a look at them if it `sees`.
template <class T>
void PackedHeads<T>::pack_values_of(PackedHead<T>& head, HeadValues& memory, std::size_t place, bool sees,
                                    bool scales) {
  const std::size_t b = place / kv_heads_, kv_head = place % kv_heads_;
  const HeadsView<const T>& all = task_.operands.value;
  MatrixView<const T> values;
  if (task_.operands.narrow_value.data == nullptr) {
    values = all.at(b, kv_head);
  } else {
    const NarrowRows narrow = narrow_rows(all, task_.operands.narrow_value, b, kv_head);
    if (!sees && set_narrow_values(head, narrow, kernels_)) return;
    memory.wide = Scratch<T>(all.rows * all.cols);
    values = widen_rows(narrow, kernels_, memory.wide.data());
  }
  if (sees || !set_values_unseen(head, values, memory.packed, kernels_, true))
    pack_values(head, values, memory.packed, kernels_, scales, true);
  if (head.values != values.data) memory.wide = Scratch<T>(0);
}

template <class T>
T PackedHeads<T>::key_length(std::size_t b, std::size_t kv_head) const {
  const auto first = key_lengths_.begin() + static_cast<std::ptrdiff_t>((b * kv_heads_ + kv_head) * chunks_);
  return *std::max_element(first, first + static_cast<std::ptrdiff_t>(chunks_));
}

template <class T>
const PackedHead<T>& PackedHeads<T>::with_values_seen(std::size_t b, std::size_t kv_head, bool scales) {
  const std::size_t place = b * kv_heads_ + kv_head;
  const std::lock_guard lock(seeing_);
  const auto [entry, is_new] = seen_.try_emplace({place, scales});
  SeenHead& seen = entry->second;
  if (is_new) {
    seen.head.keys = heads_[place].keys;
    pack_values_of(seen.head, seen.values, place, true, scales);
  }
  return seen.head;
}

template <class T>
void PackedHead<T>::use_tail(Product<T>& product, std::int64_t begin) const {
  if (value_tail == 0) return;
  product.n -= value_tail;
  product.tail = value_tail;
  product.b_tail = tail_values + static_cast<std::size_t>(begin - first_key) * std::bit_ceil(value_tail);
}

template <class T>
void PackedHead<T>::sum_tails(const TileKernels<T>& of, T* rows, std::ptrdiff_t stride, std::size_t count,
                              std::size_t columns) const {
  if (value_tail != 0) of.sum_tails(value_tail, rows + (columns - value_tail), stride, count);
}

template <class T>
std::size_t PackedHead<T>::place_of(const TileKernels<T>& of, std::size_t column, std::size_t columns) const {
  const std::size_t whole = columns - value_tail;
  return column < whole ? column : whole + (column - whole) * (of.lanes / std::bit_ceil(value_tail));
}

template struct PackedHead<float>;
template struct PackedHead<double>;
template bool all_finite(const float*, std::size_t);
template bool all_finite(const double*, std::size_t);
template class PackedHeads<float>;
template class PackedHeads<double>;
template bool set_values_unseen(PackedHead<float>&, MatrixView<const float>, Scratch<float>&, const TileKernels<float>&,
                                bool);
template bool set_values_unseen(PackedHead<double>&, MatrixView<const double>, Scratch<double>&,
                                const TileKernels<double>&, bool);
template bool set_narrow_values(PackedHead<float>&, const NarrowRows&, const TileKernels<float>&);
template bool set_narrow_values(PackedHead<double>&, const NarrowRows&, const TileKernels<double>&);
template void pack_values(PackedHead<float>&, MatrixView<const float>, Scratch<float>&, const TileKernels<float>&, bool,
                          bool);
template void pack_values(PackedHead<double>&, MatrixView<const double>, Scratch<double>&, const TileKernels<double>&,
                          bool, bool);

}  // namespace attn
