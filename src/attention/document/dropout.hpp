// Dropout: draws which weights are kept.
#pragma once

#include <cstdint>
#include <vector>

#include "attention/document/budget.hpp"
#include "attention/document/problem.hpp"

namespace attn {

/// Adds the memory of the bits of queries `window`, if anything is dropped.
void add_dropout(Budget& budget, const Dropout& dropout, const Dims& dims, RowWindow window);

/// The kept weights of (B, H, window, S), drawn for all queries of (B, H, window.of, S), so that a run of some of the
/// queries drops what the whole run drops. Without dropout there are none. Throws Error (usage, at `dropout`) unless
/// 0 ≤ p ≤ 1.
std::vector<std::uint8_t> draw_dropout(const Dropout& dropout, const Dims& dims, RowWindow window);
/// A view of them. Empty bits: everything is kept.
KeptWeights kept_weights(const Dropout& dropout, const Dims& dims, RowWindow window,
                         const std::vector<std::uint8_t>& bits);

}  // namespace attn
