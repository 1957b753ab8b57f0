// softmax(Q·Kᵀ·scale)·V of a document.
#include "attention/document/run.hpp"
#include "attn/error.hpp"
#include "core/option_name.hpp"

namespace attn {
namespace {

// The document's own queries, keys and values.
template <class T>
class GivenOperands final : public OperandSource<T> {
 public:
  GivenOperands(const Input& input, const AttentionOptions& options)
      : input_(input), options_(options), operands_(find_operands(input)) {}

  std::size_t queries() const override { return operands_.query->tensor.extent(-2); }
  HeadSplit head_split() const override { return attn::head_split(input_, options_, false); }
  Operands reserve(const QueryRows&, Budget&) override { return operands_; }
  void check(Problem<T>&, Budget&) override {}
  void fill(const Dims&) override {}

  void emit(const Problem<T>& problem, const RunPlan& plan, EmittedTensors<T>& tensors) override {
    if (plan.emits(Stage::query)) tensors[Stage::query] = cut_rows(operands_.query->tensor, problem.rows);
    for (const auto& [stage, operand] :
         {std::pair{Stage::key, operands_.key}, std::pair{Stage::value, operands_.value}})
      if (plan.emits(stage)) tensors[stage] = operand->tensor.clone();
  }

  void describe(RunSummary& summary) const override { summary.command = "compute"; }

 private:
  const Input& input_;
  const AttentionOptions& options_;
  const Operands operands_;
};

template <class T>
Result compute_as(const Input& input, const AttentionOptions& options) {
  GivenOperands<T> operands(input, options);
  return run_attention<T>(input, options, operands);
}

}  // namespace

Result compute(const Input& input, const AttentionOptions& options) {
  for (const Stage stage : options.wanted.emit)
    if (const StageInfo& info = stage_info(stage); info.multihead_only)
      throw usage_error(option_name("emit"),
                        "'" + std::string(info.name) + "' is a tensor of multihead, not of compute");
  if (!input.projections.empty())
    throw data_error(input.where("projections"), "compute applies no projections; multihead does");
  return options.execution.dtype == DType::f64 ? compute_as<double>(input, options) : compute_as<float>(input, options);
}

}  // namespace attn
