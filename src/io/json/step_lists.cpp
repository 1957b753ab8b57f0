// Reads a list as one array, and if it is none, element by element.
#include "io/json/step_lists.hpp"

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "attn/error.hpp"

namespace attn::io {
namespace {

constexpr std::size_t layered_rank = 5;  // layers, batch, heads, L, S

// Whether the elements of the list that comes next may be matrices.
bool holds_matrices(const JsonReader& reader) {
  std::size_t lists = 0;
  for (const char* p = reader.position(); p != reader.end(); ++p) {
    if (*p == '[')
      ++lists;
    else if (std::string_view(" \t\r\n").find(*p) == std::string_view::npos)
      break;
  }
  return lists > 2;
}

StackedArrays read_steps(JsonReader& reader, TensorKind kind, const ReadOptions& options, MemoryBudget& budget) {
  std::vector<NamedTensor> steps;
  reader.begin_array();
  while (reader.next_element()) {
    std::string where = reader.here();
    steps.push_back({where, read_json_tensor(reader, kind, options, budget)});
    budget.take(steps.back().tensor.bytes(), where);  // once more, in its place
  }
  return stack_arrays(std::move(steps));
}

}  // namespace

StackedArrays read_json_stack(JsonReader& reader, TensorKind kind, const ReadOptions& options, MemoryBudget& budget) {
  JsonReader steps = reader;
  MemoryBudget for_steps = budget;
  std::optional<Error> ragged;
  StackedArrays whole;
  try {
    whole.tensor = read_json_tensor(reader, kind, options, budget);
    if (whole.tensor.rank() <= layered_rank) return whole;
  } catch (const Error& error) {
    if (!holds_matrices(steps)) throw;
    ragged = error;
  }
  whole = {};
  try {
    whole = read_steps(steps, kind, options, for_steps);
    reader = std::move(steps);
    budget = for_steps;
    return whole;
  } catch (const Error& error) {
    throw ragged ? *ragged : error;
  }
}

}  // namespace attn::io
