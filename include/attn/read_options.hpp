// How tensors are read.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "attn/tensor.hpp"

namespace attn {

/// Whether the first line of a CSV or TSV names its columns.
enum class CsvHeader : std::uint8_t {
  automatic,  ///< if its first field is empty or names an axis, as in what attn writes
  yes,
  no,
};

/// How tensors are read: floating-point data becomes `dtype` (f32 or f64); a float64 that is finite
/// but past float32 is an error that says so.
struct ReadOptions {
  DType dtype = DType::f32;
  /// Bytes a decoded input may take; 0 is no limit.
  std::uint64_t max_memory = 0;
  CsvHeader csv_header = CsvHeader::automatic;
  /// Keys and values of NPY, NPZ and safetensors files that are f16 or bf16 stay so, cached ones too, with `dtype` f32:
  /// the members key, value, past_key and past_value of a document, or the one tensor that is read.
  bool keeps_narrow = false;
  /// What is not of float32 in its file is read as float64, with `dtype` f32: float64 and whole numbers of 32 and 64
  /// bits in files of arrays, and decimal numbers, but those of a JSON document whose metadata name a narrower dtype.
  bool keeps_wide = false;
  /// An input document may hold tensors and statistics of a result as well, under names that no input has: they are
  /// passed over.
  bool holds_results = false;
  /// In JSON documents, NaN, Infinity and -Infinity are numbers, as Python's json writes them.
  bool json_nan = false;
  /// Takes what a reader should know of how a file was understood; null: nobody does.
  std::function<void(const std::string& note)> note = {};
  /// Told of each file that is read as JSON or CSV: "json" or "csv"; null: nobody is.
  std::function<void(std::string_view format)> reads = {};
};

/// What the values of a tensor mean.
enum class TensorKind {
  number,
  mask,    ///< 0/1 or booleans, which become u8
  bias,    ///< numbers; null is minus infinity
  result,  ///< of a result, which may be its mask: null is NaN, true and false are 1 and 0
};

/// A tensor with the labels of its last two axes. Where its file says what the axes before them are, they are in the
/// places where selections look for them: layers, batch items, heads.
struct LabelledTensor {
  Tensor tensor;
  std::vector<std::string> row_labels;     ///< the document's tokens, or a CSV's
  std::vector<std::string> column_labels;  ///< key_tokens, else tokens
  Tensor masked;                           ///< (L, S) of u8: cells that were not in the file; else no elements
  Tensor hidden;              ///< of the shape of `tensor`, u8: what the mask of its document hides; else no elements
  std::size_t first_row = 0;  ///< of steps of generation: the key at the place of the first row
  std::vector<std::int64_t> layers = {};  ///< the numbers of the first of five axes; empty: from 0
  std::string name = {};                  ///< of a document: the member that this is
  std::string mask = {};                  ///< what the document's metadata say that it was masked by
  std::vector<std::string> notes = {};    ///< what a reader should know of its axes, a line each
};

}  // namespace attn
