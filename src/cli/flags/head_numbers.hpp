// Values of flags with a number for each head or place: a list, or a file.
#pragma once

#include <string>
#include <vector>

#include "attn/document.hpp"
#include "attn/read_options.hpp"

namespace attn::cli {

/// "0.5,0.25", or a tensor of rank 0 or 1 (a CSV of one row or column) in a file. A text of nothing but digits, commas
/// and what else numbers are written with is a list. All are finite. Throws Error (usage, at `where`; data, in a file).
std::vector<double> read_head_numbers(const std::string& text, const std::string& where, const ReadOptions& read);

/// Throws Error (usage, at `flag`) for a text that is meant for a list of numbers: it names no file, and has no ending
/// of a format.
void refuse_no_numbers(const std::string& text, const std::string& flag);

/// The value of a flag that takes numbers of places: N,M,… as (n), or the tensor of a file; float64, at the option.
SourcedTensor read_place_numbers(const std::string& text, const std::string& flag, const std::string& option);

}  // namespace attn::cli
