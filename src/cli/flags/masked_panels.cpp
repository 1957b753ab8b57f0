// Reads masks beside weights, and selects from them as from the weights.
#include "cli/flags/masked_panels.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "attn/error.hpp"
#include "attn/read.hpp"
#include "attn/stages.hpp"

namespace attn::cli {
namespace {

// Whether a document may hold an array of that name: that is asked of its bytes, as most hold none, and reading one
// anew takes as long as reading it.
bool may_hold(const FileBytes& file, const Format& format, std::string_view name) {
  const std::string_view bytes = file.bytes();
  if (!format.is_json) return bytes.find(name) != std::string_view::npos;
  const std::string member = "\"" + std::string(name) + "\"";
  constexpr std::string_view between = " \t\r\n:";
  for (std::size_t at = bytes.find(member); at != std::string_view::npos; at = bytes.find(member, at + 1)) {
    const std::size_t value = bytes.find_first_not_of(between, at + member.size());
    if (value != std::string_view::npos && bytes[value] == '[') return true;
  }
  return false;
}

// The index of a mask's element for the n-th of a shape that it broadcasts to.
std::size_t broadcast_index(std::size_t n, const Shape& shape, const Shape& mask) {
  std::size_t index = 0, stride = 1;
  for (std::size_t back = 1; back <= mask.size(); ++back) {
    const std::size_t extent = shape[shape.size() - back];
    if (mask[mask.size() - back] != 1) index += n % extent * stride;
    stride *= mask[mask.size() - back];
    n /= extent;
  }
  return index;
}

bool broadcasts(const Shape& mask, const Shape& shape) {
  if (mask.size() < 2 || mask.size() > shape.size()) return false;
  for (std::size_t back = 1; back <= mask.size(); ++back) {
    const std::size_t extent = mask[mask.size() - back];
    if (extent != 1 && extent != shape[shape.size() - back]) return false;
  }
  return true;
}

std::string hidden_in_all(const std::string& selection) {
  return selection == "mean" || selection == "max" || selection == "std" ? "min" : selection;
}

}  // namespace

Tensor read_masked(const FileBytes& file, const Format& format, const Shape& shape, const ReadOptions& options) {
  const std::string name(stage_name(Stage::mask));
  if (!format.holds_documents() || shape.size() < 2 || !may_hold(file, format, name)) return {};
  Tensor mask;
  try {
    mask = read_labelled(file, format, name, options).tensor;
  } catch (const Error&) {
    return {};  // a member of that name that is none of its tensors
  }
  if (!broadcasts(mask.shape(), shape)) return {};
  Tensor masked(DType::u8, shape);
  const std::span<std::uint8_t> hidden = masked.values<std::uint8_t>();
  for (std::size_t n = 0; n < hidden.size(); ++n)
    hidden[n] = number_at(mask, broadcast_index(n, shape, mask.shape())) == 0 ? 1 : 0;
  return masked;
}

Tensor minus_infinities(const Tensor& scores) {
  Tensor hidden(DType::u8, scores.shape());
  const std::span<std::uint8_t> cells = hidden.values<std::uint8_t>();
  for (std::size_t k = 0; k < cells.size(); ++k)
    cells[k] = number_at(scores, k) == -std::numeric_limits<double>::infinity() ? 1 : 0;
  return std::ranges::any_of(cells, [](std::uint8_t cell) { return cell != 0; }) ? std::move(hidden) : Tensor();
}

void mark_masked(std::vector<Panel>& panels, const Tensor& masked, const Selection& selection) {
  if (masked.size() == 0) return;
  const std::vector<SelectedMatrix> matrices = select_matrices(masked, {.head = hidden_in_all(selection.head),
                                                                        .batch = hidden_in_all(selection.batch),
                                                                        .layer = hidden_in_all(selection.layer)});
  for (std::size_t p = 0; p < panels.size(); ++p) {
    Tensor hidden(DType::u8, panels[p].values.shape());
    const std::span<std::uint8_t> cells = hidden.values<std::uint8_t>();
    for (std::size_t k = 0; k < cells.size(); ++k) cells[k] = number_at(matrices[p].values, k) == 1 ? 1 : 0;
    set_masked(panels[p], std::move(hidden));
  }
}

bool shows_mask(std::string_view tensor) {
  const StageInfo* const info = find_stage(tensor);
  return info != nullptr &&
         (info->stage == Stage::masked || info->stage == Stage::weights || info->stage == Stage::dropped);
}

void set_masked(Panel& panel, Tensor masked) {
  const std::span<std::uint8_t> cells = masked.values<std::uint8_t>();
  for (std::size_t k = 0; k < cells.size(); ++k) {
    const double value = number_at(panel.values, k);
    if (value != 0 && !(std::isinf(value) && value < 0)) cells[k] = 0;
  }
  panel.masked = std::move(masked);
}

}  // namespace attn::cli
