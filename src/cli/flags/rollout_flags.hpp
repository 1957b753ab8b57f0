// --rollout: all layers of a tensor as one matrix.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "attn/heatmap.hpp"
#include "attn/selection.hpp"
#include "attn/tensor.hpp"
#include "cli/flags/flag_set.hpp"

namespace attn::cli {

class RolloutFlags {
 public:
  void add(FlagSet& flags);

  /// Throws Error (usage) for values that cannot be, and for a choice of heads, of which rollout leaves none.
  void check(const Selection& selection) const;
  bool given() const { return rollout_; }
  std::string fusion() const { return fusion_.value_or("mean"); }
  /// The rollout up to each layer in place of the tensor's weights, of `layers` layers: those after them are NaN.
  /// Throws Error (data, at --max-memory) where it needs more.
  void apply(Tensor& weights, std::size_t layers, std::uint64_t max_memory) const;
  /// How many of so many layers a selection reaches to.
  static std::size_t layers_of(const Selection& selection, std::size_t count);
  /// A panel of it, named as such.
  static void name(Panel& panel);

 private:
  bool rollout_ = false;
  std::optional<std::string> fusion_;
};

}  // namespace attn::cli
