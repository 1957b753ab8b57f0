// The public face of checkpoints.
#include "attn/checkpoint.hpp"

#include <utility>

#include "io/checkpoints/architectures.hpp"
#include "io/checkpoints/files.hpp"
#include "io/checkpoints/layer.hpp"
#include "io/checkpoints/names.hpp"

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
  for (const io::NamedLayers& found : io::find_layers(state_->files, choice))
    groups.push_back({std::string(found.row->name), std::string(found.row->models), found.attention, found.layers});
  return groups;
}

AttentionLayer Checkpoint::plan(const CheckpointChoice& choice) const {
  return io::LayerReader(state_->files, choice).release();
}

AttentionLayer Checkpoint::read(const CheckpointChoice& choice, bool norm) const {
  return io::LayerReader(state_->files, choice).read(state_->options.max_memory, norm);
}

std::vector<ArchitectureInfo> known_architectures() {
  std::vector<ArchitectureInfo> known;
  for (const io::Architecture& row : io::architectures()) known.push_back({row.name, row.models});
  return known;
}

}  // namespace attn
