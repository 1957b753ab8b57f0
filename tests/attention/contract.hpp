// The error contract (attn-numerics(7)) over a problem on the level of tasks.
#pragma once

#include <string>

#include "attention/task_case.hpp"

namespace attn::test {

/// What is right of a problem, and how far from it answers may be.
class Contract {
 public:
  /// `luck`: what bounds of float32 are multiplied by. They rest on the error of a plain program, which may happen to
  /// be small where a single number decides.
  explicit Contract(const TaskCase& problem, double luck = 1);

  /// Runs the problem in float32, float64 and with operands of bfloat16, and names what breaks the contract; empty:
  /// nothing does. The weights count where they are wanted. Another number of threads must not change a bit.
  std::string broken_by(const KernelSet& set, TaskWants wants) const;

 private:
  double luck_;
  TaskCase problem_, in_bf16_, threaded_;
  TaskAnswer exact_, rounded_exact_;
  double output_bound_, weights_bound_, rounded_output_bound_, rounded_weights_bound_;
};

}  // namespace attn::test
