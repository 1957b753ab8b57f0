// A run of a whole model: what is wanted of each layer, and the state between them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "attn/model.hpp"
#include "model/part.hpp"
#include "model/stacked.hpp"

namespace attn::model {

/// A run: what is wanted of each layer, and the state between them.
class ForwardRun {
 public:
  /// `memory`: what the encoder gives, for a decoder. `tokens`: the labels of what is run.
  ForwardRun(const Input& input, const AttentionOptions& options, const ModelRun& asked, const Tensor* memory,
             const std::vector<std::string>& tokens);

  bool wants_last() const { return wants_last_; }
  bool shows(std::int64_t layer) const { return std::binary_search(asked_.layers.begin(), asked_.layers.end(), layer); }
  std::int64_t last_shown() const { return asked_.layers.empty() ? -1 : asked_.layers.back(); }

  /// A state as documents have it: a text alone has no axis of batch items.
  Tensor shaped(const Tensor& x) const;

  /// What attention makes of its input; none after the last one that is wanted.
  std::optional<Tensor> attend(const Visit& visit);

  /// The same as the model itself has it: nothing of it is shown.
  Tensor attend_unseen(const Visit& visit) const;

  Result finish(Tensor last_state);

 private:
  bool wants(Stage stage) const;

  /// Takes the range of a part's queries: that of the first layer which may be shown is that of all, whose rows are
  /// stacked.
  void settle_part(const AttentionLayer& layer, const Input& own);

  /// The rows of the queries that are computed, as documents have them.
  Tensor rows_of(const Tensor& state) const;

  /// States in the place of ids. A decoder's own text has no padding.
  Input input_of(const Visit& visit) const;

  /// The same with the document's own members.
  Input shown_input(const Visit& visit) const;

  /// (B, L, d), in the order of memory whatever axes documents have.
  static Tensor take_output(Result result, bool moves, Result* back = nullptr);

  /// In the table's order.
  static void insert(Result& result, Stage stage, Tensor tensor);

  const Input& input_;
  const AttentionOptions& given_;
  AttentionOptions options_;  // those of attention itself
  const ModelRun& asked_;
  const Tensor* memory_;
  const std::vector<std::string>& tokens_;
  Tensor entered_;  // the block whose attention to the encoder is shown
  bool wants_hidden_ = false, wants_last_ = false;
  bool was_causal_ = false, turned_ = false;  // by layers that were run
  std::string reach_note_;                    // of the first layer that has one
  std::vector<Result> results_;
  Stacks stacks_;
};

}  // namespace attn::model
