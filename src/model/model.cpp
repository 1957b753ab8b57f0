// The public face of models: opening, and the run from ids through the blocks.
#include "attn/model.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "attn/error.hpp"
#include "core/nearest.hpp"
#include "core/option_name.hpp"
#include "core/text.hpp"
#include "core/utf8.hpp"
#include "io/checkpoints/layer.hpp"
#include "model/block.hpp"
#include "model/embeddings.hpp"
#include "model/stacked.hpp"
#include "model/unused.hpp"

namespace attn {
namespace {

using namespace model;

const Family* find_family(const std::string& name) {
  for (const Family& row : families())
    if (row.name == name) return &row;
  for (const Family& row : families()) {
    const std::vector<std::string> types = io::words(row.model_types);
    if (std::find(types.begin(), types.end(), name) != types.end()) return &row;
  }
  return nullptr;
}

std::vector<std::string_view> family_names() {
  std::vector<std::string_view> names;
  for (const Family& row : families()) names.push_back(row.name);
  return names;
}

const Family& family_of(const io::Config& config, const CheckpointChoice& choice, const std::string& file) {
  const std::string type = config.text("model_type").value_or("");
  // A row of the table of attention layers may be that of several families: then config.json decides.
  if (const Family* const chosen = find_family(choice.architecture); chosen != nullptr && find_family(type) != chosen)
    return *chosen;
  if (type.empty())
    throw data_error(config.where("model_type"), "is missing, and whole models are known by it: " +
                                                     option_name("arch") + " names one of " + joined(family_names()));
  if (const Family* const found = find_family(type)) return *found;
  throw data_error(config.where("model_type"), "attn runs no whole model of the type '" + printable(type) + "' in " +
                                                   file + "; those are " + joined(family_names()) +
                                                   did_you_mean(type, family_names()));
}

}  // namespace

struct Model::State {
  State(const std::string& path, const CheckpointChoice& asked, const ReadOptions& read)
      : files(path, read), options(read), choice(asked) {}

  io::CheckpointFiles files;
  ReadOptions options;
  CheckpointChoice choice;
  io::Config config;
  io::NamedLayers group;
  const Family* family = nullptr;
};

Model::Model(std::unique_ptr<State> state) : state_(std::move(state)) {}
Model::~Model() = default;
Model::Model(Model&&) noexcept = default;
Model& Model::operator=(Model&&) noexcept = default;

Model Model::open(const std::string& path, const CheckpointChoice& choice, const ReadOptions& options) {
  auto state = std::make_unique<State>(path, choice, options);
  const io::CheckpointFiles& files = state->files;
  const std::optional<io::Config> config = io::model_config(files);
  if (!config)
    throw data_error(files.name(),
                     "has no config.json beside it, which says what a whole model does between its layers");
  state->config = *config;
  state->family = &family_of(*config, choice, files.name());
  CheckpointChoice first = choice;
  first.layer = 0;
  state->group = io::choose_layer(files, first).group;
  const std::vector<std::int64_t>& layers = state->group.layers;
  const auto count = static_cast<std::int64_t>(layers.size());
  const std::string_view member = state->family->layers_name;
  const std::int64_t wanted = config->integer(member).value_or(count);
  for (std::int64_t n = 0; n < std::max(count, wanted); ++n)
    if (n >= wanted || n >= count || layers[static_cast<std::size_t>(n)] != n)
      throw data_error(files.name(), "has " + counted(layers.size(), "layer") + " of attention, but " +
                                         config->where(member) + " says " + std::to_string(wanted));
  return Model(std::move(state));
}

const std::string& Model::name() const { return state_->files.name(); }
std::string_view Model::family() const { return state_->family->name; }
std::int64_t Model::layers() const { return static_cast<std::int64_t>(state_->group.layers.size()); }

std::size_t Model::vocabulary() const {
  const ModelTensors tensors(state_->files, state_->group.prefix, state_->options.max_memory);
  const Shape shape = state_->files.entry(tensors.need(state_->family->embeddings.words)).shape;
  return shape.empty() ? 0 : shape.front();
}

namespace {

// A document of ids has nothing that a layer of the model has by itself.
void check_document(const Input& input) {
  const TokenIds& ids = *input.token_ids;
  if (ids.batch == 0 || ids.length == 0) throw data_error(ids.where, "there are no tokens");
  const std::string why = "does not go with token ids: a whole model makes its own";
  for (const char* const name : {"embeddings", "query", "key", "value", "past_key", "past_value"})
    if (const auto found = input.tensors.find(name); found != input.tensors.end())
      throw data_error(found->second.where, why);
  const std::pair<const char*, bool> members[] = {{"projections", !input.projections.empty()},
                                                  {"num_heads", input.num_heads.has_value()},
                                                  {"num_kv_heads", input.num_kv_heads.has_value()},
                                                  {"key_tokens", !input.key_tokens.empty()}};
  for (const auto& [name, is_there] : members)
    if (is_there) throw data_error(input.where(name), why);
}

// A run: what is wanted of each layer, and the state between them.
class ForwardRun {
 public:
  ForwardRun(const Input& input, const AttentionOptions& options, const ModelRun& asked)
      : input_(input), options_(options), asked_(asked) {
    std::vector<Stage>& emit = options_.wanted.emit;
    const auto take = [&emit](Stage stage) { return std::erase(emit, stage) != 0; };
    wants_hidden_ = take(Stage::hidden);
    wants_last_ = take(Stage::hidden_last);
  }

