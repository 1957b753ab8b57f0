// Walks nested lists without recursion; the first list of each depth sets the shape.
#include "io/json/tensor.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "attn/error.hpp"
#include "core/number.hpp"
#include "core/option_name.hpp"
#include "core/progress.hpp"
#include "io/files/mapping.hpp"
#include "io/json/text.hpp"
#include "io/numbers/plain_decimal.hpp"

namespace attn::io {
namespace {

// Past white space; indentation goes eight blanks at a time.
inline const char* after_space(const char* p, const char* end) {
  while (p != end && static_cast<unsigned char>(*p) <= ' ' && is_json_space(*p)) {
    ++p;
    if (end - p >= 8 && *p == ' ') p += std::countr_zero(decimal::load_word(p) ^ 0x2020202020202020U) / 8;
  }
  return p;
}

template <class T>
class NestedLists {
 public:
  NestedLists(JsonReader& reader, TensorKind kind, MemoryBudget& budget)
      : reader_(reader),
        kind_(kind),
        p_(reader.position()),
        end_(reader.end()),
        where_(reader.here()),
        passed_(reader.file().owner(), p_),
        values_(budget, where_),
        progress_("reading", reader.file().bytes().size(), WorkUnit::bytes) {}

  Tensor read() {
    do {
      next_value();
      if (*p_ == '[') {
        open_list();
        if (peek("a number, '[' or ']'") != ']') continue;
        if (!rank_) rank_ = depth_;
      } else {
        read_row();
        progress_.set(static_cast<std::uint64_t>(p_ - reader_.file().bytes().data()));
      }
      close_lists();
      passed_.pass(p_);
    } while (depth_ > 0);
    reader_.set_position(p_);
    return values_.release(Shape(extent_.begin(), extent_.begin() + static_cast<std::ptrdiff_t>(*rank_)));
  }

 private:
  void skip_space() { p_ = after_space(p_, end_); }
  char peek(const char* wanted) {
    skip_space();
    if (p_ == end_) syntax_error(std::string("the text ends where ") + wanted + " is expected");
    return *p_;
  }
  [[noreturn]] void syntax_error(const std::string& message) { reader_.syntax_error(p_, message); }

  // The place of the list that is open at `depth`, or of the value in the innermost one.
  std::string place(std::size_t depth) const {
    std::string text = where_;
    for (std::size_t i = 0; i < depth; ++i) text += "/" + std::to_string(count_[i]);
    return text;
  }
  [[noreturn]] void fail_here(const std::string& message) { throw data_error(place(depth_), message); }

  void next_value() {
    if (depth_ > 0 && count_[depth_ - 1] > 0 && peek("a value") == ']') syntax_error("a trailing comma");
    peek("a value");
  }

  void open_list() {
    if (rank_ && depth_ == *rank_) fail_here("is ragged: a list where a number is expected");
    if (depth_ == max_rank) fail_here("is nested deeper than " + std::to_string(max_rank) + " lists");
    count_[depth_++] = 0;
    ++p_;
  }

  void read_row() {
    if (!rank_) rank_ = depth_;
    if (depth_ < *rank_) fail_here("is ragged: a single value where a list is expected");
    for (;;) {
      if (read_plain_values()) return;
      next_value();
      values_.push(read_scalar());
      ++count_[depth_ - 1];
      skip_space();
      if (p_ == end_ || *p_ != ',') return;
      ++p_;
      next_value();
    }
  }

  // Values without anything unusual, each with the comma after it. True if the last of them ends the row; everything
  // else is left where it is, to be read with more care.
  bool read_plain_values() {
    const std::span<T> room = values_.room();
    const char* const end = end_;
    const char* const last_plain = end - std::min(end - p_, plain_decimal_reach);
    const char* next = p_;
    std::size_t count = 0;
    bool ends = false;
    while (count < room.size()) {
      const char* p = plain_value(next, last_plain, end, room[count]);
      if (p == nullptr) break;
      p = after_space(p, end);
      if (p == end || (*p != ',' && *p != ']')) break;
      ++count;
      ends = *p == ']';
      next = p;
      if (ends) break;
      next = after_space(p + 1, end);
    }
    p_ = next;
    values_.filled(count);
    count_[depth_ - 1] += count;
    return ends;
  }

  // Puts the value at `p` to `to` and returns its end; null if it is not plain.
  const char* plain_value(const char* p, const char* last_plain, const char* end, T& to) const {
    if constexpr (std::is_floating_point_v<T>) {
      double value = 0;
      const char* after = p < last_plain ? scan_plain_decimal(p, value) : nullptr;
      if (after == nullptr) return other_number(p, end, to);
      to = static_cast<T>(value);
      return after;
    } else {
      if (p >= last_plain) return nullptr;
      const auto digit = static_cast<unsigned char>(*p - '0');
      to = digit;
      if (digit <= 1 && (p[1] == ',' || p[1] == ']')) return p + 1;
      to = *p == 't' ? 1 : 0;
      const std::string_view word = *p == 't' ? "true" : "false";
      return std::string_view(p, word.size()) == word ? p + word.size() : nullptr;
    }
  }

