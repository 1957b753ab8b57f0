// What a document lays over the scores, checked against their shape: mask, bias and labels.
#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>

#include "attention/document/budget.hpp"
#include "attention/document/document_mask.hpp"
#include "attention/document/mask_conventions.hpp"
#include "attention/document/problem.hpp"
#include "core/option_name.hpp"
#include "core/text.hpp"
#include "mask/array_shapes.hpp"

namespace attn {
namespace {

// The strides of a tensor broadcast from the right to (B, H, L, S).
std::array<std::ptrdiff_t, 4> broadcast_strides(const SourcedTensor& bias, const Dims& dims) {
  Shape shape = bias.tensor.shape();
  // Without heads, the documents' scores are (B, L, S): rank 3 has the batch first.
  if (shape.size() == 3 && !dims.axes.heads) shape.insert(shape.begin() + 1, 1);
  const std::array<std::size_t, 4> target{dims.batch, dims.heads, dims.queries, dims.keys};
  std::array<std::ptrdiff_t, 4> strides{};
  bool fits = shape.size() <= 4;
  std::ptrdiff_t stride = 1;
  for (std::size_t back = 1; fits && back <= shape.size(); ++back) {
    const std::size_t extent = shape[shape.size() - back];
    if (extent == target[4 - back] && extent != 1) strides[4 - back] = stride;
    fits = extent == target[4 - back] || extent == 1;
    stride *= static_cast<std::ptrdiff_t>(extent);
  }
  if (!fits && dims.past != 0 && !shape.empty() && shape.back() == dims.keys - dims.past)
    refuse_shape(bias, "has no columns for the " + std::to_string(dims.past) + " cached keys: 0 in them adds nothing");
  if (!fits)
    refuse_shape(bias,
                 "does not broadcast to the scores' " + shape_text(dims.shape_of(Stage::scores)) +
                     advice_of_shape(bias.tensor.shape(), {dims.batch, dims.queries, dims.keys}, dims.axes.heads));
  return strides;
}

}  // namespace

template <class T>
void Problem<T>::bind_mask(const Input& input, const AttentionOptions& options) {
  DocumentMask of_document = document_mask(input, dims, options);
  mask = std::move(of_document.bound);
  unbound_mask_ = std::move(of_document.mask);
  mask_text = std::move(of_document.text);
  alibi_offsets_ = std::move(of_document.alibi_offsets);
  for (std::string& note : of_document.notes) notes.push_back(std::move(note));
  task.pipeline.mask = &mask;
}

template <class T>
void Problem<T>::bind_bias(const Input& input, const AttentionOptions& options) {
  const SourcedTensor* bias = find_tensor(input, "bias");
  if (bias == nullptr) return;
  bias_ = {added_scores<T>(*bias, dims, options), bias->where};
  std::string note =
      note_of_rank2(bias_.tensor.shape(), {dims.batch, dims.queries, dims.keys}, "the bias of " + bias->where);
  if (!note.empty()) notes.push_back(std::move(note));
  task.pipeline.bias.strides = broadcast_strides(bias_, dims);
  task.pipeline.bias.data = bias_.tensor.template values<T>().data();
}

template <class T>
void Problem<T>::add_shown_to(Budget& budget) const {
  if (bias_.tensor.size() != 0) budget.add("what the bias hides", bias_.tensor.shape(), sizeof(std::uint8_t));
}

template <class T>
void Problem<T>::find_shown(const AttentionOptions& options) {
  hide_by_bias();
  empty_rows = shown.empty_rows(task.execution.threads);
  // NaN is seen, and who asks for a library's conventions knows them. Rows of padding are nobody's.
  const bool is_padded = !mask.shape().key_lengths.empty() || !mask.shape().key_starts.empty();
  const bool are_noted = options.pipeline.notes_empty_rows && options.pipeline.empty_row == EmptyRow::zero &&
                         options.pipeline.like == nullptr;
  if (!are_noted || empty_rows == 0 || dims.keys == 0 || is_padded) return;
  notes.push_back(std::to_string(empty_rows) + " of " + counted(dims.batch * dims.heads * dims.queries, "row") +
                  " of weights may attend no key, and are 0; " + option_name("empty_row") + " nan makes them NaN");
}

template <class T>
void Problem<T>::hide_by_bias() {
  shown = mask;
  if (bias_.tensor.size() == 0) return;
  const auto hides = [](T added) { return added == -std::numeric_limits<T>::infinity(); };
  const std::span<const T> added = bias_.tensor.template values<T>();
  if (std::ranges::none_of(added, hides)) return;
  Tensor kept(DType::u8, bias_.tensor.shape());
  std::ranges::transform(added, kept.values<std::uint8_t>().begin(),
                         [hides](T score) { return static_cast<std::uint8_t>(hides(score) ? 0 : 1); });
  MaskShape shape = mask.shape();
  shape.keys -= dims.appended;
  shown = (unbound_mask_ & Mask::stored(std::move(kept), bias_.where, true)).bind(std::move(shape));
  if (dims.appended != 0) shown = shown.with_appended(dims.appended);
}

template <class T>
void Problem<T>::set_labels(const Input& input) {
  const auto check = [&](const std::vector<std::string>& labels, const char* member, std::size_t count,
                         const std::string& of) {
    if (!labels.empty() && labels.size() != count)
      throw data_error(input.where(member), counted(labels.size(), "token") + " for " + of);
  };
  check(input.tokens, "tokens", dims.queries, counted(dims.queries, "query", "queries"));
  check(input.key_tokens, "key_tokens", dims.keys, counted(dims.keys, "key"));
  tokens = rows.of(input.tokens);
  // Keys without labels of their own bear the queries'.
  const std::vector<std::string>& of_keys = input.key_tokens.empty() ? input.tokens : input.key_tokens;
  if (of_keys.size() == dims.keys && of_keys != tokens) key_tokens = of_keys;
  // Queries' labels do not fit another number of keys, and no labels would mean that they do.
  if (!tokens.empty() && input.key_tokens.empty() && dims.keys != dims.queries)
    for (std::size_t j = 0; j < dims.keys; ++j) key_tokens.push_back(std::to_string(j));
}

template void Problem<float>::bind_mask(const Input&, const AttentionOptions&);
template void Problem<double>::bind_mask(const Input&, const AttentionOptions&);
template void Problem<float>::bind_bias(const Input&, const AttentionOptions&);
template void Problem<double>::bind_bias(const Input&, const AttentionOptions&);
template void Problem<float>::add_shown_to(Budget&) const;
template void Problem<double>::add_shown_to(Budget&) const;
template void Problem<float>::find_shown(const AttentionOptions&);
template void Problem<double>::find_shown(const AttentionOptions&);
template void Problem<float>::set_labels(const Input&);
template void Problem<double>::set_labels(const Input&);

}  // namespace attn
