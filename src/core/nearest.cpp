// Optimal string alignment distance, and the threshold that makes a name "near".
#include "core/nearest.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <functional>

#include "core/text.hpp"

namespace attn {
namespace {

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(above);
    above.swap(row);
  }
  return above[b.size()];
}

}  // namespace

std::string nearest_name(std::string_view name, const std::vector<std::string_view>& candidates) {
  std::string best;
  std::size_t best_distance = 0;
  for (const std::string_view candidate : candidates) {
    // A third of the letters may be wrong, one in the shortest names. The lengths alone tell the least
    // number of edits.
    const std::size_t longer = std::max(name.size(), candidate.size());
    const std::size_t most = std::max<std::size_t>(1, longer / 3);
    if (longer - std::min(name.size(), candidate.size()) > most) continue;
    const std::size_t distance = edit_distance(name, candidate);
    if (distance > most) continue;
    if (best.empty() || distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::vector<std::string_view> names_begun(std::string_view name, const std::vector<std::string_view>& candidates) {
  constexpr std::size_t fewest_letters = 2, most_names = 3;
  std::vector<std::string_view> begun;
  if (name.size() < fewest_letters) return begun;
  for (const std::string_view candidate : candidates)
    if (candidate.size() > name.size() && edit_distance(name, candidate.substr(0, name.size())) == 0 &&
        std::find(begun.begin(), begun.end(), candidate) == begun.end())
      begun.push_back(candidate);
  // An s that was left out.
  const auto lacks_a_letter = [&](std::string_view candidate) { return candidate.size() == name.size() + 1; };
  if (std::count_if(begun.begin(), begun.end(), lacks_a_letter) == 1) std::erase_if(begun, std::not_fn(lacks_a_letter));
  if (begun.size() > most_names) begun.clear();
  return begun;
}

std::string did_you_mean(std::string_view name, const std::vector<std::string_view>& candidates) {
  const std::vector<std::string_view> begun = names_begun(name, candidates);
  if (!begun.empty())
    return "; did you mean " +
           listed(
               begun, [](std::string_view one) { return "'" + std::string(one) + "'"; }, "or") +
           "?";
  const std::string nearest = nearest_name(name, candidates);
  return nearest.empty() ? "" : "; did you mean '" + nearest + "'?";
}

}  // namespace attn
