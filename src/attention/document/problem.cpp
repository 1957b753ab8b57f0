// Problem: a document's operands and cache, checked against each other.
#include "attention/document/problem.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "attn/error.hpp"
#include "core/half.hpp"
#include "core/number.hpp"
#include "core/option_name.hpp"
#include "core/text.hpp"

namespace attn {
namespace {

// ALiBi's slopes: 2^(−8i/n) for a power of two n; for others, those of the power below, then every second of
// twice that (the rule of the paper's code, arXiv:2108.12409).
std::vector<double> alibi_slopes(std::size_t heads) {
  std::size_t power = 1;
  while (power * 2 <= heads) power *= 2;
  std::vector<double> slopes;
  const auto slope = [](std::size_t i, std::size_t n) {
    return std::exp2(-8.0 * static_cast<double>(i) / static_cast<double>(n));
  };
  for (std::size_t i = 1; i <= power; ++i) slopes.push_back(slope(i, power));
  for (std::size_t i = 1; slopes.size() < heads; i += 2) slopes.push_back(slope(i, 2 * power));
  return slopes;
}

// Elements of T, or of 16 bits.
template <class T>
struct StoredElements {
  const T* wide = nullptr;
  NarrowElements narrow;

  // Copies them as what `To` is: as they are stored, or as T.
  template <class To>
  To* copy(std::ptrdiff_t first, std::size_t n, To* to) const {
    if constexpr (sizeof(To) == sizeof(std::uint16_t)) {
      return std::copy_n(narrow.data + first, n, to);
    } else {
      if (narrow.data == nullptr) return std::copy_n(wide + first, n, to);
      widen_all(narrow.data + first, narrow.dtype, n, to);
      return to + n;
    }
  }
};

// (B, K, P, D), without a gap, and (B, K, S − P, D), one after the other head by head.
template <class T, class To>
void concatenate(const StoredElements<T>& past, std::size_t cached, const StoredElements<T>& now,
                 const HeadsView<const T>& sizes, To* to) {
  std::ptrdiff_t from = 0;
  for (std::size_t b = 0; b < sizes.batch; ++b) {
    for (std::size_t h = 0; h < sizes.heads; ++h, from += static_cast<std::ptrdiff_t>(cached * sizes.cols)) {
      to = past.copy(from, cached * sizes.cols, to);
      for (std::size_t i = 0; i < sizes.rows; ++i)
        to = now.copy(static_cast<std::ptrdiff_t>(b) * sizes.batch_stride +
                          static_cast<std::ptrdiff_t>(h) * sizes.head_stride +
                          static_cast<std::ptrdiff_t>(i) * sizes.row_stride,
                      sizes.cols, to);
    }
  }
}

bool emits(const AttentionOptions& options, Stage stage) {
  return std::ranges::find(options.wanted.emit, stage) != options.wanted.emit.end();
}

}  // namespace

template <class T>
Problem<T>::Problem(const Input& input, const Operands& operands, const QueryRows& range, const HeadSplit& split,
                    const AttentionOptions& options)
    : rows(range),
      emits_present_key_(emits(options, Stage::present_key)),
      emits_present_value_(emits(options, Stage::present_value)) {
  check_shapes(operands, split);
  find_cache(input);
  find_places(input, options);
  bind_mask(input, options);
  bind_bias(input, options);
  add_relative_bias(options);
  set_labels(input);
  cut_to_range();
  set_pipeline(input, options);
}

template <class T>
void Problem<T>::check_shapes(const Operands& operands, const HeadSplit& split) {
  const SourcedTensor &query = *operands.query, &key = *operands.key, &value = *operands.value;
  const std::size_t rank = query.tensor.rank();
  const bool splits = rank < 4 && split.heads.has_value();
  HeadCount heads{1, query.where, ErrorKind::data}, kv_heads{1, key.where, ErrorKind::data};
  if (rank == 4) {
    heads.number = query.tensor.extent(1);
    kv_heads.number = key.tensor.extent(1);
    if (split.heads && split.heads->number != heads.number)
      throw split.heads->error(std::to_string(split.heads->number) + " heads, but the query " +
                               shape_text(query.tensor.shape()) + " has " + std::to_string(heads.number));
    if (split.kv_heads && split.kv_heads->number != kv_heads.number)
      throw split.kv_heads->error(std::to_string(split.kv_heads->number) + " key/value heads, but the key " +
                                  shape_text(key.tensor.shape()) + " has " + std::to_string(kv_heads.number));
    if (value.tensor.extent(1) != kv_heads.number)
      refuse_shape(value, "has " + std::to_string(value.tensor.extent(1)) + " heads, but the key " +
                              shape_text(key.tensor.shape()) + " has " + std::to_string(kv_heads.number));
  } else if (splits) {
    heads = *split.heads;
    kv_heads = split.kv_heads.value_or(heads);
    heads.check_divides("heads", query.tensor.extent(-1), query.where);
  } else if (split.kv_heads) {
    throw split.kv_heads->error("needs a number of heads too (" + option_name("heads") +
                                " or num_heads), by which the last axis is split");
  }
  if (kv_heads.number == 0 || heads.number % kv_heads.number != 0)
    throw kv_heads.error(std::to_string(kv_heads.number) + " key/value heads do not divide " +
                         std::to_string(heads.number) + " query heads");
  if (splits)
    for (const SourcedTensor* tensor : {&key, &value})
      kv_heads.check_divides("key/value heads", tensor->tensor.extent(-1), tensor->where);

  task.operands.query = heads_view<T>(query.tensor, heads.number);
  task.operands.key = stored_view<T>(key.tensor, kv_heads.number, task.operands.narrow_key);
  task.operands.value = stored_view<T>(value.tensor, kv_heads.number, task.operands.narrow_value);
  if (task.operands.key.cols != task.operands.query.cols)
    refuse_shape(key, "gives keys of width " + std::to_string(task.operands.key.cols) + ", but the queries " +
                          shape_text(query.tensor.shape()) + " have width " + std::to_string(task.operands.query.cols));
  dims = {.batch = task.operands.query.batch,
          .heads = heads.number,
          .kv_heads = kv_heads.number,
          .queries = rows.all,
          .keys = task.operands.key.rows,
          .depth = task.operands.query.cols,
          .value_depth = task.operands.value.cols,
          .axes = {.batch = rank > 2, .heads = rank == 4 || splits, .merged = splits, .projects = split.projects}};
}

// After everything that the document lays over all queries has been checked against their number.
template <class T>
void Problem<T>::cut_to_range() {
  const std::ptrdiff_t first = static_cast<std::ptrdiff_t>(rows.first);
  if (task.operands.query.rows != rows.count) {
    task.operands.query.rows = rows.count;
    task.operands.query.data += first * task.operands.query.row_stride;
  }
  if (task.pipeline.bias.data != nullptr) task.pipeline.bias.data += first * task.pipeline.bias.strides[2];
  task.operands.first_query = rows.first;
  task.operands.all_queries = rows.all;
  dims.queries = rows.count;
}

template <class T>
void Problem<T>::find_cache(const Input& input) {
  past_key_ = find_tensor(input, "past_key");
  past_value_ = find_tensor(input, "past_value");
  if (past_key_ == nullptr && past_value_ == nullptr) return;
  if (past_key_ == nullptr || past_value_ == nullptr)
    throw data_error((past_key_ != nullptr ? past_key_ : past_value_)->where,
                     "a cache needs both past_key and past_value");
  check_cached(*past_key_, Stage::present_key);
  check_cached(*past_value_, Stage::present_value);
  dims.past = past_key_->tensor.extent(-2);
  if (past_value_->tensor.extent(-2) != dims.past)
    refuse_shape(*past_value_,
                 "has another number of cached keys than past_key's " + shape_text(past_key_->tensor.shape()));
  dims.keys += dims.past;
}

// Positions are of RoPE, ALiBi and T5's bias; masks count places.
template <class T>
void Problem<T>::find_places(const Input& input, const AttentionOptions& options) {
  const std::optional<Rope>& rope = options.layer.rope;
  const bool turns = dims.axes.projects && rope, counts = options.pipeline.alibi || options.pipeline.relative_bias;
  const std::size_t axes = turns && !rope->sections.empty() ? rope->sections.size() : 1;
  positions = find_positions(input, {dims.batch, dims.axes.batch, rows.all, dims.keys, dims.past}, axes);
  if (!positions.queries.given()) return;
  const std::string& where = positions.queries.where;
  if (!turns && !counts) {
    const std::string why =
        std::string(dims.axes.projects ? "neither RoPE nor ALiBi counts" : "no ALiBi counts") + " positions here";
    if (where == option_name("position_ids")) throw usage_error(where, "changes nothing: " + why);
    notes.push_back(where + " changes nothing: " + why);
    positions = {};
    return;
  }
  if (!counts) return;
  const std::string counter = options.pipeline.alibi ? "ALiBi" : "the relative position bias";
  if (axes != 1 && (positions.queries.axes != 1 || positions.keys.axes != 1))
    throw data_error(where, counter + " counts one axis of positions, and these have " + std::to_string(axes));
  if (!positions.all_keys)
    throw data_error(positions.keys.where,
                     counter + " counts from cached keys too: key_position_ids has the positions of all " +
                         std::to_string(dims.keys) + " keys, the cached ones first");
}

template <class T>
void Problem<T>::check_cached(const SourcedTensor& past, Stage present) const {
  Shape expected = dims.shape_of(present);
  const std::size_t axis = expected.size() - 2;
  const bool same_rank = past.tensor.rank() == expected.size();
  if (same_rank) expected[axis] = past.tensor.shape()[axis];
  if (!same_rank || past.tensor.shape() != expected)
    refuse_shape(
        past, "does not fit before the new ones: " + shape_text(expected) + " would, with any number of cached keys");
}

template <class T>
void Problem<T>::join_cache() {
  if (past_key_ == nullptr) return join_appended_keys();
  const auto join = [this](const Tensor& past, HeadsView<const T>& view, NarrowElements& narrow, Tensor& present,
                           Stage stage, bool is_emitted) {
    StoredElements<T> cached, now{view.data, narrow};
    cached.wide = stored_view<T>(past, 1, cached.narrow).data;
    const bool is_stored = narrow.data != nullptr && past.dtype() == narrow.dtype && !is_emitted;
    present = Tensor(is_stored ? past.dtype() : dtype_of<T>, dims.shape_of(stage));
    if (is_stored) {
      concatenate(cached, dims.past, now, view, static_cast<std::uint16_t*>(present.data()));
    } else {
      concatenate(cached, dims.past, now, view, present.values<T>().data());
    }
    const std::ptrdiff_t keys = static_cast<std::ptrdiff_t>(dims.keys - dims.appended),
                         width = static_cast<std::ptrdiff_t>(view.cols);
    narrow =
        is_stored ? NarrowElements{static_cast<const std::uint16_t*>(present.data()), past.dtype()} : NarrowElements{};
    view.data = is_stored ? nullptr : present.values<T>().data();
    view.rows = static_cast<std::size_t>(keys);
    view.row_stride = width;
    view.head_stride = keys * width;
    view.batch_stride = static_cast<std::ptrdiff_t>(view.heads) * view.head_stride;
  };
  AttentionOperands<T>& operands = task.operands;
  join(past_key_->tensor, operands.key, operands.narrow_key, present_key, Stage::present_key, emits_present_key_);
  join(past_value_->tensor, operands.value, operands.narrow_value, present_value, Stage::present_value,
       emits_present_value_);
  join_appended_keys();
}

// A factor of the scores is multiplied by log₂ e on its way: a quarter of the greatest number leaves room for that.
template <class T>
constexpr double greatest_scale = static_cast<double>(std::numeric_limits<T>::max()) / 4;

// Of a number that would be infinite as one of T.
template <class T>
std::string too_large(double number) {
  return shortest(number) + " is too large for " +
         (std::is_same_v<T, float> ? "float32; " + option_name("dtype") + " f64 has room" : "float64");
}

// The number of an option, if one of T can be as large.
template <class T>
double within(double number, std::string_view option) {
  if (std::abs(number) > static_cast<double>(std::numeric_limits<T>::max()))
    throw usage_error(option_name(option), too_large<T>(number));
  return number;
}

double greatest(const std::vector<double>& numbers) {
  double most = numbers.empty() ? 1 : 0;
  for (const double number : numbers) most = std::max(most, std::abs(number));
  return most;
}

// Each factor of the scores by itself, and their product.
template <class T>
void Problem<T>::check_scales(const Input& input, const AttentionOptions& options) const {
  const auto fits = [](double number) { return std::abs(number) <= greatest_scale<T>; };
  const double by_head = head_scales.empty() ? scale : greatest(head_scales), by_query = greatest(query_scales.values);
  if (!fits(by_head)) {
    const bool of_options = options.pipeline.scale || !options.pipeline.head_scales.empty();
    if (of_options) throw usage_error(option_name("scale"), too_large<T>(by_head));
    throw data_error(input.where("scale"), too_large<T>(by_head));
  }
  if (query_scales.given() && !(fits(by_query) && fits(by_head * by_query)))
    throw data_error(query_scales.where,
                     fits(by_query) ? "times the scale, " + too_large<T>(by_head * by_query) : too_large<T>(by_query));
}

template <class T>
void Problem<T>::set_scales(const Input& input, const AttentionOptions& options) {
  const double default_scale = dims.depth > 0 ? 1 / std::sqrt(static_cast<double>(dims.depth)) : 1;
  scale = options.pipeline.scale.value_or(input.scale.value_or(default_scale));
  head_scales = find_head_scales(input, options.pipeline, dims.heads);
  query_scales = find_query_scales(input, {dims.batch, dims.axes.batch, rows.all, dims.keys, dims.past});
  task.pipeline.scale = head_scales.empty() ? scale : 1;
  task.pipeline.head_scales = head_scales;
  if (query_scales.given())
    task.pipeline.query_scales = {query_scales.values.data(), query_scales.batch == 1 ? 0 : query_scales.places};
  check_scales(input, options);
}

template <class T>
void Problem<T>::set_alibi(const AttentionOptions& options) {
  if (!options.pipeline.alibi) return;
  const std::vector<double>& given = options.pipeline.alibi_slopes;
  if (!given.empty() && given.size() != dims.heads)
    throw usage_error(option_name("alibi_slopes"),
                      counted(given.size(), "slope") + " for " + counted(dims.heads, "head"));
  for (const double slope : given.empty() ? alibi_slopes(dims.heads) : given)
    slopes_.push_back(static_cast<T>(within<T>(slope, "alibi_slopes")));
  task.pipeline.alibi_slopes = slopes_;
  if (!positions.queries.given()) return;
  task.pipeline.query_positions = {positions.queries.of(0),
                                   positions.queries.batch == 1 ? 0 : positions.queries.places};
  task.pipeline.key_positions = {positions.keys.of(0), positions.keys.batch == 1 ? 0 : positions.keys.places};
}

// What the task takes from the options besides mask and bias.
template <class T>
void Problem<T>::set_pipeline(const Input& input, const AttentionOptions& options) {
  set_scales(input, options);
  set_alibi(options);
  const std::vector<double>& sinks = options.pipeline.sinks;
  if (sinks.size() > 1 && sinks.size() != dims.heads)
    throw usage_error(option_name("sink"), counted(sinks.size(), "sink") + " for " + counted(dims.heads, "head"));
  if (!sinks.empty())
    for (std::size_t h = 0; h < dims.heads; ++h)
      sinks_.push_back(static_cast<T>(within<T>(sinks[sinks.size() == 1 ? 0 : h], "sink")));
  task.pipeline.softcap = within<T>(options.pipeline.softcap.value_or(0), "softcap");
  task.pipeline.empty_row = options.pipeline.empty_row;
  task.pipeline.sinks = sinks_;
  task.pipeline.alibi_offsets = alibi_offsets_;  // distances are counted from there without ALiBi too
  task.execution.bf16_operands = options.execution.bf16_operands;
  task.execution.f16_operands = options.execution.f16_operands;
  task.execution.kernels = &kernels_of(options);
  task.execution.threads = options.execution.threads;
}

template class Problem<float>;
template class Problem<double>;

}  // namespace attn
