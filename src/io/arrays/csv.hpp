// CSV and TSV: one tensor, with or without labels.
#pragma once

#include "attn/document.hpp"
#include "attn/file_bytes.hpp"
#include "attn/read_options.hpp"

namespace attn::io {

/// The tensor and its labels; labels that only count from 0 are none. A column without labels has rank 1.
LabelledTensor read_csv(const FileBytes& file, char separator, TensorKind kind, const ReadOptions& options);

/// The same of numbers, with the axes that the header names in the places where pictures look for them; keeps what is
/// wider than float32 where `options` does.
LabelledTensor read_csv_labelled(const FileBytes& file, char separator, const ReadOptions& options);

/// `embeddings`, always of rank 2 or more; row labels become tokens.
Input read_csv_input(const FileBytes& file, char separator, const ReadOptions& options);

}  // namespace attn::io
