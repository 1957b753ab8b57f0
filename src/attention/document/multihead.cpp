// Concat(head_1 … head_H)·W_o of a document with projections (Vaswani et al. 2017, arXiv:1706.03762).
#include <algorithm>
#include <cmath>
#include <tuple>

#include "attention/document/projections.hpp"
#include "attention/document/row_structure.hpp"
#include "attention/document/run.hpp"
#include "attention/layer/qk_norm.hpp"
#include "attention/layer/rope.hpp"
#include "attn/error.hpp"
#include "core/option_name.hpp"
#include "core/progress.hpp"

namespace attn {
namespace {

// A (…, L, D) tensor as rows of D elements.
template <class T>
MatrixView<T> rows_of(T* data, const Tensor& tensor) {
  const std::size_t rows = tensor.rank() == 3 ? tensor.extent(0) * tensor.extent(1) : tensor.extent(0);
  return {data, rows, tensor.extent(-1), static_cast<std::ptrdiff_t>(tensor.extent(-1))};
}

// The norms of projected queries and keys, and who gave their weights.
struct NormsInUse {
  std::optional<QkNorm> norm;
  std::string query_where = option_name("qk_norm"), key_where = query_where;
};

// The options' norms, with the document's weights where these have none of their own.
template <class T>
NormsInUse norms_in_use(const AttentionOptions& options, const Projections<T>& projections) {
  NormsInUse norms{options.layer.qk_norm};
  const auto fill = [&norms](const SourcedTensor* given, std::vector<double> QkNorm::*weight, std::string& where) {
    if (given == nullptr) return;
    if (!norms.norm) norms.norm.emplace();
    std::vector<double>& numbers = (*norms.norm).*weight;
    if (!numbers.empty()) return;
    const auto values = given->tensor.values<T>();
    numbers.assign(values.begin(), values.end());
    where = given->where;
  };
  fill(projections.query_norm, &QkNorm::query_weight, norms.query_where);
  fill(projections.key_norm, &QkNorm::key_weight, norms.key_where);
  return norms;
}

// The document's queries, keys and values after their projections, and the output projection after the heads.
template <class T>
class ProjectedOperands final : public OperandSource<T> {
 public:
  ProjectedOperands(const Input& input, const AttentionOptions& options)
      : input_(input),
        options_(options),
        operands_(find_operands(input)),
        projections_(find_projections<T>(input)),
        norms_(norms_in_use(options, projections_)) {}

  std::size_t queries() const override { return operands_.query->tensor.extent(-2); }

  // The number of heads from the document or the options, that of key and value heads else from the width of W_k.
  HeadSplit head_split() const override {
    HeadSplit split = attn::head_split(input_, options_, true);
    const bool asked = options_.heads.query || input_.num_heads;
    take_kernel_heads(split.heads, asked, projections_.heads, "heads");
    take_kernel_heads(split.kv_heads, split.kv_heads.has_value(), projections_.kv_heads, "key/value heads");
    const Projection<T>&query = projections_.query, &key = projections_.key, &value = projections_.value;
    split.heads->check_divides("heads", query.out(), query.where);
    const std::size_t head_dim = query.out() / split.heads->number;
    if (!split.kv_heads) {
      if (head_dim == 0 || key.out() % head_dim != 0)
        throw data_error(key.where, "gives keys of width " + std::to_string(key.out()) +
                                        ", which is no multiple of the heads' " + std::to_string(head_dim));
      split.kv_heads = HeadCount{key.out() / head_dim, key.where, ErrorKind::data};
    }
    if (key.out() != split.kv_heads->number * head_dim)
      throw data_error(key.where, "gives keys of width " + std::to_string(key.out()) + ", but " +
                                      std::to_string(split.kv_heads->number) + " key/value heads of " +
                                      std::to_string(head_dim) + " columns each need " +
                                      std::to_string(split.kv_heads->number * head_dim));
    if (split.kv_heads->number != 0) split.kv_heads->check_divides("key/value heads", value.out(), value.where);
    return split;
  }

  Operands reserve(const QueryRows& rows, Budget& budget) override {
    rows_ = rows;
    query_ = allocate("the projected queries", projections_.query, *operands_.query, budget, rows.count);
    key_ = allocate("the projected keys", projections_.key, *operands_.key, budget);
    value_ = allocate("the projected values", projections_.value, *operands_.value, budget);
    return {&query_, &key_, &value_};
  }

