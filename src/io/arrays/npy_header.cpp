// The NPY header: a Python dict literal with exactly three members.
#include <algorithm>
#include <charconv>
#include <cstdint>

#include "attn/error.hpp"
#include "core/utf8.hpp"
#include "io/arrays/npy.hpp"
#include "io/json/tensor.hpp"

namespace attn::io {
namespace {

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::size_t header_alignment = 64;

// A reader of the little of Python that numpy writes: strings, True and False, tuples of integers.
class DictReader {
 public:
  DictReader(std::string_view text, const std::string& where) : text_(text), where_(where) {}

  NpyHeader read() {
    NpyHeader header;
    bool descr = false, order = false, shape = false;
    expect('{');
    while (!accept('}')) {
      const std::string name = read_string();
      expect(':');
      bool& seen = name == "descr" ? descr : name == "fortran_order" ? order : name == "shape" ? shape : unknown(name);
      if (seen) fail("names '" + name + "' twice");
      seen = true;
      if (&seen == &descr) {
        header.descr = read_descr();
      } else if (&seen == &order) {
        header.fortran_order = read_boolean();
      } else {
        header.shape = read_shape();
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_space();
    if (i_ != text_.size()) fail("goes on after its end");
    if (!descr || !order || !shape) fail("lacks one of descr, fortran_order and shape");
    return header;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw data_error(where_, "its NPY header " + what); }
  [[noreturn]] bool& unknown(const std::string& name) const {
    fail("has a member '" + printable(name) + "'; descr, fortran_order and shape are allowed");
  }
  [[noreturn]] void malformed() const { fail("is not a Python dict of descr, fortran_order and shape"); }

  void skip_space() {
    while (i_ < text_.size() && (text_[i_] == ' ' || text_[i_] == '\n')) ++i_;
  }
  bool accept(char c) {
    skip_space();
    const bool there = i_ < text_.size() && text_[i_] == c;
    i_ += there ? 1 : 0;
    return there;
  }
  void expect(char c) {
    if (!accept(c)) malformed();
  }
  bool accept_word(std::string_view word) {
    skip_space();
    const bool there = text_.substr(i_).starts_with(word);
    i_ += there ? word.size() : 0;
    return there;
  }

  std::string read_string() {
    const char quote = accept('\'') ? '\'' : '"';
    if (quote == '"') expect('"');
    const std::size_t end = text_.find(quote, i_);
    if (end == std::string_view::npos) malformed();
    std::string text(text_.substr(i_, end - i_));
    i_ = end + 1;
    return text;
  }
  // Structured types are lists; no other value is a string.
  std::string read_descr() {
    if (accept('[')) fail("describes records; an array of numbers is expected");
    return read_string();
  }
  bool read_boolean() {
    if (accept_word("True")) return true;
    if (!accept_word("False")) malformed();
    return false;
  }
  Shape read_shape() {
    Shape shape;
    expect('(');
    while (!accept(')')) {
      skip_space();
      std::size_t extent = 0;
      const auto [end, error] = std::from_chars(text_.data() + i_, text_.data() + text_.size(), extent);
      if (error == std::errc::result_out_of_range) fail("gives a shape that is larger than any memory");
      if (error != std::errc()) malformed();
      i_ = static_cast<std::size_t>(end - text_.data());
      shape.push_back(extent);
      if (shape.size() > max_rank) fail("gives more than " + std::to_string(max_rank) + " axes");
      // `(3)` is no tuple.
      if (!accept(',')) {
        if (shape.size() < 2) malformed();
        expect(')');
        break;
      }
    }
    return shape;
  }

  std::string_view text_;
  const std::string& where_;
  std::size_t i_ = 0;
};

std::size_t little_endian(std::string_view bytes) {
  std::size_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8U | static_cast<unsigned char>(bytes[i]);
  return value;
}

}  // namespace

NpyHeader read_npy_header(std::string_view bytes, const std::string& where) {
  if (bytes.empty()) throw data_error(where, "is empty; an NPY file is expected");
  if (!bytes.starts_with(magic)) throw data_error(where, "is not an NPY file: it does not begin with \\x93NUMPY");
  const std::size_t fixed = magic.size() + 2;
  if (bytes.size() < fixed + 2) throw data_error(where, "ends inside its NPY header");
  const int major = static_cast<unsigned char>(bytes[6]), minor = static_cast<unsigned char>(bytes[7]);
  if (major < 1 || major > 3 || minor != 0)
    throw data_error(where, "is NPY version " + std::to_string(major) + "." + std::to_string(minor) +
                                "; 1.0, 2.0 and 3.0 can be read");
  const std::size_t length_bytes = major == 1 ? 2 : 4;
  const std::size_t start = fixed + length_bytes;
  if (bytes.size() < start) throw data_error(where, "ends inside its NPY header");
  const std::size_t length = little_endian(bytes.substr(fixed, length_bytes));
  if (length > bytes.size() - start) throw data_error(where, "ends inside its NPY header");
  NpyHeader header = DictReader(bytes.substr(start, length), where).read();
  header.size = start + length;
  return header;
}

std::string npy_header(const std::string& descr, const Shape& shape) {
  std::string text = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape_text(shape) + ", }";
  // numpy leaves room for the first extent to grow to 21 digits, so that a file can be appended to in place.
  constexpr std::size_t most_digits = 21;
  if (!shape.empty()) text.append(most_digits - std::to_string(shape.front()).size(), ' ');
  const std::size_t before = magic.size() + 4;
  const std::size_t total = (before + text.size() + 1 + header_alignment - 1) / header_alignment * header_alignment;
  text.append(total - before - text.size() - 1, ' ').push_back('\n');
  std::string header(magic);
  header.push_back('\1');
  header.push_back('\0');
  header.push_back(static_cast<char>(text.size() & 0xFFU));
  header.push_back(static_cast<char>(text.size() >> 8U));
  return header + text;
}

}  // namespace attn::io