  bool wants_last() const { return wants_last_; }
  bool shows(std::int64_t layer) const { return std::binary_search(asked_.layers.begin(), asked_.layers.end(), layer); }
  std::int64_t last_shown() const { return asked_.layers.empty() ? -1 : asked_.layers.back(); }

  // A state as documents have it: a text alone has no axis of batch items.
  Tensor shaped(const Tensor& x) const {
    Shape shape = x.shape();
    if (!asked_.stacks && !input_.token_ids->has_batch_axis) shape.erase(shape.begin());
    return Tensor::view_of(x, std::move(shape));
  }

  // What attention makes of its input, in a layer that `state` enters. Gives its output for the rest of the block if
  // `goes_on`.
  std::optional<Tensor> attend(const AttentionLayer& layer, const Tensor& state, const Tensor& read, bool goes_on) {
    const Input own = layer_input(layer, read);
    AttentionOptions options = with_conventions(layer, own, options_, asked_.lifts_causal);
    if (const auto masked = asked_.masked_heads.find(*layer.number); masked != asked_.masked_heads.end())
      options.layer.masked_heads = masked->second;
    std::optional<Tensor> output;
    const bool is_shown = shows(*layer.number);
    const bool shows_some_queries = is_shown && options.wanted.query_range.has_value();
    if (goes_on && (!is_shown || shows_some_queries)) {
      AttentionOptions silent = options;
      silent.wanted = {.emit = {Stage::output}};
      output = take_output(multihead(own, silent), true);
    }
    if (!is_shown) return output;
    const bool shows_output = wants(Stage::output);
    if (goes_on && !output && !shows_output) options.wanted.emit.push_back(Stage::output);
    Result result = multihead(own, options);
    if (goes_on && !output) output = take_output(std::move(result), !shows_output, &result);
    if (wants_hidden_) insert(result, Stage::hidden, shaped(state).clone());
    results_.push_back(std::move(result));
    return output;
  }

  Result finish(Tensor last_state) {
    Result result = asked_.stacks ? stacked(std::move(results_), asked_.layers) : std::move(results_.front());
    if (wants_last_) insert(result, Stage::hidden_last, shaped(last_state));
    return result;
  }

 private:
  bool wants(Stage stage) const {
    const std::vector<Stage>& emit = options_.wanted.emit;
    return std::find(emit.begin(), emit.end(), stage) != emit.end();
  }

