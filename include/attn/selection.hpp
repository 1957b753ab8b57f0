// Selections: the matrices of a tensor that pictures are of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attn/error.hpp"
#include "attn/pooled.hpp"
#include "attn/tensor.hpp"

namespace attn {

/// What is selected is not among the axis' places: of another tensor the same text may be right.
class NoSuchPlace : public Error {
 public:
  using Error::Error;
};

/// Reads `N`, `A:B` (half-open; an end left out is the axis' own), lists of these (`0,2,4:6`), `all`, `mean`, `max`,
/// `min` or `std` for an axis of `extent`; negative numbers count from the end. Throws Error (usage, at `where`),
/// NoSuchPlace for numbers that the axis does not have.
AxisSelection parse_selection(std::string_view text, std::size_t extent, const std::string& where);
/// The same of an axis whose places bear these numbers, ascending: `N` and the ends of `A:B` are of them. The indices
/// are places.
AxisSelection parse_numbered_selection(std::string_view text, std::span<const std::int64_t> numbers,
                                       const std::string& where);
/// Whether a selection is a reduction: mean, max, min or std.
bool is_reduction(std::string_view text);

/// What one picture shows of each axis, and its title.
struct SelectedAxes {
  AxisSelection layer, batch, head;  ///< one index, or a reduction
  std::string title;                 ///< "Head 3", "Layer 1, Head 3", "Mean of 8 heads", empty for the only one
};

/// One picture's matrices out of a tensor of rank 2 to 5: (…, L, S) with head, batch and layer axes
/// before them, of which each takes a selection; the head axis is reduced first. NaN stays NaN. `std` is the
/// population's, as numpy's default.
struct SelectedMatrix {
  Tensor values;      ///< (L, S)
  std::string title;  ///< "Head 3", "Layer 1, Head 3", "Mean of 8 heads", empty for the only one
  std::optional<std::size_t> layer, batch, head;  ///< none for an axis that is reduced, or that is not there
};
struct Selection {
  std::string head = "all";
  std::string batch = "0";
  std::string layer = "-1";
  std::vector<std::int64_t> layers = {};  ///< the numbers of the layers, which select and name them; empty: from 0
};
/// By layer, then batch item, then head. Throws Error (usage, at "--head", "--batch" or "--layer") for
/// an index that does not exist, (data) for a tensor without matrices.
std::vector<SelectedMatrix> select_matrices(const Tensor& tensor, const Selection& selection);
/// What `select_matrices` selects of a tensor of this shape.
std::vector<SelectedAxes> select_axes(const Shape& shape, const Selection& selection);

/// Takes `other` off `matrix`, element by element; both are float32 or float64, of one shape with at least one element.
/// Where one is float64 the difference is. Returns the greatest finite |difference|, 0 if none is finite.
double subtract(Tensor& matrix, const Tensor& other);

}  // namespace attn
