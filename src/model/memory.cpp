// Sizes by the table of stages.
#include "model/memory.hpp"

#include <algorithm>

#include "attention/document/budget.hpp"
#include "attention/document/problem.hpp"
#include "attention/document/query_rows.hpp"
#include "model/stacked.hpp"

namespace attn::model {
namespace {

Budget budget_of(const LayerSizes& sizes, const AttentionOptions& options, const AttentionLayer& layer,
                 std::size_t layers) {
  Dims dims;
  dims.batch = sizes.batch;
  dims.heads = static_cast<std::size_t>(std::max<std::int64_t>(1, layer.heads.value_or(1)));
  dims.kv_heads = layer.kv_heads ? static_cast<std::size_t>(*layer.kv_heads) : dims.heads;
  dims.queries = query_rows(options, sizes.queries).count;
  dims.keys = sizes.keys;
  dims.depth = dims.value_depth =
      layer.head_dim ? static_cast<std::size_t>(*layer.head_dim) : sizes.width / std::max<std::size_t>(1, dims.heads);
  dims.axes = {.batch = true, .heads = true, .merged = true, .projects = true};
  const auto shape_of = [&](Stage stage) {
    if (stage == Stage::hidden) return Shape{dims.batch, dims.queries, sizes.width};
    if ((stage == Stage::weights || stage == Stage::dropped) && options.wanted.average)
      return Shape{dims.batch, dims.queries, dims.keys};
    return dims.shape_of(stage);
  };
  Budget budget(options.execution.max_memory);
  double most = 0;
  Shape greatest;
  for (const Stage stage : options.wanted.emit) {
    const StageInfo& info = stage_info(stage);
    if (stage == Stage::hidden_last) continue;
    Shape shape = shape_of(stage);
    shape.insert(shape.begin(), layers);
    budget.add(std::string(info.name), shape, info.is_mask ? 1 : dtype_size(options.execution.dtype));
    double size = 1;
    for (const std::size_t extent : shape) size *= static_cast<double>(extent);
    if (is_written_in_place(info, options.wanted)) continue;
    if (size > most) greatest = shape;
    most = std::max(most, size);
  }
  // Made even if nobody wants it.
  const std::vector<Stage>& emit = options.wanted.emit;
  if (std::find(emit.begin(), emit.end(), Stage::output) == emit.end())
    budget.add("output", {dims.batch, dims.queries, sizes.width}, dtype_size(options.execution.dtype));
  if (most > 0) budget.add("the array of all layers", greatest, dtype_size(options.execution.dtype));
  return budget;
}

}  // namespace

void check_memory(const LayerSizes& sizes, const AttentionOptions& options, const AttentionLayer& layer,
                  std::size_t layers) {
  const auto of_output_alone = [&] {
    AttentionOptions fewer = options;
    fewer.wanted.emit = {Stage::output};
    return budget_of(sizes, fewer, layer, layers);
  };
  budget_of(sizes, options, layer, layers)
      .check(options.wanted.emit_may_shrink ? of_output_alone : std::function<Budget()>());
}

}  // namespace attn::model
