// Assembles documents and their answers from heads, and compares tensors with them.
#include "attention/document_case.hpp"

#include <algorithm>
#include <cmath>

namespace attn::test {

Tensor Array::tensor(DType dtype) const {
  const Tensor exact = Tensor::of<double>(shape, values);
  if (dtype != DType::u8) return exact.as(dtype);
  std::vector<std::uint8_t> bytes;
  for (const double value : values) bytes.push_back(value != 0);
  return Tensor::of<std::uint8_t>(shape, bytes);
}

Array random_array(const Shape& shape, unsigned seed, double spread) {
  const Matrix numbers = random_matrix(1, checked_size(shape, 8, "the test"), seed, spread);
  return {shape, {numbers.begin(), numbers.end()}};
}

Array array_of(const Tensor& tensor) {
  const Tensor exact = tensor.as(DType::f64);
  const auto values = exact.values<double>();
  return {tensor.shape(), {values.begin(), values.end()}};
}

Array array_of(const Matrix& matrix) { return {{matrix.shape(0), matrix.shape(1)}, {matrix.begin(), matrix.end()}}; }

Heads random_heads(std::size_t batch, std::size_t heads, std::size_t rows, std::size_t cols, unsigned seed) {
  Heads made(batch);
  for (auto& item : made)
    for (std::size_t h = 0; h < heads; ++h) item.push_back(random_matrix(rows, cols, seed += 17));
  return made;
}

Array assemble(const Heads& heads, Axes axes) {
  const Matrix& first = heads.at(0).at(0);
  const std::size_t count = heads[0].size(), rows = first.shape(0), cols = first.shape(1);
  Array array;
  if (axes.batch) array.shape.push_back(heads.size());
  if (axes.heads) array.shape.push_back(count);
  array.shape.insert(array.shape.end(), {rows, axes.merged ? count * cols : cols});
  for (const auto& item : heads) {
    if (!axes.merged) {
      for (const Matrix& head : item) array.values.insert(array.values.end(), head.begin(), head.end());
      continue;
    }
    for (std::size_t i = 0; i < rows; ++i)
      for (const Matrix& head : item)
        for (std::size_t j = 0; j < cols; ++j) array.values.push_back(head(i, j));
  }
  return array;
}

Input Document::input(DType dtype) const {
  Input input;
  input.source = "in.json";
  for (const auto& [name, array] : tensors)
    input.tensors[name] = {array.tensor(name == "mask" ? DType::u8 : dtype), input.where(name)};
  for (const auto& [name, array] : projections)
    input.projections[name] = {array.tensor(dtype), input.where("projections/" + name)};
  for (const auto& [name, array] : numbers) input.numbers[name] = {array.tensor(DType::f64), input.where(name)};
  input.tokens = tokens;
  input.key_tokens = key_tokens;
  input.key_lengths = key_lengths;
  input.segments = segments;
  input.num_heads = num_heads;
  input.num_kv_heads = num_kv_heads;
  input.scale = scale;
  input.metadata = metadata;
  return input;
}

HeadAnswer pipeline(const Matrix& q, const Matrix& k, const Matrix& v, const Pipeline& steps, const Matrix& bias) {
  const std::size_t queries = q.shape(0), keys = k.shape(0);
  HeadAnswer answer;
  answer.scores = oracle(q, k, v, steps.scale, bias).scores;
  answer.capped = answer.scores;
  if (steps.softcap != 0)
    answer.capped = answer.scores.each([&](double score) { return steps.softcap * std::tanh(score / steps.softcap); });
  answer.masked = answer.capped + bias;
  // A sink is one more key, whose score is its logit and whose value is 0: softmax of given scores is
  // attention with the scores as queries and unit vectors as keys.
  const std::size_t columns = keys + (steps.sink ? 1 : 0);
  Matrix scores = Matrix::zeros(queries, columns), units = scores, added = scores, values;
  units = Matrix::zeros(columns, columns);
  values = Matrix::zeros(columns, v.shape(1));
  for (std::size_t j = 0; j < columns; ++j) {
    units(j, j) = 1;
    for (std::size_t i = 0; i < queries; ++i) {
      scores(i, j) = j < keys ? answer.capped(i, j) : *steps.sink;
      added(i, j) = j < keys ? bias(i, j) : 0;
    }
    for (std::size_t c = 0; j < keys && c < v.shape(1); ++c) values(j, c) = v(j, c);
  }
  const Oracle softmax = oracle(scores, units, values, 1, added);
  answer.weights = softmax.weights.columns(0, keys);
  answer.output = softmax.output;
  answer.lse = Matrix::zeros(queries, 1);
  std::copy(softmax.lse.begin(), softmax.lse.end(), answer.lse.begin());
  return answer;
}

Expected expected_of(const std::vector<std::vector<HeadAnswer>>& answers, Axes matrix, Axes output) {
  const auto gathered = [&](Matrix HeadAnswer::*member, Axes axes) {
    Heads heads(answers.size());
    for (std::size_t b = 0; b < answers.size(); ++b)
      for (const HeadAnswer& answer : answers[b]) heads[b].push_back(answer.*member);
    return assemble(heads, axes);
  };
  Expected expected;
  expected["scores"] = gathered(&HeadAnswer::scores, matrix);
  expected["capped"] = gathered(&HeadAnswer::capped, matrix);
  expected["masked"] = gathered(&HeadAnswer::masked, matrix);
  expected["weights"] = gathered(&HeadAnswer::weights, matrix);
  expected["dropped"] = expected["weights"];  // of runs without dropout
  expected["output"] = gathered(&HeadAnswer::output, output);
  expected["lse"] = gathered(&HeadAnswer::lse, matrix);
  expected["lse"].shape.pop_back();
  Array& mask = expected["mask"] = expected["masked"];
  for (double& value : mask.values) value = value == -infinity ? 0 : 1;
  return expected;
}

double difference(const Tensor* tensor, const Array& expected) {
  if (tensor == nullptr || tensor->shape() != expected.shape) return infinity;
  const Array actual = array_of(*tensor);
  const auto flat = [](const Array& array) {
    Matrix m = Matrix::zeros(1, array.values.size());
    std::copy(array.values.begin(), array.values.end(), m.begin());
    return m;
  };
  return max_difference(flat(actual), flat(expected));
}

std::vector<Stage> all_stages(bool multihead) { return stages_of(multihead); }

void check_run(Run run, const Document& document, const AttentionOptions& options, const Expected& expected) {
  REQUIRE_FALSE(expected.empty());
  struct Arithmetic {
    const char* name;
    DType dtype;
    bool bf16;
    double tolerance;
  };
  // bf16 rounds the documents' numbers, so that this shows no more than that all are in their places.
  for (const auto& [arithmetic, dtype, bf16, tolerance] : {Arithmetic{"f32", DType::f32, false, 4e-6},
                                                           {"f64", DType::f64, false, 1e-12},
                                                           {"bf16", DType::f32, true, 0.03}}) {
    const Input input = document.input(dtype);
    for (const KernelSet* set : supported_kernel_sets()) {
      AttentionOptions own = options;
      own.execution.dtype = dtype;
      own.execution.bf16_operands = bf16;
      own.execution.kernels = set;
      const Result result = run(input, own);
      CHECK(result.metadata.at(2) == std::pair<std::string, MetadataValue>{"dtype", arithmetic});
      for (const auto& [name, array] : expected) {
        double largest = 1;
        for (const double x : array.values)
          if (std::isfinite(x)) largest = std::max(largest, std::abs(x));
        INFO(set->name << ", " << arithmetic << ", " << name);
        REQUIRE(result.find(name) != nullptr);
        CHECK(result.find(name)->dtype() == (name == "mask" ? DType::u8 : dtype));
        CHECK(shape_text(result.find(name)->shape()) == shape_text(array.shape));
        CHECK(difference(result.find(name), array) <= tolerance * largest);
      }
    }
  }
}

std::vector<std::string> names_of(const Result& result) {
  std::vector<std::string> names;
  for (const NamedTensor& named : result.tensors) names.push_back(named.name);
  return names;
}

void check_error(const std::function<void()>& body, ErrorKind kind, const std::string& where, const std::string& what) {
  try {
    body();
  } catch (const Error& error) {
    CHECK(error.where() == where);
    CHECK(std::string(error.what()) == what);
    CHECK(error.kind() == kind);
    return;
  }
  FAIL_CHECK("no error where '" << what << "' was to be thrown");
}

void check_compute_error(const Document& document, const AttentionOptions& options, ErrorKind kind,
                         const std::string& where, const std::string& what) {
  const Input input = document.input(DType::f32);
  check_error([&] { compute(input, options); }, kind, where, what);
}

void check_multihead_error(const Document& document, const AttentionOptions& options, ErrorKind kind,
                           const std::string& where, const std::string& what) {
  const Input input = document.input(DType::f32);
  check_error([&] { multihead(input, options); }, kind, where, what);
}

}  // namespace attn::test
