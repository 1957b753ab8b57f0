// The walk through one head: from queries, keys and values to its output.
#pragma once

#include <optional>
#include <string>

#include "attn/attention.hpp"
#include "cli/steps/step_text.hpp"

namespace attn::cli {

/// A run with every stage emitted, and the same without a scale: what walks are written from.
class StagedRun {
 public:
  using Runner = Result (*)(const Input&, const AttentionOptions&);
  StagedRun(Runner run, const Input& input, const AttentionOptions& options, bool multihead);

  /// The matrix of a stage that belongs to a head: of key and value those that it reads, cached ones included. None
  /// if there is no such stage.
  std::optional<Tensor> stage(const std::string& name, std::size_t b, std::size_t h) const;
  /// QKᵀ of a head before it is scaled.
  Tensor products(std::size_t b, std::size_t h) const;
  /// A whole tensor of the run; it must be there.
  const Tensor& whole(const std::string& name) const { return *result_.find(name); }

  std::size_t number(const std::string& metadata) const;
  double scale() const;
  const Labels& query_labels() const { return query_labels_; }
  const Labels& key_labels() const { return result_.key_tokens.empty() ? result_.tokens : result_.key_tokens; }

 private:
  Tensor head_of(const Tensor& tensor, std::size_t b, std::size_t h, std::size_t heads) const;

  Result result_, unscaled_;
  Labels query_labels_;
};

/// What of the options and the document shapes a walk.
struct WalkFacts {
  double softcap = 0;
  std::string added;          ///< to the scores: "bias", "ALiBi", "bias + ALiBi", or nothing
  std::vector<double> sinks;  ///< none, one, or one a head
  EmptyRow empty_row = EmptyRow::zero;
  double dropout = 0;
  bool rounds_operands = false;  ///< of the products, to bfloat16
};
WalkFacts walk_facts(const Input& input, const AttentionOptions& options);

/// "head 3", and the key/value head that it reads if there are fewer of those.
std::string head_name(const StagedRun& run, std::size_t h);

/// Writes the steps of batch item b and head h.
void walk_head(Board& board, const StagedRun& run, const WalkFacts& facts, std::size_t b, std::size_t h);

}  // namespace attn::cli
