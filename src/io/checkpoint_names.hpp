// Recognition: which attention layers a list of tensors' names holds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attn/checkpoint.hpp"
#include "io/architectures.hpp"
#include "io/checkpoint_files.hpp"

namespace attn::io {

/// Layers of one architecture under one prefix.
struct NamedLayers {
  const Architecture* row = nullptr;
  std::string prefix;     ///< with its dot
  std::string attention;  ///< prefix and the row's own, N for the number
  std::vector<std::int64_t> layers;
};

/// `pattern` with N as the number; a pattern without N as it is.
std::string numbered(std::string_view pattern, std::optional<std::int64_t> layer);
/// The words of a list separated by spaces.
std::vector<std::string> words(std::string_view list);

/// The row of a name or a model_type. Throws Error (usage, "--arch") with the nearest.
const Architecture& architecture_of(const std::string& name);

/// All that the choice's architecture and prefix leave. Throws Error (data) if config.json is of a model that is not
/// known, or whose names are others.
std::vector<NamedLayers> find_layers(const CheckpointFiles& files, const CheckpointChoice& choice);

/// The one group of layers that is meant, with the layer's number. Throws Error (data) if there is none, with the
/// nearest names; (usage) for several, or a number that is not there.
struct ChosenLayer {
  NamedLayers group;
  std::optional<std::int64_t> number;
};
ChosenLayer choose_layer(const CheckpointFiles& files, const CheckpointChoice& choice);

/// What is said in config.json of a model's text part, where that is a part of its own.
std::optional<Config> model_config(const CheckpointFiles& files);

}  // namespace attn::io
