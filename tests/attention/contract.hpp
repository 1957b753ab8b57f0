// The error contract (attn-numerics(7)) over a problem on the level of tasks.
#pragma once

#include <string>

#include "attention/task_case.hpp"

namespace attn::test {

/// What is right of a problem, and how far from it answers may be.
class Contract {
 public:
  /// `luck`: what bounds of float32 are multiplied by. They rest on the error of a plain program, which may happen to
  /// be small where a single number decides. Over 1, they allow for the rounding of the strongest score as well.
  explicit Contract(const TaskCase& problem, double luck = 1);

  /// Runs the problem in float32, float64 and with operands of bfloat16 and float16, and names what breaks the
  /// contract; empty: nothing does. The weights count where they are wanted. Another number of threads must not change
  /// a bit.
  std::string broken_by(const KernelSet& set, TaskWants wants) const;

 private:
  // The problem in float32 with its operands as they are or rounded, and what it then has to give.
  struct Float {
    Float(const TaskCase& given, Operands operands, double luck);
    TaskCase problem;
    TaskAnswer exact;
    double output_bound, weights_bound;
  };

  double luck_;
  TaskCase threaded_;
  Float f32_, bf16_, f16_;
};

}  // namespace attn::test
