// Attention as the formula has it, in double precision, one row at a time: the definition of right.
#include <algorithm>
#include <vector>

#include "attention/engine/engines.hpp"
#include "attention/engine/rows.hpp"
#include "attention/engine/score_pipeline.hpp"
#include "core/parallel.hpp"

namespace attn {
namespace {

// One query's way through the pipeline.
template <class T>
class ReferenceRow {
 public:
  ReferenceRow(const AttentionTask<T>& task, std::size_t b, std::size_t h, std::size_t i)
      : task_(task),
        b_(b),
        h_(h),
        i_(i),
        kv_head_(task.operands.kv_head(h)),
        scores_(task.operands.key.rows),
        attended_(task.operands.key.rows) {}

  void run() {
    mark_attended();
    compute_scores();
    store(task_.wanted.scores);
    if (task_.pipeline.softcap != 0)
      for (double& score : scores_) score = task_.pipeline.softcap * std::tanh(score / task_.pipeline.softcap);
    store(task_.wanted.capped);
    add_bias();
    for (std::size_t j = 0; j < scores_.size(); ++j)
      if (!attended_[j]) scores_[j] = minus_infinity<double>;
    store(task_.wanted.masked);
    softmax();
    store(task_.wanted.weights);
    if (task_.wanted.weight_rows != nullptr) show_weights();
    if (task_.pipeline.kept.bits != nullptr)
      drop_weights(task_.pipeline.kept, task_.pipeline.kept.row(b_, h_, i_), scores_.data(), scores_.size());
    store(task_.wanted.dropped);
    multiply_values();
  }

  void copy_weights(T* to) const {
    std::transform(scores_.begin(), scores_.end(), to, [](double weight) { return static_cast<T>(weight); });
  }

 private:
  void mark_attended() {
    BlockRows rows;
    rows.gather(task_, b_, h_, i_, i_ + 1);
    for (const KeyRange range : rows.row(0))
      std::fill(attended_.begin() + range.begin, attended_.begin() + range.end, true);
    if (task_.pipeline.bias.data == nullptr) return;
    for (std::size_t j = 0; j < attended_.size(); ++j) attended_[j] = attended_[j] && bias(j) != minus_infinity<double>;
  }

  double bias(std::size_t j) const {
    return static_cast<double>(
        task_.pipeline.bias.row(b_, h_, i_)[static_cast<std::ptrdiff_t>(j) * task_.pipeline.bias.strides[3]]);
  }

  void compute_scores() {
    const T* query = task_.operands.query.at(b_, h_).row(i_);
    const double scale = task_.pipeline.scale_of(b_, h_, task_.operands.first_query + i_);
    for (std::size_t j = 0; j < scores_.size(); ++j) {
      const T* key = task_.operands.key.at(b_, kv_head_).row(j);
      double sum = 0;
      for (std::size_t c = 0; c < task_.operands.query.cols; ++c)
        sum += static_cast<double>(query[c]) * static_cast<double>(key[c]);
      scores_[j] = sum * scale;
    }
  }

  void add_bias() {
    if (task_.pipeline.bias.data != nullptr)
      for (std::size_t j = 0; j < scores_.size(); ++j) scores_[j] += bias(j);
    if (task_.pipeline.alibi_slopes.empty()) return;
    const std::size_t i = task_.operands.first_query + i_;
    const bool has_positions = task_.pipeline.query_positions.data != nullptr;
    const double position = has_positions ? task_.pipeline.query_positions.of(b_)[i]
                                          : static_cast<double>(i) + static_cast<double>(alibi_offset(task_, b_));
    for (std::size_t j = 0; j < scores_.size(); ++j) {
      const double key = has_positions ? task_.pipeline.key_positions.of(b_)[j] : static_cast<double>(j);
      scores_[j] -= static_cast<double>(task_.pipeline.alibi_slopes[h_]) * std::abs(position - key);
    }
  }

