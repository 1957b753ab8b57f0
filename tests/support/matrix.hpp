// Matrix: numbers in double precision by rows and columns, as tests draw, rearrange and compare them.
#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <vector>

namespace attn::test {

/// A matrix of doubles in C order, which copies as a value.
class Matrix {
 public:
  /// Without rows and columns.
  Matrix() = default;
  /// Rows of equal length.
  Matrix(std::initializer_list<std::initializer_list<double>> rows);
  static Matrix zeros(std::size_t rows, std::size_t columns);

  std::array<std::size_t, 2> shape() const { return shape_; }
  std::size_t shape(std::size_t axis) const { return shape_[axis]; }
  std::size_t size() const { return values_.size(); }
  double& operator()(std::size_t row, std::size_t column) { return values_[row * shape_[1] + column]; }
  const double& operator()(std::size_t row, std::size_t column) const { return values_[row * shape_[1] + column]; }
  double* data() { return values_.data(); }
  const double* data() const { return values_.data(); }
  double* begin() { return data(); }
  double* end() { return data() + size(); }
  const double* begin() const { return data(); }
  const double* end() const { return data() + size(); }

  /// A copy of the rows (columns) from `first` to before `last`.
  Matrix rows(std::size_t first, std::size_t last) const;
  Matrix columns(std::size_t first, std::size_t last) const;
  Matrix transposed() const;
  /// Every element through a function.
  template <class Function>
  Matrix each(const Function& function) const {
    Matrix m = *this;
    for (double& x : m) x = function(x);
    return m;
  }
  Matrix magnitudes() const;
  double sum() const;
  double greatest() const;
  double column_mean(std::size_t column) const;

  /// Writes a part over the elements from (row, column) on.
  void put(std::size_t row, std::size_t column, const Matrix& part);
  void fill(double value);
  void fill_row(std::size_t row, double value);
  void fill_column(std::size_t column, double value);
  Matrix& operator*=(double factor);
  void scale_row(std::size_t row, double factor);

 private:
  std::array<std::size_t, 2> shape_{};
  std::vector<double> values_;
};

/// Element by element; matrices have the same shape.
Matrix operator+(Matrix a, const Matrix& b);
Matrix operator+(Matrix a, double b);
Matrix operator*(double factor, Matrix m);

/// Normal numbers as float32 would hold them.
Matrix random_matrix(std::size_t rows, std::size_t columns, unsigned seed, double spread = 1);

/// A bias of 0 where key ≤ query + offset, −inf elsewhere.
Matrix causal_bias(std::size_t queries, std::size_t keys, long offset = 0);

/// max |a − b|; NaN in exactly one of them is infinite, in both is none, and so are matrices of other shapes.
double max_difference(const Matrix& a, const Matrix& b);

}  // namespace attn::test
