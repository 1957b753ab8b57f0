// The metadata of a result.
#include "attention/document/result.hpp"

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

template <class T>
Result make_result(std::string_view command, const Input& input, Problem<T>& problem, std::vector<NamedTensor> tensors,
                   const AttentionOptions& options) {
  Result result;
  result.tokens = std::move(problem.tokens);
  result.key_tokens = std::move(problem.key_tokens);
  result.tensors = std::move(tensors);
  result.notes = std::move(problem.notes);
  result.input_metadata = input.metadata;
  const auto add = [&](const char* name, MetadataValue value) { result.metadata.emplace_back(name, std::move(value)); };
  const auto number = [](std::size_t n) { return static_cast<std::int64_t>(n); };
  add("command", std::string(command));
  add("version", std::string(ATTN_VERSION));
  add("dtype", std::string(options.bf16_operands ? "bf16" : dtype_name(dtype_of<T>)));
  add("kernel", std::string(problem.task.execution.kernels->name));
  add("batch", number(problem.dims.batch));
  add("heads", number(problem.dims.heads));
  add("kv_heads", number(problem.dims.kv_heads));
  add("queries", number(problem.rows.all));
  add("keys", number(problem.dims.keys));
  if (options.like != nullptr) add("like", std::string(options.like->name));
  add("scale", problem.scale);
  if (options.softcap != 0) add("softcap", options.softcap);
  if (!problem.mask_text.empty()) add("mask", problem.mask_text);
  if (options.alibi) add("alibi", true);
  if (!options.sinks.empty()) add("sink", true);
  if (options.query_range) add("query_range", problem.rows.text());
  if (problem.dims.past != 0) add("cached_keys", number(problem.dims.past));
  add("empty_row", std::string(empty_row_name(options.empty_row)));
  if (options.dropout.p != 0 && options.dropout.stream != nullptr) {
    const RandomStream& stream = *options.dropout.stream;
    add("dropout", options.dropout.p);
    add(options.dropout.own_stream ? "dropout_seed" : "seed", static_cast<std::int64_t>(stream.seed()));
    add("rng", std::string(generator_names()[static_cast<std::size_t>(stream.generator())]));
  }
  return result;
}

template Result make_result(std::string_view, const Input&, Problem<float>&, std::vector<NamedTensor>,
                            const AttentionOptions&);
template Result make_result(std::string_view, const Input&, Problem<double>&, std::vector<NamedTensor>,
                            const AttentionOptions&);

}  // namespace attn
