// Puts a GGUF file together.
#include "support/gguf_writer.hpp"

#include <bit>
#include <cstring>

namespace attn::test {
namespace {

template <class T>
std::string little(T value) {
  static_assert(std::endian::native == std::endian::little, "GGUF files of tests are little-endian");
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

std::string sized(const std::string& text) { return little(std::uint64_t{text.size()}) + text; }

template <class Values, class Write>
std::string list(std::uint32_t type, const Values& values, Write write) {
  std::string bytes = little(type) + little(std::uint64_t{values.size()});
  for (const auto& value : values) bytes += write(value);
  return bytes;
}

void pad(std::string& bytes, std::size_t alignment) {
  bytes.resize((bytes.size() + alignment - 1) / alignment * alignment, '\0');
}

constexpr std::uint32_t u32_type = 4, i32_type = 5, f32_type = 6, truth_type = 7, text_type = 8, list_type = 9;

}  // namespace

GgufWriter& GgufWriter::raw(const std::string& key, std::uint32_t type, const std::string& bytes) {
  values_ += sized(key) + little(type) + bytes;
  ++value_count_;
  return *this;
}

GgufWriter& GgufWriter::text(const std::string& key, const std::string& value) {
  return raw(key, text_type, sized(value));
}
GgufWriter& GgufWriter::u32(const std::string& key, std::uint32_t value) { return raw(key, u32_type, little(value)); }
GgufWriter& GgufWriter::f32(const std::string& key, float value) { return raw(key, f32_type, little(value)); }
GgufWriter& GgufWriter::truth(const std::string& key, bool value) {
  return raw(key, truth_type, std::string(1, value ? '\1' : '\0'));
}
GgufWriter& GgufWriter::texts(const std::string& key, const std::vector<std::string>& values) {
  return raw(key, list_type, list(text_type, values, sized));
}
GgufWriter& GgufWriter::i32s(const std::string& key, const std::vector<std::int32_t>& values) {
  return raw(key, list_type, list(i32_type, values, little<std::int32_t>));
}
GgufWriter& GgufWriter::f32s(const std::string& key, const std::vector<float>& values) {
  return raw(key, list_type, list(f32_type, values, little<float>));
}

GgufWriter& GgufWriter::tensor_at(const std::string& name, const std::vector<std::uint64_t>& shape, std::uint32_t type,
                                  std::uint64_t offset) {
  tensors_ += sized(name) + little(static_cast<std::uint32_t>(shape.size()));
  for (std::size_t axis = shape.size(); axis-- > 0;) tensors_ += little(shape[axis]);
  tensors_ += little(type) + little(offset);
  ++tensor_count_;
  return *this;
}

GgufWriter& GgufWriter::tensor(const std::string& name, const std::vector<std::uint64_t>& shape, std::uint32_t type,
                               const std::string& bytes) {
  pad(data_, alignment);
  tensor_at(name, shape, type, data_.size());
  data_ += bytes;
  return *this;
}

std::string GgufWriter::bytes() const {
  std::string file =
      magic + little(version) + little(tensor_count_ + more_tensors) + little(value_count_ + more_values);
  file += values_ + tensors_;
  if (!data_.empty()) pad(file, alignment);
  return file + data_;
}

}  // namespace attn::test
