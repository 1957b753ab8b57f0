// The flags of rollout, and the memory that it takes.
#include "cli/flags/rollout_flags.hpp"

#include <algorithm>

#include "attn/error.hpp"
#include "attn/rollout.hpp"
#include "cli/flags/values.hpp"
#include "core/memory.hpp"
#include "core/parallel.hpp"

namespace attn::cli {
namespace {

RolloutFusion fusion_of(const std::optional<std::string>& text) {
  return text ? static_cast<RolloutFusion>(parse_choice(*text, "--rollout-fusion", {"mean", "max", "min"}))
              : RolloutFusion::mean;
}

}  // namespace

void RolloutFlags::add(FlagSet& flags) {
  FlagGroup group = flags.group("Parts of pictures");
  group.toggle("--rollout", rollout_, "Draw the attention rollout up to --layer (Abnar and Zuidema 2020)");
  group.text("--rollout-fusion", fusion_, "mean|max|min", "How rollout makes one of a layer's heads (default: mean)");
}

void RolloutFlags::check(const Selection& selection) const {
  if (fusion_ && !rollout_) throw usage_error("--rollout-fusion", "goes with --rollout");
  fusion_of(fusion_);
  if (rollout_ && selection.head != "all")
    throw usage_error("--head", "goes without --rollout, which makes one head of all; see --rollout-fusion");
}

void RolloutFlags::apply(Tensor& weights, std::size_t layers, std::uint64_t max_memory) const {
  if (!rollout_) return;
  if (weights.rank() == 5) {
    const double bytes = static_cast<double>(weights.size()) / static_cast<double>(weights.extent(2)) *
                         static_cast<double>(sizeof(double));
    if (bytes > static_cast<double>(max_memory))
      throw data_error("--max-memory", "the rollout of " + shape_text(weights.shape()) + " passes the limit of " +
                                           size_text(max_memory));
  }
  weights = rollout(weights, fusion_of(fusion_), available_cores(), layers);
}

std::size_t RolloutFlags::layers_of(const Selection& selection, std::size_t count) {
  const AxisSelection layers = selection.layers.size() == count
                                   ? parse_numbered_selection(selection.layer, selection.layers, "--layer")
                                   : parse_selection(selection.layer, count, "--layer");
  return layers.kind == AxisSelection::Kind::indices ? *std::ranges::max_element(layers.indices) + 1 : count;
}

void RolloutFlags::name(Panel& panel) {
  panel.title = panel.title.empty() ? "Rollout" : "Rollout, " + panel.title;
  panel.place.head.reset();
}

}  // namespace attn::cli
