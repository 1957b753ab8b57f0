// The attention of each layer in a run of a whole model, shown or not.
#include "model/forward_run.hpp"

#include <utility>

#include "attention/document/query_part.hpp"
#include "core/option_name.hpp"
#include "model/memory.hpp"

namespace attn::model {

ForwardRun::ForwardRun(const Input& input, const AttentionOptions& options, const ModelRun& asked, const Tensor* memory,
                       const std::vector<std::string>& tokens)
    : input_(input), given_(options), options_(options), asked_(asked), memory_(memory), tokens_(tokens) {
  std::vector<Stage>& emit = options_.wanted.emit;
  const auto take = [&emit](Stage stage) { return std::erase(emit, stage) != 0; };
  wants_hidden_ = take(Stage::hidden);
  wants_last_ = take(Stage::hidden_last);
}

Tensor ForwardRun::shaped(const Tensor& x) const {
  Shape shape = x.shape();
  const bool has_batch_axis = input_.token_ids && input_.token_ids->has_batch_axis;
  if (!asked_.stacks && !has_batch_axis) shape.erase(shape.begin());
  return Tensor::view_of(x, std::move(shape));
}

Tensor ForwardRun::rows_of(const Tensor& state) const {
  return cut_rows(shaped(state), query_rows(options_, state.extent(-2)));
}

std::optional<Tensor> ForwardRun::attend(const Visit& visit) {
  const AttentionLayer& layer = visit.layer;
  if (!layer.is_cross && asked_.cross && wants_hidden_ && shows(*layer.number)) entered_ = visit.state.clone();
  was_causal_ = was_causal_ || layer.causal;
  if (layer.is_cross != asked_.cross) return attend_unseen(visit);
  const bool goes_on = wants_last_ || *layer.number < last_shown();
  const Input own = shown_input(visit);
  if (options_.wanted.query_part) settle_part(layer, own);
  if (*layer.number == 0 && asked_.stacks) {
    AttentionOptions counted = given_;
    counted.wanted.query_range = options_.wanted.query_range;
    check_memory({visit.state.extent(0), visit.state.extent(1), (layer.is_cross ? *memory_ : visit.state).extent(1),
                  visit.state.extent(2)},
                 counted, layer, asked_.layers.size());
  }
  if (reach_note_.empty()) reach_note_ = reach_note(layer, own, options_);
  AttentionOptions options = with_conventions(layer, own, options_, asked_.lifts_causal);
  if (const auto masked = asked_.masked_heads.find(*layer.number); masked != asked_.masked_heads.end())
    options.layer.masked_heads = masked->second;
  turned_ = turned_ || options.layer.rope;
  std::optional<Tensor> output;
  const bool is_shown = shows(*layer.number);
  if (is_shown && results_.empty() && asked_.first_layer) asked_.first_layer(own, options, visit.is_normed);
  const bool shows_some_queries = is_shown && options.wanted.query_range.has_value();
  if (goes_on && (!is_shown || shows_some_queries)) {
    AttentionOptions silent = options;
    silent.wanted = {.emit = {Stage::output}};
    output = take_output(multihead(own, silent), true);
  }
  if (!is_shown) return output;
  const bool shows_output = wants(Stage::output);
  if (goes_on && !output && !shows_output) options.wanted.emit.push_back(Stage::output);
  if (asked_.stacks)
    options.wanted.place = [&](Stage stage, DType dtype, const Shape& shape) -> std::optional<Tensor> {
      if (!is_written_in_place(stage_info(stage), options.wanted)) return std::nullopt;
      return stacks_.part(stage, dtype, shape, results_.size(), asked_.layers.size());
    };
  Result result = multihead(own, options);
  if (goes_on && !output) output = take_output(std::move(result), !shows_output, &result);
  if (wants_hidden_) insert(result, Stage::hidden, rows_of(asked_.cross ? entered_ : visit.state));
  if (!layer.warning.empty()) result.notes.push_back("warning: " + layer.warning);
  results_.push_back(std::move(result));
  return output;
}

void ForwardRun::settle_part(const AttentionLayer& layer, const Input& own) {
  const AttentionOptions options = with_conventions(layer, own, options_, asked_.lifts_causal);
  const QueryRows rows = part_rows(own, options, head_split(own, options, true));
  options_.wanted.query_range = QueryRange{rows.first, rows.first + rows.count};
  options_.wanted.query_part.reset();
}

Tensor ForwardRun::attend_unseen(const Visit& visit) const {
  const Input own = input_of(visit);
  AttentionOptions options;
  options.execution = options_.execution;
  options.wanted = {.emit = {Stage::output}};
  return take_output(multihead(own, with_conventions(visit.layer, own, options, asked_.lifts_causal)), true);
}

Result ForwardRun::finish(Tensor last_state) {
  Result result =
      asked_.stacks ? stacked(std::move(results_), asked_.layers, std::move(stacks_)) : std::move(results_.front());
  if (wants_last_) insert(result, Stage::hidden_last, rows_of(last_state));
  if (!reach_note_.empty()) result.notes.push_back(reach_note_);
  if (asked_.lifts_causal && !was_causal_)
    result.notes.push_back(option_name("no_causal") + " changes nothing here: no layer that was run has a causal mask");
  if (given_.layer.rope_offset != 0 && !turned_)
    result.notes.push_back(option_name("rope_offset") +
                           " changes nothing here: no layer that was run turns queries and keys");
  return result;
}

bool ForwardRun::wants(Stage stage) const {
  const std::vector<Stage>& emit = options_.wanted.emit;
  return std::find(emit.begin(), emit.end(), stage) != emit.end();
}

Input ForwardRun::input_of(const Visit& visit) const {
  Input own;
  own.source = input_.source;
  if (visit.layer.is_cross) {
    own.tensors["query"] = {shaped(visit.read), input_.source};
    for (const char* const name : {"key", "value"}) own.tensors[name] = {shaped(*memory_), input_.source};
  } else {
    own.tensors["embeddings"] = {shaped(visit.read), input_.source};
  }
  if (memory_ == nullptr || visit.layer.is_cross) {
    own.key_lengths = input_.key_lengths;
    own.key_starts = input_.key_starts;
    own.places = input_.places;
  }
  if (memory_ == nullptr) own.positions = input_.positions;
  give_projections(own, visit.layer);
  return own;
}

Input ForwardRun::shown_input(const Visit& visit) const {
  Input own = input_of(visit);
  own.tokens = tokens_;
  if (visit.layer.is_cross) own.key_tokens = input_.tokens;
  if (memory_ == nullptr) {
    own.segments = input_.segments;
    own.segment_rows = input_.segment_rows;
    own.prefix_lengths = input_.prefix_lengths;
  }
  own.scale = input_.scale;
  for (const auto& [name, numbers] : input_.numbers)
    own.numbers[name] = {Tensor::view_of(numbers.tensor, numbers.tensor.shape()), numbers.where};
  own.metadata = input_.metadata;
  for (const auto& [name, stored] : input_.tensors)
    if (name != "pixels") own.tensors[name] = {Tensor::view_of(stored.tensor, stored.tensor.shape()), stored.where};
  return own;
}

Tensor ForwardRun::take_output(Result result, bool moves, Result* back) {
  Tensor output;
  for (NamedTensor& named : result.tensors)
    if (named.name == stage_name(Stage::output)) output = moves ? std::move(named.tensor) : named.tensor.clone();
  if (output.rank() == 2) output.reshape({1, output.extent(0), output.extent(1)});
  if (back != nullptr) {
    if (moves) std::erase_if(result.tensors, [](const NamedTensor& n) { return n.name == stage_name(Stage::output); });
    *back = std::move(result);
  }
  return output;
}

void ForwardRun::insert(Result& result, Stage stage, Tensor tensor) {
  const auto place = std::find_if(result.tensors.begin(), result.tensors.end(),
                                  [stage](const NamedTensor& named) { return find_stage(named.name)->stage > stage; });
  result.tensors.insert(place, {std::string(stage_name(stage)), std::move(tensor)});
}

}  // namespace attn::model
