// The TABLE of data formats: what each is, how its files are told, its reader and its writer.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "attn/formats.hpp"
#include "attn/read.hpp"
#include "attn/write.hpp"
#include "io/arrays/archives.hpp"

namespace attn::io {

struct FormatReader {
  Input (*input)(const FileBytes&, const ReadOptions&) = nullptr;
  /// The tensor `name`; an empty name stands for the only one, or the one that the kind is named after.
  Tensor (*tensor)(const FileBytes&, const std::string& name, TensorKind, const ReadOptions&) = nullptr;
  LabelledTensor (*labelled)(const FileBytes&, const std::string& name, const ReadOptions&) = nullptr;
  TensorsRead (*tensors)(const FileBytes&, const std::vector<std::string>& names, const ReadOptions&) = nullptr;
  /// How the file spells the type of the tensor `name`; null for text, which has none.
  std::string (*dtype)(const FileBytes&, const std::string& name, const ReadOptions&) = nullptr;
  /// Of archives alone.
  std::unique_ptr<ArrayFile> (*archive)(const FileBytes&, const ReadOptions&) = nullptr;
};

/// A null function is something that the format cannot hold.
struct FormatWriter {
  void (*result)(const Result&, Sink&) = nullptr;
  void (*tensor)(const TensorRows&, const TensorLabels&, Sink&) = nullptr;
};

struct FormatRow {
  Format format;
  /// Whether the file may be one of these, by its first bytes. Of binary formats those that are text are no rivals:
  /// they are asked first.
  bool (*looks_like)(const FileBytes&) = nullptr;
  FormatReader reader;
  FormatWriter writer;
};

std::span<const FormatRow> format_table();
/// The row of one of `formats()`.
const FormatRow& row_of(const Format& format);

/// Throws Error (usage) for a format that is no archive's.
std::unique_ptr<ArrayFile> open_array_file(const FileBytes& file, const Format& format, const ReadOptions& options);

}  // namespace attn::io
