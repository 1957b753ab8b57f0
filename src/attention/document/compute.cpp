// softmax(Q·Kᵀ·scale)·V of a document.
#include <cstring>

#include "attention/document/run.hpp"
#include "attention/layer/qk_norm.hpp"
#include "attn/error.hpp"
#include "core/option_name.hpp"

namespace attn {
namespace {

// The document's own queries, keys and values; with a norm, copies of the first two.
template <class T>
class GivenOperands final : public OperandSource<T> {
 public:
  GivenOperands(const Input& input, const AttentionOptions& options)
      : input_(input), options_(options), operands_(find_operands(input)) {}

  std::size_t queries() const override { return operands_.query->tensor.extent(-2); }
  HeadSplit head_split() const override { return attn::head_split(input_, options_, false); }
  Operands reserve(const QueryRows&, Budget& budget) override {
    if (!options_.layer.qk_norm) return operands_;
    const auto copy = [&](const SourcedTensor& of, const char* what) {
      budget.add(what, of.tensor.shape(), sizeof(T));
      budget.check();
      return SourcedTensor{Tensor(dtype_of<T>, of.tensor.shape()), of.where};
    };
    query_ = copy(*operands_.query, "the normed queries");
    key_ = copy(*operands_.key, "the normed keys");
    return {&query_, &key_, operands_.value};
  }

  void check(Problem<T>& problem, Budget&) override {
    if (!options_.layer.qk_norm) return;
    const QkNorm& norm = *options_.layer.qk_norm;
    const Dims& dims = problem.dims;
    check_norm_weight(norm.query_weight, 1, dims.depth, "query heads", option_name("qk_norm"));
    check_norm_weight(norm.key_weight, 1, dims.depth, "key heads", option_name("qk_norm"));
  }

  void fill(const Dims& dims) override {
    if (!options_.layer.qk_norm) return;
    const QkNorm& norm = *options_.layer.qk_norm;
    const auto normed = [&](const Tensor& from, Tensor& to, std::size_t heads, const std::vector<double>& weight) {
      if (from.bytes() != 0) std::memcpy(to.data(), from.data(), from.bytes());
      norm_heads(heads_of<T>(to, heads), norm, weight, {}, options_.execution.threads);
    };
    normed(operands_.query->tensor, query_.tensor, dims.heads, norm.query_weight);
    normed(operands_.key->tensor, key_.tensor, dims.kv_heads, norm.key_weight);
  }

  void emit(const Problem<T>& problem, const RunPlan& plan, EmittedTensors<T>& tensors) override {
    const bool is_normed = options_.layer.qk_norm.has_value();
    const Tensor &query = is_normed ? query_.tensor : operands_.query->tensor,
                 &key = is_normed ? key_.tensor : operands_.key->tensor;
    if (plan.emits(Stage::query)) tensors[Stage::query] = cut_rows(query, problem.rows);
    if (plan.emits(Stage::key)) tensors[Stage::key] = key.clone();
    if (plan.emits(Stage::value)) tensors[Stage::value] = operands_.value->tensor.clone();
  }

  void describe(RunSummary& summary) const override {
    summary.command = "compute";
    summary.qk_norm = options_.layer.qk_norm;
  }

 private:
  const Input& input_;
  const AttentionOptions& options_;
  const Operands operands_;
  SourcedTensor query_, key_;  // normed, once they are reserved and filled
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
