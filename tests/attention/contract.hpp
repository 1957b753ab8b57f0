// The error contract (attn-numerics(7)) over a problem on the level of tasks.
#pragma once

#include <string>

#include "attention/task_case.hpp"

namespace attn::test {

/// What is right of a problem, and how far from it answers may be.
class Contract {
 public:
  explicit Contract(const TaskCase& problem);

  /// Runs the problem in float32, float64 and with operands of bfloat16, and names what breaks the contract; empty:
  /// nothing does. The weights count where they are wanted. Another number of threads must not change a bit.
  std::string broken_by(const KernelSet& set, TaskWants wants) const;

 private:
  TaskCase problem_, in_bf16_, threaded_;
  TaskAnswer exact_, rounded_exact_;
  double output_bound_, weights_bound_, rounded_output_bound_, rounded_weights_bound_;
};

}  // namespace attn::test
