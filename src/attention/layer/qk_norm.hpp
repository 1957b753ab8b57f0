// Norms of projected queries and keys (arXiv:1910.07467, arXiv:1607.06450), in place.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "attn/query_key.hpp"
#include "attn/view.hpp"

namespace attn {

/// The norm of each row of each head, or of each row of all heads side by side, by the width of `weight`, which is one
/// of the norm's; without a weight that of each head. A bias is as wide as the weight, or empty. Heads lie side by side
/// in their rows.
template <class T>
void norm_heads(HeadsView<T> heads, const QkNorm& norm, const std::vector<double>& weight,
                const std::vector<double>& bias, std::size_t threads);
/// Throws Error (data, at `where`) if the weight has neither the width of a head nor that of all; `what` are the heads.
void check_norm_weight(const std::vector<double>& weight, std::size_t heads, std::size_t head_dim,
                       const std::string& what, const std::string& where);

}  // namespace attn
