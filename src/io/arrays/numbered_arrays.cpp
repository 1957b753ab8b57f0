// Finds the number in names, and stacks what bears them.
#include "io/arrays/numbered_arrays.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "core/number.hpp"

namespace attn::io {
namespace {

constexpr std::string_view digits = "0123456789";

// A name without one of its numbers, and the number.
struct Numbered {
  std::string before, after;
  std::size_t number = 0;
};

// The last number of a name, or its first.
std::optional<Numbered> number_in(const std::string& name, bool last) {
  const std::size_t some = last ? name.find_last_of(digits) : name.find_first_of(digits);
  if (some == std::string::npos) return std::nullopt;
  const std::size_t before = last ? name.find_last_not_of(digits, some) + 1 : some;
  const std::size_t end = std::min(name.find_first_not_of(digits, some), name.size());
  long long number = 0;
  if (!parse_integer(name.substr(before, end - before), number)) return std::nullopt;
  return Numbered{name.substr(0, before), name.substr(end), static_cast<std::size_t>(number)};
}

std::vector<std::string> by_number(const std::vector<std::string>& names, bool last) {
  std::vector<std::string> sorted(names.size());
  std::optional<Numbered> first;
  for (const std::string& name : names) {
    const std::optional<Numbered> parts = number_in(name, last);
    if (!parts || parts->number >= names.size() || !sorted[parts->number].empty()) return {};
    if (first && (parts->before != first->before || parts->after != first->after)) return {};
    if (!first) first = parts;
    sorted[parts->number] = name;
  }
  return sorted;
}

}  // namespace

std::vector<std::string> numbered_arrays(const ArrayFile& archive) {
  std::vector<std::string> names;
  for (const std::string& name : archive.names())
    if (!archive.texts(name)) names.push_back(name);
  std::vector<std::string> sorted = by_number(names, true);
  return sorted.empty() ? by_number(names, false) : sorted;
}

StackedArrays read_stacked(const ArrayFile& archive, const std::vector<std::string>& names,
                           const ReadOptions& options) {
  std::vector<NamedTensor> arrays;
  MemoryBudget budget(options.max_memory);
  for (const std::string& name : names)
    arrays.push_back({archive.where(name),
                      to_tensor(archive.raw(name, budget), TensorKind::result, options, budget, archive.where(name))});
  if (arrays.size() > 1) {
    std::uint64_t copied = 0;
    for (const NamedTensor& array : arrays) copied += array.tensor.bytes();
    budget.take(copied, archive.name());
  }
  return stack_arrays(std::move(arrays));
}

}  // namespace attn::io
