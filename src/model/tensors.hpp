// The tensors of a model around its attention: found by the names of its family, checked and read.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "attn/layer.hpp"
#include "attn/task.hpp"
#include "io/checkpoints/files.hpp"
#include "model/family.hpp"

namespace attn::model {

/// x·W + b, or x·Wᵀ + b.
struct Linear {
  Tensor weight;
  std::optional<io::RawArray> narrow;  ///< in its place: a weight (out, in) of 16 bits, as it is stored
  Tensor bias;                         ///< (out); no elements: none
  bool transposed = true;              ///< the weight is (out, in)
  std::string where;                   ///< of the weight, for errors
  const Shape& shape() const { return narrow ? narrow->shape : weight.shape(); }
  std::size_t in() const { return shape()[transposed ? 1 : 0]; }
  std::size_t out() const { return shape()[transposed ? 0 : 1]; }
  /// Throws Error (data) for vectors without elements: nothing can be made of them.
  void refuse_empty() const;
};

/// How a product's tensors are stored.
struct Stored {
  bool columns = false;  ///< the weight is (in, out)
  Bias bias = Bias::as_stored;
  bool is_convolution = false;  ///< the weight is (out, channels, height, width): all but the first axis are one
};

/// A product's rows [begin, end) of the out axis of a transposed weight; all by default.
struct OutRows {
  std::size_t begin = 0;
  std::optional<std::size_t> end;
};
/// x (…, in) to (…, out).
Tensor apply(const Linear& linear, const Tensor& x, const Execution& execution, const OutRows& rows = {});

/// Each of a pattern's alternatives, separated by spaces, with N as a layer's number.
std::string numbered_all(std::string_view pattern, std::int64_t layer);

/// Reads by name, and remembers what has been asked for.
class ModelTensors {
 public:
  ModelTensors(const io::CheckpointFiles& files, std::string prefix, std::uint64_t max_memory)
      : files_(files), prefix_(std::move(prefix)), budget_(max_memory) {}

  /// The whole name of the first of `names` that is there, with ".weight"; none if none is. See Embeddings.
  std::optional<std::string> find(std::string_view names) const;
  /// The same; throws Error (data) if none is there.
  std::string need(std::string_view names) const;

  Tensor read(const std::string& tensor);
  /// The rows of a matrix, (ids, width), without the others. Throws Error (data, at `where`) for ids that are none of
  /// its rows.
  Tensor rows(const std::string& tensor, std::span<const std::int64_t> ids, const std::string& where);
  /// Throws Error (data) unless the weight is a matrix that takes vectors of `width`, and for a bias that is missing.
  /// `names` as of `find`.
  Linear linear(std::string_view names, const Stored& stored, std::size_t width);
  /// Row `number` of the first axis of a tensor, without that axis.
  Tensor part(const std::string& tensor, std::size_t number);
  /// Of vectors of `width`.
  InputNorm norm(std::string_view names, Norm kind, double epsilon, std::size_t width);

  void use(const std::string& tensor) { used_.insert(tensor); }
  bool uses(const std::string& tensor) const { return used_.contains(tensor); }
  /// Gives back the memory of what has been used of a mapped checkpoint, where that is much: pages that stay cost what
  /// they take, pages that are given back the work of dropping them.
  void release() const;
  const io::CheckpointFiles& files() const { return files_; }
  const std::string& prefix() const { return prefix_; }

 private:
  /// A weight as it is stored, if it can stay so.
  std::optional<io::RawArray> narrow(const std::string& tensor);
  /// What stands in the place of ".weight" in a whole name; empty if that is not there.
  std::string beside(const std::string& weight, std::string_view suffix);
  [[noreturn]] void refuse_without_bias(const std::string& weight) const;
  std::vector<double> numbers(const std::string& tensor, std::size_t width, double add = 0);

  const io::CheckpointFiles& files_;
  std::string prefix_;
  io::MemoryBudget budget_;
  std::set<std::string> used_;
};

}  // namespace attn::model