  void check(Problem<T>& problem, Budget& budget) override {
    problem.append_keys(appended_keys());
    const Dims& dims = problem.dims;
    check_output(dims);
    check_norms(dims);
    for (const std::size_t head : options_.layer.masked_heads)
      if (head >= dims.heads)
        throw usage_error(option_name("mask_head"),
                          "there is no head " + std::to_string(head) + " of " + std::to_string(dims.heads));
    positions_ = &problem.positions;
    if (options_.layer.rope) rotation_.emplace(*options_.layer.rope, dims.depth);
    check_sections();
    if (applies_output())
      budget.add("the projected output", {dims.batch, dims.queries, projections_.output->out()}, sizeof(T));
    else if (RunPlan::of(options_, true).emits(Stage::concat))
      budget.add("concat", dims.shape_of(Stage::concat), sizeof(T));
  }

  Shape shape_of(Stage stage, const Dims& dims) const override {
    Shape shape = dims.shape_of(stage);
    if (stage == Stage::output && applies_output()) shape.back() = projections_.output->out();
    return shape;
  }

  void fill(const Dims& dims) override {
    const Progress progress("projecting");
    project_queries(query_.tensor);
    project(projections_.key, operands_.key->tensor, key_.tensor);
    project(projections_.value, operands_.value->tensor, value_.tensor);
    for (Tensor* const projected : {&query_.tensor, &key_.tensor, &value_.tensor}) clip(*projected);
    norm_and_turn(dims);
  }

  void emit(const Problem<T>& problem, const RunPlan& plan, EmittedTensors<T>& tensors) override {
    const Dims& dims = problem.dims;
    if (plan.emits(Stage::query))
      tensors[Stage::query] = copy_heads(heads_view<T>(query_.tensor, dims.heads), dims.shape_of(Stage::query));
    if (plan.emits(Stage::key)) tensors[Stage::key] = new_rows(problem.task.operands.key, Stage::key, dims);
    if (plan.emits(Stage::value)) tensors[Stage::value] = new_rows(problem.task.operands.value, Stage::value, dims);
    if (!tensors.has(Stage::output)) return;
    const Progress progress("projecting the output");
    mask_heads(tensors[Stage::output], dims);
    emit_output(plan, tensors);
  }

  void describe(RunSummary& summary) const override {
    summary.command = "multihead";
    LayerSummary& layer = summary.layer.emplace();
    layer.output_projection = applies_output();
    layer.appended_bias = projections_.bias_key != nullptr;
    layer.appended_zeros = options_.layer.add_zero_attn;
    layer.clip = options_.layer.clip;
    summary.qk_norm = norms_.norm;
    if (rotation_) layer.rope = rotation_->rope();
    layer.temperature = options_.layer.temperature;
    layer.value_norm = options_.layer.value_norm;
  }

 private:
  // The number of heads that a kernel says, which is that of the document or the options, if these have one.
  static void take_kernel_heads(std::optional<HeadCount>& heads, bool asked, const KernelHeads& of,
                                const std::string& what) {
    if (of.kernel == nullptr) return;
    if (asked && heads->number != of.number)
      throw heads->error(std::to_string(heads->number) + " " + what + ", but the kernel " +
                         shape_text(of.kernel->tensor.shape()) + " of " + of.kernel->where + " has " +
                         std::to_string(of.number));
    if (!asked) heads = HeadCount{of.number, of.kernel->where, ErrorKind::data};
  }

  bool applies_output() const { return projections_.output.has_value() && options_.layer.output_projection; }

  // Memory for x·W, once its shape is known to be right and to fit; `rows`: of as many of x's rows alone.
  SourcedTensor allocate(const std::string& what, const Projection<T>& projection, const SourcedTensor& x,
                         Budget& budget, std::optional<std::size_t> rows = {}) const {
    Shape shape = x.tensor.shape();
    if (shape.size() > 3)
      throw data_error(x.where, "the shape " + shape_text(shape) + " is neither (L, d_model) nor (B, L, d_model)");
    if (shape.back() != projection.in())
      throw data_error(projection.where, "takes vectors of width " + std::to_string(projection.in()) + ", but " +
                                             x.where + " has the shape " + shape_text(shape));
    shape.back() = projection.out();
    if (rows) shape[shape.size() - 2] = *rows;
    budget.add(what, shape, sizeof(T));
    budget.check();
    return {Tensor(dtype_of<T>, std::move(shape)), x.where};
  }

