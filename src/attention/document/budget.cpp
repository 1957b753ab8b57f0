// Counts in double precision: a sum of impossible sizes must not wrap around to a possible one.
#include "attention/document/budget.hpp"

#include <algorithm>

#include "attn/error.hpp"
#include "attn/stages.hpp"
#include "core/held_memory.hpp"
#include "core/memory.hpp"
#include "core/option_name.hpp"

namespace attn {
namespace {

constexpr double uncounted = 8 << 20;  // bytes that advice leaves for the engines' blocks of each thread

std::string text_of(double bytes) {
  return bytes < 1.8e19 ? size_text(static_cast<std::uint64_t>(bytes)) : "over 16 EiB";
}

}  // namespace

void Budget::add(const std::string& name, const Shape& shape, std::size_t element_bytes) {
  double bytes = static_cast<double>(element_bytes);
  for (const std::size_t extent : shape) bytes *= static_cast<double>(extent);
  items_.push_back({name, shape, bytes});
}

// Of the limit: what the process holds already counts where it has a limit too.
double Budget::room() const {
  const auto limit = static_cast<double>(limit_);
  return memory_limit() == 0 ? limit : std::min(limit, static_cast<double>(memory_left()));
}

double Budget::bytes() const {
  double all = 0;
  for (const Item& item : items_) all += item.bytes;
  return all;
}

bool Budget::fits() const { return limit_ == 0 || bytes() <= room(); }

void Budget::check(const std::function<Budget()>& of_output_alone) const {
  if (fits()) return;
  const double most = room();
  const Item& largest =
      *std::max_element(items_.begin(), items_.end(), [](const Item& a, const Item& b) { return a.bytes < b.bytes; });
  std::string message = "this needs " + text_of(bytes()) + ", of which " + largest.name + " " +
                        shape_text(largest.shape) + " takes " + text_of(largest.bytes) + "; the limit is " +
                        size_text(limit_);
  if (most < static_cast<double>(limit_)) message += ", of which " + text_of(most) + " are left";
  if (of_output_alone) {
    const Budget alone = of_output_alone();
    if (alone.bytes() + uncounted <= most)
      message += "; '" + option_name("emit") + " " + std::string(stage_name(Stage::output)) + "' needs " +
                 text_of(alone.bytes());
  }
  throw data_error(option_name("max_memory"), message);
}

}  // namespace attn
