// The steps of one head, with the numbers that the run itself gave.
#include "cli/steps/head_steps.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "attn/selection.hpp"
#include "cli/flags/query_range.hpp"
#include "cli/steps/head_tensors.hpp"
#include "cli/steps/product_rows.hpp"
#include "core/factor_text.hpp"
#include "core/number.hpp"
#include "core/option_name.hpp"
#include "core/text.hpp"
#include "core/utf8.hpp"

namespace attn::cli {
namespace {

constexpr double minus_infinity = -std::numeric_limits<double>::infinity();
constexpr std::size_t most_terms = 8;  // of a sum that is written out, a line each
constexpr std::size_t most_heads = 4;

bool same_numbers(const TableMatrix& a, const TableMatrix& b) {
  if (a.rows != b.rows || a.columns != b.columns) return false;
  for (std::size_t i = 0; i < a.rows; ++i) {
    for (std::size_t j = 0; j < a.columns; ++j) {
      const double x = a.at(i, j), y = b.at(i, j);
      if (x != y && !(std::isnan(x) && std::isnan(y))) return false;
    }
  }
  return true;
}

bool has_zero(const TableMatrix& matrix) {
  for (std::size_t i = 0; i < matrix.rows; ++i)
    for (std::size_t j = 0; j < matrix.columns; ++j)
      if (matrix.at(i, j) == 0) return true;
  return false;
}

TableMatrix whole(const Tensor& matrix) { return matrix_at(matrix, 0, matrix.extent(0), matrix.extent(1)); }

// QKᵀ before it is scaled: the kernels that make the scores scale the same sums.
template <class T>
TableMatrix products_of(const Tensor& query, const Tensor& key, const AttentionOptions& options) {
  const auto view = [](const Tensor& rows) {
    return MatrixView<const T>{rows.values<T>().data(), rows.extent(0), rows.extent(1),
                               static_cast<std::ptrdiff_t>(rows.extent(1))};
  };
  return product_rows<T>(
      {.x = view(query), .weight = view(key), .transposed = true, .execution = execution_of(options)});
}

// What is added to the scores is called; empty: nothing is.
std::string added_name(const RunSummary& run) {
  std::vector<std::string_view> names;
  if (run.bias) names.emplace_back("bias");
  if (run.relative_bias) names.emplace_back("relative bias");
  if (run.alibi) names.emplace_back("ALiBi");
  return joined(names, {}, " + ");
}

class HeadSteps {
 public:
  HeadSteps(StepText& text, const Result& result, const AttentionOptions& options, std::size_t b, std::size_t h)
      : text_(text),
        run_(result.summary),
        b_(b),
        h_(h),
        query_labels_(row_labels_of(result)),
        key_labels_(result.key_labels()),
        head_(result, b, h),
        query_rows_(head_.queries()),
        key_rows_(head_.keys()),
        value_rows_(head_.values()),
        query_(whole(query_rows_)),
        key_(whole(key_rows_)),
        value_(whole(value_rows_)),
        products_(run_.dtype == DType::f64 ? products_of<double>(query_rows_, key_rows_, options)
                                           : products_of<float>(query_rows_, key_rows_, options)),
        scores_(head_.matrix(Stage::scores)),
        capped_(run_.softcap ? head_.matrix(Stage::capped) : scores_),
        masked_(head_.matrix(Stage::masked)),
        mask_(head_.matrix(Stage::mask)),
        weights_(head_.matrix(Stage::weights)),
        final_weights_(run_.dropout ? head_.matrix(Stage::dropped) : weights_),
        output_(head_.matrix(run_.layer ? Stage::concat : Stage::output)),
        rows_(scores_.rows),
        keys_(scores_.columns),
        hides_something_(has_zero(mask_)) {
    if (!run_.sinks.empty()) sink_ = run_.sinks[run_.sinks.size() == 1 ? 0 : h];
    for (std::size_t i = 0; i < rows_; ++i) add_exponentials(i);
  }
  HeadSteps(const HeadSteps&) = delete;  // the matrices are of its tensors
  HeadSteps& operator=(const HeadSteps&) = delete;

