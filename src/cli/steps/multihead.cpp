// The walk of multihead: projections, heads, concatenation, output projection. Of several batch items the first.
#include "attention/document/problem.hpp"
#include "attention/document/projections.hpp"
#include "cli/steps/head_steps.hpp"
#include "cli/steps/steps.hpp"
#include "core/number.hpp"
#include "core/utf8.hpp"

namespace attn::cli {
namespace {

constexpr std::size_t most_heads = 4;

template <class T>
class MultiheadWalk {
 public:
  MultiheadWalk(const Input& input, const AttentionOptions& options, const TableStyle& style)
      : options_(options),
        operands_(find_operands(input)),
        projections_(find_projections<T>(input)),
        facts_(walk_facts(input, options)),
        run_(multihead, input, options, true),
        board_(style) {}

  std::string text() {
    if (run_.number("batch") == 0) return "";
    inputs();
    project("query", "Q", "W_q", "b_q", projections_.query, *operands_.query, run_.query_labels());
    project("key", "K", "W_k", "b_k", projections_.key, *operands_.key, new_key_labels());
    project("value", "V", "W_v", "b_v", projections_.value, *operands_.value, new_key_labels());
    heads();
    merge();
    return board_.text();
  }

 private:
  // x of batch item 0.
  static Tensor first_item(const Tensor& x) { return matrix_at(x, 0, x.extent(-2), x.extent(-1)); }

  bool shares_input() const { return operands_.query == operands_.key && operands_.key == operands_.value; }
  std::string x_name(const std::string& operand) const { return shares_input() ? "X" : "X_" + operand; }

  // Labels of the keys that are projected: those of the cache come before them, those of appended keys after.
  Labels new_key_labels() const {
    const Labels& all = run_.key_labels();
    const std::size_t fresh = operands_.key->tensor.extent(-2), cached = run_.number("cached_keys");
    if (all.size() < cached + fresh) return {};
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(cached);
    return {first, first + static_cast<std::ptrdiff_t>(fresh)};
  }

  void inputs() {
    const std::size_t batch = run_.number("batch");
    board_.step("input: a row for each token" +
                std::string(batch > 1 ? "; this is batch item 0 of " + std::to_string(batch) : ""));
    if (shares_input()) return board_.table("X", first_item(operands_.query->tensor), run_.query_labels(), {});
    board_.table("X_query", first_item(operands_.query->tensor), run_.query_labels(), {});
    board_.table("X_key", first_item(operands_.key->tensor), new_key_labels(), {});
    board_.table("X_value", first_item(operands_.value->tensor), new_key_labels(), {});
  }

  void project(const std::string& operand, const std::string& name, const std::string& weight, const std::string& bias,
               const Projection<T>& projection, const SourcedTensor& x, const Labels& labels) {
    board_.step(operand + " projection: " + name + " = " + formula(x_name(operand), weight, bias, projection));
    show_projection(projection, weight, bias);
    const Tensor input = first_item(x.tensor);
    const Tensor projected = apply(projection, input);
    board_.table(name, projected, labels, {});
    write_cell(name, projection, input, projected, labels);
  }

  static std::string formula(const std::string& x, const std::string& weight, const std::string& bias,
                             const Projection<T>& projection) {
    return x + "·" + weight + (projection.bias != nullptr ? " + " + bias : "") +
           (projection.transposed ? ", stored as " + weight + "ᵀ" : "");
  }

  // The weight as (in, out), however it is stored.
  void show_projection(const Projection<T>& projection, const std::string& weight, const std::string& bias) {
    Tensor used(dtype_of<T>, {projection.in(), projection.out()});
    for (std::size_t i = 0; i < projection.in(); ++i)
      for (std::size_t j = 0; j < projection.out(); ++j)
        used.values<T>()[i * projection.out() + j] = weight_at(projection, i, j);
    board_.table(weight, used, {}, {});
    if (projection.bias == nullptr) return;
    board_.table(bias, Tensor::of<T>({1, projection.out()}, std::span(projection.bias, projection.out())), {" "}, {});
  }

  static T weight_at(const Projection<T>& projection, std::size_t i, std::size_t j) {
    return projection.transposed ? projection.weight.row(j)[i] : projection.weight.row(i)[j];
  }

  Tensor apply(const Projection<T>& projection, const Tensor& x) const {
    Tensor y(dtype_of<T>, {x.extent(0), projection.out()});
    const auto view = [](auto* data, const Tensor& matrix) {
      return MatrixView<std::remove_reference_t<decltype(*data)>>{data, matrix.extent(0), matrix.extent(1),
                                                                  static_cast<std::ptrdiff_t>(matrix.extent(1))};
    };
    linear({.x = view(x.values<T>().data(), x),
            .weight = projection.weight,
            .transposed = projection.transposed,
            .bias = projection.bias,
            .y = view(y.values<T>().data(), y),
            .execution = {.bf16_operands = options_.execution.bf16_operands,
                          .kernels = &kernels_of(options_),
                          .threads = options_.execution.threads}});
    return y;
  }

