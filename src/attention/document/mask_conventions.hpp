// Masks and biases as the scores take them: polarity, rank and width by the options' conventions.
#pragma once

#include "attention/document/problem.hpp"

namespace attn {

/// The document's mask as 1 where a key may be attended. Refers to the input where nothing has to change.
Tensor kept_keys(const SourcedTensor& mask, const Dims& dims, const AttentionOptions& options);
/// The document's bias; its dtype is T's. Refers to the input where nothing has to change.
template <class T>
Tensor added_scores(const SourcedTensor& bias, const Dims& dims, const AttentionOptions& options);

}  // namespace attn
