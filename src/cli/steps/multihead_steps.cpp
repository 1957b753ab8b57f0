// The steps of multihead: projections, heads, concatenation, output projection.
#include <utility>

#include "attention/document/problem.hpp"
#include "attention/document/projections.hpp"
#include "cli/steps/head_steps.hpp"
#include "cli/steps/head_tensors.hpp"
#include "cli/steps/product_rows.hpp"
#include "cli/steps/steps.hpp"
#include "core/number.hpp"
#include "core/text.hpp"
#include "core/utf8.hpp"

namespace attn::cli {
namespace {

template <class T>
class MultiheadSteps {
 public:
  MultiheadSteps(const Result& result, const Input& input, const AttentionOptions& options, const StepsStyle& style)
      : result_(result),
        run_(result.summary),
        options_(options),
        operands_(find_operands(input)),
        projections_(find_projections<T>(input)),
        query_labels_(row_labels_of(result)),
        heads_(chosen_heads(style.head, run_.heads)),
        text_(style.table) {}

  std::string write() {
    if (run_.batch == 0) return "";
    inputs();
    project("query", "Q", "W_q", "b_q", projections_.query, *operands_.query, query_labels_);
    project("key", "K", "W_k", "b_k", projections_.key, *operands_.key, new_key_labels());
    project("value", "V", "W_v", "b_v", projections_.value, *operands_.value, new_key_labels());
    heads();
    merge();
    return text_.text();
  }

 private:
  // x of batch item 0.
  static TableMatrix first_item(const Tensor& x) { return matrix_at(x, 0, x.extent(-2), x.extent(-1)); }

  bool shares_input() const { return operands_.query == operands_.key && operands_.key == operands_.value; }
  std::string x_name(const std::string& operand) const { return shares_input() ? "X" : "X_" + operand; }

  // Labels of the keys that are projected: those of the cache come before them, those of appended keys after.
  Labels new_key_labels() const {
    const Labels& all = result_.key_labels();
    const std::size_t fresh = operands_.key->tensor.extent(-2), cached = run_.cached_keys;
    if (all.size() < cached + fresh) return {};
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(cached);
    return {first, first + static_cast<std::ptrdiff_t>(fresh)};
  }

  void inputs() {
    text_.step("input: a row for each token" +
               std::string(run_.batch > 1 ? "; this is batch item 0 of " + std::to_string(run_.batch) : ""));
    if (shares_input()) return text_.table("X", first_item(operands_.query->tensor), query_labels_, {});
    text_.table("X_query", first_item(operands_.query->tensor), query_labels_, {});
    text_.table("X_key", first_item(operands_.key->tensor), new_key_labels(), {});
    text_.table("X_value", first_item(operands_.value->tensor), new_key_labels(), {});
  }

  void project(const std::string& operand, const std::string& name, const std::string& weight, const std::string& bias,
               const Projection<T>& projection, const SourcedTensor& x, const Labels& labels) {
    text_.step(operand + " projection: " + name + " = " + formula(x_name(operand), weight, bias, projection));
    show_projection(projection, weight, bias);
    const TableMatrix projected = apply(projection, x.tensor);
    text_.table(name, projected, labels, {});
    write_cell(name, projection, first_item(x.tensor), projected, labels);
  }

  static std::string formula(const std::string& x, const std::string& weight, const std::string& bias,
                             const Projection<T>& projection) {
    return x + "·" + weight + (projection.bias != nullptr ? " + " + bias : "") +
           (projection.transposed ? ", stored as " + weight + "ᵀ" : "");
  }

  // The weight as (in, out), however it is stored.
  void show_projection(const Projection<T>& projection, const std::string& weight, const std::string& bias) {
    text_.table(weight, weight_of(projection), {}, {});
    if (projection.bias == nullptr) return;
    const auto bias_at = [&](std::size_t, std::size_t j) { return static_cast<double>(projection.bias[j]); };
    text_.table(bias, {1, projection.out(), bias_at}, {" "}, {});
  }

  static TableMatrix weight_of(const Projection<T>& projection) {
    return {
        projection.in(), projection.out(), [&projection](std::size_t i, std::size_t j) {
          return static_cast<double>(projection.transposed ? projection.weight.row(j)[i] : projection.weight.row(i)[j]);
        }};
  }

  // x·W + b of batch item 0, before any norm or rotation.
  TableMatrix apply(const Projection<T>& projection, const Tensor& x) const {
    return product_rows<T>(
        {.x = {x.values<T>().data(), x.extent(-2), x.extent(-1), static_cast<std::ptrdiff_t>(x.extent(-1))},
         .weight = projection.weight,
         .transposed = projection.transposed,
         .bias = projection.bias,
         .execution = execution_of(options_)});
  }