  void check_output(const Dims& dims) const {
    if (!applies_output()) return;
    const std::size_t width = dims.heads * dims.value_depth;
    if (projections_.output->in() != width)
      throw data_error(projections_.output->where, "takes vectors of width " +
                                                       std::to_string(projections_.output->in()) +
                                                       ", but the heads together have width " + std::to_string(width));
  }

  void check_norms(const Dims& dims) const {
    if (!norms_.norm) return;
    check_norm_weight(norms_.norm->query_weight, dims.heads, dims.depth, "query heads", norms_.query_where);
    check_norm_weight(norms_.norm->key_weight, dims.kv_heads, dims.depth, "key heads", norms_.key_where);
    for (const auto& [bias, weight, where] :
         {std::tie(norms_.norm->query_bias, norms_.norm->query_weight, norms_.query_where),
          std::tie(norms_.norm->key_bias, norms_.norm->key_weight, norms_.key_where)})
      if (!bias.empty() && bias.size() != weight.size())
        throw data_error(where, "a norm of width " + std::to_string(weight.size()) + " with a bias of width " +
                                    std::to_string(bias.size()));
  }

  // Sections of a layer are those of plain RoPE where positions have one axis; nobody asks for such, and axial ones
  // have frequencies of their own.
  void check_sections() const {
    if (!rotation_ || rotation_->rope().sections.empty() || positions_->queries.axes > 1) return;
    const Rope& asked = *options_.layer.rope;
    if (!asked.frequencies.empty() && asked.layout != RopeSections::axial) return;
    const std::string axes = std::to_string(asked.sections.size());
    throw usage_error(option_name("rope_sections"),
                      axes + " sections need positions of as many axes: " + option_name("position_ids") +
                          " of the shape (" + axes + ", L)");
  }

  std::vector<AppendedKey<T>> appended_keys() const {
    std::vector<AppendedKey<T>> keys;
    if (projections_.bias_key != nullptr)
      keys.push_back({"bias", projections_.bias_key->tensor.template values<T>().data(),
                      projections_.bias_value->tensor.template values<T>().data()});
    if (options_.layer.add_zero_attn) keys.push_back({"zero"});
    return keys;
  }

  void clip(Tensor& projected) const {
    if (!options_.layer.clip) return;
    const T most = static_cast<T>(*options_.layer.clip);
    for (T& value : projected.values<T>()) value = std::clamp(value, -most, most);
  }

  // What projected queries and keys go through before they meet, and values besides.
  void norm_and_turn(const Dims& dims) {
    const HeadsView<T> queries = heads_of<T>(query_.tensor, dims.heads), keys = heads_of<T>(key_.tensor, dims.kv_heads);
    const std::size_t threads = options_.execution.threads;
    const auto norm = [&] {
      if (!norms_.norm) return;
      norm_heads(queries, *norms_.norm, norms_.norm->query_weight, norms_.norm->query_bias, threads);
      norm_heads(keys, *norms_.norm, norms_.norm->key_weight, norms_.norm->key_bias, threads);
    };
    const bool is_last = norms_.norm && norms_.norm->after_rope;
    if (!is_last) norm();
    if (rotation_) turn(queries, keys, dims);
    if (is_last) norm();
    if (options_.layer.temperature && (positions_->queries.given() || !first_positions(input_).empty()))
      throw usage_error(option_name("position_ids"),
                        "a layer whose queries grow with their position counts positions from the first key");
    if (options_.layer.temperature) warm(queries, *options_.layer.temperature, dims.past + rows_.first);
    if (options_.layer.value_norm)
      norm_heads(heads_of<T>(value_.tensor, dims.kv_heads), {.epsilon = *options_.layer.value_norm}, {}, {}, threads);
  }

  void turn(const HeadsView<T>& queries, const HeadsView<T>& keys, const Dims& dims) {
    const std::size_t threads = options_.execution.threads;
    if (!positions_->queries.given()) {
      const std::vector<std::int64_t> starts = first_positions(input_);
      rotation_->apply(queries, static_cast<std::int64_t>(dims.past + rows_.first), starts, threads);
      rotation_->apply(keys, static_cast<std::int64_t>(dims.past), starts, threads);
      return;
    }
    rotation_->apply(queries, row_positions(positions_->queries, rows_.first), threads);
    rotation_->apply(keys, row_positions(positions_->keys, positions_->all_keys ? dims.past : 0), threads);
  }

