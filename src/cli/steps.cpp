// Runs attention with every stage emitted, once unscaled and once as asked, and tells it in order.
#include "cli/steps.hpp"

#include <cmath>

#include "core/number.hpp"

namespace attn::cli {
namespace {

class Walk {
 public:
  Walk(const Input& input, const AttentionOptions& options, const ResultStyle& style)
      : options_(options), style_(style) {
    AttentionOptions all = options;
    all.emit = {Stage::query,  Stage::key,  Stage::value,   Stage::scores,  Stage::capped,
                Stage::masked, Stage::mask, Stage::weights, Stage::dropped, Stage::output};
    result_ = compute(input, all);
    all.emit = {Stage::scores};
    all.scale = 1;
    unscaled_ = compute(input, all);
    has_bias_ = input.tensors.count("bias") != 0;
  }

  std::string text() {
    const double scale = number("scale");
    const Tensor& query = *result_.find("query");
    step("queries, keys and values");
    show("query", "Q");
    show("key", "K");
    show("value", "V");
    step("scores: each query times each key, QKᵀ");
    text_ += table(unscaled_, "scores", "QKᵀ");
    const double by_root = query.extent(-1) == 0 ? 0 : 1 / std::sqrt(static_cast<double>(query.extent(-1)));
    step("scale: QKᵀ · " + shortest(static_cast<float>(scale)) +
         (std::abs(scale - by_root) < 1e-12 ? " (1/√" + std::to_string(query.extent(-1)) + ")" : ""));
    show("scores", "scores");
    if (options_.softcap != 0) {
      step("softcap: " + shortest(options_.softcap) + "·tanh(scores / " + shortest(options_.softcap) + ")");
      show("capped", "capped");
    }
    if (has_bias_ || options_.alibi || hides_something()) {
      step(has_bias_ || options_.alibi ? "bias and mask: minus infinity where a query may not attend"
                                       : "mask: minus infinity where a query may not attend");
      show("masked", "masked");
    }
    step("softmax over each row: exp(score) / Σ exp(scores); every row sums to 1");
    show("weights", "weights");
    const double p = options_.dropout.p;
    if (p != 0) {
      step("dropout: each weight becomes 0 with probability " + shortest(p) +
           (p < 1 ? ", and else is multiplied by 1/(1 - " + shortest(p) +
                        ") = " + shortest(static_cast<float>(1 / (1 - p)))
                  : ""));
      show("dropped", "dropped");
    }
    step(p != 0 ? "output: what dropout has left of the weights, times the values"
                : "output: the weights times the values");
    show("output", "output");
    return text_;
  }

 private:
  void step(const std::string& what) {
    text_ += (text_.empty() ? "" : "\n") + std::to_string(++count_) + ". " + what + "\n";
  }

  void show(const std::string& name, const std::string& title) { text_ += table(result_, name, title); }

  std::string table(const Result& result, const std::string& name, const std::string& title) const {
    std::string text = result_text(result, {name}, style_);
    return text.empty() ? text : title + text.substr(name.size());
  }

  bool hides_something() const {
    for (const std::uint8_t keep : result_.find("mask")->values<std::uint8_t>())
      if (keep == 0) return true;
    return false;
  }

  double number(const std::string& name) const {
    for (const auto& [member, value] : result_.metadata)
      if (member == name) return std::get<double>(value);
    return 0;
  }

  const AttentionOptions& options_;
  const ResultStyle& style_;
  Result result_, unscaled_;
  bool has_bias_ = false;
  int count_ = 0;
  std::string text_;
};

}  // namespace

std::string compute_steps(const Input& input, const AttentionOptions& options, const ResultStyle& style) {
  return Walk(input, options, style).text();
}

}  // namespace attn::cli
