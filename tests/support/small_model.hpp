// Small whole models: folders with config.json and weights, which are drawn by a rule and stored nowhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace attn::test {

/// tests/data/models/FAMILY: config.json, tensors.json and golden.safetensors.
std::string small_model_data(const std::string& family);
/// The names of the folders there are, sorted.
std::vector<std::string> small_model_families();

/// The element type of a written model.safetensors: numbers are rounded to the nearest, ties to even.
enum class StoredAs : std::uint8_t { f32, bf16, f16 };

struct SmallModelFiles {
  StoredAs stored = StoredAs::f32;
  std::string tokenizer = {};  ///< a folder of tests/data/tokenizers, whose files are copied; none if empty
  /// Rows of the word embeddings and vocab_size instead of the model's own; 0 keeps it. The first rows stay the same.
  std::size_t vocabulary = 0;
};

/// Writes the model into `folder`, which is made if need be: config.json, model.safetensors, and of a vision model
/// preprocessor_config.json and image.png. Throws std::runtime_error if there is no such family.
void write_small_model(const std::string& family, const std::string& folder, const SmallModelFiles& files = {});

/// Writes safetensors of drawn tensors; `rules` is JSON: name → {shape, center, spread}.
void write_drawn_weights(const std::string& rules, const std::string& file);

/// How the elements of a tensor are drawn: they lie within `spread` of `center`.
struct DrawnRange {
  double center = 0, spread = 1;
};

/// Elements of the tensor `name` by the rule of tests/golden/model_rule.py:
/// float(center + spread·(2u − 1)), u = (splitmix64(fnv1a64(name) + i) >> 40) / 2²⁴.
std::vector<float> drawn_elements(std::string_view name, std::size_t count, const DrawnRange& range);

/// Elements as a file has them, little-endian.
std::string stored_elements(const std::vector<float>& elements, StoredAs stored);

/// FNV-1a with 64 bits (Fowler, Noll and Vo).
std::uint64_t fnv1a64(std::string_view bytes);

}  // namespace attn::test