  // Queries times the factors of their positions.
  static void warm(HeadsView<T> queries, const QueryTemperature& temperature, std::size_t first) {
    for (std::size_t i = 0; i < queries.rows; ++i) {
      const double position = static_cast<double>(first + i) + temperature.shift;
      const T factor = static_cast<T>(1 + temperature.beta * std::log1p(std::floor(position / temperature.floor)));
      if (factor == 1) continue;
      for (std::size_t b = 0; b < queries.batch; ++b)
        for (std::size_t h = 0; h < queries.heads; ++h)
          for (std::size_t c = 0; c < queries.cols; ++c) queries.at(b, h).row(i)[c] *= factor;
    }
  }

  static RowPositions row_positions(const NumbersOfPlaces& of, std::size_t first) {
    return {of.values.data(), of.axes, of.batch, of.places, first};
  }

  // y = x·W + b.
  void project(const Projection<T>& projection, const Tensor& x, Tensor& y) const {
    project(projection, rows_of(x.values<T>().data(), x), rows_of(y.values<T>().data(), y));
  }

  // Of the range's rows of each batch item. A row's result does not depend on those beside it.
  void project_queries(Tensor& y) const {
    const Tensor& x = operands_.query->tensor;
    if (rows_.are_all()) return project(projections_.query, x, y);
    MatrixView<const T> from = rows_of(x.values<T>().data(), x);
    MatrixView<T> to = rows_of(y.values<T>().data(), y);
    const std::size_t items = from.rows / rows_.all;
    from.rows = to.rows = rows_.count;
    for (std::size_t b = 0; b < items; ++b) {
      MatrixView<const T> part = from;
      part.data = from.row(b * rows_.all + rows_.first);
      MatrixView<T> projected = to;
      projected.data = to.row(b * rows_.count);
      project(projections_.query, part, projected);
    }
  }

  void project(const Projection<T>& projection, MatrixView<const T> x, MatrixView<T> y) const {
    linear({.x = x,
            .weight = projection.weight,
            .transposed = projection.transposed,
            .bias = projection.bias,
            .y = y,
            .execution = {.bf16_operands = options_.execution.bf16_operands,
                          .f16_operands = options_.execution.f16_operands,
                          .kernels = &kernels_of(options_),
                          .threads = options_.execution.threads}});
  }

  // Keys or values but the cached ones, by heads.
  static Tensor new_rows(HeadsView<const T> all, Stage stage, const Dims& dims) {
    all.data += static_cast<std::ptrdiff_t>(dims.past) * all.row_stride;
    all.rows -= dims.past;
    return copy_heads(all, dims.shape_of(stage));
  }

  void mask_heads(Tensor& concat, const Dims& dims) const {
    const std::size_t width = dims.heads * dims.value_depth;
    for (const std::size_t head : options_.layer.masked_heads)
      for (std::size_t at = head * dims.value_depth; at < concat.size(); at += width)
        std::fill_n(concat.values<T>().data() + at, dims.value_depth, T{0});
  }

  // `concat` and `output` from the heads' own outputs, which lie side by side already.
  void emit_output(const RunPlan& plan, EmittedTensors<T>& tensors) const {
    if (!applies_output()) {
      if (plan.emits(Stage::concat)) tensors[Stage::concat] = tensors[Stage::output].clone();
      return;
    }
    Tensor concat = std::move(tensors[Stage::output]);
    if (plan.emits(Stage::output)) {
      Shape shape = concat.shape();
      shape.back() = projections_.output->out();
      tensors[Stage::output] = Tensor(dtype_of<T>, std::move(shape));
      project(*projections_.output, concat, tensors[Stage::output]);
    }
    tensors[Stage::concat] = std::move(concat);
  }

  const Input& input_;
  const AttentionOptions& options_;
  const Operands operands_;
  const Projections<T> projections_;
  const NormsInUse norms_;
  QueryRows rows_;
  SourcedTensor query_, key_, value_;  // projected, once they are reserved and filled
  std::optional<Rotation> rotation_;
  const DocumentPositions* positions_ = nullptr;  // the problem's
};

template <class T>
Result multihead_as(const Input& input, const AttentionOptions& options) {
  ProjectedOperands<T> operands(input, options);
  return run_attention<T>(input, options, operands);
}

}  // namespace

Result multihead(const Input& input, const AttentionOptions& options) {
  return options.execution.dtype == DType::f64 ? multihead_as<double>(input, options)
                                               : multihead_as<float>(input, options);
}

}  // namespace attn
