// What a run will do, as a line for people.
#pragma once

#include <string>

#include "attention/document/problem.hpp"
#include "attention/document/run_plan.hpp"

namespace attn {

/// "weights, output of query (2, 3) and key (4, 3), in float32 on avx2 with 2 threads; …": what, of which shapes, by
/// which engine, and the memory that it takes, `bytes` in all.
template <class T>
std::string plan_text(const Problem<T>& problem, const RunPlan& plan, double bytes);

}  // namespace attn
