// Attention rollout: how far each token's input reaches through all layers.
#pragma once

#include <cstddef>
#include <cstdint>

#include "attn/tensor.hpp"

namespace attn {

/// How the heads of a layer become one.
enum class RolloutFusion { mean, max, min };

/// Attention rollout (Abnar and Zuidema 2020, "Quantifying Attention Flow in Transformers", section 3) of weights
/// (layers, batch, heads, L, L) of float32 or float64: with A the fused heads of a layer, Â = 0.5·A + 0.5·I, its rows
/// divided by their sums, and R_l = Â_l · R_{l−1} from R_0 = Â_0 on. Returns the R of every layer, (layers, batch, 1,
/// L, L) of float64, in which everything is computed; the same to the bit for any number of threads. Only the first
/// `layers` are computed, as far as there are so many; the others are NaN. A NaN makes NaN of what it reaches. Throws
/// Error (usage, at `rollout`) for another shape, and for numbers that are no weights: below 0, or without an end.
Tensor rollout(const Tensor& weights, RolloutFusion fusion, std::size_t threads, std::size_t layers = SIZE_MAX);

}  // namespace attn