  // The document's own members, with a state in the place of its ids.
  Input layer_input(const AttentionLayer& layer, const Tensor& x) const {
    Input own;
    own.source = input_.source;
    own.tokens = input_.tokens;
    own.key_lengths = input_.key_lengths;
    own.segments = input_.segments;
    own.scale = input_.scale;
    own.metadata = input_.metadata;
    for (const auto& [name, stored] : input_.tensors)
      own.tensors[name] = {Tensor::view_of(stored.tensor, stored.tensor.shape()), stored.where};
    own.tensors["embeddings"] = {shaped(x), input_.source};
    give_projections(own, layer);
    return own;
  }

  // (B, L, d), in the order of memory whatever axes documents have.
  Tensor take_output(Result result, bool moves, Result* back = nullptr) const {
    Tensor output;
    for (NamedTensor& named : result.tensors)
      if (named.name == stage_name(Stage::output)) output = moves ? std::move(named.tensor) : named.tensor.clone();
    const TokenIds& ids = *input_.token_ids;
    output.reshape({ids.batch, ids.length, output.extent(-1)});
    if (back != nullptr) {
      if (moves)
        std::erase_if(result.tensors, [](const NamedTensor& n) { return n.name == stage_name(Stage::output); });
      *back = std::move(result);
    }
    return output;
  }

  // In the table's order.
  static void insert(Result& result, Stage stage, Tensor tensor) {
    const auto place = std::find_if(result.tensors.begin(), result.tensors.end(), [stage](const NamedTensor& named) {
      return find_stage(named.name)->stage > stage;
    });
    result.tensors.insert(place, {std::string(stage_name(stage)), std::move(tensor)});
  }

  const Input& input_;
  AttentionOptions options_;
  const ModelRun& asked_;
  bool wants_hidden_ = false, wants_last_ = false;
  std::vector<Result> results_;
};

}  // namespace

Result Model::run(const Input& input, const AttentionOptions& options, const ModelRun& asked) const {
  check_document(input);
  const State& state = *state_;
  const Execution execution{.bf16_operands = options.execution.bf16_operands,
                            .kernels = options.execution.kernels != nullptr ? options.execution.kernels
                                                                            : &choose_kernel_set(std::nullopt, ""),
                            .threads = options.execution.threads};
  ForwardRun run(input, options, asked);
  ModelTensors tensors(state.files, state.group.prefix, state.options.max_memory);
  const BlockPlan plan = BlockPlan::of(*state.family, state.config);
  Tensor x = embed(tensors, *state.family, state.config, *input.token_ids, execution);
  const std::int64_t end = run.wants_last() ? layers() : run.last_shown() + 1;
  for (std::int64_t number = 0; number < end; ++number) {
    const bool goes_on = number + 1 < end || run.wants_last();
    const AttentionLayer layer =
        io::LayerReader(state.files, state.choice, {state.group, number}).read(state.options.max_memory, false);
    ModelTensors own(state.files, state.group.prefix, state.options.max_memory);
    Block block(plan, own, *state.group.stored_number(number), execution);
    const Tensor read = block.attention_input(x, state.group.row->norm_before(number));
    std::optional<Tensor> attention = run.attend(layer, x, read, goes_on);
    if (!goes_on) break;
    block.finish(x, read, std::move(*attention));
    check_all_used(own, *state.family, state.group, layer);
  }
  if (run.wants_last() && !state.family->last_norm.empty())
    normalise(x, tensors.norm(state.family->last_norm, plan.norm, plan.epsilon, x.extent(-1)), name(),
              execution.threads);
  return run.finish(std::move(x));
}

std::vector<FamilyInfo> known_families() {
  std::vector<FamilyInfo> known;
  for (const Family& row : families()) known.push_back({row.name, row.models});
  return known;
}

}  // namespace attn