  void softmax() {
    double peak = task_.pipeline.sinks.empty() ? minus_infinity<double> : static_cast<double>(task_.pipeline.sinks[h_]);
    empty_ = true;
    for (std::size_t j = 0; j < scores_.size(); ++j) {
      if (!attended_[j]) continue;
      empty_ = false;
      peak = std::max(peak, scores_[j]);
    }
    empty_ = empty_ && task_.pipeline.sinks.empty();
    double sum = task_.pipeline.sinks.empty() ? 0 : std::exp(static_cast<double>(task_.pipeline.sinks[h_]) - peak);
    for (std::size_t j = 0; j < scores_.size(); ++j) {
      scores_[j] = attended_[j] ? std::exp(scores_[j] - peak) : 0;
      sum += scores_[j];
    }
    const double nan = std::numeric_limits<double>::quiet_NaN();
    for (std::size_t j = 0; j < scores_.size(); ++j) {
      if (attended_[j]) scores_[j] /= sum;
      if (empty_ && task_.pipeline.empty_row == EmptyRow::nan) scores_[j] = nan;
      if (empty_ && task_.pipeline.empty_row == EmptyRow::uniform)
        scores_[j] = 1.0 / static_cast<double>(scores_.size());
    }
    if (task_.wanted.lse != nullptr)
      task_.wanted.lse[(b_ * task_.operands.query.heads + h_) * task_.operands.query.rows + i_] =
          static_cast<T>(empty_ ? minus_infinity<double> : peak + std::log(sum));
  }

  void show_weights() const {
    std::vector<T> weights(scores_.size());
    copy_weights(weights.data());
    task_.wanted.weight_rows->take_row(b_, h_, i_, 0, weights);
  }

  void multiply_values() {
    if (task_.wanted.output.data == nullptr) return;
    const MatrixView<const T> values = task_.operands.value.at(b_, kv_head_);
    T* out = task_.wanted.output.at(b_, h_).row(i_);
    const bool all = empty_ && task_.pipeline.empty_row != EmptyRow::zero;
    for (std::size_t c = 0; c < values.cols; ++c) {
      double sum = empty_ && task_.pipeline.empty_row == EmptyRow::nan ? std::numeric_limits<double>::quiet_NaN() : 0;
      for (std::size_t j = 0; j < values.rows; ++j)
        if (attended_[j] || all) sum += scores_[j] * static_cast<double>(values.row(j)[c]);
      out[c] = static_cast<T>(sum);
    }
  }

  void store(const HeadsView<T>& to) const {
    if (to.data == nullptr) return;
    T* row = to.at(b_, h_).row(i_);
    for (std::size_t j = 0; j < scores_.size(); ++j) row[j] = static_cast<T>(scores_[j]);
  }

  const AttentionTask<T>& task_;
  std::size_t b_, h_, i_, kv_head_;
  std::vector<double> scores_;  // then weights, then those after dropout
  std::vector<char> attended_;
  bool empty_ = false;
};

}  // namespace

template <class T>
void attend_reference(const AttentionTask<T>& task) {
  const std::size_t heads = task.operands.query.batch * task.operands.query.heads;
  parallel_for(heads * task.operands.query.rows, task.execution.threads, [&](std::size_t index, std::size_t) {
    const std::size_t head = index / task.operands.query.rows;
    ReferenceRow<T>(task, head / task.operands.query.heads, head % task.operands.query.heads,
                    index % task.operands.query.rows)
        .run();
  });
}

template <class T>
void reference_weights(const AttentionTask<T>& task, std::size_t b, std::size_t h, std::size_t i, T* weights) {
  AttentionTask<T> alone = task;
  alone.wanted = {};
  alone.pipeline.kept = {};
  ReferenceRow<T> row(alone, b, h, i);
  row.run();
  row.copy_weights(weights);
}

template void reference_weights(const AttentionTask<float>&, std::size_t, std::size_t, std::size_t, float*);
template void reference_weights(const AttentionTask<double>&, std::size_t, std::size_t, std::size_t, double*);
template void attend_reference(const AttentionTask<float>&);
template void attend_reference(const AttentionTask<double>&);

}  // namespace attn
