// The steps of one head, with the numbers that the run itself gave.
#include "cli/steps/head_steps.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/number.hpp"
#include "core/utf8.hpp"

namespace attn::cli {
namespace {

constexpr double minus_infinity = -std::numeric_limits<double>::infinity();
constexpr std::size_t most_terms = 8;  // of a sum that is written out, a line each

bool same_numbers(const Tensor& a, const Tensor& b) {
  if (a.shape() != b.shape()) return false;
  for (std::size_t at = 0; at < a.size(); ++at) {
    const double x = element_of(a, at), y = element_of(b, at);
    if (x != y && !(std::isnan(x) && std::isnan(y))) return false;
  }
  return true;
}

class HeadWalk {
 public:
  HeadWalk(Board& board, const StagedRun& run, const WalkFacts& facts, std::size_t b, std::size_t h)
      : board_(board),
        run_(run),
        facts_(facts),
        query_(*run.stage("query", b, h)),
        key_(*run.stage("present_key", b, h)),
        value_(*run.stage("present_value", b, h)),
        products_(run.products(b, h)),
        scores_(*run.stage("scores", b, h)),
        capped_(*run.stage("capped", b, h)),
        masked_(*run.stage("masked", b, h)),
        mask_(*run.stage("mask", b, h)),
        weights_(*run.stage("weights", b, h)),
        dropped_(run.stage("dropped", b, h)),
        output_(*run.stage(run.stage("concat", b, h) ? "concat" : "output", b, h)),
        rows_(scores_.extent(0)),
        keys_(scores_.extent(1)) {
    if (!facts.sinks.empty()) sink_ = facts.sinks[facts.sinks.size() == 1 ? 0 : h];
  }

  void write() {
    operands();
    products();
    scale();
    if (facts_.softcap != 0) softcap();
    if (!facts_.added.empty()) added();
    if (hides_something()) mask();
    softmax();
    if (facts_.dropout != 0) dropout();
    output();
  }

 private:
  std::string query_label(std::size_t i) const { return label(run_.query_labels(), rows_, i); }
  std::string key_label(std::size_t j) const { return label(run_.key_labels(), keys_, j); }
  static std::string label(const Labels& labels, std::size_t count, std::size_t i) {
    return labels.size() == count ? printable(labels[i]) : std::to_string(i);
  }
  double at(const Tensor& matrix, std::size_t i, std::size_t j) const {
    return element_of(matrix, i * matrix.extent(1) + j);
  }
  void show(const std::string& title, const Tensor& matrix) {
    board_.table(title, matrix, run_.query_labels(), run_.key_labels(), true);
  }

  void operands() {
    const bool keys_are_values = same_numbers(key_, value_), queries_are_keys = same_numbers(query_, key_);
    const std::size_t cached = run_.number("cached_keys");
    board_.step("queries, keys and values: a row for each token" +
                (cached == 0 ? "" : "; the first " + std::to_string(cached) + " keys are cached"));
    if (facts_.rounds_operands)
      board_.line("Products round these, and the weights, to bfloat16: the sums below show numbers before rounding.");
    if (queries_are_keys && keys_are_values) return board_.table("Q = K = V", query_, run_.query_labels(), {});
    board_.table(queries_are_keys ? "Q = K" : "Q", query_, run_.query_labels(), {});
    if (!queries_are_keys) board_.table(keys_are_values ? "K = V" : "K", key_, run_.key_labels(), {});
    if (!keys_are_values) board_.table("V", value_, run_.key_labels(), {});
  }

  void products() {
    board_.step("QKᵀ: each query times each key");
    show("QKᵀ", products_);
    if (rows_ == 0 || keys_ == 0 || query_.extent(1) == 0) return;
    const auto [i, j] = telling_product();
    std::vector<std::string> terms;
    for (std::size_t c = 0; c < query_.extent(1); ++c)
      terms.push_back(board_.number(at(query_, i, c)) + "·" + board_.number(at(key_, j, c)));
    const std::string head = query_label(i) + " · " + key_label(j) + " = ";
    const std::string tail = " = " + board_.number(at(products_, i, j));
    board_.line(head + fitting_items(terms, " + ", room(head + tail)) + tail);
  }

