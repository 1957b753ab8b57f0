// softmax(Q·Kᵀ·scale)·V of a document.
#include <algorithm>
#include <cstdint>
#include <cstring>

#include "attention/document/run.hpp"
#include "attention/layer/qk_norm.hpp"
#include "attn/error.hpp"
#include "core/half.hpp"
#include "core/option_name.hpp"
#include "core/parallel.hpp"

namespace attn {
namespace {

// The document's own queries, keys and values; with a norm, copies of the first two, and widened copies of those of 16
// bits that cannot stay so.
template <class T>
class GivenOperands final : public OperandSource<T> {
 public:
  GivenOperands(const Input& input, const AttentionOptions& options)
      : input_(input), options_(options), operands_(find_operands(input)) {}

  std::size_t queries() const override { return operands_.query->tensor.extent(-2); }
  HeadSplit head_split() const override { return attn::head_split(input_, options_, false); }
  Operands reserve(const QueryRows&, Budget& budget) override {
    const bool is_normed = options_.layer.qk_norm.has_value();
    const auto copy = [&](Given& given, const SourcedTensor& of, bool stays, const char* what) {
      given.from = given.tensor = &of;
      if (stays) return;
      budget.add(std::string(is_narrow(of.tensor.dtype()) ? "the widened " : "the normed ") + what, of.tensor.shape(),
                 sizeof(T));
      budget.check();
      given.copy = {Tensor(dtype_of<T>, of.tensor.shape()), of.where};
      given.tensor = &given.copy;
    };
    copy(query_, *operands_.query, !is_normed && !is_narrow(operands_.query->tensor.dtype()), "queries");
    copy(key_, *operands_.key, !is_normed && stays(*operands_.key, Stage::key, Stage::present_key), "keys");
    copy(value_, *operands_.value, stays(*operands_.value, Stage::value, Stage::present_value), "values");
    return {query_.tensor, key_.tensor, value_.tensor};
  }

  void check(Problem<T>& problem, Budget&) override {
    if (!options_.layer.qk_norm) return;
    const QkNorm& norm = *options_.layer.qk_norm;
    const Dims& dims = problem.dims;
    check_norm_weight(norm.query_weight, 1, dims.depth, "query heads", option_name("qk_norm"));
    check_norm_weight(norm.key_weight, 1, dims.depth, "key heads", option_name("qk_norm"));
  }

  void fill(const Dims& dims) override {
    for (Given* const given : {&query_, &key_, &value_})
      if (given->tensor == &given->copy) copy_numbers(given->from->tensor, given->copy.tensor);
    if (!options_.layer.qk_norm) return;
    const QkNorm& norm = *options_.layer.qk_norm;
    const std::size_t threads = options_.execution.threads;
    norm_heads(heads_of<T>(query_.copy.tensor, dims.heads), norm, norm.query_weight, {}, threads);
    norm_heads(heads_of<T>(key_.copy.tensor, dims.kv_heads), norm, norm.key_weight, {}, threads);
  }

  void emit(const Problem<T>& problem, const RunPlan& plan, EmittedTensors<T>& tensors) override {
    if (plan.emits(Stage::query)) tensors[Stage::query] = cut_rows(query_.tensor->tensor, problem.rows);
    if (plan.emits(Stage::key)) tensors[Stage::key] = key_.tensor->tensor.clone();
    if (plan.emits(Stage::value)) tensors[Stage::value] = value_.tensor->tensor.clone();
  }

  void describe(RunSummary& summary) const override {
    summary.command = "compute";
    summary.qk_norm = options_.layer.qk_norm;
  }

 private:
  // One of the three.
  struct Given {
    const SourcedTensor *from = nullptr, *tensor = nullptr;  // of the document; and what attention takes
    SourcedTensor copy;                                      // that, unless it is the document's; once it is filled
  };

  bool emits(Stage stage) const { return std::ranges::find(options_.wanted.emit, stage) != options_.wanted.emit.end(); }
  // Whether keys or values stay as they are stored; `own` and `present` are the stages that have them.
  bool stays(const SourcedTensor& of, Stage own, Stage present) const {
    return !is_narrow(of.tensor.dtype()) || (sizeof(T) == sizeof(float) && !emits(own) && !emits(present));
  }

  void copy_numbers(const Tensor& from, Tensor& to) const {
    if (!is_narrow(from.dtype())) {
      if (from.bytes() != 0) std::memcpy(to.data(), from.data(), from.bytes());
      return;
    }
    const auto* const bits = static_cast<const std::uint16_t*>(from.data());
    T* const numbers = to.values<T>().data();
    constexpr std::size_t block = 65536;
    parallel_for((from.size() + block - 1) / block, options_.execution.threads, [&](std::size_t task, std::size_t) {
      const std::size_t first = task * block;
      widen_all(bits + first, from.dtype(), std::min(block, from.size() - first), numbers + first);
    });
  }

  const Input& input_;
  const AttentionOptions& options_;
  const Operands operands_;
  Given query_, key_, value_;
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
