// The check of a workload's output against the formula in float64, by the error contract of attn-numerics(7).
#pragma once

#include "cli/bench/workload.hpp"

namespace attn::cli {

/// Sets the result's greatest error and its bound, and its status to wrong where the bound is passed.
template <class T>
void check(const Workload<T>& workload, BenchResult& result);

}  // namespace attn::cli