  void write() {
    operands();
    products();
    scale();
    if (run_.softcap) softcap();
    if (!added_name(run_).empty()) added();
    if (hides_something_) mask();
    softmax();
    if (run_.dropout) dropout();
    output();
  }

 private:
  std::string query_label(std::size_t i) const { return label_at(query_labels_, rows_, i); }
  std::string key_label(std::size_t j) const { return label_at(key_labels_, keys_, j); }
  void show(const std::string& title, const TableMatrix& matrix) {
    text_.table(title, matrix, query_labels_, key_labels_, true);
  }

  void operands() {
    const bool keys_are_values = same_numbers(key_, value_), queries_are_keys = same_numbers(query_, key_);
    const std::size_t cached = run_.cached_keys;
    text_.step("queries, keys and values: a row for each token" +
               (cached == 0 ? "" : "; the first " + std::to_string(cached) + " keys are cached"));
    if (run_.qk_norm && !run_.layer) text_.line(norm_text(*run_.qk_norm));
    if (run_.bf16_operands)
      text_.line("Products round these, and the weights, to bfloat16: the sums below show numbers before rounding.");
    if (run_.f16_operands) text_.line("Products round these to float16: the sums below show numbers before rounding.");
    if (queries_are_keys && keys_are_values) return text_.table("Q = K = V", query_, query_labels_, {});
    text_.table(queries_are_keys ? "Q = K" : "Q", query_, query_labels_, {});
    if (!queries_are_keys) text_.table(keys_are_values ? "K = V" : "K", key_, key_labels_, {});
    if (!keys_are_values) text_.table("V", value_, key_labels_, {});
  }

  void products() {
    text_.step("QKᵀ: each query times each key");
    show("QKᵀ", products_);
    if (rows_ == 0 || keys_ == 0 || query_.columns == 0) return;
    const auto [i, j] = telling_product();
    std::vector<std::string> terms;
    for (std::size_t c = 0; c < query_.columns; ++c)
      terms.push_back(text_.number(query_.at(i, c)) + "·" + text_.number(key_.at(j, c)));
    text_.sum(query_label(i) + " · " + key_label(j), terms, products_.at(i, j));
  }

  // The cell that is written out: the first that is not 0 and off the diagonal, if there is one.
  std::pair<std::size_t, std::size_t> telling_product() const {
    for (std::size_t i = 0; i < rows_; ++i)
      for (std::size_t j = 0; j < keys_; ++j)
        if (i != j && products_.at(i, j) != 0) return {i, j};
    return {0, 0};
  }

  void scale() {
    if (!run_.query_scales.empty()) return scale_rows();
    const double factor = run_.scale_of(b_, h_, 0);
    const std::size_t depth = query_.columns;
    const double by_root = depth == 0 ? 0 : 1 / std::sqrt(static_cast<double>(depth));
    const bool is_root = std::abs(factor - by_root) < 1e-12;
    if (factor == 1) return text_.step("scale: 1, so that the scores are QKᵀ");
    text_.step("scale: the scores are QKᵀ · " + factor_text(factor) +
               (is_root                    ? " (1/√" + std::to_string(depth) + ")"
                : run_.head_scales.empty() ? ""
                                           : ", the scale of this head"));
    show("scores", scores_);
  }

  void scale_rows() {
    const double own = run_.head_scales.empty() ? run_.scale : run_.head_scales[h_];
    text_.step("scale: each row of QKᵀ times its query's number in scale_by, times " + factor_text(own) +
               (run_.head_scales.empty() ? "" : ", the scale of this head"));
    const auto factor = [this](std::size_t i, std::size_t) { return run_.scale_of(b_, h_, run_.first_query() + i); };
    text_.table("scale", {rows_, 1, factor}, query_labels_, {" "});
    show("scores", scores_);
  }

  void softcap() {
    const std::string cap = shortest(*run_.softcap);
    text_.step("softcap: " + cap + "·tanh(scores / " + cap + ")");
    show("capped", capped_);
  }

  // What was added, where the sum can tell: a key that is masked has none.
  void added() {
    const std::string name = added_name(run_);
    text_.step(name + ": added to the scores");
    show(name, {rows_, keys_, [this](std::size_t i, std::size_t j) {
                  const double sum = masked_.at(i, j);
                  return sum == minus_infinity ? minus_infinity : sum - capped_.at(i, j);
                }});
    if (!hides_something_) show("sum", masked_);
  }

