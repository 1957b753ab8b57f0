// JSON, written piece by piece.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "attn/sink.hpp"
#include "attn/tensor.hpp"

namespace attn {

/// Writes JSON piece by piece: commas, quoting, shortest numbers; NaN and infinities are null; -0.0 keeps
/// its sign and its point, so that readers with integers keep it as well.
class JsonWriter {
 public:
  explicit JsonWriter(Sink& sink) : sink_(sink) {}
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;
  ~JsonWriter();

  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(std::string_view name);
  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(double number);
  JsonWriter& value(float number);
  JsonWriter& value(std::int64_t number);
  JsonWriter& value(std::uint64_t number);
  JsonWriter& value(bool truth);
  JsonWriter& null();
  /// JSON text that is known to be valid.
  JsonWriter& raw(std::string_view json);
  /// A list of strings.
  JsonWriter& value(const std::vector<std::string>& texts);
  /// Nested lists in the tensor's shape; a u8 tensor gives 0 and 1 (`booleans`: false and true).
  JsonWriter& tensor(const Tensor& tensor, bool booleans = false);
  /// A newline, and everything to the sink.
  void finish();

 private:
  void separate();
  void flush_if_full();

  Sink& sink_;
  std::string buffer_;
  std::vector<bool> has_members_;
  bool after_key_ = false;
};

}  // namespace attn