  // Not inlined, so that the loop over plain values keeps its registers.
  [[gnu::noinline]] static const char* other_number(const char* p, const char* end, T& to) {
    double value = 0;
    const char* const after = scan_decimal(p, end, value);
    if (after == nullptr || !(std::abs(value) < limit())) return nullptr;
    to = static_cast<T>(value);
    return after;
  }

  // Closes the innermost list and each that ends with it; then past the comma before the next.
  void close_lists() {
    for (;;) {
      const char c = peek("',' or ']'");
      if (c == ',' && depth_ < *rank_) {
        ++p_;
        return;
      }
      if (c != ']') not_a_separator();
      ++p_;
      check_extent();
      if (--depth_ == 0) return;
      ++count_[depth_ - 1];
    }
  }

  [[noreturn]] void not_a_separator() {
    if (decimal::is_digit(*p_) && *(p_ - 1) == '0') syntax_error("a number must not begin with 0");
    syntax_error("',' or ']' is expected in a list");
  }

  void check_extent() {
    const std::size_t level = depth_ - 1, count = count_[level];
    std::optional<std::size_t>& known = known_[level];
    if (!known) {
      known = count;
      extent_[level] = count;
    }
    if (*known == count) return;
    std::string first = where_;
    for (std::size_t i = 0; i < level; ++i) first += "/0";
    throw data_error(place(level), "is ragged: its length is " + std::to_string(count) + ", that of " +
                                       first.substr(first.find('#')) + " is " + std::to_string(*known));
  }

  T read_scalar() {
    if constexpr (std::is_floating_point_v<T>) {
      double value = 0;
      if (const char* const after = scan_decimal(p_, end_, value)) {
        // Also false for infinity, so that one comparison guards both limits.
        if (std::abs(value) < limit()) {
          p_ = after;
          return static_cast<T>(value);
        }
        fail_number(value, std::string(p_, after));
      }
    }
    return read_other_scalar();
  }

  static constexpr double limit() {
    return std::is_same_v<T, float> ? past_float32 : std::numeric_limits<double>::infinity();
  }

  [[noreturn]] void fail_number(double value, const std::string& text) {
    const std::string shown = text.substr(0, 40);
    if (std::isinf(value)) fail_here(shown + " is outside float64, which ends at 1.7976931348623157e308");
    fail_here(shown + " is outside float32, which ends at 3.4028235e38; " + option_name("dtype") + " f64 reads it");
  }

  // Everything but a plain number of a floating-point tensor: of such numbers, what is malformed and refused here, and
  // NaN and infinities where they are read.
  T read_other_scalar() {
    reader_.set_position(p_);
    const JsonReader::Kind kind = reader_.peek();
    T value{};
    if (kind == JsonReader::Kind::null) {
      value = null_value();
      reader_.read_null();
    } else if (kind == JsonReader::Kind::boolean && (kind_ == TensorKind::mask || kind_ == TensorKind::result)) {
      value = static_cast<T>(reader_.read_boolean() ? 1 : 0);
    } else if (kind == JsonReader::Kind::number) {
      value = std::is_floating_point_v<T> ? static_cast<T>(reader_.read_number()) : mask_value();
    } else if (kind == JsonReader::Kind::boolean) {
      fail_here("true or false where a number is expected; only 'mask' takes booleans");
    } else if (kind == JsonReader::Kind::array) {
      fail_here("is ragged: a list where a number is expected");
    } else {
      fail_here(std::string(kind == JsonReader::Kind::string ? "a string" : "an object") +
                " where a number is expected");
    }
    p_ = reader_.position();
    return value;
  }

  T null_value() {
    if constexpr (std::is_floating_point_v<T>) {
      if (kind_ == TensorKind::bias) return -std::numeric_limits<T>::infinity();
      if (kind_ == TensorKind::result) return std::numeric_limits<T>::quiet_NaN();
    }
    fail_here("null where a number is expected; only 'bias' takes null, as minus infinity");
  }

  T mask_value() {
    const double number = reader_.read_number();
    if (number != 0 && number != 1)
      fail_here(shortest(number) + " is neither 0 nor 1; numbers to add to the scores go in 'bias'");
    return static_cast<T>(number);
  }

  JsonReader& reader_;
  TensorKind kind_;
  const char* p_;
  const char* end_;
  std::string where_;
  PassedPages passed_;
  NumberBuffer<T> values_;
  Progress progress_;
  std::size_t depth_ = 0;
  std::optional<std::size_t> rank_;
  std::array<std::size_t, max_rank> count_{};
  std::array<std::size_t, max_rank> extent_{};
  std::array<std::optional<std::size_t>, max_rank> known_{};
};

}  // namespace

Tensor read_json_tensor(JsonReader& reader, TensorKind kind, const ReadOptions& options, MemoryBudget& budget) {
  if (reader.peek() != JsonReader::Kind::array) reader.unexpected("a nested list of numbers");
  if (kind == TensorKind::mask) return NestedLists<std::uint8_t>(reader, kind, budget).read();
  if (options.dtype == DType::f64) return NestedLists<double>(reader, kind, budget).read();
  return NestedLists<float>(reader, kind, budget).read();
}

}  // namespace attn::io
