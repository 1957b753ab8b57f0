// From flags to a run of a whole model.
#include "cli/flags/model_flags.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "attn/selection.hpp"
#include "cli/flags/file_endings.hpp"
#include "cli/flags/image_file.hpp"
#include "cli/flags/values.hpp"
#include "core/memory.hpp"
#include "core/text.hpp"
#include "core/utf8.hpp"

namespace attn::cli {

void ModelFlags::add(FlagSet& flags) {
  decoder_.add(flags);
  FlagGroup group = flags.group("Text");
  group.text("--image", image_, file_of("FILE", image_endings()),
             "Of a vision model: the image that it reads, PNG or JPEG, in the place of a text");
  group.text("--mask-head", mask_heads_, "LAYER:HEAD,…",
             "Of a whole model: take the output of these heads as zeros, in their layer and for all after it");
}

void ModelFlags::check(bool runs_model, const CheckpointFlags& checkpoint, const AttentionOptions& options) const {
  decoder_.check(runs_model);
  if (!runs_model) {
    const std::string why = "of whole models: it goes with --weights, and a text or the ids of one";
    if (mask_heads_) throw usage_error("--mask-head", "is " + why);
    if (image_) throw usage_error("--image", "goes with --weights, and with no other input");
    for (const Stage stage : options.wanted.emit)
      if (stage_info(stage).model_only) throw usage_error("", "'" + std::string(stage_name(stage)) + "' is " + why);
    return;
  }
  const std::array<std::pair<const char*, bool>, 3> flags{{{"--norm", checkpoint.norm()},
                                                           {"--no-output-projection", !options.layer.output_projection},
                                                           {"--dropout", options.pipeline.dropout.p != 0}}};
  for (const auto& [flag, is_given] : flags)
    if (is_given) throw usage_error(flag, "does not go with a whole model: its layers are run as they are");
}

bool ModelFlags::stacks(const CheckpointFlags& checkpoint) {
  const std::string layers = checkpoint.layer_text().value_or("all");
  return layers == "all" || layers.find_first_of(",:") != std::string::npos;
}

ModelRun ModelFlags::asked(const CheckpointFlags& checkpoint, bool runs_all) const {
  const auto extent = static_cast<std::size_t>(model_->layers());
  ModelRun run;
  run.lifts_causal = checkpoint.lifts_causal();
  run.cross = checkpoint.cross();
  const std::string layers = checkpoint.layer_text().value_or("all");
  const std::vector<std::string> items = split(layers, ',');
  if (layers != "all" && (layers.find_first_not_of("0123456789-:,") != std::string::npos ||
                          std::count(items.begin(), items.end(), "") != 0))
    throw usage_error("--layer", "'" + printable(layers) + "' is not N, N,M, A:B or all");
  const AxisSelection selection = parse_selection(layers, extent, "--layer");
  for (const std::size_t index : selection.indices) run.layers.push_back(static_cast<std::int64_t>(index));
  std::vector<std::int64_t> ordered = run.layers;
  std::sort(ordered.begin(), ordered.end());
  ordered.erase(std::unique(ordered.begin(), ordered.end()), ordered.end());
  if (ordered != run.layers)
    throw usage_error("--layer", "'" + layers + "': layers come in the model's order, and each once: " +
                                     attn::joined(
                                         ordered, [](std::int64_t layer) { return std::to_string(layer); }, ","));
  run.stacks = stacks(checkpoint);
  for (const std::string& pair : mask_heads_ ? split(*mask_heads_, ',') : std::vector<std::string>{}) {
    const std::vector<std::string> parts = split(pair, ':');
    if (parts.size() != 2) throw usage_error("--mask-head", "'" + pair + "' is not LAYER:HEAD");
    const std::int64_t layer = parse_whole(parts[0], "--mask-head", 0);
    if (layer >= model_->layers())
      throw usage_error("--mask-head", "there is no layer " + parts[0] + " of " + std::to_string(model_->layers()));
    if (layer > run.layers.back() && !runs_all)
      throw usage_error("--mask-head", pair + " changes nothing: no layer from " + parts[0] + " on is run");
    run.masked_heads[layer].push_back(static_cast<std::size_t>(parse_whole(parts[1], "--mask-head", 0)));
  }
  return run;
}

const Model& ModelFlags::model(const CheckpointFlags& checkpoint, const AttentionOptions& options,
                               const ReadOptions& read) {
  if (!model_) {
    CheckpointChoice choice = checkpoint.choice(options.heads);
    choice.decoder = decoder_.given();
    model_.emplace(Model::open(checkpoint.path(), choice, read));
  }
  return *model_;
}

void ModelFlags::complete(Input& input, const CheckpointFlags& checkpoint, const TextFlags& text,
                          const AttentionOptions& options, const ReadOptions& read) {
  if (image_) {
    if (is_for_model(input)) throw usage_error("--image", "is read in the place of a text, and INPUT has one");
    const std::shared_ptr<const Image> image = read_image(*image_);
    if (model(checkpoint, options, read).sees()) input.tensors["pixels"] = {model_->pixels(*image), *image_};
  }
  if (!decoder_.given()) return;
  decoder_.complete(
      input, model(checkpoint, options, read), text.with_special_tokens(),
      [&](const std::string& where) -> const Tokenizer& { return documents_.tokenizer(checkpoint, where); });
}

Result ModelFlags::run(const CheckpointFlags& checkpoint, const Input& input, const AttentionOptions& options,
                       const ReadOptions& read) {
  model(checkpoint, options, read);
  if (!model_->sees()) documents_.check_vocabulary(input, model_->vocabulary());
  const std::vector<Stage>& emit = options.wanted.emit;
  ModelRun run = asked(checkpoint, std::find(emit.begin(), emit.end(), Stage::hidden_last) != emit.end());
  if (!run.stacks) layer_ = run.layers.front();
  note_ = (run.stacks ? counted(run.layers.size(), "layer") : "layer " + std::to_string(run.layers.front())) + " of " +
          model_->name() + ", " + std::string(model_->family()) + " of " +
          counted(static_cast<std::size_t>(model_->layers()), "layer") +
          (run.cross              ? ", attention of the decoder to the encoder"
           : model_->is_decoder() ? ", the decoder"
                                  : "");
  if (watch_)
    run.first_layer = [&](const Input& layer, const AttentionOptions& own, bool is_normed) {
      watch_(layer, own,
             "layer " + std::to_string(run.layers.front()) +
                 (run.cross ? ": the queries are of the state that enters its attention to the encoder"
                            : ": the input is the state that enters it") +
                 (is_normed ? ", after its norm" : "") + "\n");
    };
  keep_freed_memory();
  Result result = model_->run(input, options, run);
  for (const std::string& note : input.text_notes) result.notes.push_back("warning: " + note);
  result.metadata.emplace_back("weights", model_->name());
  result.metadata.emplace_back("family", std::string(model_->family()));
  if (!run.stacks) {
    result.metadata.emplace_back("layer", run.layers.front());
  } else {
    std::vector<MetadataScalar> numbers(run.layers.begin(), run.layers.end());
    result.metadata.emplace_back("layers", std::move(numbers));
  }
  if (run.cross) result.metadata.emplace_back("cross", true);
  if (mask_heads_) result.metadata.emplace_back("masked_heads", *mask_heads_);
  return result;
}

}  // namespace attn::cli
