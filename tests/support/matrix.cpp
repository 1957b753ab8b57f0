#include "support/matrix.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <random>
#include <stdexcept>

namespace attn::test {

Matrix::Matrix(std::initializer_list<std::initializer_list<double>> rows)
    : shape_{rows.size(), rows.size() == 0 ? 0 : rows.begin()->size()} {
  for (const auto& row : rows) values_.insert(values_.end(), row);
  if (values_.size() != shape_[0] * shape_[1]) throw std::logic_error("a matrix of rows that differ in length");
}

Matrix Matrix::zeros(std::size_t rows, std::size_t columns) {
  Matrix m;
  m.shape_ = {rows, columns};
  m.values_.resize(rows * columns);
  return m;
}

Matrix Matrix::rows(std::size_t first, std::size_t last) const {
  Matrix part = zeros(last - first, shape_[1]);
  std::copy_n(data() + first * shape_[1], part.size(), part.data());
  return part;
}

Matrix Matrix::columns(std::size_t first, std::size_t last) const {
  Matrix part = zeros(shape_[0], last - first);
  for (std::size_t i = 0; i < shape_[0]; ++i)
    std::copy_n(data() + i * shape_[1] + first, last - first, part.data() + i * (last - first));
  return part;
}

Matrix Matrix::transposed() const {
  Matrix m = zeros(shape_[1], shape_[0]);
  for (std::size_t i = 0; i < shape_[0]; ++i)
    for (std::size_t j = 0; j < shape_[1]; ++j) m(j, i) = (*this)(i, j);
  return m;
}

Matrix Matrix::magnitudes() const {
  return each([](double x) { return std::abs(x); });
}

double Matrix::sum() const { return std::accumulate(begin(), end(), 0.0); }

double Matrix::greatest() const { return *std::max_element(begin(), end()); }

void Matrix::put(std::size_t row, std::size_t column, const Matrix& part) {
  if (row + part.shape(0) > shape_[0] || column + part.shape(1) > shape_[1])
    throw std::logic_error("a part of a matrix that reaches beyond it");
  for (std::size_t i = 0; i < part.shape(0); ++i)
    std::copy_n(part.data() + i * part.shape(1), part.shape(1), data() + (row + i) * shape_[1] + column);
}

double Matrix::column_mean(std::size_t column) const {
  return columns(column, column + 1).sum() / static_cast<double>(shape_[0]);
}

void Matrix::fill(double value) { std::fill(begin(), end(), value); }

void Matrix::fill_row(std::size_t row, double value) { std::fill_n(data() + row * shape_[1], shape_[1], value); }

void Matrix::fill_column(std::size_t column, double value) {
  for (std::size_t i = 0; i < shape_[0]; ++i) (*this)(i, column) = value;
}

void Matrix::scale_row(std::size_t row, double factor) {
  for (std::size_t j = 0; j < shape_[1]; ++j) (*this)(row, j) *= factor;
}

Matrix& Matrix::operator*=(double factor) {
  for (double& x : *this) x *= factor;
  return *this;
}

Matrix operator+(Matrix a, const Matrix& b) {
  if (a.shape() != b.shape()) throw std::logic_error("a sum of matrices of other shapes");
  std::transform(a.begin(), a.end(), b.begin(), a.begin(), std::plus<>());
  return a;
}

Matrix operator+(Matrix a, double b) {
  for (double& x : a) x += b;
  return a;
}

Matrix operator*(double factor, Matrix m) { return m *= factor; }

Matrix random_matrix(std::size_t rows, std::size_t columns, unsigned seed, double spread) {
  std::mt19937 engine(seed);
  std::normal_distribution<double> normal;  // a spread of 0 is none of its parameters
  Matrix m = Matrix::zeros(rows, columns);
  for (double& x : m) x = static_cast<double>(static_cast<float>(spread * normal(engine)));
  return m;
}

Matrix causal_bias(std::size_t queries, std::size_t keys, long offset) {
  Matrix bias = Matrix::zeros(queries, keys);
  for (std::size_t i = 0; i < queries; ++i)
    for (std::size_t j = 0; j < keys; ++j)
      if (static_cast<long>(j) > static_cast<long>(i) + offset) bias(i, j) = -std::numeric_limits<double>::infinity();
  return bias;
}

double max_difference(const Matrix& a, const Matrix& b) {
  double worst = a.shape() == b.shape() ? 0 : std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    const double x = a.data()[i], y = b.data()[i];
    if (x == y || (std::isnan(x) && std::isnan(y))) continue;
    const double difference = std::abs(x - y);
    worst = std::max(worst, std::isnan(difference) ? std::numeric_limits<double>::infinity() : difference);
  }
  return worst;
}

}  // namespace attn::test