  // The cell that is written out: the first that is not 0 and off the diagonal, if there is one.
  std::pair<std::size_t, std::size_t> telling_product() const {
    for (std::size_t i = 0; i < rows_; ++i)
      for (std::size_t j = 0; j < keys_; ++j)
        if (i != j && at(products_, i, j) != 0) return {i, j};
    return {0, 0};
  }

  static std::size_t room(const std::string& others) {
    const std::size_t used = 2 + display_width(others);
    return used < Board::width ? Board::width - used : 0;
  }

  void scale() {
    const double factor = run_.scale();
    const std::size_t depth = query_.extent(1);
    const double by_root = depth == 0 ? 0 : 1 / std::sqrt(static_cast<double>(depth));
    const bool is_root = std::abs(factor - by_root) < 1e-12;
    if (factor == 1) return board_.step("scale: 1, so that the scores are QKᵀ");
    board_.step("scale: the scores are QKᵀ · " + shortest(static_cast<float>(factor)) +
                (is_root ? " (1/√" + std::to_string(depth) + ")" : ""));
    show("scores", scores_);
  }

  void softcap() {
    const std::string cap = shortest(facts_.softcap);
    board_.step("softcap: " + cap + "·tanh(scores / " + cap + ")");
    show("capped", capped_);
  }

  // What was added, where the sum can tell: a key that is masked has none.
  void added() {
    Tensor added(DType::f64, masked_.shape());
    for (std::size_t n = 0; n < added.size(); ++n) {
      const double sum = element_of(masked_, n);
      added.values<double>()[n] = sum == minus_infinity ? minus_infinity : sum - element_of(capped_, n);
    }
    board_.step(facts_.added + ": added to the scores");
    show(facts_.added, added);
    if (!hides_something()) show("sum", masked_);
  }

  void mask() {
    board_.step("mask: a score becomes minus infinity where a query may not attend (0)");
    show("mask", mask_);
    show("masked", masked_);
  }

  bool hides_something() const {
    const auto keeps = mask_.values<std::uint8_t>();
    return std::find(keeps.begin(), keeps.end(), 0) != keeps.end();
  }

  // For each row: its maximum, the exponentials, their sum.
  void softmax() {
    const std::size_t columns = keys_ + (sink_ ? 3 : 2);
    Tensor parts(DType::f64, {rows_, columns});
    Labels labels{"max"};
    for (std::size_t j = 0; j < keys_; ++j) labels.push_back(key_label(j));
    if (sink_) labels.emplace_back("(sink)");
    labels.emplace_back("sum");
    bool has_empty = false, has_nan = false;
    for (std::size_t i = 0; i < rows_; ++i) {
      double* const part = parts.values<double>().data() + i * columns;
      double peak = sink_.value_or(minus_infinity);
      for (std::size_t j = 0; j < keys_; ++j) {
        const double score = at(masked_, i, j);
        if (score > peak || std::isnan(score)) peak = score;
        if (std::isnan(peak)) break;
      }
      double sum = 0;
      const auto exponential = [&](double score) {
        const double e = score == minus_infinity ? 0 : std::exp(score - peak);
        sum += e;
        return e;
      };
      part[0] = peak;
      for (std::size_t j = 0; j < keys_; ++j) part[1 + j] = exponential(at(masked_, i, j));
      if (sink_) part[1 + keys_] = exponential(*sink_);
      part[columns - 1] = sum;
      has_empty = has_empty || sum == 0;
      has_nan = has_nan || std::isnan(sum);
    }
    board_.step("softmax of each row: e^(score − max), divided by their sum");
    if (sink_) board_.line("The sink, a logit of " + board_.number(*sink_) + ", joins each sum and has no key.");
    board_.table("e^(score − max)", parts, run_.query_labels(), labels);
    if (has_empty)
      board_.line("A sum of 0 has no quotients: a row that may attend nothing gets " + empty_row_text() + ".");
    if (rows_ != 0 && keys_ != 0) {
      const std::size_t i = rows_to_write().back();
      std::vector<std::string> quotients;
      for (std::size_t j = 0; j < keys_; ++j)
        quotients.push_back(board_.number(at(parts, i, 1 + j)) + "/" + board_.number(at(parts, i, columns - 1)) +
                            " = " + board_.number(at(weights_, i, j)));
      board_.line(query_label(i) + ":  " + fitting_items(quotients, "   ", room(query_label(i) + ":  ")));
    }
    show("weights", weights_);
    const bool has_other = has_empty && facts_.empty_row != EmptyRow::uniform;
    board_.line(std::string(has_other ? "Every other row" : "Every row") + (has_nan ? " without NaN" : "") +
                (sink_ ? " sums to less than 1: the rest went to the sink." : " sums to 1."));
  }

