// GGUF files of tests, written byte by byte: sound ones and others.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace attn::test {

class GgufWriter {
 public:
  std::string magic = "GGUF";
  std::uint32_t version = 3;
  std::uint32_t alignment = 32;
  /// More than there are, of values and of tensors.
  std::uint64_t more_values = 0, more_tensors = 0;

  GgufWriter& text(const std::string& key, const std::string& value);
  GgufWriter& u32(const std::string& key, std::uint32_t value);
  GgufWriter& f32(const std::string& key, float value);
  GgufWriter& truth(const std::string& key, bool value);
  GgufWriter& texts(const std::string& key, const std::vector<std::string>& values);
  GgufWriter& i32s(const std::string& key, const std::vector<std::int32_t>& values);
  GgufWriter& f32s(const std::string& key, const std::vector<float>& values);
  /// A value of a type with these bytes.
  GgufWriter& raw(const std::string& key, std::uint32_t type, const std::string& bytes);

  /// A tensor of a type (0: F32, 1: F16, 8: Q8_0, 30: BF16), its bytes after those before it.
  GgufWriter& tensor(const std::string& name, const std::vector<std::uint64_t>& shape, std::uint32_t type,
                     const std::string& bytes);
  /// The same with a place of its own in the data.
  GgufWriter& tensor_at(const std::string& name, const std::vector<std::uint64_t>& shape, std::uint32_t type,
                        std::uint64_t offset);

  std::string bytes() const;

 private:
  std::string values_, tensors_, data_;
  std::uint64_t value_count_ = 0, tensor_count_ = 0;
};

}  // namespace attn::test