  void mask() {
    text_.step("mask: a score becomes minus infinity where a query may not attend (0)");
    show("mask", mask_);
    show("masked", masked_);
  }

  // The maximum of row i, and the sum of its exponentials.
  void add_exponentials(std::size_t i) {
    double peak = sink_.value_or(minus_infinity);
    for (std::size_t j = 0; j < keys_; ++j) {
      const double score = masked_.at(i, j);
      if (score > peak || std::isnan(score)) peak = score;
      if (std::isnan(peak)) break;
    }
    peaks_.push_back(peak);
    double sum = 0;
    for (std::size_t j = 0; j < keys_; ++j) sum += exponential(i, masked_.at(i, j));
    if (sink_) sum += exponential(i, *sink_);
    sums_.push_back(sum);
  }

  // e^(score − max) of row i.
  double exponential(std::size_t i, double score) const {
    return score == minus_infinity ? 0 : std::exp(score - peaks_[i]);
  }

  // The maximum of each row, its exponentials, and their sum.
  TableMatrix exponentials() const {
    const std::size_t columns = keys_ + (sink_ ? 3 : 2);
    return {rows_, columns, [this, columns](std::size_t i, std::size_t c) {
              if (c == 0) return peaks_[i];
              if (c == columns - 1) return sums_[i];
              return exponential(i, c <= keys_ ? masked_.at(i, c - 1) : *sink_);
            }};
  }

  void softmax() {
    const bool has_empty = std::count(sums_.begin(), sums_.end(), 0.0) != 0;
    const bool has_nan = std::any_of(sums_.begin(), sums_.end(), [](double sum) { return std::isnan(sum); });
    Labels labels{"max"};
    for (std::size_t j = 0; j < keys_; ++j) labels.push_back(key_label(j));
    if (sink_) labels.emplace_back("(sink)");
    labels.emplace_back("sum");
    text_.step("softmax of each row: e^(score − max), divided by their sum");
    if (sink_) text_.line("The sink, a logit of " + text_.number(*sink_) + ", joins each sum and has no key.");
    text_.table("e^(score − max)", exponentials(), query_labels_, labels);
    if (has_empty)
      text_.line("A sum of 0 has no quotients: a row that may attend nothing gets " + empty_row_text() + ".");
    if (rows_ != 0 && keys_ != 0) {
      const std::size_t i = rows_to_write().back();
      std::vector<std::string> quotients;
      for (std::size_t j = 0; j < keys_; ++j)
        quotients.push_back(text_.number(exponential(i, masked_.at(i, j))) + "/" + text_.number(sums_[i]) + " = " +
                            text_.number(weights_.at(i, j)));
      text_.line(query_label(i) + ":  " + fitting_items(quotients, "   ", text_.room(query_label(i) + ":  ")));
    }
    show("weights", weights_);
    const bool has_other = has_empty && run_.empty_row != EmptyRow::uniform;
    text_.line(std::string(has_other ? "Every other row" : "Every row") + (has_nan ? " without NaN" : "") +
               (sink_ ? " sums to less than 1: the rest went to the sink." : " sums to 1."));
  }

  std::string empty_row_text() const {
    switch (run_.empty_row) {
      case EmptyRow::zero: return "weights of 0";
      case EmptyRow::nan: return "NaN";
      case EmptyRow::uniform: return "the same weight for all keys";
    }
    return "";
  }

  void dropout() {
    const double p = run_.dropout->p;
    std::string what = "dropout: each weight becomes 0 with probability " + shortest(p);
    if (p < 1) what += ", and else is multiplied by 1/(1 - " + shortest(p) + ") = " + factor_text(1 / (1 - p));
    text_.step(what);
    show("dropped", final_weights_);
  }

  std::vector<std::size_t> terms_of(std::size_t i) const {
    std::vector<std::size_t> terms;
    for (std::size_t j = 0; j < keys_; ++j)
      if (final_weights_.at(i, j) != 0) terms.push_back(j);
    return terms;
  }

