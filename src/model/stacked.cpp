// Stacks tensors, statistics, metadata and masks of layers.
#include "model/stacked.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "attn/error.hpp"

namespace attn::model {
namespace {

// Takes the tensors apart that `of` gives of each result: memory of a layer is free when it has been copied.
template <class Of>
Tensor stack(std::vector<Result>& results, const std::string& name, Of of) {
  const Tensor& first = of(results.front());
  Shape shape = first.shape();
  shape.insert(shape.begin(), results.size());
  Tensor all(first.dtype(), shape);
  const std::size_t bytes = first.bytes();
  for (std::size_t i = 0; i < results.size(); ++i) {
    Tensor& part = of(results[i]);
    if (part.bytes() != bytes || !std::equal(shape.begin() + 1, shape.end(), part.shape().begin(), part.shape().end()))
      throw data_error("", "'" + name + "' has the shape " + shape_text(part.shape()) + " in one layer and " +
                               shape_text({shape.begin() + 1, shape.end()}) +
                               " in another: they have no common array, only one by one");
    std::memcpy(static_cast<char*>(all.data()) + i * bytes, part.data(), bytes);
    if (i != 0) part = Tensor();
  }
  return all;
}

void stack_all(std::vector<Result>& results, std::vector<NamedTensor> Result::*list, Stacks& stacks) {
  for (std::size_t t = 0; t < (results.front().*list).size(); ++t) {
    NamedTensor& named = (results.front().*list)[t];
    if (std::optional<Tensor> whole = stacks.take(results, named.name)) {
      named.tensor = std::move(*whole);
      continue;
    }
    named.tensor = stack(results, named.name, [&](Result& result) -> Tensor& { return (result.*list)[t].tensor; });
  }
}

void stack_top(std::vector<Result>& results) {
  if (!results.front().top) return;
  TopKeys top;
  top.count = results.front().top->count;
  for (const Result& result : results)
    top.keys.insert(top.keys.end(), result.top->keys.begin(), result.top->keys.end());
  top.weights = stack(results, "top", [](Result& result) -> Tensor& { return result.top->weights; });
  results.front().top = std::move(top);
}

using Metadata = std::vector<std::pair<std::string, MetadataValue>>;

const MetadataValue* find(const Metadata& rows, const std::string& name) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return row.first == name; });
  return found == rows.end() ? nullptr : &found->second;
}

MetadataScalar scalar_of(const MetadataValue* value) {
  if (value == nullptr) return {};
  return std::visit(
      [](const auto& held) -> MetadataScalar {
        if constexpr (std::is_same_v<std::decay_t<decltype(held)>, std::vector<MetadataScalar>>) {
          return {};
        } else {
          return held;
        }
      },
      *value);
}

// What all layers have in common, and a list of what they have not, in the order of the layers.
Metadata stack_metadata(const std::vector<Result>& results) {
  Metadata rows;
  for (const Result& result : results)
    for (const auto& [name, value] : result.metadata) {
      if (find(rows, name) != nullptr) continue;
      std::vector<MetadataScalar> all;
      for (const Result& of : results) all.push_back(scalar_of(find(of.metadata, name)));
      const bool same =
          std::all_of(all.begin(), all.end(), [&](const MetadataScalar& one) { return one == all.front(); });
      rows.emplace_back(name, same ? value : MetadataValue(std::move(all)));
    }
  return rows;
}

}  // namespace

std::optional<Tensor> Stacks::part(Stage stage, DType dtype, const Shape& shape, std::size_t index,
                                   std::size_t layers) {
  Tensor& whole = wholes_[std::string(stage_name(stage))];
  Shape all = shape;
  all.insert(all.begin(), layers);
  if (index == 0) whole = Tensor(dtype, all);
  if (whole.dtype() != dtype || whole.shape() != all) return std::nullopt;
  return Tensor::part_of(whole, index);
}

std::optional<Tensor> Stacks::take(const std::vector<Result>& results, const std::string& name) {
  const auto found = wholes_.find(name);
  if (found == wholes_.end() || found->second.extent(0) != results.size()) return std::nullopt;
  Tensor& whole = found->second;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const void* const place = std::as_const(whole).data();
    const auto at = std::find_if(results[i].tensors.begin(), results[i].tensors.end(),
                                 [&](const NamedTensor& named) { return named.name == name; });
    if (at == results[i].tensors.end() ||
        at->tensor.data() != static_cast<const char*>(place) + i * (whole.bytes() / results.size()))
      return std::nullopt;
  }
  return std::move(whole);
}

bool is_written_in_place(const StageInfo& stage, const WantedOptions& wanted) {
  return stage.is_matrix() && !(stage.stage == Stage::weights && wanted.average);
}

Result stacked(std::vector<Result> results, const std::vector<std::int64_t>& numbers, Stacks stacks) {
  Metadata metadata = stack_metadata(results);
  std::vector<std::string> notes;
  std::vector<decltype(Result::mask_cells)> masks;
  for (Result& result : results) {
    for (std::string& note : result.notes)
      if (std::find(notes.begin(), notes.end(), note) == notes.end()) notes.push_back(std::move(note));
    masks.push_back(std::move(result.mask_cells));
  }
  stack_all(results, &Result::tensors, stacks);
  stack_all(results, &Result::stats, stacks);
  stack_top(results);
  Result all = std::move(results.front());
  all.metadata = std::move(metadata);
  all.notes = std::move(notes);
  all.layers = numbers;
  all.summary.axes.layers = true;
  all.mask_cells = nullptr;
  if (std::any_of(masks.begin(), masks.end(), [](const auto& mask) { return mask != nullptr; }))
    all.mask_cells = [masks = std::move(masks)](const MatrixPlace& place, std::span<std::uint8_t> masked) {
      std::fill(masked.begin(), masked.end(), std::uint8_t{1});
      std::vector<std::uint8_t> own(masked.size());
      const std::size_t begin = place.layer.value_or(0), end = place.layer ? begin + 1 : masks.size();
      for (std::size_t n = begin; n < end; ++n) {
        std::fill(own.begin(), own.end(), std::uint8_t{0});
        if (masks[n]) masks[n](place, own);
        for (std::size_t i = 0; i < own.size(); ++i) masked[i] &= own[i];
      }
    };
  return all;
}

}  // namespace attn::model
