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

std::string text_of(double bytes) {
  return bytes < 1.8e19 ? size_text(static_cast<std::uint64_t>(bytes)) : "over 16 EiB";
}

}  // namespace

void Budget::add(const std::string& name, const Shape& shape, std::size_t element_bytes, bool matrix) {
  double bytes = static_cast<double>(element_bytes);
  for (const std::size_t extent : shape) bytes *= static_cast<double>(extent);
  items_.push_back({name, shape, bytes, matrix});
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

void Budget::check() const {
  if (limit_ == 0 || items_.empty()) return;
  double all = 0, without_matrices = 0;
  for (const Item& item : items_) {
    all += item.bytes;
    if (!item.matrix) without_matrices += item.bytes;
  }
  const double most = room();
  if (all <= most) return;
  const Item& largest =
      *std::max_element(items_.begin(), items_.end(), [](const Item& a, const Item& b) { return a.bytes < b.bytes; });
  std::string message = "this needs " + text_of(all) + ", of which " + largest.name + " " + shape_text(largest.shape) +
                        " takes " + text_of(largest.bytes) + "; the limit is " + size_text(limit_);
  if (most < static_cast<double>(limit_)) message += ", of which " + text_of(most) + " are left";
  if (without_matrices < all && without_matrices <= most)
    message += "; '" + option_name("emit") + " " + std::string(stage_name(Stage::output)) +
               "' makes no matrix of weights and needs " + text_of(without_matrices);
  throw data_error(option_name("max_memory"), message);
}

}  // namespace attn
