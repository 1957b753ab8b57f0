// Writes JSON: a buffer of one piece, numbers formatted straight into it.
#include <cmath>
#include <cstring>
#include <string>

#include "attn/json_writer.hpp"
#include "core/number.hpp"
#include "core/progress.hpp"
#include "core/utf8.hpp"
#include "io/json/text.hpp"

namespace attn {
namespace io {
namespace {

void append_escape(std::string& json, unsigned char c) {
  constexpr std::string_view hex = "0123456789abcdef";
  switch (c) {
    case '"': json += "\\\""; return;
    case '\\': json += "\\\\"; return;
    case '\b': json += "\\b"; return;
    case '\f': json += "\\f"; return;
    case '\n': json += "\\n"; return;
    case '\r': json += "\\r"; return;
    case '\t': json += "\\t"; return;
    default: break;
  }
  json += "\\u00";
  json.push_back(hex[c >> 4U]);
  json.push_back(hex[c & 15U]);
}

}  // namespace

void append_json_string(std::string& json, std::string_view text) {
  if (find_invalid_utf8(text) != std::string_view::npos) {
    std::string replaced;
    for (const char32_t c : decode_utf8(text)) append_utf8(replaced, c);
    return append_json_string(json, replaced);
  }
  json.push_back('"');
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\') {
      append_escape(json, static_cast<unsigned char>(c));
    } else {
      json.push_back(c);
    }
  }
  json.push_back('"');
}

std::string json_list(const std::vector<std::string>& texts) {
  std::string json = "[";
  for (const std::string& text : texts) {
    if (json.size() > 1) json.push_back(',');
    append_json_string(json, text);
  }
  return json + "]";
}

}  // namespace io

namespace {

constexpr std::size_t piece = std::size_t{1} << 16;

template <class T>
char* put_number(char* out, T value) {
  if (!std::isfinite(value)) return static_cast<char*>(std::memcpy(out, "null", 4)) + 4;
  // "-0" is an integer to many readers, which then lose its sign.
  if (value == 0 && std::signbit(value)) return static_cast<char*>(std::memcpy(out, "-0.0", 4)) + 4;
  return format_shortest(out, value);
}

// The numbers of one innermost list with their commas, a piece at a time.
template <class T>
void append_row(std::string& buffer, std::span<const T> row, Sink& sink) {
  constexpr std::size_t most = 1024;
  char text[most * (max_number_chars + 1)];
  for (std::size_t done = 0; done < row.size();) {
    char* out = text;
    for (const std::size_t stop = std::min(row.size(), done + most); done < stop; ++done) {
      if (done > 0) *out++ = ',';
      out = put_number(out, row[done]);
    }
    buffer.append(text, out);
    if (buffer.size() < piece) continue;
    sink.write(buffer);
    buffer.clear();
  }
}

void append_bytes(std::string& buffer, std::span<const std::uint8_t> row, bool booleans) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (i > 0) buffer.push_back(',');
    if (booleans) {
      buffer += row[i] != 0 ? "true" : "false";
    } else {
      buffer.push_back(row[i] != 0 ? '1' : '0');
    }
  }
}

}  // namespace

JsonWriter::~JsonWriter() = default;

void JsonWriter::separate() {
  if (!after_key_ && !has_members_.empty()) {
    if (has_members_.back()) buffer_.push_back(',');
    has_members_.back() = true;
  }
  after_key_ = false;
}

void JsonWriter::flush_if_full() {
  if (buffer_.size() < piece) return;
  sink_.write(buffer_);
  buffer_.clear();
}

JsonWriter& JsonWriter::begin_object() {
  separate();
  buffer_.push_back('{');
  has_members_.push_back(false);
  return *this;
}

JsonWriter& JsonWriter::end_object() {
  buffer_.push_back('}');
  has_members_.pop_back();
  flush_if_full();
  return *this;
}

JsonWriter& JsonWriter::begin_array() {
  separate();
  buffer_.push_back('[');
  has_members_.push_back(false);
  return *this;
}

JsonWriter& JsonWriter::end_array() {
  buffer_.push_back(']');
  has_members_.pop_back();
  flush_if_full();
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  separate();
  io::append_json_string(buffer_, name);
  buffer_.push_back(':');
  after_key_ = true;
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  separate();
  io::append_json_string(buffer_, text);
  flush_if_full();
  return *this;
}

JsonWriter& JsonWriter::value(double number) {
  char text[max_number_chars];
  return raw({text, static_cast<std::size_t>(put_number(text, number) - text)});
}

JsonWriter& JsonWriter::value(float number) {
  char text[max_number_chars];
  return raw({text, static_cast<std::size_t>(put_number(text, number) - text)});
}

JsonWriter& JsonWriter::value(std::int64_t number) { return raw(std::to_string(number)); }
JsonWriter& JsonWriter::value(std::uint64_t number) { return raw(std::to_string(number)); }
JsonWriter& JsonWriter::value(bool truth) { return raw(truth ? "true" : "false"); }
JsonWriter& JsonWriter::null() { return raw("null"); }

JsonWriter& JsonWriter::raw(std::string_view json) {
  separate();
  buffer_.append(json);
  flush_if_full();
  return *this;
}

JsonWriter& JsonWriter::value(const std::vector<std::string>& texts) { return raw(io::json_list(texts)); }

JsonWriter& JsonWriter::tensor(const Tensor& tensor, bool booleans) {
  const Shape& shape = tensor.shape();
  separate();
  // The innermost axis is a row; `index` counts through the axes before it, as an odometer does.
  const std::size_t outer = shape.empty() ? 0 : shape.size() - 1;
  const std::size_t row = shape.empty() ? 1 : shape.back();
  std::size_t done = 0;
  const auto put_row = [&] {
    switch (tensor.dtype()) {
      case DType::f32: append_row(buffer_, tensor.values<float>().subspan(done, row), sink_); break;
      case DType::f64: append_row(buffer_, tensor.values<double>().subspan(done, row), sink_); break;
      case DType::u8: append_bytes(buffer_, tensor.values<std::uint8_t>().subspan(done, row), booleans); break;
      case DType::f16:
      case DType::bf16: refuse_narrow(tensor.dtype());
    }
    done += row;
    count_progress(WorkUnit::numbers, row);
    flush_if_full();
  };
  const auto put_axis = [&](const auto& self, std::size_t axis) -> void {
    if (shape.empty()) return put_row();
    buffer_.push_back('[');
    if (axis == outer) {
      put_row();
    } else {
      for (std::size_t i = 0; i < shape[axis]; ++i) {
        if (i > 0) buffer_.push_back(',');
        self(self, axis + 1);
      }
    }
    buffer_.push_back(']');
  };
  put_axis(put_axis, 0);
  return *this;
}

void JsonWriter::finish() {
  buffer_.push_back('\n');
  sink_.write(buffer_);
  buffer_.clear();
}

}  // namespace attn
