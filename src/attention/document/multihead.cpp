// Concat(head_1 … head_H)·W_o of a document with projections (Vaswani et al. 2017, arXiv:1706.03762).
#include "attention/document/emitted_tensors.hpp"
#include "attention/document/planned_pictures.hpp"
#include "attention/document/projections.hpp"
#include "attention/document/result.hpp"
#include "attention/document/weight_statistics.hpp"
#include "attention/layer/qk_norm.hpp"
#include "attention/layer/rope.hpp"
#include "attn/error.hpp"
#include "core/parallel.hpp"

namespace attn {
namespace {

constexpr std::size_t worth_threads = 1'000'000;  // elements of a sum that takes longer than a thread's start

// A (…, L, D) tensor as rows of D elements.
template <class T>
MatrixView<T> rows_of(T* data, const Tensor& tensor) {
  const std::size_t rows = tensor.rank() == 3 ? tensor.extent(0) * tensor.extent(1) : tensor.extent(0);
  return {data, rows, tensor.extent(-1), static_cast<std::ptrdiff_t>(tensor.extent(-1))};
}

// The heads of a projected operand.
template <class T>
HeadsView<T> heads_of(Tensor& projected, std::size_t heads) {
  const HeadsView<const T> view = heads_view<T>(projected, heads);
  return {projected.values<T>().data(),
          view.batch,
          view.heads,
          view.rows,
          view.cols,
          view.batch_stride,
          view.head_stride,
          view.row_stride};
}

template <class T>
class Multihead {
 public:
  Multihead(const Input& input, const AttentionOptions& options)
      : input_(input),
        options_(options),
        operands_(find_operands(input)),
        projections_(find_projections<T>(input)),
        rows_(query_rows(options, operands_.query->tensor.extent(-2))) {
    take_norms();
  }

  Result run() {
    const HeadSplit split = split_of_projections();
    Budget budget(options_.max_memory);
    SourcedTensor query = allocate("the projected queries", projections_.query, *operands_.query, budget, rows_.count);
    SourcedTensor key = allocate("the projected keys", projections_.key, *operands_.key, budget);
    SourcedTensor value = allocate("the projected values", projections_.value, *operands_.value, budget);
    // From here on the operands have their shapes, but no numbers before all else is known to be right.
    Problem<T> problem(input_, {&query, &key, &value}, rows_, split, options_);
    const Dims& dims = problem.dims;
    problem.append_keys(appended_keys());
    check_output(dims);
    check_norms(dims);
    if (options_.rope) rotation_.emplace(*options_.rope, dims.depth);
    if (applies_output())
      budget.add("the projected output", {dims.batch, dims.queries, projections_.output->out()}, sizeof(T));
    Budget with_average = budget;
    add_average(with_average, dims);
    Pictures<T> pictures(problem, options_, options_.average ? with_average : budget);
    Emission<T>::budget(dims, options_, budget);
    if (averages()) add_average(budget, dims);
    if (emits(options_, Stage::concat) && !applies_output()) budget.add("concat", dims.output_shape(), sizeof(T));
    pictures.add_to(budget, dims);
    problem.add_appended(budget);
    Readings<T>::budget(dims, options_, budget);
    budget.check();

    apply_to_queries(query.tensor);
    apply(projections_.key, operands_.key->tensor, key.tensor);
    apply(projections_.value, operands_.value->tensor, value.tensor);
    norm_and_turn(query.tensor, key.tensor, dims);
    problem.join_cache();
    Emission<T> emission;
    emission.allocate(problem, options_, emits(options_, Stage::concat));
    Readings<T> readings;
    readings.attach(problem, options_);
    attend(problem.task);
    pictures.pool(problem.task);
    emission.fill_copies(problem, options_);
    emit_queries(query.tensor, dims, emission);
    emit_new(Stage::key, problem.task.operands.key, dims, emission);
    emit_new(Stage::value, problem.task.operands.value, dims, emission);
    emit_output(emission);
    std::optional<Tensor> head_weights;
    if (averages()) {
      Tensor mean = mean_over_heads(emission[Stage::weights], dims);
      if (options_.keep_head_weights) head_weights = std::move(emission[Stage::weights]);
      emission[Stage::weights] = std::move(mean);
    }
    RunSummary summary = summary_of(input_, problem, options_);
    summary.command = "multihead";
    summary.layer = layer_summary();
    Result result = make_result(input_, problem, emission.release(options_), std::move(summary));
    result.head_weights = std::move(head_weights);
    result.pooled = pictures.release();
    readings.release(result);
    return result;
  }

