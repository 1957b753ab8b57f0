// The public face of models: opening, and the run from ids through the blocks.
#include "attn/model.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "attn/error.hpp"
#include "core/nearest.hpp"
#include "core/option_name.hpp"
#include "core/text.hpp"
#include "core/utf8.hpp"
#include "io/checkpoints/names.hpp"
#include "model/part.hpp"
#include "model/pixels.hpp"
#include "model/stacked.hpp"

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

// The encoder beside a decoder: "model.decoder." has "model.encoder.".
io::NamedLayers encoder_of(const io::NamedLayers& decoder, const io::CheckpointFiles& files,
                           const CheckpointChoice& choice) {
  constexpr std::string_view end = "decoder.";
  CheckpointChoice beside = choice;
  beside.decoder = beside.cross = false;
  beside.prefix = decoder.prefix.substr(0, decoder.prefix.size() - end.size()) + "encoder.";
  for (const io::NamedLayers& group : io::find_layers(files, beside))
    if (group.row->decoder == decoder.row) return group;
  throw data_error(files.name(), "has a decoder, but no encoder that it could attend to");
}

}  // namespace

struct Model::State {
  ModelFiles model;
  std::optional<Part> shown;
  std::optional<Part> encoder;  // beside a decoder that is shown
};

Model::Model(std::unique_ptr<State> state) : state_(std::move(state)) {}
Model::~Model() = default;
Model::Model(Model&&) noexcept = default;
Model& Model::operator=(Model&&) noexcept = default;

Model Model::open(const std::string& path, const CheckpointChoice& choice, const ReadOptions& options) {
  auto state = std::make_unique<State>(State{{io::CheckpointFiles(path, options), options, choice, {}}, {}, {}});
  ModelFiles& model = state->model;
  const std::optional<io::Config> config = io::model_config(model.files);
  if (!config)
    throw data_error(model.files.name(),
                     "has no config.json beside it, which says what a whole model does between its layers");
  model.config = *config;
  const Family& family = family_of(*config, choice, model.files.name());
  CheckpointChoice first = choice;
  first.layer = 0;
  first.decoder = choice.decoder || choice.cross;
  first.cross = false;
  io::NamedLayers group = io::choose_layer(model.files, first).group;
  if (group.row->cross == nullptr || family.decoder == nullptr) {
    state->shown.emplace(model, std::move(group), family);
    return Model(std::move(state));
  }
  state->encoder.emplace(model, encoder_of(group, model.files, choice), family);
  state->shown.emplace(model, std::move(group), *family.decoder);
  return Model(std::move(state));
}

const std::string& Model::name() const { return state_->model.files.name(); }
std::string_view Model::family() const { return state_->shown->family().name; }
std::int64_t Model::layers() const { return state_->shown->layers(); }
bool Model::is_decoder() const { return state_->encoder.has_value(); }

std::int64_t Model::decoder_start() const {
  const io::Config& config = state_->model.config;
  const char* const member = "decoder_start_token_id";
  const std::optional<std::int64_t> id = config.integer(member);
  if (!id)
    throw data_error(config.where(member), "is missing, and a decoder's text begins with it; " +
                                               option_name("decoder_ids") + " gives all ids");
  return *id;
}

bool Model::sees() const { return state_->shown->family().sees(); }

Tensor Model::pixels(const Image& image) const {
  const ModelFiles& model = state_->model;
  const std::filesystem::path file =
      std::filesystem::path(model.files.name()).parent_path() / "preprocessor_config.json";
  return pixels_of(image, io::Config::read(FileBytes::open(file.string())), model.options.dtype);
}

std::size_t Model::vocabulary() const {
  const ModelFiles& model = state_->model;
  const Part& shown = *state_->shown;
  const ModelTensors tensors(model.files, shown.group().prefix, model.options.max_memory);
  const Shape shape = model.files.entry(tensors.need(shown.family().embeddings.words)).shape;
  return shape.empty() ? 0 : shape.front();
}

