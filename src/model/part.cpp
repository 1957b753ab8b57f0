// The blocks of a part, one after the other.
#include "model/part.hpp"

#include <algorithm>
#include <utility>

#include "attn/error.hpp"
#include "core/progress.hpp"
#include "core/text.hpp"
#include "io/checkpoints/config.hpp"
#include "io/checkpoints/layer.hpp"
#include "model/block.hpp"
#include "model/embeddings.hpp"
#include "model/unused.hpp"

namespace attn::model {
namespace {

// How many layers config.json says there are, and where.
std::optional<std::int64_t> layers_in(const io::Config& config, const Family& family, std::string& where) {
  for (const std::string& name : io::words(family.layers_name))
    if (const auto count = config.integer(name)) {
      io::check_alias(config, name, family.layers_alias);
      where = config.where(name);
      return count;
    }
  return std::nullopt;
}

AttentionLayer read_layer(const ModelFiles& model, const Family& family, const io::NamedLayers& group,
                          std::int64_t number, bool is_cross) {
  AttentionLayer layer =
      io::LayerReader(model.files, model.choice, {group, number, is_cross}).read(model.options.max_memory, false);
  check_attention_used(model.files, family, layer);
  return layer;
}

}  // namespace

Part::Part(const ModelFiles& model, io::NamedLayers group, const Family& family)
    : group_(std::move(group)), family_(&family) {
  const std::vector<std::int64_t>& numbers = group_.layers;
  std::string where;
  const std::int64_t wanted = layers_in(model.config, family, where).value_or(layers());
  const std::string has = "has " + counted(numbers.size(), "layer") + " of attention, but ";
  if (wanted != layers()) throw data_error(model.files.name(), has + where + " says " + std::to_string(wanted));
  for (std::int64_t n = 0; n < layers(); ++n)
    if (numbers[static_cast<std::size_t>(n)] != n)
      throw data_error(model.files.name(), has + "no layer " + std::to_string(n));
}

Tensor Part::embed(const ModelFiles& model, const TokenIds& ids, const Execution& execution) const {
  ModelTensors tensors(model.files, group_.prefix, model.options.max_memory);
  return model::embed(tensors, *family_, model.config, ids, execution);
}

PatchStates Part::embed(const ModelFiles& model, const SourcedTensor& pixels, const Execution& execution) const {
  ModelTensors tensors(model.files, group_.prefix, model.options.max_memory);
  return embed_patches(tensors, *family_, model.config, pixels, execution);
}

void Part::run(const ModelFiles& model, Tensor& x, std::int64_t end, const Attend& attend,
               const Execution& execution) const {
  const BlockPlan plan = BlockPlan::of(*family_, *group_.row, model.config);
  std::optional<io::NamedLayers> cross;
  if (group_.row->cross != nullptr) cross = io::cross_of(group_);
  Progress progress("layer", static_cast<std::uint64_t>(std::max<std::int64_t>(end, 0)), WorkUnit::layers);
  for (std::int64_t number = 0; number < end; ++number) {
    progress.set(static_cast<std::uint64_t>(number));
    AttentionLayer layer = read_layer(model, *family_, group_, number, false);
    ModelTensors own(model.files, group_.prefix, model.options.max_memory);
    Block block(plan, own, *group_.stored_number(number), execution);
    const Tensor read = block.attention_input(x, group_.row->norm_before(number));
    std::optional<Tensor> attention = attend({layer, x, read, !group_.row->norm_before(number).empty()});
    if (!attention) return;
    layer.projections.clear();  // widened, they may be the most of a block
    if (!cross) {
      block.finish(x, read, std::move(*attention));
    } else {
      block.add_attention(x, std::move(*attention), family_->attention);
      const AttentionLayer other = read_layer(model, *family_, *cross, number, true);
      use_layer(own, *cross, other);
      const Tensor query = block.attention_input(x, cross->row->norm_before(number));
      attention = attend({other, x, query, !cross->row->norm_before(number).empty()});
      if (!attention) return;
      block.add_attention(x, std::move(*attention), family_->cross);
      block.add_mlp(x);
    }
    use_layer(own, group_, layer);
    check_all_used(own, *family_, group_, number);
    own.release();
  }
}

void Part::finish(const ModelFiles& model, Tensor& x, const Execution& execution) const {
  ModelTensors tensors(model.files, group_.prefix, model.options.max_memory);
  const BlockPlan plan = BlockPlan::of(*family_, *group_.row, model.config);
  const std::string_view member = family_->no_last_norm_name;
  const bool has_none = !member.empty() && model.config.truth(member).value_or(false);
  if (!family_->last_norm.empty() && plan.norms_before && !has_none)
    normalise(x, tensors.norm(family_->last_norm, plan.norm, plan.epsilon, x.extent(-1)), model.files.name(),
              execution.threads);
  if (family_->last_projection.empty()) return;
  const Shape words = model.files.entry(tensors.need(family_->embeddings.words)).shape;
  if (words.back() == x.extent(-1)) return;
  x = apply(tensors.linear(family_->last_projection, {.bias = Bias::none}, x.extent(-1)), x, execution);
}

}  // namespace attn::model
