// Finds long repetitions, and writes them as blocks with codes of their own.
#include "render/flat_deflate.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <vector>

#include "render/huffman.hpp"

namespace attn {
namespace {

constexpr std::size_t least_length = 3, greatest_length = 258, greatest_distance = 32768;
constexpr std::size_t bytes_a_step = 45;  // at least, on average, in a picture of plain areas
constexpr std::size_t steps_a_block = 16384;

// A byte as it is (length 0: `distance` is the byte), or so many bytes from so far back.
struct Step {
  std::uint16_t length;
  std::uint16_t distance;
};

// A range of lengths or of distances that shares a code: the least of them, and how many bits tell which it is.
struct Range {
  std::uint16_t least;
  std::uint8_t bits;
};

// RFC 1951, 3.2.5: lengths have `per_bits` codes for each number of extra bits, distances two.
template <std::size_t count>
constexpr std::array<Range, count> ranges(unsigned least, unsigned per_bits) {
  std::array<Range, count> all{};
  unsigned next = least;
  for (std::size_t code = 0; code < count; ++code) {
    const unsigned bits = code < 2 * per_bits ? 0 : static_cast<unsigned>(code / per_bits) - 1;
    all[code] = {static_cast<std::uint16_t>(next), static_cast<std::uint8_t>(bits)};
    next += 1U << bits;
  }
  return all;
}

constexpr std::array<Range, 29> length_ranges = [] {
  std::array<Range, 29> all = ranges<29>(least_length, 4);
  all.back() = {greatest_length, 0};
  return all;
}();
constexpr std::array<Range, 30> distance_ranges = ranges<30>(1, 2);

constexpr std::array<std::uint8_t, greatest_length + 1> length_codes = [] {
  std::array<std::uint8_t, greatest_length + 1> codes{};
  for (std::size_t length = least_length, code = 0; length <= greatest_length; ++length) {
    if (code + 1 < length_ranges.size() && length == length_ranges[code + 1].least) ++code;
    codes[length] = static_cast<std::uint8_t>(code);
  }
  return codes;
}();

// Each power of two has two codes: the bit after its highest tells them apart.
std::size_t distance_code(std::size_t distance) {
  const std::size_t from_zero = distance - 1;
  if (from_zero < 2) return from_zero;
  const auto power = static_cast<std::size_t>(std::bit_width(from_zero)) - 1;
  return 2 * power + (from_zero >> (power - 1) & 1);
}

constexpr std::size_t end_of_block = 256, first_length = 257;
constexpr unsigned longest_code = 15, longest_length_code = 7;
constexpr std::array<std::uint8_t, 19> order_of_lengths{16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                        11, 4,  12, 3, 13, 2, 14, 1, 15};

// A block of steps, with the codes that are shortest for them.
class BlockWriter {
 public:
  BlockWriter(std::span<const Step> steps, BitWriter& bits) : steps_(steps), bits_(bits) {
    std::vector<std::uint32_t> symbols(first_length + length_ranges.size()), distances(distance_ranges.size());
    symbols[end_of_block] = 1;
    for (const Step& step : steps) {
      ++symbols[symbol_of(step)];
      if (step.length != 0) ++distances[distance_code(step.distance)];
    }
    symbol_lengths_ = code_lengths(std::move(symbols), longest_code);
    distance_lengths_ = code_lengths(std::move(distances), longest_code);
  }

  void write(bool is_last) {
    bits_.put(is_last ? 1 : 0, 1);
    bits_.put(2, 2);  // codes of its own
    write_lengths();
    const std::vector<std::uint16_t> symbols = codes_of(symbol_lengths_), distances = codes_of(distance_lengths_);
    for (const Step& step : steps_) {
      const std::size_t symbol = symbol_of(step);
      bits_.put(symbols[symbol], symbol_lengths_[symbol]);
      if (step.length == 0) continue;
      put_rest(length_ranges[symbol - first_length], step.length);
      const std::size_t distance = distance_code(step.distance);
      bits_.put(distances[distance], distance_lengths_[distance]);
      put_rest(distance_ranges[distance], step.distance);
    }
    bits_.put(symbols[end_of_block], symbol_lengths_[end_of_block]);
  }

 private:
  static std::size_t symbol_of(const Step& step) {
    return step.length == 0 ? step.distance : first_length + length_codes[step.length];
  }
  void put_rest(const Range& range, std::uint32_t value) { bits_.put(value - range.least, range.bits); }

