// Pooling: matrices in fewer cells than they have, and the choice of matrices that pictures are of.
#pragma once

#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "attn/tensor.hpp"

namespace attn {

template <class T>
struct AttentionTask;  // attn/task.hpp

/// What a pixel shows of the cells that it covers.
enum class Pooling {
  mean,  ///< their mean, by area
  max,   ///< the greatest, of those that it touches too
};

/// A selection on one axis: some indices, or one reduction over all of them.
struct AxisSelection {
  enum class Kind { indices, mean, max, min, std } kind = Kind::indices;
  std::vector<std::size_t> indices;
};

/// The range of a matrix's finite values. Without any, `least` is above `greatest`.
struct ValueRange {
  double least = std::numeric_limits<double>::infinity();
  double greatest = -std::numeric_limits<double>::infinity();
  double least_positive = std::numeric_limits<double>::infinity();

  void include(double value) {
    if (value < least) least = value;
    if (value > greatest) greatest = value;
    if (value > 0 && value < least_positive) least_positive = value;
  }
  void include(const ValueRange& other) {
    if (other.least < least) least = other.least;
    if (other.greatest > greatest) greatest = other.greatest;
    if (other.least_positive < least_positive) least_positive = other.least_positive;
  }
};

/// An (L, S) matrix of weights as the cells of a picture, made without the matrix.
struct PooledMatrix {
  // What is wanted.
  AxisSelection batch, head;  ///< one index, or a reduction over the whole axis; heads are reduced first
  std::size_t rows = 0;       ///< of `cells`: 1 … L
  std::size_t columns = 0;    ///< 1 … S
  Pooling pooling = Pooling::mean;

  // What came out.
  Tensor cells;      ///< (rows, columns) of float32; NaN where no weight is finite
  ValueRange range;  ///< of the weights themselves
  Tensor masked;     ///< (rows, columns) of u8: 1 where a mask hides all weights of a cell; no elements: nowhere
};

/// Makes the pictures of a task's softmax weights (before dropout), in O((B·H + pictures)·L + cells) memory. What the
/// task wants besides is not computed. The cells are the same to the bit for any number of threads. Throws
/// std::logic_error for a picture of no or of more cells than there are weights, or of several indices of an axis.
void pool_weights(const AttentionTask<float>& task, std::span<PooledMatrix> pictures);
void pool_weights(const AttentionTask<double>& task, std::span<PooledMatrix> pictures);

}  // namespace attn
