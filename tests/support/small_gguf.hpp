// The small models of tests/data/models as GGUF files, as llama.cpp's converter wrote them.
#pragma once

#include <string>
#include <vector>

namespace attn::test {

/// The models of tests/data/gguf/models.json, sorted.
std::vector<std::string> small_ggufs();

/// Writes FOLDER (config.json and model.safetensors, as write_small_model does, with what GGUF can say) and
/// FOLDER.gguf, whose bytes are those of the converter: throws std::runtime_error if they are not.
void write_small_gguf(const std::string& name, const std::string& folder);

}  // namespace attn::test