  std::string empty_row_text() const {
    switch (facts_.empty_row) {
      case EmptyRow::zero: return "weights of 0";
      case EmptyRow::nan: return "NaN";
      case EmptyRow::uniform: return "the same weight for all keys";
    }
    return "";
  }

  void dropout() {
    const std::string p = shortest(facts_.dropout);
    std::string what = "dropout: each weight becomes 0 with probability " + p;
    if (facts_.dropout < 1)
      what +=
          ", and else is multiplied by 1/(1 - " + p + ") = " + shortest(static_cast<float>(1 / (1 - facts_.dropout)));
    board_.step(what);
    show("dropped", *dropped_);
  }

  const Tensor& final_weights() const { return dropped_ ? *dropped_ : weights_; }

  std::vector<std::size_t> terms_of(std::size_t i) const {
    std::vector<std::size_t> terms;
    for (std::size_t j = 0; j < keys_; ++j)
      if (at(final_weights(), i, j) != 0) terms.push_back(j);
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
    board_.step("output: each row of weights times V");
    if (rows_ != 0 && keys_ != 0)
      for (const std::size_t i : rows_to_write()) write_sum(i);
    board_.table("output", output_, run_.query_labels(), {});
  }

  // output row i = Σ weight · value, a key a line.
  void write_sum(std::size_t i) {
    const std::vector<std::size_t> terms = terms_of(i);
    const std::vector<std::size_t> shown = shown_indices(terms.size(), most_terms);
    std::size_t label_width = 1;
    for (const std::size_t n : shown)
      if (n < terms.size())
        label_width = std::max(label_width, std::min(widest_label, display_width(key_label(terms[n]))));
    board_.line(query_label(i) + " =");
    bool first = true;
    for (const std::size_t n : shown) {
      if (n == terms.size()) {
        board_.line("  + … " + std::to_string(terms.size() - shown.size() + 1) + " more");
        continue;
      }
      const std::size_t j = terms[n];
      const double weight = at(final_weights(), i, j);
      const std::string head = std::string(first ? "    " : "  + ") + fit_width(key_label(j), label_width) + "  " +
                               board_.number(weight) + " · ";
      const std::size_t each = room(head + " = ") / 2;
      board_.line(head + board_.vector(value_, j, each) + " = " + board_.vector(value_, j, each, weight));
      first = false;
    }
    if (terms.size() < keys_)
      board_.line(terms.empty() ? "    nothing: every weight is 0"
                                : "  (" + std::to_string(keys_ - terms.size()) + " with a weight of 0)");
    board_.line("  = " + board_.vector(output_, i, room("  = ")));
  }

  Board& board_;
  const StagedRun& run_;
  const WalkFacts& facts_;
  Tensor query_, key_, value_, products_, scores_, capped_, masked_, mask_, weights_;
  std::optional<Tensor> dropped_;
  Tensor output_;
  std::size_t rows_, keys_;
  std::optional<double> sink_;
};

}  // namespace

WalkFacts walk_facts(const Input& input, const AttentionOptions& options) {
  const bool has_bias = input.tensors.count("bias") != 0;
  return {.softcap = options.pipeline.softcap.value_or(0),
          .added = has_bias && options.pipeline.alibi ? "bias + ALiBi"
                   : has_bias                         ? "bias"
                   : options.pipeline.alibi           ? "ALiBi"
                                                      : "",
          .sinks = options.pipeline.sinks,
          .empty_row = options.pipeline.empty_row,
          .dropout = options.pipeline.dropout.p,
          .rounds_operands = options.execution.bf16_operands};
}

std::string head_name(const StagedRun& run, std::size_t h) {
  const std::size_t group = run.number("heads") / run.number("kv_heads");
  return "head " + std::to_string(h) + (group > 1 ? ", with key/value head " + std::to_string(h / group) : "");
}

void walk_head(Board& board, const StagedRun& run, const WalkFacts& facts, std::size_t b, std::size_t h) {
  HeadWalk(board, run, facts, b, h).write();
}

}  // namespace attn::cli