 private:
  bool applies_output() const { return projections_.output.has_value() && options_.output_projection; }
  bool averages() const { return options_.average && emits(options_, Stage::weights); }

  // The number of heads from the document or the flag, that of key and value heads else from the width of W_k.
  HeadSplit split_of_projections() const {
    HeadSplit split = head_split(input_, options_, true);
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

  // The document's norms are the options', unless these have their own.
  void take_norms() {
    const auto take = [this](const SourcedTensor* given, std::vector<double> QkNorm::*weight, std::string& where) {
      if (given == nullptr) return;
      if (!options_.qk_norm) options_.qk_norm.emplace();
      if (!((*options_.qk_norm).*weight).empty()) return;
      const auto values = given->tensor.values<T>();
      ((*options_.qk_norm).*weight).assign(values.begin(), values.end());
      where = given->where;
    };
    take(projections_.query_norm, &QkNorm::query_weight, query_norm_where_);
    take(projections_.key_norm, &QkNorm::key_weight, key_norm_where_);
  }

  void check_norms(const Dims& dims) const {
    if (!options_.qk_norm) return;
    check_norm_weight(options_.qk_norm->query_weight, dims.heads, dims.depth, "query heads", query_norm_where_);
    check_norm_weight(options_.qk_norm->key_weight, dims.kv_heads, dims.depth, "key heads", key_norm_where_);
  }

  std::vector<AppendedKey<T>> appended_keys() const {
    std::vector<AppendedKey<T>> keys;
    if (projections_.bias_key != nullptr)
      keys.push_back({"bias", projections_.bias_key->tensor.template values<T>().data(),
                      projections_.bias_value->tensor.template values<T>().data()});
    if (options_.add_zero_attn) keys.push_back({"zero"});
    return keys;
  }

  // What projected queries and keys go through before they meet.
  void norm_and_turn(Tensor& query, Tensor& key, const Dims& dims) const {
    const HeadsView<T> queries = heads_of<T>(query, dims.heads), keys = heads_of<T>(key, dims.kv_heads);
    if (options_.qk_norm) {
      rms_norm(queries, options_.qk_norm->query_weight, options_.qk_norm->epsilon, options_.threads);
      rms_norm(keys, options_.qk_norm->key_weight, options_.qk_norm->epsilon, options_.threads);
    }
    if (!rotation_) return;
    rotation_->apply(queries, static_cast<std::int64_t>(dims.past + rows_.first), options_.threads);
    rotation_->apply(keys, static_cast<std::int64_t>(dims.past), options_.threads);
  }

  LayerSummary layer_summary() const {
    LayerSummary layer;
    layer.output_projection = applies_output();
    layer.average = averages();
    layer.appended_bias = projections_.bias_key != nullptr;
    layer.appended_zeros = options_.add_zero_attn;
    layer.qk_norm = options_.qk_norm;
    if (rotation_) layer.rope = rotation_->rope();
    return layer;
  }

  static void add_average(Budget& budget, const Dims& dims) {
    budget.add("the average", {dims.batch, dims.queries, dims.keys}, sizeof(T), true);
  }

  // y = x·W + b.
  void apply(const Projection<T>& projection, const Tensor& x, Tensor& y) const {
    apply(projection, rows_of(x.values<T>().data(), x), rows_of(y.values<T>().data(), y));
  }

  // Of the range's rows of each batch item. A row's result does not depend on those beside it.
  void apply_to_queries(Tensor& y) const {
    const Tensor& x = operands_.query->tensor;
    if (rows_.are_all()) return apply(projections_.query, x, y);
    MatrixView<const T> from = rows_of(x.values<T>().data(), x);
    MatrixView<T> to = rows_of(y.values<T>().data(), y);
    const std::size_t items = from.rows / rows_.all;
    from.rows = to.rows = rows_.count;
    for (std::size_t b = 0; b < items; ++b) {
      MatrixView<const T> part = from;
      part.data = from.row(b * rows_.all + rows_.first);
      MatrixView<T> projected = to;
      projected.data = to.row(b * rows_.count);
      apply(projections_.query, part, projected);
    }
  }

  void apply(const Projection<T>& projection, MatrixView<const T> x, MatrixView<T> y) const {
    linear(
        {.x = x,
         .weight = projection.weight,
         .transposed = projection.transposed,
         .bias = projection.bias,
         .y = y,
         .execution = {
             .bf16_operands = options_.bf16_operands, .kernels = &kernels_of(options_), .threads = options_.threads}});
  }

  // The projected queries as (…, heads, rows, columns).
  void emit_queries(const Tensor& projected, const Dims& dims, Emission<T>& emission) const {
    if (!emits(options_, Stage::query)) return;
    const HeadsView<const T> view = heads_view<T>(projected, dims.heads);
    Shape shape = dims.prefix(dims.heads);
    shape.insert(shape.end(), {view.rows, view.cols});
    emission[Stage::query] = copy_heads(view, std::move(shape));
  }

  // Keys or values but the cached ones, likewise.
  void emit_new(Stage stage, HeadsView<const T> all, const Dims& dims, Emission<T>& emission) const {
    if (!emits(options_, stage)) return;
    all.data += static_cast<std::ptrdiff_t>(dims.past) * all.row_stride;
    all.rows -= dims.past;
    Shape shape = dims.prefix(dims.kv_heads);
    shape.insert(shape.end(), {all.rows, all.cols});
    emission[stage] = copy_heads(all, std::move(shape));
  }

  // `concat` and `output` from the heads' own outputs, which lie side by side already.
  void emit_output(Emission<T>& emission) const {
    if (!emission.has(Stage::output)) return;
    if (!applies_output()) {
      if (emits(options_, Stage::concat)) emission[Stage::concat] = emission[Stage::output].clone();
      return;
    }
    Tensor concat = std::move(emission[Stage::output]);
    if (emits(options_, Stage::output)) {
      Shape shape = concat.shape();
      shape.back() = projections_.output->out();
      emission[Stage::output] = Tensor(dtype_of<T>, std::move(shape));
      apply(*projections_.output, concat, emission[Stage::output]);
    }
    emission[Stage::concat] = std::move(concat);
  }

  // (…, H, L, S) → (…, L, S).
  Tensor mean_over_heads(const Tensor& weights, const Dims& dims) const {
    Shape shape = dims.has_batch ? Shape{dims.batch} : Shape{};
    shape.insert(shape.end(), {dims.queries, dims.keys});
    Tensor mean(dtype_of<T>, std::move(shape));
    const T* const from = weights.values<T>().data();
    T* const to = mean.values<T>().data();
    const std::size_t threads = weights.size() < worth_threads ? 1 : options_.threads;
    parallel_for(dims.batch * dims.queries, threads, [&](std::size_t row, std::size_t) {
      const std::size_t b = row / dims.queries, i = row % dims.queries;
      std::vector<double> sums(dims.keys);
      for (std::size_t h = 0; h < dims.heads; ++h) {
        const T* const head = from + ((b * dims.heads + h) * dims.queries + i) * dims.keys;
        for (std::size_t j = 0; j < dims.keys; ++j) sums[j] += static_cast<double>(head[j]);
      }
      for (std::size_t j = 0; j < dims.keys; ++j)
        to[row * dims.keys + j] = static_cast<T>(sums[j] / static_cast<double>(dims.heads));
    });
    return mean;
  }

  const Input& input_;
  AttentionOptions options_;
  Operands operands_;
  Projections<T> projections_;
  std::optional<Rotation> rotation_;
  std::string query_norm_where_ = "--qk-norm", key_norm_where_ = "--qk-norm";
  QueryRows rows_;
};

}  // namespace

Result multihead(const Input& input, const AttentionOptions& options) {
  return options.dtype == DType::f64 ? Multihead<double>(input, options).run() : Multihead<float>(input, options).run();
}

}  // namespace attn
