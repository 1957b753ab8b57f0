// The results of several layers as one, with a leading axis.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "attn/attention.hpp"
#include "attn/document.hpp"

namespace attn::model {

/// Matrices of several layers that are written to their place in an array of all of them.
class Stacks {
 public:
  /// The place of the layer at `index` of so many; none if layers before it were of another type or shape.
  std::optional<Tensor> part(Stage stage, DType dtype, const Shape& shape, std::size_t index, std::size_t layers);
  /// The array of a stage, if every layer's tensor of that name lies at its place; nothing otherwise.
  std::optional<Tensor> take(const std::vector<Result>& results, const std::string& name);

 private:
  std::map<std::string, Tensor, std::less<>> wholes_;
};

/// What a run makes of a stage is the tensor that its result has, so that it may be written in place.
bool is_written_in_place(const StageInfo& stage, const WantedOptions& wanted);

/// Each tensor, statistic and list of strongest keys with the layers as its first axis; metadata that differ become
/// lists, notes are joined. `stacks`: what has been written in place. Throws Error (data) for tensors whose shapes
/// differ. `results`: one a layer, of at least one layer; `numbers` are the layers'.
Result stacked(std::vector<Result> results, const std::vector<std::int64_t>& numbers, Stacks stacks);

}  // namespace attn::model
