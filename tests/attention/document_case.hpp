// Documents of the tests: random inputs head by head, the oracle's answer to them, and checks of attn's.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "attn/attention.hpp"
#include "attn/error.hpp"
#include "support/catch.hpp"
#include "support/oracle.hpp"

namespace attn::test {

inline constexpr double infinity = std::numeric_limits<double>::infinity();

/// Numbers in C order under a shape; what tensors of any dtype are made from and compared with.
struct Array {
  Shape shape;
  std::vector<double> values;

  Tensor tensor(DType dtype) const;
};

/// Normal numbers as float32 would hold them.
Array random_array(const Shape& shape, unsigned seed, double spread = 1);
Array array_of(const Tensor& tensor);
Array array_of(const Matrix& matrix);

/// One matrix for each batch item and head.
using Heads = std::vector<std::vector<Matrix>>;
Heads random_heads(std::size_t batch, std::size_t heads, std::size_t rows, std::size_t cols, unsigned seed);

/// Which axes an array of heads has before its rows and columns.
struct Axes {
  bool batch = false;
  bool heads = false;
  bool merged = false;  ///< no head axis: heads lie side by side in the columns
};
Array assemble(const Heads& heads, Axes axes);

/// A document without numbers of a certain dtype yet.
struct Document {
  std::map<std::string, Array> tensors, projections, numbers;
  std::vector<std::string> tokens, key_tokens;
  std::optional<std::vector<std::int64_t>> key_lengths, segments;
  std::optional<std::int64_t> num_heads, num_kv_heads;
  std::optional<double> scale;
  std::string metadata;

  /// As read from a file in.json; `mask` becomes u8.
  Input input(DType dtype) const;
};

/// Every stage of one head, by the oracle.
struct HeadAnswer {
  Matrix scores, capped, masked, weights, output, lse;  // lse as (L, 1)
};
struct Pipeline {
  double scale = 1;
  double softcap = 0;
  std::optional<double> sink;
};
/// `bias` is added to the capped scores; −inf masks.
HeadAnswer pipeline(const Matrix& q, const Matrix& k, const Matrix& v, const Pipeline& steps, const Matrix& bias);

/// What a result should hold, by tensor name.
using Expected = std::map<std::string, Array>;

/// The answers of all heads as the tensors `scores` … `lse`: matrices with the axes `matrix`, outputs with `output`.
Expected expected_of(const std::vector<std::vector<HeadAnswer>>& answers, Axes matrix, Axes output);

/// max |tensor − expected|; infinite where the shapes differ, or where one alone is NaN.
double difference(const Tensor* tensor, const Array& expected);

/// Every stage that compute can emit; with `multihead` every stage there is.
std::vector<Stage> all_stages(bool multihead = false);

/// Runs the document with every kernel set in f32, f64 and bf16, and compares every expected tensor.
using Run = Result (*)(const Input&, const AttentionOptions&);
void check_run(Run run, const Document& document, const AttentionOptions& options, const Expected& expected);

/// The names of a result's tensors, in order.
std::vector<std::string> names_of(const Result& result);

/// Fails unless `body` throws an Error of this kind, place and text.
void check_error(const std::function<void()>& body, ErrorKind kind, const std::string& where, const std::string& what);
/// The same of compute (multihead) with a document.
void check_compute_error(const Document& document, const AttentionOptions& options, ErrorKind kind,
                         const std::string& where, const std::string& what);
void check_multihead_error(const Document& document, const AttentionOptions& options, ErrorKind kind,
                           const std::string& where, const std::string& what);

}  // namespace attn::test
