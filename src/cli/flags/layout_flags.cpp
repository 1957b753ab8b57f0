// Swaps the axes of tokens and heads, in and out.
#include "cli/flags/layout_flags.hpp"

#include <array>
#include <cstring>
#include <utility>

#include "attn/error.hpp"
#include "attn/stages.hpp"
#include "cli/flags/values.hpp"

namespace attn::cli {
namespace {

constexpr std::size_t with_batch = 4, without_batch = 3;
constexpr std::array members{"query", "key", "value", "past_key", "past_value"};

// (b, m, n, d) → (b, n, m, d)
Tensor swapped(const Tensor& tensor) {
  const Shape& shape = tensor.shape();
  Tensor result(tensor.dtype(), {shape[0], shape[2], shape[1], shape[3]});
  if (tensor.size() == 0) return result;
  const std::size_t row = shape[3] * dtype_size(tensor.dtype());
  const auto* from = static_cast<const char*>(tensor.data());
  auto* const to = static_cast<char*>(result.data());
  for (std::size_t b = 0; b < shape[0]; ++b)
    for (std::size_t m = 0; m < shape[1]; ++m)
      for (std::size_t n = 0; n < shape[2]; ++n, from += row)
        std::memcpy(to + ((b * shape[2] + n) * shape[1] + m) * row, from, row);
  return result;
}

// Rows of a head's vectors: such have the axes that the input has.
bool has_rows_of_heads(const std::string& name) {
  const StageInfo* const info = find_stage(name);
  return info != nullptr && info->has_columns() && !info->is_matrix();
}

}  // namespace

void LayoutFlags::add(FlagSet& flags) {
  flags.group("Input").text("--layout", layout_, one_of("AXES", {"bhsd", "bshd"}),
                            "Axes of queries, keys, values and outputs: bhsd, as PyTorch's attention has them "
                            "(default), or bshd, as flash-attention has them: (batch, tokens, heads, width)");
}

void LayoutFlags::read(Input& input) {
  if (!layout_) return;
  heads_last_ = parse_choice(*layout_, "--layout", {"bhsd", "bshd"}) == 1;
  if (input.tensors.contains("embeddings") || !input.tensors.contains("query"))
    throw usage_error("--layout", "is of queries, keys and values, and embeddings have no heads yet");
  has_batch_ = input.tensors.at("query").tensor.rank() == with_batch;
  is_as_input_ = false;
  for (const char* const member : members) {
    const auto found = input.tensors.find(member);
    if (found == input.tensors.end()) continue;
    Tensor& tensor = found->second.tensor;
    const std::size_t rank = has_batch_ ? with_batch : without_batch;
    if (tensor.rank() != rank)
      throw data_error(found->second.where, "has the shape " + shape_text(tensor.shape()) + "; with --layout it is " +
                                                (has_batch_ ? "(batch, " : "(") +
                                                (heads_last_ ? "tokens, heads, width)" : "heads, tokens, width)"));
    tensor.reshape(batched(tensor.shape()));
    if (heads_last_) tensor = swapped(tensor);
  }
}

void LayoutFlags::describe(Result& result) const {
  if (heads_last_) result.metadata.emplace_back("layout", std::string("bshd"));
}

bool LayoutFlags::follows(const Target& target) {
  const bool names_axes = target.format != nullptr && target.format->separator != '\0';
  return target.kind == OutputKind::document || (target.kind == OutputKind::tensor && !names_axes);
}

void LayoutFlags::arrange(Result& result, bool as_input) {
  if (!layout_ || as_input == is_as_input_) return;
  is_as_input_ = as_input;
  for (NamedTensor& named : result.tensors) {
    if (!has_rows_of_heads(named.name)) continue;
    if (!as_input) named.tensor.reshape(batched(named.tensor.shape()));
    if (heads_last_) named.tensor = swapped(named.tensor);
    Shape shape = named.tensor.shape();
    if (as_input && !has_batch_) shape.erase(shape.begin());
    named.tensor.reshape(std::move(shape));
  }
}

// With the axis of batch items that the input may have left out.
Shape LayoutFlags::batched(Shape shape) const {
  if (!has_batch_) shape.insert(shape.begin(), 1);
  return shape;
}

}  // namespace attn::cli
