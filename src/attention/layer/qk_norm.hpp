// RMS norm of projected queries and keys (arXiv:1910.07467), in place.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "attn/view.hpp"

namespace attn {

/// x / √(mean(x²) + epsilon) · weight of each row of each head, or of each row of all heads side by side, by the
/// weight's width; without a weight that of each head. Heads lie side by side in their rows.
template <class T>
void rms_norm(HeadsView<T> heads, const std::vector<double>& weight, double epsilon, std::size_t threads);
/// Throws Error (data, at `where`) if the weight has neither the width of a head nor that of all; `what` are the heads.
void check_norm_weight(const std::vector<double>& weight, std::size_t heads, std::size_t head_dim,
                       const std::string& what, const std::string& where);

}  // namespace attn
