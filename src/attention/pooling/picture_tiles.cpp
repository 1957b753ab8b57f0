// Makes and reduces the tiles of one picture.
#include "attention/pooling/picture_tiles.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace attn {
namespace {

using Kind = AxisSelection::Kind;

std::vector<std::size_t> of_axis(const AxisSelection& selection, std::size_t extent) {
  std::vector<std::size_t> all(extent);
  for (std::size_t i = 0; i < extent; ++i) all[i] = i;
  if (selection.kind != Kind::indices) return all;
  if (selection.indices.size() != 1 || selection.indices[0] >= extent)
    throw std::logic_error("pool_weights: a pooled matrix takes one index of an axis, or a reduction");
  return {selection.indices[0]};
}

}  // namespace

PictureMembers::PictureMembers(const PooledMatrix& picture, std::size_t batch, std::size_t heads)
    : batch_items(of_axis(picture.batch, batch)),
      heads_of_each(of_axis(picture.head, heads)),
      over_batch(picture.batch.kind),
      over_heads(picture.head.kind) {}

void TileReducer::start(std::size_t size) {
  count_ = 0;
  value_.resize(size);
  spread_.assign(kind_ == Kind::std ? size : 0, 0);
}

const double* TileReducer::result() {
  const double n = static_cast<double>(count_);
  for (std::size_t at = 0; at < value_.size(); ++at) {
    if (kind_ == Kind::mean) value_[at] /= n;
    if (kind_ == Kind::std) value_[at] = std::isnan(value_[at]) ? value_[at] : std::sqrt(spread_[at] / n);
  }
  return value_.data();
}

void TileReducer::include(std::size_t at, double next) {
  double& value = value_[at];
  if (count_ == 1) {
    value = next;
    return;
  }
  switch (kind_) {
    case Kind::mean: value += next; break;
    case Kind::max: value = std::isnan(next) || next > value ? next : value; break;
    case Kind::min: value = std::isnan(next) || next < value ? next : value; break;
    case Kind::std: {
      const double from_mean = next - value;
      value += from_mean / static_cast<double>(count_);
      spread_[at] += from_mean * (next - value);
      break;
    }
    case Kind::indices: break;
  }
}

template <class T>
PictureTiles<T>::PictureTiles(const WeightSource<T>& source, const PictureMembers& members)
    : source_(source),
      members_(members),
      rows_(members.batch_items.size() * members.heads_of_each.size()),
      tile_(source.most_rows() * stride),
      heads_(members.over_heads),
      batch_(members.over_batch) {
  if (members.reduces()) std::fill_n(tile_.data(), tile_.size(), T(0));  // what lies past the last key too
}

template <class T>
void PictureTiles<T>::begin(std::size_t first, std::size_t count) {
  count_ = count;
  auto rows = rows_.begin();
  for (const std::size_t b : members_.batch_items)
    for (const std::size_t h : members_.heads_of_each) source_.begin(*rows++, b, h, first, count);
}

template <class T>
TileCells PictureTiles<T>::make(std::int64_t j0, std::int64_t j1) {
  if (!members_.reduces()) return source_.make(rows_[0], j0, j1, tile_.data());
  if (std::all_of(rows_.begin(), rows_.end(), [&](const auto& rows) { return source_.is_zero(rows, j0, j1); }))
    return TileCells::zero;
  // A single head or batch item is its own mean; the deviation of one is 0.
  TileCells cells = TileCells::finite;
  auto rows = rows_.begin();
  batch_.start(count_ * stride);
  for (std::size_t b = 0; b < members_.batch_items.size(); ++b) {
    heads_.start(count_ * stride);
    for (std::size_t h = 0; h < members_.heads_of_each.size(); ++h) {
      const TileCells made = source_.make(*rows++, j0, j1, tile_.data());
      if (made == TileCells::zero) std::fill_n(tile_.data(), count_ * stride, T(0));
      if (made == TileCells::mixed) cells = TileCells::mixed;
      heads_.add(tile_.data());
    }
    batch_.add(heads_.result());
  }
  const double* result = batch_.result();
  std::transform(result, result + count_ * stride, tile_.data(), [](double x) { return static_cast<T>(x); });
  return cells;
}

template class PictureTiles<float>;
template class PictureTiles<double>;

}  // namespace attn