  // The first query, and if that has one key only, the first that has more.
  std::vector<std::size_t> rows_to_write() const {
    std::vector<std::size_t> rows{0};
    if (terms_of(0).size() > 1) return rows;
    for (std::size_t i = 1; i < rows_; ++i) {
      if (terms_of(i).size() < 2) continue;
      rows.push_back(i);
      break;
    }
    return rows;
  }

  void output() {
    text_.step("output: each row of weights times V");
    if (rows_ != 0 && keys_ != 0)
      for (const std::size_t i : rows_to_write()) write_sum(i);
    text_.table("output", output_, query_labels_, {});
  }

  // output row i = Σ weight · value, a key a line.
  void write_sum(std::size_t i) {
    const std::vector<std::size_t> terms = terms_of(i);
    const std::vector<std::size_t> shown = shown_indices(terms.size(), most_terms);
    std::size_t label_width = 1;
    for (const std::size_t n : shown)
      if (n < terms.size())
        label_width = std::max(label_width, std::min(text_.widest(), display_width(key_label(terms[n]))));
    text_.line(query_label(i) + " =");
    bool first = true;
    for (const std::size_t n : shown) {
      if (n == terms.size()) {
        text_.line("  + … " + std::to_string(terms.size() - shown.size() + 1) + " more");
        continue;
      }
      const std::size_t j = terms[n];
      const double weight = final_weights_.at(i, j);
      const std::string head = std::string(first ? "    " : "  + ") + fit_width(key_label(j), label_width) + "  " +
                               text_.number(weight) + " · ";
      const std::size_t each = text_.room(head + " = ") / 2;
      text_.line(head + text_.vector(value_, j, each) + " = " + text_.vector(value_, j, each, weight));
      first = false;
    }
    if (terms.size() < keys_)
      text_.line(terms.empty() ? "    nothing: every weight is 0"
                               : "  (" + std::to_string(keys_ - terms.size()) + " with a weight of 0)");
    text_.line("  = " + text_.vector(output_, i, text_.room("  = ")));
  }

  StepText& text_;
  const RunSummary& run_;
  std::size_t b_, h_;
  Labels query_labels_;
  const Labels& key_labels_;
  HeadTensors head_;
  Tensor query_rows_, key_rows_, value_rows_;
  TableMatrix query_, key_, value_;  // of these
  TableMatrix products_, scores_, capped_, masked_, mask_, weights_, final_weights_, output_;
  std::size_t rows_, keys_;
  bool hides_something_;
  std::optional<double> sink_;
  std::vector<double> peaks_, sums_;  // of the rows
};

}  // namespace

Labels row_labels_of(const Result& result) {
  return query_labels(result.tokens, result.summary.first_query(), tensor_of(result, Stage::scores).extent(-2));
}

std::string norm_text(const QkNorm& norm) {
  if (norm.euclidean)
    return "Queries and keys are normed: x / max(‖x‖, " + shortest(norm.epsilon) + "), ‖x‖ its Euclidean length.";
  return "Queries and keys are normed: " + std::string(norm.centred ? "x less its mean" : "x") + " / √(" +
         (norm.centred ? "variance of x" : "mean(x²)") + " + " + shortest(norm.epsilon) + "), times a weight.";
}

std::string head_name(const RunSummary& run, std::size_t h) {
  const std::size_t group = run.heads / run.kv_heads;
  return "head " + std::to_string(h) + (group > 1 ? ", with key/value head " + std::to_string(h / group) : "");
}

std::vector<std::size_t> chosen_heads(const std::string& selection, std::size_t heads) {
  return parse_selection(is_reduction(selection) ? "all" : selection, heads, option_name("head")).indices;
}

std::size_t shown_heads(std::size_t heads) { return heads <= most_heads ? heads : most_heads - 1; }

void write_more_heads(StepText& text, std::size_t heads) {
  if (const std::size_t shown = shown_heads(heads); shown < heads)
    text.append(std::to_string(heads - shown) + " more heads go the same way.\n");
}

void write_head_steps(StepText& text, const Result& result, const AttentionOptions& options, std::size_t b,
                      std::size_t h) {
  HeadSteps(text, result, options, b, h).write();
}

}  // namespace attn::cli
