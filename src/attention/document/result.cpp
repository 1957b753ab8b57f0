// What a result says of its run: a summary, and the metadata that are written from it.
#include "attention/document/result.hpp"

#include <string_view>

#include "attn/conventions.hpp"

namespace attn {

std::string_view empty_row_name(EmptyRow rule) {
  switch (rule) {
    case EmptyRow::zero: return "zero";
    case EmptyRow::nan: return "nan";
    case EmptyRow::uniform: return "uniform";
  }
  return "";
}

namespace {

using Metadata = std::vector<std::pair<std::string, MetadataValue>>;

constexpr std::string_view rope_section_names[] = {"sectioned", "interleaved", "axial"};

std::int64_t whole(std::size_t n) { return static_cast<std::int64_t>(n); }

template <class As, class List>
std::vector<MetadataScalar> list_of(const List& numbers) {
  std::vector<MetadataScalar> list;
  for (const auto number : numbers) list.emplace_back(static_cast<As>(number));
  return list;
}

void add_rope(Metadata& rows, const Rope& rope) {
  rows.emplace_back("rope_theta", rope.theta);
  rows.emplace_back("rope_layout", std::string(rope.interleaved ? "interleaved" : "half"));
  rows.emplace_back("rope_dims", whole(rope.dims));
  if (rope.magnitude != 1) rows.emplace_back("rope_magnitude", rope.magnitude);
  if (rope.offset != 0) rows.emplace_back("rope_offset", rope.offset);
  if (rope.sections.empty()) return;
  rows.emplace_back("rope_sections", list_of<std::int64_t>(rope.sections));
  rows.emplace_back("rope_section_layout", std::string(rope_section_names[static_cast<std::size_t>(rope.layout)]));
}

void add_qk_norm(Metadata& rows, const QkNorm& norm) {
  if (norm.euclidean) rows.emplace_back("qk_norm", std::string("l2"));
  rows.emplace_back("qk_norm_epsilon", norm.epsilon);
  if (norm.centred) rows.emplace_back("qk_norm_centred", true);
  if (norm.after_rope) rows.emplace_back("qk_norm_after_rope", true);
}

void add_layer(Metadata& rows, const LayerSummary& layer, bool averages, const std::optional<QkNorm>& norm) {
  rows.emplace_back("output_projection", layer.output_projection);
  if (averages) rows.emplace_back("average", true);
  if (layer.appended_bias) rows.emplace_back("bias_kv", true);
  if (layer.appended_zeros) rows.emplace_back("add_zero_attn", true);
  if (layer.clip) rows.emplace_back("clip", *layer.clip);
  if (norm) add_qk_norm(rows, *norm);
  if (layer.value_norm) rows.emplace_back("value_norm_epsilon", *layer.value_norm);
  if (layer.rope) add_rope(rows, *layer.rope);
  if (layer.temperature) {
    rows.emplace_back("temperature_beta", layer.temperature->beta);
    rows.emplace_back("temperature_floor", layer.temperature->floor);
  }
}

}  // namespace

template <class T>
RunSummary summary_of(const Input& input, const Problem<T>& problem, const AttentionOptions& options) {
  const Dims& dims = problem.dims;
  RunSummary summary;
  summary.dtype = dtype_of<T>;
  summary.bf16_operands = options.execution.bf16_operands;
  summary.f16_operands = options.execution.f16_operands;
  summary.kernels = problem.task.execution.kernels->name;
  summary.axes = dims.axes;
  summary.batch = dims.batch;
  summary.heads = dims.heads;
  summary.kv_heads = dims.kv_heads;
  summary.queries = problem.rows.all;
  summary.keys = dims.keys;
  summary.cached_keys = dims.past;
  summary.appended_keys = dims.appended;
  if (options.wanted.query_range || options.wanted.query_part)
    summary.query_range = QueryRange{problem.rows.first, problem.rows.first + problem.rows.count};
  if (options.pipeline.like != nullptr) summary.like = options.pipeline.like->name;
  summary.scale = problem.scale;
  summary.head_scales = problem.head_scales;
  summary.query_scales = problem.query_scales.values;
  summary.position_ids = problem.positions.queries.given();
  if (options.pipeline.softcap.value_or(0) != 0) summary.softcap = options.pipeline.softcap;
  summary.mask = problem.mask_text;
  summary.stored_mask = find_tensor(input, "mask") != nullptr;
  if (input.key_lengths) summary.key_lengths = *input.key_lengths;
  if (input.key_starts) summary.key_starts = *input.key_starts;
  summary.positions = input.positions;
  summary.bias = find_tensor(input, "bias") != nullptr;
  summary.relative_bias = options.pipeline.relative_bias.has_value();
  summary.alibi = options.pipeline.alibi;
  summary.sinks = options.pipeline.sinks;
  summary.empty_row = options.pipeline.empty_row;
  if (options.pipeline.dropout.p != 0 && options.pipeline.dropout.stream != nullptr) {
    const RandomStream& stream = *options.pipeline.dropout.stream;
    summary.dropout = DropoutSummary{options.pipeline.dropout.p, static_cast<std::int64_t>(stream.seed()),
                                     options.pipeline.dropout.own_stream,
                                     std::string(generator_names()[static_cast<std::size_t>(stream.generator())])};
  }
  return summary;
}

Metadata metadata_of(const RunSummary& summary) {
  Metadata rows;
  const auto add = [&](const char* name, MetadataValue value) { rows.emplace_back(name, std::move(value)); };
  add("command", summary.command);
  add("version", std::string(ATTN_VERSION));
  add("dtype", std::string(summary.bf16_operands ? "bf16" : summary.f16_operands ? "f16" : dtype_name(summary.dtype)));
  add("kernel", summary.kernels);
  add("batch", whole(summary.batch));
  add("heads", whole(summary.heads));
  add("kv_heads", whole(summary.kv_heads));
  add("queries", whole(summary.queries));
  add("keys", whole(summary.keys));
  if (!summary.like.empty()) add("like", summary.like);
  if (summary.head_scales.empty())
    add("scale", summary.scale);
  else
    add("scale", list_of<double>(summary.head_scales));
  if (!summary.query_scales.empty()) add("scale_by", true);
  if (summary.position_ids) add("position_ids", true);
  if (summary.softcap) add("softcap", *summary.softcap);
  if (!summary.mask.empty()) add("mask", summary.mask);
  if (summary.stored_mask) add("stored_mask", true);
  if (!summary.key_lengths.empty()) add("key_lengths", list_of<std::int64_t>(summary.key_lengths));
  if (!summary.key_starts.empty()) add("key_starts", list_of<std::int64_t>(summary.key_starts));
  if (summary.positions == PositionsFrom::start) add("positions", std::string("from-start"));
  if (summary.bias) add("bias", true);
  if (summary.alibi) add("alibi", true);
  if (!summary.sinks.empty()) add("sink", true);
  if (const auto& range = summary.query_range; range)
    add("query_range", std::to_string(range->begin) + ":" + std::to_string(*range->end));
  if (summary.cached_keys != 0) add("cached_keys", whole(summary.cached_keys));
  add("empty_row", std::string(empty_row_name(summary.empty_row)));
  if (const auto& dropout = summary.dropout; dropout) {
    add("dropout", dropout->p);
    add(dropout->own_stream ? "dropout_seed" : "seed", dropout->seed);
    add("rng", dropout->generator);
  }
  if (summary.layer)
    add_layer(rows, *summary.layer, summary.axes.averages, summary.qk_norm);
  else if (summary.qk_norm)
    add_qk_norm(rows, *summary.qk_norm);
  return rows;
}

template <class T>
Result make_result(const Input& input, Problem<T>& problem, std::vector<NamedTensor> tensors, RunSummary summary) {
  Result result;
  result.tokens = std::move(problem.tokens);
  result.key_tokens = std::move(problem.key_tokens);
  result.tensors = std::move(tensors);
  result.notes = std::move(problem.notes);
  result.input_metadata = input.metadata;
  result.metadata = metadata_of(summary);
  result.summary = std::move(summary);
  return result;
}

template RunSummary summary_of(const Input&, const Problem<float>&, const AttentionOptions&);
template RunSummary summary_of(const Input&, const Problem<double>&, const AttentionOptions&);
template Result make_result(const Input&, Problem<float>&, std::vector<NamedTensor>, RunSummary);
template Result make_result(const Input&, Problem<double>&, std::vector<NamedTensor>, RunSummary);

}  // namespace attn
