// The public face of checkpoints.
#include "attn/checkpoint.hpp"

#include <utility>

#include "attn/error.hpp"
#include "core/option_name.hpp"
#include "core/utf8.hpp"
#include "io/checkpoints/architectures.hpp"
#include "io/checkpoints/files.hpp"
#include "io/checkpoints/layer.hpp"
#include "io/checkpoints/names.hpp"
#include "io/checkpoints/other_formats.hpp"

namespace attn {

struct Checkpoint::State {
  State(const std::string& path, const ReadOptions& read) : files(path, read), options(read) {}
  io::CheckpointFiles files;
  ReadOptions options;
};

Checkpoint::Checkpoint(std::unique_ptr<State> state) : state_(std::move(state)) {}
Checkpoint::~Checkpoint() = default;
Checkpoint::Checkpoint(Checkpoint&&) noexcept = default;
Checkpoint& Checkpoint::operator=(Checkpoint&&) noexcept = default;

Checkpoint Checkpoint::open(const std::string& path, const ReadOptions& options) {
  return Checkpoint(std::make_unique<State>(path, options));
}

std::optional<std::string> Checkpoint::gguf_at(const std::string& path) { return io::gguf_at(path); }

const std::string& Checkpoint::name() const { return state_->files.name(); }
std::vector<std::string> Checkpoint::names() const { return state_->files.names(); }
Archive::Entry Checkpoint::entry(const std::string& tensor) const { return state_->files.entry(tensor); }
std::string Checkpoint::stored_name(const std::string& tensor) const { return state_->files.stored_name(tensor); }

std::vector<CheckpointGroup> Checkpoint::groups(const CheckpointChoice& choice) const {
  std::vector<CheckpointGroup> groups;
  const auto attends_to_encoder = [this](const io::NamedLayers& group) {
    if (group.row->cross == nullptr || group.layers.empty()) return false;
    const io::NamedLayers cross = io::cross_of(group);
    return state_->files.contains(io::numbered(cross.attention, cross.layers.front()) + std::string(cross.row->query) +
                                  ".weight");
  };
  for (const io::NamedLayers& found : io::find_layers(state_->files, choice))
    groups.push_back({std::string(found.row->name), std::string(found.row->models), found.attention, found.layers,
                      attends_to_encoder(found)});
  return groups;
}

namespace {

// What the layer computes may depend on it.
void check_used(const io::CheckpointFiles& files, const CheckpointChoice& choice, const AttentionLayer& layer) {
  if (!layer.unused.empty()) {
    if (const auto method = io::method_of_names(files.names())) throw data_error(files.name(), "has " + *method);
    throw data_error(files.where(layer.unused.front()), "is not used by the layers of " + layer.architecture +
                                                            ": the numbers would be those of another model; " +
                                                            option_name("ignore_tensors") +
                                                            " leaves it out all the same");
  }
  if (layer.ignored.empty() && !choice.ignored.empty() && choice.ignored.front() != "all")
    throw usage_error(option_name("ignore_tensors"),
                      "'" + printable(choice.ignored.front()) + "' is none of the tensors that the layer does not use");
}

}  // namespace

AttentionLayer Checkpoint::plan(const CheckpointChoice& choice) const {
  AttentionLayer layer = io::LayerReader(state_->files, choice).release();
  check_used(state_->files, choice, layer);
  return layer;
}

AttentionLayer Checkpoint::read(const CheckpointChoice& choice, bool norm) const {
  io::LayerReader reader(state_->files, choice);
  check_used(state_->files, choice, reader.layer());
  return reader.read(state_->options.max_memory, norm);
}

std::vector<ArchitectureInfo> known_architectures() {
  std::vector<ArchitectureInfo> known;
  for (const io::Architecture& row : io::architectures()) known.push_back({row.name, row.models});
  return known;
}

}  // namespace attn