  // 3.2.7: the lengths of all codes, in codes that are written first. Runs of zeros have symbols of their own.
  void write_lengths() {
    std::vector<std::uint8_t> lengths = symbol_lengths_;
    lengths.insert(lengths.end(), distance_lengths_.begin(), distance_lengths_.end());
    struct Run {
      std::uint8_t symbol, rest, bits;
    };
    std::vector<Run> runs;
    for (std::size_t at = 0; at < lengths.size();) {
      std::size_t zeros = 0;
      while (at + zeros < lengths.size() && zeros < 138 && lengths[at + zeros] == 0) ++zeros;
      if (zeros > 10)
        runs.push_back({18, static_cast<std::uint8_t>(zeros - 11), 7});
      else if (zeros > 2)
        runs.push_back({17, static_cast<std::uint8_t>(zeros - 3), 3});
      else
        runs.push_back({lengths[at], 0, 0});
      at += zeros > 2 ? zeros : 1;
    }
    std::vector<std::uint32_t> counts(order_of_lengths.size());
    for (const Run& run : runs) ++counts[run.symbol];
    const std::vector<std::uint8_t> own = code_lengths(std::move(counts), longest_length_code);
    const std::vector<std::uint16_t> codes = codes_of(own);
    bits_.put(static_cast<std::uint32_t>(symbol_lengths_.size() - 257), 5);
    bits_.put(static_cast<std::uint32_t>(distance_lengths_.size() - 1), 5);
    bits_.put(order_of_lengths.size() - 4, 4);
    for (const std::uint8_t symbol : order_of_lengths) bits_.put(own[symbol], 3);
    for (const Run& run : runs) {
      bits_.put(codes[run.symbol], own[run.symbol]);
      bits_.put(run.rest, run.bits);
    }
  }

  std::span<const Step> steps_;
  BitWriter& bits_;
  std::vector<std::uint8_t> symbol_lengths_, distance_lengths_;
};

// Looks for what is at a place, before it.
class Matcher {
 public:
  Matcher(std::span<const unsigned char> bytes, RowBytes distances)
      : bytes_(bytes), distances_{distances.pixel, distances.row}, last_places_(std::size_t{1} << hash_bits) {}

  Step at(std::size_t place) {
    length_ = distance_ = 0;
    most_ = std::min(greatest_length, bytes_.size() - place);
    for (const std::size_t distance : distances_) consider(place, distance);
    if (length_ < long_enough && most_ >= sizeof(std::uint32_t)) {
      std::uint32_t four = 0;
      std::memcpy(&four, bytes_.data() + place, sizeof four);
      std::uint32_t& last = last_places_[four * 0x9E3779B1U >> (32 - hash_bits)];
      consider(place, place - last);
      last = static_cast<std::uint32_t>(place);
    }
    // Three bytes from afar cost more than as they are.
    if (length_ < least_length || (length_ == least_length && distance_ > 4096)) return {0, bytes_[place]};
    return {static_cast<std::uint16_t>(length_), static_cast<std::uint16_t>(distance_)};
  }

 private:
  static constexpr unsigned hash_bits = 13;
  static constexpr std::size_t long_enough = 16;  // from here on, others are not looked for

  void consider(std::size_t place, std::size_t distance) {
    if (length_ == most_ || distance == 0 || distance > std::min(place, greatest_distance)) return;
    const std::size_t length = common(bytes_.data() + place, bytes_.data() + place - distance);
    if (length <= length_) return;
    length_ = length;
    distance_ = distance;
  }

  std::size_t common(const unsigned char* a, const unsigned char* b) const {
    std::size_t length = 0;
    for (std::uint64_t x = 0, y = 0; length + sizeof x <= most_; length += sizeof x) {
      std::memcpy(&x, a + length, sizeof x);
      std::memcpy(&y, b + length, sizeof y);
      static_assert(std::endian::native == std::endian::little);
      if (x != y) return length + static_cast<std::size_t>(std::countr_zero(x ^ y)) / 8;
    }
    while (length < most_ && a[length] == b[length]) ++length;
    return length;
  }

  std::span<const unsigned char> bytes_;
  std::array<std::size_t, 2> distances_;
  std::vector<std::uint32_t> last_places_;  // of four bytes, by their hash
  std::size_t length_ = 0, distance_ = 0, most_ = 0;
};

}  // namespace

std::optional<std::string> deflate_flat(std::span<const unsigned char> bytes, RowBytes distances) {
  Matcher matcher(bytes, distances);
  BitWriter bits;
  std::vector<Step> steps;
  std::size_t count = 0;
  for (std::size_t place = 0; place < bytes.size(); ++count) {
    // As early as it can be told: an eighth of the bytes may be ahead of the average.
    if (count * bytes_a_step >= place + bytes.size() / 8) return {};
    steps.push_back(matcher.at(place));
    place += std::max<std::size_t>(1, steps.back().length);
    if (steps.size() == steps_a_block) {
      BlockWriter(steps, bits).write(false);
      steps.clear();
    }
  }
  BlockWriter(steps, bits).write(true);
  return bits.finish();
}

}  // namespace attn
