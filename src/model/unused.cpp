// Finds what a block has and nobody asked for.
#include "model/unused.hpp"

#include <set>

#include "attn/error.hpp"
#include "core/utf8.hpp"

namespace attn::model {
namespace {

[[noreturn]] void refuse(const io::CheckpointFiles& files, const Family& family, const std::string& tensor) {
  throw data_error(files.where(tensor), "is not used by the blocks of " + std::string(family.name) +
                                            ": the numbers would be those of another model");
}

}  // namespace

void check_attention_used(const io::CheckpointFiles& files, const Family& family, const AttentionLayer& layer) {
  if (!layer.unused.empty()) refuse(files, family, layer.unused.front());
}

void use_layer(ModelTensors& tensors, const io::NamedLayers& group, const AttentionLayer& layer) {
  for (const std::string& name : layer.tensors) tensors.use(name);
  for (const std::string& name : layer.ignored) tensors.use(name);
  const std::string attention = io::numbered(group.attention, group.stored_number(layer.number));
  for (const std::string& name : io::words(group.row->ignored)) tensors.use(attention + name);
}

void check_all_used(const ModelTensors& tensors, const Family& family, const io::NamedLayers& group,
                    std::int64_t layer) {
  const std::string_view pattern = group.row->attention;
  const std::optional<std::int64_t> stored = group.stored_number(layer);
  const std::string block = group.prefix + io::numbered(pattern.substr(0, pattern.find('N') + 2), stored);
  std::set<std::string> ignored;
  for (const std::string& name : io::words(family.ignored)) ignored.insert(group.prefix + io::numbered(name, stored));
  for (const std::string& name : tensors.files().names())
    if (name.starts_with(block) && !ignored.contains(name) && !tensors.uses(name))
      refuse(tensors.files(), family, name);
}

}  // namespace attn::model
