// Parts of panels: rows and columns chosen by number or token, normalised again.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attn/heatmap.hpp"
#include "attn/picture.hpp"

namespace attn {

/// Places of an axis of `extent`, in the order of the text: a list of `N`, `A:B` (half-open; an end left out is the
/// axis' own), `all` and tokens; negative numbers count from the end. A token stands for every place that has it as
/// its label, or, if none has, as its label without the mark of a sub-word (`##`, `Ġ`, `▁`). What reads as a number or
/// a range is one; in quotes, single or double, anything is a token, commas too. Throws Error (usage, at `where`) for
/// places that do not exist, with the nearest label for a token that none bears.
std::vector<std::size_t> parse_places(std::string_view text, std::size_t extent, const std::vector<std::string>& labels,
                                      const std::string& where);

/// The items of such a list, without their quotes: "a,'b,c'" → a and b,c. Throws Error (usage, at `where`).
std::vector<std::string> split_quoted(std::string_view text, const std::string& where);

/// Leaves these rows and columns of a panel, in this order; what is named by its index keeps it as its label. The panel
/// is whole: `Panel::whole` says nothing.
void keep_places(Panel& panel, std::span<const std::size_t> rows, std::span<const std::size_t> columns);

/// Divides each row by its sum, in float64; a row of zeros stays as it is, and one with a NaN becomes NaN. Returns how
/// many rows have the sum 0. Throws Error (usage, at `renormalize`) for numbers under 0 or without an end, which are no
/// weights.
std::size_t renormalize_rows(Panel& panel);

/// What the queries of a panel give each key, the mean of them in float64, as a grid of this many rows and columns: key
/// k stands in row k / columns. The title says which queries; the grid's axes are numbered. A key is masked if all
/// queries are. Throws Error (usage, at `reshape`) where the grid has not a cell for each key.
void reshape_keys(Panel& panel, GridSize grid);

/// A label as people read it: without the mark that tells how a sub-word joins what is before it.
std::string_view without_mark(std::string_view label);

}  // namespace attn
