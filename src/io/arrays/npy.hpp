// NPY: numpy's format of one array (numpy.lib.format, versions 1.0 to 3.0).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attn/document.hpp"
#include "attn/file_bytes.hpp"
#include "attn/read_options.hpp"
#include "io/arrays/raw_array.hpp"

namespace attn::io {

struct NpyHeader {
  std::string descr;
  bool fortran_order = false;
  Shape shape;
  std::size_t size = 0;  ///< bytes before the data
};

/// Checks the header. Throws Error (data, at `where`).
NpyHeader read_npy_header(std::string_view bytes, const std::string& where);
/// What elements of a type are: "numbers", "booleans", "strings", "Python objects".
std::string_view npy_elements(const std::string& descr);
/// Checks that the bytes are exactly one array of numbers or booleans. Throws Error (data, at `where`).
RawArray read_npy_array(std::string_view bytes, const std::shared_ptr<const void>& owner, const std::string& where);
/// The strings of an array of strings (`<U`, `|S`) of rank 0 or 1; none if it is an array of something else.
std::optional<std::vector<std::string>> read_npy_texts(std::string_view bytes, const std::string& where);

/// The bytes before the data, as numpy writes them.
std::string npy_header(const std::string& descr, const Shape& shape);
/// `<f4`, `<f8`, `|u1`.
std::string npy_descr(DType dtype);
/// Strings as an array of `<U`, rank 1; rank 0 for a single one.
std::string npy_texts(const std::vector<std::string>& texts, bool single);

Input read_npy_input(const FileBytes& file, const ReadOptions& options);
Tensor read_npy(const FileBytes& file, TensorKind kind, const ReadOptions& options);

}  // namespace attn::io
