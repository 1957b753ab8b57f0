// Recognition: which attention layers a checkpoint holds, and which one is meant.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attn/checkpoint.hpp"
#include "io/checkpoints/architectures.hpp"
#include "io/checkpoints/files.hpp"
#include "io/checkpoints/match.hpp"

namespace attn::io {

/// Whether `type` is one of the row's model_types.
bool is_model_type(const Architecture& row, std::string_view type);
/// Whether it is one of any row.
bool is_known_type(std::string_view type);

/// The row of a name or a model_type. Throws Error (usage, at `arch`) with the nearest.
const Architecture& architecture_of(std::string_view name);

/// All that the choice's architecture and prefix leave. Throws Error (data) if config.json is of a model that is not
/// known, or whose names are others.
std::vector<NamedLayers> find_layers(const CheckpointFiles& files, const CheckpointChoice& choice);

/// The one group of layers that is meant, with the layer's number. Throws Error (data) if there is none, with the
/// nearest names; (usage) for several, or a number that is not there.
struct ChosenLayer {
  NamedLayers group;
  std::optional<std::int64_t> number;
  bool is_cross = false;  ///< the group is of a decoder's attention to its encoder
};
ChosenLayer choose_layer(const CheckpointFiles& files, const CheckpointChoice& choice);

/// The attention of a decoder's layers to an encoder.
NamedLayers cross_of(const NamedLayers& decoder);

/// config.json's parameters of a model's text part, where that is a part of its own, else all of them.
std::optional<Config> model_config(const CheckpointFiles& files);
/// The parameters of the part of a model whose tensors begin with `prefix`: models of text, images and sound have each
/// part's apart, as `vision_config` and so on.
std::optional<Config> config_of(const CheckpointFiles& files, const std::string& prefix);

}  // namespace attn::io
