// The tensors of a finished run, a head at a time.
#pragma once

#include "attn/attention.hpp"
#include "cli/output/table.hpp"

namespace attn::cli {

/// Those of batch item b and head h; the result outlives them.
class HeadTensors {
 public:
  HeadTensors(const Result& result, std::size_t b, std::size_t h) : result_(result), b_(b), h_(h) {}

  /// A stage of the queries' own heads; the run must have been asked for it. The weights are those before any mean.
  TableMatrix matrix(Stage stage) const;
  /// The queries, and the keys and values that they read: cached ones, those of the input, appended ones. Copies.
  Tensor queries() const;
  Tensor keys() const { return with_cached(Stage::key, Stage::present_key); }
  Tensor values() const { return with_cached(Stage::value, Stage::present_value); }

 private:
  Tensor with_cached(Stage stage, Stage present) const;

  const Result& result_;
  std::size_t b_, h_;
};

/// A tensor of the result; the run must have been asked for it.
const Tensor& tensor_of(const Result& result, Stage stage);

}  // namespace attn::cli