  // The first number of the product that is not 0, written out.
  void write_cell(const std::string& name, const Projection<T>& projection, const Tensor& x, const Tensor& y,
                  const Labels& labels) {
    if (y.size() == 0 || x.extent(1) == 0) return;
    std::size_t cell = 0;
    while (cell < y.size() && element_of(y, cell) == 0) ++cell;
    if (cell == y.size()) cell = 0;
    const std::size_t i = cell / y.extent(1), j = cell % y.extent(1);
    std::vector<std::string> terms;
    for (std::size_t c = 0; c < x.extent(1); ++c)
      terms.push_back(board_.number(element_of(x, i * x.extent(1) + c)) + "·" +
                      board_.number(static_cast<double>(weight_at(projection, c, j))));
    if (projection.bias != nullptr) terms.push_back(board_.number(static_cast<double>(projection.bias[j])));
    const std::string row = labels.size() == y.extent(0) ? printable(labels[i]) : std::to_string(i);
    const std::string head = name + " of " + row + ", column " + std::to_string(j) + " = ";
    const std::string tail = " = " + board_.number(element_of(y, cell));
    const std::size_t used = 2 + display_width(head + tail);
    board_.line(head + fitting_items(terms, " + ", used < Board::width ? Board::width - used : 0) + tail);
  }

  void heads() {
    const std::size_t count = run_.number("heads"), kv_count = run_.number("kv_heads");
    const std::size_t width = projections_.query.out() / count, value_width = projections_.value.out() / kv_count;
    std::string what = std::to_string(count) + (count == 1 ? " head" : " heads");
    if (kv_count != count)
      what += ", " + std::to_string(kv_count) + (kv_count == 1 ? " key/value head" : " key/value heads");
    board_.step("split into heads: " + what);
    board_.line("Each takes its columns from the left: " + std::to_string(width) + " of Q, as many of K, " +
                std::to_string(value_width) + " of V.");
    between();
    const std::size_t shown = count <= most_heads ? count : most_heads - 1;
    for (std::size_t h = 0; h < shown; ++h) {
      board_.section(head_name(run_, h), "h" + std::to_string(h) + ".");
      walk_head(board_, run_, facts_, 0, h);
    }
    if (shown < count) board_.append(std::to_string(count - shown) + " more heads go the same way.\n");
    board_.end_sections();
  }

  // What happens to queries and keys between the projections and the heads' tables.
  void between() {
    if (options_.layer.qk_norm || projections_.query_norm != nullptr || projections_.key_norm != nullptr)
      board_.line("Queries and keys are normed: x / √(mean(x²) + " +
                  shortest(options_.layer.qk_norm ? options_.layer.qk_norm->epsilon : QkNorm().epsilon) +
                  "), times a weight.");
    if (options_.layer.rope)
      board_.line("They turn by position: columns " +
                  std::string(options_.layer.rope->interleaved ? "2i, 2i+1" : "i, i+d/2") + " of a head by position·" +
                  shortest(options_.layer.rope->theta) + "^(−2i/d) radians.");
    const std::size_t keys = run_.number("keys");
    const std::size_t appended = keys - run_.number("cached_keys") - operands_.key->tensor.extent(-2);
    if (appended == 0) return;
    std::string labels;
    for (std::size_t j = keys - appended; j < keys; ++j)
      labels += (labels.empty() ? "" : ", ") + printable(run_.key_labels()[j]);
    board_.line("Appended to the keys and values: " + labels + ". No mask hides them.");
  }

  void merge() {
    const Tensor concat = first_item(run_.whole("concat"));
    board_.step("concatenation: the heads' outputs side by side");
    board_.table("concat", concat, run_.query_labels(), {});
    if (!projections_.output || !options_.layer.output_projection)
      return board_.step("output: the concatenation; there is no output projection");
    const Projection<T>& projection = *projections_.output;
    board_.step("output projection: " + formula("concat", "W_o", "b_o", projection));
    show_projection(projection, "W_o", "b_o");
    const Tensor output = first_item(run_.whole("output"));
    board_.table("output", output, run_.query_labels(), {});
    write_cell("output", projection, concat, output, run_.query_labels());
  }

  const AttentionOptions& options_;
  Operands operands_;
  Projections<T> projections_;
  WalkFacts facts_;
  StagedRun run_;
  Board board_;
};

}  // namespace

std::string multihead_steps(const Input& input, const AttentionOptions& options, const TableStyle& style) {
  return options.execution.dtype == DType::f64 ? MultiheadWalk<double>(input, options, style).text()
                                               : MultiheadWalk<float>(input, options, style).text();
}

}  // namespace attn::cli