namespace {

// A document of ids has nothing that a layer of the model has by itself.
void check_document(const Input& input, bool sees) {
  if (sees && !input.tensors.contains("pixels"))
    throw usage_error(option_name("image"), "is needed: the model reads images");
  if (!sees && !input.token_ids) throw usage_error(option_name("image"), "is of no use: the model reads texts");
  if (!sees && (input.token_ids->batch == 0 || input.token_ids->length == 0))
    throw data_error(input.token_ids->where, "there are no tokens");
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
  // `memory`: what the encoder gives, for a decoder. `tokens`: the labels of what is run.
  ForwardRun(const Input& input, const AttentionOptions& options, const ModelRun& asked, const Tensor* memory,
             const std::vector<std::string>& tokens)
      : input_(input), options_(options), asked_(asked), memory_(memory), tokens_(tokens) {
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
    const bool has_batch_axis = input_.token_ids && input_.token_ids->has_batch_axis;
    if (!asked_.stacks && !has_batch_axis) shape.erase(shape.begin());
    return Tensor::view_of(x, std::move(shape));
  }

  // What attention makes of its input; none after the last one that is wanted.
  std::optional<Tensor> attend(const Visit& visit) {
    const AttentionLayer& layer = visit.layer;
    if (!layer.is_cross && asked_.cross && wants_hidden_) entered_ = visit.state.clone();
    if (layer.is_cross != asked_.cross) return attend_unseen(visit);
    const bool goes_on = wants_last_ || *layer.number < last_shown();
    const Input own = shown_input(visit);
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
    if (wants_hidden_) insert(result, Stage::hidden, shaped(asked_.cross ? entered_ : visit.state).clone());
    results_.push_back(std::move(result));
    return output;
  }

  // The same as the model itself has it: nothing of it is shown.
  Tensor attend_unseen(const Visit& visit) const {
    const Input own = input_of(visit);
    AttentionOptions options;
    options.execution = options_.execution;
    options.wanted = {.emit = {Stage::output}};
    return take_output(multihead(own, with_conventions(visit.layer, own, options, asked_.lifts_causal)), true);
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

  // States in the place of ids. A decoder's own text has no padding.
  Input input_of(const Visit& visit) const {
    Input own;
    own.source = input_.source;
    if (visit.layer.is_cross) {
      own.tensors["query"] = {shaped(visit.read), input_.source};
      for (const char* const name : {"key", "value"}) own.tensors[name] = {shaped(*memory_), input_.source};
    } else {
      own.tensors["embeddings"] = {shaped(visit.read), input_.source};
    }
    if (memory_ == nullptr || visit.layer.is_cross) own.key_lengths = input_.key_lengths;
    give_projections(own, visit.layer);
    return own;
  }

  // The same with the document's own members.
  Input shown_input(const Visit& visit) const {
    Input own = input_of(visit);
    own.tokens = tokens_;
    if (visit.layer.is_cross) own.key_tokens = input_.tokens;
    if (memory_ == nullptr) own.segments = input_.segments;
    own.scale = input_.scale;
    own.metadata = input_.metadata;
    for (const auto& [name, stored] : input_.tensors)
      if (name != "pixels") own.tensors[name] = {Tensor::view_of(stored.tensor, stored.tensor.shape()), stored.where};
    return own;
  }

  // (B, L, d), in the order of memory whatever axes documents have.
  Tensor take_output(Result result, bool moves, Result* back = nullptr) const {
    Tensor output;
    for (NamedTensor& named : result.tensors)
      if (named.name == stage_name(Stage::output)) output = moves ? std::move(named.tensor) : named.tensor.clone();
    if (output.rank() == 2) output.reshape({1, output.extent(0), output.extent(1)});
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
  const Tensor* memory_;
  const std::vector<std::string>& tokens_;
  Tensor entered_;  // the block whose attention to the encoder is shown
  bool wants_hidden_ = false, wants_last_ = false;
  std::vector<Result> results_;
};

// What the encoder gives to every layer of the decoder, (B, S, d).
Tensor encode(const Part& encoder, const ModelFiles& model, const Input& input, const AttentionOptions& options,
              const Execution& execution) {
  Tensor x = encoder.embed(model, *input.token_ids, execution);
  const ModelRun all{.stacks = true};
  const ForwardRun run(input, options, all, nullptr, input.tokens);
  encoder.run(
      model, x, encoder.layers(), [&run](const Visit& visit) { return run.attend_unseen(visit); }, execution);
  encoder.norm_last(model, x, execution);
  return x;
}

void check_decoder_ids(const Input& input, bool is_decoder) {
  if (!is_decoder && input.decoder_ids)
    throw usage_error(option_name("decoder_text"), "the model has no decoder beside an encoder");
  if (is_decoder && !input.decoder_ids)
    throw usage_error(option_name("decoder_text"),
                      "is needed, or " + option_name("decoder_ids") + ": the decoder reads a text of its own");
  if (is_decoder && input.decoder_ids->batch != input.token_ids->batch)
    throw data_error(input.decoder_ids->where, "has " + counted(input.decoder_ids->batch, "text") +
                                                   " for the decoder, " + input.token_ids->where + " has " +
                                                   std::to_string(input.token_ids->batch));
}

}  // namespace

Result Model::run(const Input& input, const AttentionOptions& options, const ModelRun& asked) const {
  const ModelFiles& model = state_->model;
  const Part& shown = *state_->shown;
  const bool sees = shown.family().sees();
  check_document(input, sees);
  const Execution execution{.bf16_operands = options.execution.bf16_operands,
                            .kernels = options.execution.kernels != nullptr ? options.execution.kernels
                                                                            : &choose_kernel_set(std::nullopt, ""),
                            .threads = options.execution.threads};
  check_decoder_ids(input, is_decoder());
  std::optional<Tensor> memory;
  if (state_->encoder) memory = encode(*state_->encoder, model, input, options, execution);
  std::vector<std::string> tokens = memory ? input.decoder_tokens : input.tokens;
  Tensor x;
  if (sees) {
    PatchStates states = shown.embed(model, input.tensors.at("pixels"), execution);
    x = std::move(states.x);
    if (tokens.empty()) tokens = std::move(states.labels);
  } else {
    x = shown.embed(model, memory ? *input.decoder_ids : *input.token_ids, execution);
  }
  ForwardRun run(input, options, asked, memory ? &*memory : nullptr, tokens);
  const std::int64_t end = run.wants_last() ? layers() : run.last_shown() + 1;
  shown.run(
      model, x, end, [&run](const Visit& visit) { return run.attend(visit); }, execution);
  if (run.wants_last()) shown.norm_last(model, x, execution);
  return run.finish(std::move(x));
}

std::vector<FamilyInfo> known_families() {
  std::vector<FamilyInfo> known;
  for (const Family& row : families()) known.push_back({row.name, row.models});
  return known;
}

}  // namespace attn
