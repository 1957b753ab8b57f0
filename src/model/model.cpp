// The public face of models: opening, and what a run is made of.
#include "attn/model.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "attention/document/row_structure.hpp"
#include "attn/error.hpp"
#include "core/nearest.hpp"
#include "core/option_name.hpp"
#include "core/text.hpp"
#include "core/utf8.hpp"
#include "io/checkpoints/names.hpp"
#include "model/forward_run.hpp"
#include "model/part.hpp"
#include "model/pixels.hpp"

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
  if (std::error_code error; !std::filesystem::exists(file, error))
    throw data_error(
        file.string(),
        "is not there: it says how an image is resized, cropped and normalised for the model, and comes "
        "with its weights; with {\"do_resize\":false,\"do_center_crop\":false,\"do_normalize\":false} in it "
        "an image is read as it is, in numbers from 0 to 1");
  return pixels_of(image, io::Config::read(FileBytes::open(file.string())), state_->shown->family().patches.processor,
                   model.options.dtype);
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
  for (const char* const name : {"scale_by", "position_ids", "key_position_ids"})
    if (const auto found = input.numbers.find(name); found != input.numbers.end()) {
      const std::string& where = found->second.where;
      throw Error(where == option_name(name) ? ErrorKind::usage : ErrorKind::data, where,
                  "is of one attention: it does not go with a whole model");
    }
  if (sees) return;
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

// What the encoder gives to every layer of the decoder, (B, S, d).
Tensor encode(const Part& encoder, const ModelFiles& model, const Input& input, const AttentionOptions& options,
              const Execution& execution) {
  Tensor x = encoder.embed(model, with_starts(input, *input.token_ids), execution);
  const ModelRun all{.stacks = true};
  const ForwardRun run(input, options, all, nullptr, input.tokens);
  encoder.run(
      model, x, encoder.layers(), [&run](const Visit& visit) { return run.attend_unseen(visit); }, execution);
  encoder.finish(model, x, execution);
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
                            .f16_operands = options.execution.f16_operands,
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
    x = shown.embed(model, memory ? *input.decoder_ids : with_starts(input, *input.token_ids), execution);
  }
  ForwardRun run(input, options, asked, memory ? &*memory : nullptr, tokens);
  const std::int64_t end = run.wants_last() ? layers() : run.last_shown() + 1;
  shown.run(
      model, x, end, [&run](const Visit& visit) { return run.attend(visit); }, execution);
  if (run.wants_last()) shown.finish(model, x, execution);
  return run.finish(std::move(x));
}

std::vector<FamilyInfo> known_families() {
  std::vector<FamilyInfo> known;
  for (const Family& row : families()) known.push_back({row.name, row.models});
  return known;
}

}  // namespace attn
