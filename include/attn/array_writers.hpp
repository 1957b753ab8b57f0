// Tensors and results in files of arrays: CSV, TSV, NPY, NPZ, safetensors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "attn/document.hpp"
#include "attn/sink.hpp"
#include "attn/tensor.hpp"

namespace attn {

/// A tensor whose rows, along its last axis, are made one after the other: it need not be there as a whole. Those of
/// rank 0 and 1 have one number a row.
struct TensorRows {
  DType dtype = DType::f32;
  Shape shape;
  /// The numbers of row `n` in C order, of `dtype`; valid until the next call.
  std::function<const void*(std::size_t n)> row;
  const void* whole = nullptr;  ///< all rows, if they are there one behind the other
};
/// A tensor that is there; it must outlive its rows.
TensorRows rows_of(const Tensor& tensor);

/// The labels of a tensor's last two axes, each as long as the axis or empty, for formats that have them.
struct TensorLabels {
  std::vector<std::string> rows, columns;
  /// What the axes before these count; empty: head of one, batch and head of two, layer, batch and head of three.
  std::vector<std::string_view> leading = {};
  /// Of each of these, the numbers of its places; empty for one, or for all: from 0.
  std::vector<std::vector<std::int64_t>> numbers = {};
};

/// The result as an NPZ: each tensor, stats as `stats.entropy` and so on (but not top), then tokens, key_tokens and
/// metadata (JSON text) as string arrays. Members are stored, their data aligned to 64 bytes, so that they can be
/// mapped.
void write_result_npz(const Result& result, Sink& sink);
/// The result as safetensors: the same arrays; tokens, key_tokens and metadata are JSON texts in `__metadata__`.
void write_result_safetensors(const Result& result, Sink& sink);

/// One tensor as CSV (`separator` ',') or TSV ('\t'). Rank 2 with labels has a header; rank 3 to 5 lead each row with
/// the places on the axes before its matrix, and the query. Throws Error (data) for another rank, and for labels that
/// do not fit.
void write_csv(const TensorRows& tensor, const TensorLabels& labels, char separator, Sink& sink);

/// One tensor as NPY version 1.0, C order, little endian: <f4, <f8 or |u1.
void write_npy(const TensorRows& tensor, Sink& sink);
inline void write_npy(const Tensor& tensor, Sink& sink) { write_npy(rows_of(tensor), sink); }

}  // namespace attn