  // The first number of the product that is not 0, written out.
  void write_cell(const std::string& name, const Projection<T>& projection, const TableMatrix& x, const TableMatrix& y,
                  const Labels& labels) {
    if (y.rows == 0 || y.columns == 0 || x.columns == 0) return;
    const auto [i, j] = first_not_zero(y);
    const TableMatrix weight = weight_of(projection);
    std::vector<std::string> terms;
    for (std::size_t c = 0; c < x.columns; ++c)
      terms.push_back(text_.number(x.at(i, c)) + "·" + text_.number(weight.at(c, j)));
    if (projection.bias != nullptr) terms.push_back(text_.number(static_cast<double>(projection.bias[j])));
    text_.sum(name + " of " + label_at(labels, y.rows, i) + ", column " + std::to_string(j), terms, y.at(i, j));
  }

  static std::pair<std::size_t, std::size_t> first_not_zero(const TableMatrix& matrix) {
    for (std::size_t i = 0; i < matrix.rows; ++i)
      for (std::size_t j = 0; j < matrix.columns; ++j)
        if (matrix.at(i, j) != 0) return {i, j};
    return {0, 0};
  }

  void heads() {
    const std::size_t count = run_.heads, kv_count = run_.kv_heads;
    const std::size_t width = projections_.query.out() / count, value_width = projections_.value.out() / kv_count;
    std::string what = counted(count, "head");
    if (kv_count != count) what += ", " + counted(kv_count, "key/value head");
    text_.step("split into heads: " + what);
    text_.line("Each takes its columns from the left: " + std::to_string(width) + " of Q, as many of K, " +
               std::to_string(value_width) + " of V.");
    between();
    for (std::size_t n = 0; n < shown_heads(heads_.size()); ++n) {
      const std::size_t h = heads_[n];
      text_.section(head_name(run_, h), "h" + std::to_string(h) + ".");
      write_head_steps(text_, result_, options_, 0, h);
    }
    write_more_heads(text_, heads_.size());
    text_.end_sections();
  }

  // What happens to queries and keys between the projections and the heads' tables.
  void between() {
    if (const auto& most = run_.layer->clip; most)
      text_.line("Queries, keys and values are held between -" + shortest(*most) + " and " + shortest(*most) + ".");
    if (const auto& norm = run_.layer->qk_norm; norm)
      text_.line("Queries and keys are normed: " + std::string(norm->centred ? "x less its mean" : "x") + " / √(" +
                 (norm->centred ? "variance of x" : "mean(x²)") + " + " + shortest(norm->epsilon) +
                 "), times a weight.");
    if (const auto& rope = run_.layer->rope; rope)
      text_.line("They turn by position: columns " + std::string(rope->interleaved ? "2i, 2i+1" : "i, i+d/2") +
                 " of a head by position·" + shortest(rope->theta) + "^(−2i/d) radians." +
                 (run_.positions == PositionsFrom::start ? " Positions count from the key start." : ""));
    if (run_.appended_keys == 0) return;
    const auto appended = std::span(result_.key_labels()).last(run_.appended_keys);
    text_.line("Appended to the keys and values: " + joined(appended, printable) + ". No mask hides them.");
  }

  void merge() {
    const TableMatrix concat = first_item(tensor_of(result_, Stage::concat));
    text_.step("concatenation: the heads' outputs side by side");
    text_.table("concat", concat, query_labels_, {});
    if (!run_.layer->output_projection) return text_.step("output: the concatenation; there is no output projection");
    const Projection<T>& projection = *projections_.output;
    text_.step("output projection: " + formula("concat", "W_o", "b_o", projection));
    show_projection(projection, "W_o", "b_o");
    const TableMatrix output = first_item(tensor_of(result_, Stage::output));
    text_.table("output", output, query_labels_, {});
    write_cell("output", projection, concat, output, query_labels_);
  }

  const Result& result_;
  const RunSummary& run_;
  const AttentionOptions& options_;
  Operands operands_;
  Projections<T> projections_;
  Labels query_labels_;
  std::vector<std::size_t> heads_;
  StepText text_;
};

}  // namespace

std::string multihead_steps(const Result& result, const Input& input, const AttentionOptions& options,
                            const StepsStyle& style) {
  return result.summary.dtype == DType::f64 ? MultiheadSteps<double>(result, input, options, style).write()
                                            : MultiheadSteps<float>(result, input, options, style).write();
}

}  // namespace attn::cli
