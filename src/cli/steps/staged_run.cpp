// Runs with all stages, and cuts heads out of their tensors.
#include <algorithm>
#include <variant>

#include "cli/flags/query_range.hpp"
#include "cli/steps/head_steps.hpp"

namespace attn::cli {
namespace {

// What the walk shows of a run, by name: stages that there are not in this version are left out.
constexpr std::string_view shown_stages[] = {"query",   "scores", "capped", "masked",      "mask",         "weights",
                                             "dropped", "concat", "output", "present_key", "present_value"};
// Of multihead's only: with the keys that are appended to the present ones.
constexpr std::string_view new_stages[] = {"key", "value"};

std::vector<Stage> stages_of_walk(bool multihead) {
  std::vector<Stage> wanted;
  for (const StageInfo& info : stages())
    if ((multihead || !info.multihead_only) &&
        (std::count(std::begin(shown_stages), std::end(shown_stages), info.name) != 0 ||
         (multihead && std::count(std::begin(new_stages), std::end(new_stages), info.name) != 0)))
      wanted.push_back(info.stage);
  return wanted;
}

// `rows`, and after them the last `count` of `more`.
Tensor with_last_rows(const Tensor& rows, const Tensor& more, std::size_t count) {
  Tensor all(rows.dtype(), {rows.extent(0) + count, rows.extent(1)});
  const std::size_t bytes = more.bytes() / std::max<std::size_t>(1, more.extent(0)) * count;
  std::byte* const to = static_cast<std::byte*>(all.data());
  std::copy_n(static_cast<const std::byte*>(rows.data()), rows.bytes(), to);
  std::copy_n(static_cast<const std::byte*>(more.data()) + (more.bytes() - bytes), bytes, to + rows.bytes());
  return all;
}

}  // namespace

StagedRun::StagedRun(Runner run, const Input& input, const AttentionOptions& options, bool multihead) {
  AttentionOptions all = options;
  all.wanted.pictures = nullptr;
  all.wanted.stats = false;
  all.wanted.top = 0;
  all.wanted.average = false;
  all.wanted.emit = stages_of_walk(multihead);
  result_ = run(input, all);
  const std::size_t first = options.wanted.query_range ? options.wanted.query_range->begin : 0;
  query_labels_ = attn::cli::query_labels(result_.tokens, first, result_.find("scores")->extent(-2));
  all.wanted.emit = {Stage::scores};
  all.pipeline.scale = 1;
  unscaled_ = run(input, all);
}

std::optional<Tensor> StagedRun::stage(const std::string& name, std::size_t b, std::size_t h) const {
  const bool of_keys = name == "present_key" || name == "present_value";
  const std::size_t heads = number("heads"), kv_heads = number("kv_heads");
  const Tensor* tensor = result_.find(name);
  if (tensor == nullptr) return std::nullopt;
  if (!of_keys) return head_of(*tensor, b, h, heads);
  const std::size_t kv_head = h / (heads / kv_heads), appended = number("keys") - tensor->extent(-2);
  Tensor present = head_of(*tensor, b, kv_head, kv_heads);
  if (appended == 0) return present;
  return with_last_rows(present, head_of(whole(name == "present_key" ? "key" : "value"), b, kv_head, kv_heads),
                        appended);
}

Tensor StagedRun::products(std::size_t b, std::size_t h) const {
  return head_of(*unscaled_.find("scores"), b, h, number("heads"));
}

// Heads have an axis of their own, or lie side by side in the columns.
Tensor StagedRun::head_of(const Tensor& tensor, std::size_t b, std::size_t h, std::size_t heads) const {
  const std::size_t rows = tensor.extent(-2), columns = tensor.extent(-1);
  std::size_t items = 1;
  for (std::size_t axis = 0; axis + 2 < tensor.rank(); ++axis) items *= tensor.shape()[axis];
  const bool merged = items != number("batch") * heads;
  if (!merged) return matrix_at(tensor, b * heads + h, rows, columns);
  const Tensor side_by_side = matrix_at(tensor, b, rows, columns);
  const std::size_t width = columns / heads, bytes = dtype_size(tensor.dtype());
  Tensor head(tensor.dtype(), {rows, width});
  for (std::size_t i = 0; i < rows; ++i)
    std::copy_n(static_cast<const std::byte*>(side_by_side.data()) + (i * columns + h * width) * bytes, width * bytes,
                static_cast<std::byte*>(head.data()) + i * width * bytes);
  return head;
}

std::size_t StagedRun::number(const std::string& metadata) const {
  for (const auto& [member, value] : result_.metadata)
    if (member == metadata) return static_cast<std::size_t>(std::get<std::int64_t>(value));
  return 0;
}

double StagedRun::scale() const {
  for (const auto& [member, value] : result_.metadata)
    if (member == "scale") return std::get<double>(value);
  return 0;
}

}  // namespace attn::cli
