// A checkpoint's layer, to projections of a document and to AttentionOptions.
#include "cli/flags/checkpoint_flags.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <utility>

#include "attn/model.hpp"
#include "attn/tokenizer.hpp"
#include "cli/flags/checkpoint_text.hpp"
#include "cli/flags/values.hpp"
#include "core/nearest.hpp"
#include "core/text.hpp"
#include "core/utf8.hpp"

namespace attn::cli {
namespace {

// What --list can list; the first if it does not say.
constexpr std::array<const char*, 2> list_kinds{"layers", "tokens"};

}  // namespace

void CheckpointFlags::add(FlagSet& flags) {
  FlagGroup group = flags.group("Checkpoint");
  group.text(
      "--weights", path_, file_of("FILE", {".safetensors", ".safetensors.index.json", ".npz", ".gguf"}),
      "Take the projections and what else attention does from a checkpoint: .safetensors, .safetensors.index.json, "
      ".npz, .gguf, or a folder with one; a config.json beside it counts, but for .gguf");
  group.text("--layer", layer_text_, ValueType("N", ValueType::Kind::layer, {}),
             "Which layer (default: the only one); of whole models N, N,M, A:B or all (default: all)");
  group.text("--arch", arch_, one_of("NAME", names_of(known_architectures(), &ArchitectureInfo::name)),
             "Names to look for, of " + joined(known_architectures(), &ArchitectureInfo::name) +
                 " (default: those that are there)");
  group.text("--prefix", prefix_, "P", "What comes before the names, such as decoder (default: whatever does)");
  group.text(
      "--ignore-tensors", ignored_, "LIST",
      "Leave out these tensors of the attention, which are otherwise an error: names or ends of names, separated "
      "by commas; all");
  group.toggle("--cross", cross_, "Take a decoder's attention to its encoder, not that to itself");
  group.toggle("--norm", norm_, "Apply the layer's own input norm first");
  group.toggle("--no-causal", no_causal_, "Lift the architecture's causal mask");
  group.optional_text(
      "--list", list_, one_of("[WHAT]", names_of(list_kinds)), list_kinds.front(),
      "List the checkpoint's layers and tensors, or (tokens) what its tokenizer makes of --text; there is "
      "no INPUT then");
}

void CheckpointFlags::check(const std::vector<std::string>& given_flags) const {
  if (path_) {
    check_list(given_flags);
    return;
  }
  const std::array<std::pair<const char*, bool>, 8> flags{{{"--layer", layer_text_.has_value()},
                                                           {"--ignore-tensors", ignored_.has_value()},
                                                           {"--cross", cross_},
                                                           {"--arch", arch_.has_value()},
                                                           {"--prefix", prefix_.has_value()},
                                                           {"--norm", norm_},
                                                           {"--no-causal", no_causal_},
                                                           {"--list", list_.has_value()}}};
  for (const auto& [flag, is_given] : flags)
    if (is_given) throw usage_error(flag, "goes with --weights");
}

void CheckpointFlags::check_list(const std::vector<std::string>& given_flags) const {
  if (!list_) return;
  const std::vector<std::string_view> kinds(list_kinds.begin(), list_kinds.end());
  if (std::find(kinds.begin(), kinds.end(), *list_) == kinds.end())
    throw usage_error("--list",
                      "'" + printable(*list_) + "' is none of " + joined(kinds) + did_you_mean(*list_, kinds));
  std::vector<std::string_view> obeyed{"--weights", "--list",    "--output",  "--format",    "--color",
                                       "--quiet",   "--verbose", "--threads", "--max-memory"};
  if (lists_tokens())
    obeyed.insert(obeyed.end(), {"--text", "--text-pair", "--ids", "--no-special-tokens"});
  else
    obeyed.insert(obeyed.end(), {"--layer", "--arch", "--prefix", "--ignore-tensors"});
  for (const std::string& flag : given_flags)
    if (std::find(obeyed.begin(), obeyed.end(), flag) == obeyed.end())
      throw usage_error(flag, std::string("does not go with --list") + (lists_tokens() ? " tokens" : ""));
}

bool CheckpointFlags::lists_tokens() const { return list_ == list_kinds.back(); }

std::optional<std::string> CheckpointFlags::gguf() const { return Checkpoint::gguf_at(*path_); }

std::string CheckpointFlags::tokenizer_place() const {
  std::error_code ignored;
  const bool is_folder = std::filesystem::is_directory(*path_, ignored);
  if (is_folder && Tokenizer::is_in(*path_)) return *path_;
  if (const std::optional<std::string> file = gguf(); file && Tokenizer::is_in(*file)) return *file;
  if (is_folder) return *path_;
  const std::string folder = std::filesystem::path(*path_).parent_path().string();
  return folder.empty() ? "." : folder;
}

CheckpointChoice CheckpointFlags::choice(const HeadOptions& heads) const {
  CheckpointChoice choice;
  choice.architecture = arch_.value_or("");
  if (arch_ && arch_->empty()) throw usage_error("--arch", "is empty");
  choice.prefix = prefix_;
  choice.cross = cross_;
  choice.heads = heads.query;
  choice.kv_heads = heads.key_value;
  if (ignored_) choice.ignored = split(*ignored_, ',');
  for (const std::string& name : choice.ignored)
    if (name.empty()) throw usage_error("--ignore-tensors", "has an empty name");
  return choice;
}

CheckpointChoice CheckpointFlags::choice_of_layer(const HeadOptions& heads) const {
  CheckpointChoice chosen = choice(heads);
  if (layer_text_) chosen.layer = parse_whole(*layer_text_, "--layer", 0);
  return chosen;
}

HeadOptions CheckpointFlags::load(const ReadOptions& read, const AttentionOptions& given) {
  asked_heads_ = given.heads;
  const CheckpointChoice wanted = choice_of_layer(given.heads);
  layer_ = Checkpoint::open(*path_, read).read(wanted, norm_);
  if (layer_->rotary && !layer_->rope && !given.layer.rope && given.layer.turns)
    throw usage_error("--rope", "is needed: " + layer_->architecture + " turns queries and keys, and there is no " +
                                    "config.json beside " + layer_->source + " that says how");
  note_ = note_for(given);
  unused_.clear();
  if (no_causal_ && !layer_->causal)
    unused_.emplace_back("--no-causal changes nothing here: the layer has no causal mask");
  if (given.layer.rope_offset != 0 && !layer_->rope && !given.layer.rope)
    unused_.emplace_back("--rope-offset changes nothing here: the layer turns no queries and keys");
  return {layer_->heads, layer_->kv_heads};
}

// Gives a document the layer's projections and input norm.
void CheckpointFlags::project(Input& input) const {
  give_projections(input, *layer_);
  if (!layer_->norm) return;
  std::vector<const char*> names{"embeddings", "query", "key", "value"};
  // What an encoder gives has its own norm behind it: that of the layer is for queries.
  if (layer_->is_cross) {
    const bool apart = input.tensors.contains("key") && input.tensors.contains("value");
    names = {input.tensors.contains("query") ? "query" : "embeddings"};
    if (!apart && std::string(names[0]) == "embeddings")
      throw usage_error("--norm",
                        "is of queries alone in attention to an encoder: INPUT needs a 'query', or 'key' and "
                        "'value'");
  }
  for (const char* const name : names) {
    const auto found = input.tensors.find(name);
    if (found != input.tensors.end()) normalise(found->second.tensor, *layer_->norm, found->second.where);
  }
}

// The attention of an encoder, or a decoder, to itself has one input.
void CheckpointFlags::check_operands(const Input& input) const {
  if (layer_->is_cross || !layer_->has_cross) return;
  const auto query = input.tensors.find("query");
  for (const char* const name : {"key", "value"}) {
    const auto other = input.tensors.find(name);
    if (query == input.tensors.end() || other == input.tensors.end()) continue;
    const Tensor &a = query->second.tensor, &b = other->second.tensor;
    if (a.shape() == b.shape() && std::memcmp(a.data(), b.data(), a.bytes()) == 0) continue;
    throw data_error(other->second.where,
                     "is another than the query, but the layer attends to itself; --cross takes "
                     "a decoder's attention to its encoder");
  }
}

AttentionOptions CheckpointFlags::apply(Input& input, const AttentionOptions& given) {
  const AttentionLayer& layer = *layer_;
  if (!given.heads.query && !input.num_heads && layer.architecture == "torch")
    throw usage_error("--heads", "is needed: the parameters of torch.nn.MultiheadAttention do not say the number");
  check_operands(input);
  project(input);
  narrow_operands(input, layer, given.execution);
  AttentionOptions own = given;
  own.heads = asked_heads_;  // those of the layer are not yet held against the document
  reach_note_ = reach_note(layer, input, own);
  return with_conventions(layer, input, own, no_causal_);
}

void CheckpointFlags::describe(Result& result) const {
  if (!layer_) return;
  result.metadata.emplace_back("weights", layer_->source);
  result.metadata.emplace_back("architecture", layer_->architecture);
  if (layer_->number) result.metadata.emplace_back("layer", *layer_->number);
  if (layer_->is_cross) result.metadata.emplace_back("cross", true);
  if (norm_) result.metadata.emplace_back("input_norm", true);
  result.notes.insert(result.notes.end(), unused_.begin(), unused_.end());
  if (!reach_note_.empty()) result.notes.push_back(reach_note_);
  if (!layer_->warning.empty()) result.notes.push_back("warning: " + layer_->warning);
}

std::string CheckpointFlags::note_for(const AttentionOptions& given) const {
  const AttentionLayer& layer = *layer_;
  std::string text = (layer.number ? "layer " + std::to_string(*layer.number) + " of " : "") + layer.source + ", " +
                     heading_text(layer) + "; ";
  std::string applied = conventions_text(layer, given, no_causal_);
  if (norm_) applied += applied.empty() ? "input norm" : ", input norm";
  text += applied.empty() ? "nothing else is applied" : "applied: " + applied;
  if (layer.has_norm && !norm_) text += "; the input is taken as normed (--norm)";
  return layer.ignored.empty() ? text : text + "; not used: " + joined(layer.ignored, printable);
}

}  // namespace attn::cli
