// Writing small models: the rule that draws tensors, and safetensors in three element types.
#include "support/small_model.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "support/json.hpp"

namespace attn::test {
namespace {

namespace fs = std::filesystem;

// The generator that seeds xoshiro (Vigna): here a hash of a counter.
std::uint64_t splitmix64(std::uint64_t x) {
  std::uint64_t z = x + 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

// `bits` without its last `dropped` bits, to the nearest, ties to even.
std::uint32_t rounded_off(std::uint32_t bits, unsigned dropped) {
  const std::uint32_t odd = (bits >> dropped) & 1U;
  return (bits + (1U << (dropped - 1)) - 1 + odd) >> dropped;
}

std::uint16_t bfloat16_bits(float x) {
  return static_cast<std::uint16_t>(rounded_off(std::bit_cast<std::uint32_t>(x), 16));
}

// For finite numbers under 65520, as all tensors' are.
std::uint16_t float16_bits(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t sign = (bits >> 16) & 0x8000U, magnitude = bits & 0x7fffffffU;
  const unsigned exponent = magnitude >> 23;
  if (exponent < 102) return static_cast<std::uint16_t>(sign);  // Under half of the least subnormal, 2⁻²⁵.
  if (exponent < 113) {
    const std::uint32_t significand = (magnitude & 0x7fffffU) | 0x800000U;
    return static_cast<std::uint16_t>(sign | rounded_off(significand, 126 - exponent));
  }
  return static_cast<std::uint16_t>(sign | rounded_off(magnitude - (112U << 23), 13));
}

template <class T>
void append(std::string& bytes, T value) {
  static_assert(std::endian::native == std::endian::little, "safetensors is little-endian");
  const std::size_t end = bytes.size();
  bytes.resize(end + sizeof value);
  std::memcpy(bytes.data() + end, &value, sizeof value);
}

void append_elements(std::string& bytes, const std::vector<float>& elements, StoredAs stored) {
  for (const float x : elements) switch (stored) {
      case StoredAs::f32: append(bytes, x); break;
      case StoredAs::bf16: append(bytes, bfloat16_bits(x)); break;
      case StoredAs::f16: append(bytes, float16_bits(x)); break;
    }
}

const char* type_name(StoredAs stored) {
  switch (stored) {
    case StoredAs::bf16: return "BF16";
    case StoredAs::f16: return "F16";
    default: return "F32";
  }
}

void write_weights(const Json& tensors, const std::string& path, StoredAs stored) {
  Json header = {{"__metadata__", {{"format", "pt"}}}};
  std::string data;
  for (const auto& [name, rule] : tensors.items()) {
    std::size_t count = 1;
    for (const auto& extent : rule.at("shape")) count *= extent.get<std::size_t>();
    const std::size_t begin = data.size();
    append_elements(data, drawn_elements(name, count, {rule.at("center"), rule.at("spread")}), stored);
    header[name] = {{"dtype", type_name(stored)}, {"shape", rule.at("shape")}, {"data_offsets", {begin, data.size()}}};
  }
  std::string text = header.dump(), bytes;
  text.resize((text.size() + 7) / 8 * 8, ' ');
  append(bytes, std::uint64_t{text.size()});
  std::ofstream(path, std::ios::binary) << bytes << text << data;
}

}  // namespace

void write_drawn_weights(const std::string& rules, const std::string& file) {
  write_weights(Json::parse(rules), file, StoredAs::f32);
}

std::string small_model_data(const std::string& family) { return std::string(ATTN_TEST_DATA) + "/models/" + family; }

std::vector<std::string> small_model_families() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(small_model_data("")))
    if (entry.is_directory()) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

void write_small_model(const std::string& family, const std::string& folder, const SmallModelFiles& files) {
  const std::string data = small_model_data(family);
  Json tensors = read_json(data + "/tensors.json"), config = read_json(data + "/config.json");
  if (files.vocabulary != 0) {
    for (auto& rule : tensors)
      if (rule.at("shape").at(0) == config.at("vocab_size")) rule.at("shape").at(0) = files.vocabulary;
    config.at("vocab_size") = files.vocabulary;
  }
  fs::create_directories(folder);
  for (const char* file : {"preprocessor_config.json", "image.png"})
    if (fs::exists(data + "/" + file))
      fs::copy_file(data + "/" + file, folder + "/" + file, fs::copy_options::overwrite_existing);
  if (!files.tokenizer.empty())
    fs::copy(std::string(ATTN_TEST_DATA) + "/tokenizers/" + files.tokenizer, folder,
             fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  std::ofstream(folder + "/config.json") << config.dump(1) << "\n";
  write_weights(tensors, folder + "/model.safetensors", files.stored);
}

std::vector<float> drawn_elements(std::string_view name, std::size_t count, const DrawnRange& range) {
  const std::uint64_t seed = fnv1a64(name);
  std::vector<float> elements(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double u = static_cast<double>(splitmix64(seed + i) >> 40) / (1 << 24);
    elements[i] = static_cast<float>(range.center + range.spread * (2 * u - 1));
  }
  return elements;
}

std::string stored_elements(const std::vector<float>& elements, StoredAs stored) {
  std::string bytes;
  append_elements(bytes, elements, stored);
  return bytes;
}

std::uint64_t fnv1a64(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  return hash;
}

}  // namespace attn::test
