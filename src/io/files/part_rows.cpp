// Digests of blocks piece by piece, so that a file that is compared is never in memory as a whole.
#include "io/files/part_rows.hpp"

#include <charconv>
#include <optional>

#include "core/digest.hpp"
#include "core/progress.hpp"
#include "io/files/mapping.hpp"

namespace attn::io {
namespace {

constexpr std::string_view begin_fact = "begin", bytes_fact = "bytes", step_fact = "step", count_fact = "count",
                           digest_fact = "digest";

class PiecewiseDigest {
 public:
  // `passed` takes each piece that is behind.
  template <class Passed>
  void add(std::string_view block, Passed passed) {
    while (!block.empty()) {
      const std::string_view piece = block.substr(0, PassedPages::step);
      digests_ += digest(piece);
      passed(piece);
      block.remove_prefix(piece.size());
    }
  }
  std::string text() const { return digest(digests_); }

 private:
  std::string digests_;
};

std::optional<std::uint64_t> number_of(const Facts& facts, std::string_view name) {
  const std::string* const text = find_fact(facts, name);
  std::uint64_t number = 0;
  if (text == nullptr) return std::nullopt;
  const char* const end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, number);
  return error == std::errc() && stop == end ? std::optional(number) : std::nullopt;
}

}  // namespace

Facts facts_of(const Blocks& blocks, std::string_view contents) {
  PiecewiseDigest sum;
  for (std::uint64_t i = 0; i < blocks.count; ++i)
    sum.add(contents.substr(i * blocks.bytes, blocks.bytes), [](std::string_view) {});
  return {{std::string(begin_fact), std::to_string(blocks.begin)},
          {std::string(bytes_fact), std::to_string(blocks.bytes)},
          {std::string(step_fact), std::to_string(blocks.step)},
          {std::string(count_fact), std::to_string(blocks.count)},
          {std::string(digest_fact), sum.text()}};
}

bool holds(const FileBytes& file, const Facts& facts) {
  const auto begin = number_of(facts, begin_fact), bytes = number_of(facts, bytes_fact),
             step = number_of(facts, step_fact), count = number_of(facts, count_fact);
  const std::string* const expected = find_fact(facts, digest_fact);
  if (!begin || !bytes || !step || !count || expected == nullptr) return false;
  PiecewiseDigest sum;
  std::uint64_t at = *begin;
  for (std::uint64_t i = 0; i < *count; ++i, at += *step) {
    if (at > file.bytes().size() || *bytes > file.bytes().size() - at) return false;
    sum.add(file.bytes().substr(at, *bytes), [&file](std::string_view piece) {
      count_progress(WorkUnit::bytes, piece.size());
      drop_pages(file.owner(), piece);
    });
  }
  return sum.text() == *expected;
}

}  // namespace attn::io
