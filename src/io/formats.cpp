// Finds formats by paths, names and bytes, and reads and writes through their rows of the table.
#include "attn/formats.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "attn/error.hpp"
#include "core/progress.hpp"
#include "io/arrays/csv_advice.hpp"
#include "io/arrays/labels.hpp"
#include "io/files/encoding.hpp"
#include "io/foreign_files.hpp"
#include "io/format_table.hpp"
#include "io/gguf/file.hpp"
#include "io/json/document.hpp"

namespace attn {
namespace {

std::string lower(std::string_view text) {
  std::string lowered(text);
  for (char& c : lowered) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lowered;
}

bool exists(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0;
}

}  // namespace

std::span<const Format> formats() {
  static const std::vector<Format> all = [] {
    std::vector<Format> list;
    for (const io::FormatRow& row : io::format_table()) list.push_back(row.format);
    return list;
  }();
  return all;
}

std::string format_titles(bool of_lines) {
  std::string list;
  for (const Format& format : formats())
    if (of_lines || format.kind != FormatKind::lines)
      list.append(list.empty() ? "" : &format == &formats().back() ? " or " : ", ").append(format.title);
  return list;
}

const Format* format_of_path(std::string_view path) {
  const std::string name = lower(path.substr(path.rfind('/') == std::string_view::npos ? 0 : path.rfind('/') + 1));
  for (const Format& format : formats())
    if (name.ends_with(format.extension)) return &format;
  return nullptr;
}

const Format* format_of_name(std::string_view name) {
  for (const Format& format : formats())
    if (format.name == name) return &format;
  return nullptr;
}

const Format& format_of_bytes(const FileBytes& file) {
  if (file.bytes().find_first_not_of(" \t\r\n") == std::string_view::npos)
    throw data_error(file.place(), "is empty; " + format_titles() + " is expected");
  if (io::GgufFile::is_gguf(file.bytes()))
    throw data_error(file.place(), "is a GGUF file, which is a stored model and no document");
  io::refuse_foreign(file);
  // Text may begin with what is no letter, but no binary format's marks are a text's.
  for (const bool is_text : {false, true}) {
    if (is_text) io::refuse_wide_encodings(file);
    for (const Format& format : formats())
      if (format.is_text == is_text && io::row_of(format).looks_like(file)) return format;
  }
  throw data_error(file.place(), "is in no format that can be read: " + format_titles());
}

const Format& format_of(const FileBytes& file) {
  const Format* const format = format_of_path(file.name());
  if (format == nullptr) return format_of_bytes(file);
  if (file.bytes().empty()) throw data_error(file.name(), "the file is empty");
  return *format;
}

std::unique_ptr<Archive> Archive::open(const FileBytes& file, const Format& format, const ReadOptions& options) {
  return io::open_array_file(file, format, options);
}

Input read_input(const FileBytes& file, const Format& format, const ReadOptions& options) {
  return io::row_of(format).reader.input(file, options);
}

std::pair<std::string, std::string> split_member(const std::string& path) {
  const std::size_t colon = path.rfind(':');
  if (colon == std::string::npos || exists(path)) return {path, ""};
  const std::string file = path.substr(0, colon);
  const Format* const format = format_of_path(file);
  if (format == nullptr || colon + 1 == path.size()) return {path, ""};
  if (!format->holds_documents())
    throw data_error(
        path, "names a tensor in a file that holds one without a name; leave ':" + path.substr(colon + 1) + "' out");
  return {file, path.substr(colon + 1)};
}

Tensor read_tensor(const std::string& path, TensorKind kind, const ReadOptions& options) {
  const auto [name, member] = split_member(path);
  const FileBytes file = FileBytes::open(name);
  return io::row_of(format_of(file)).reader.tensor(file, member, kind, options);
}

LabelledTensor read_labelled(const FileBytes& file, const Format& format, const std::string& name,
                             const ReadOptions& options) {
  return io::row_of(format).reader.labelled(file, name, options);
}

TensorsRead read_tensors(const FileBytes& file, const Format& format, const std::vector<std::string>& names,
                         const ReadOptions& options) {
  return io::row_of(format).reader.tensors(file, names, options);
}

std::vector<std::string> read_labels(const FileBytes& file) {
  return io::looks_like_json_list(file.bytes()) ? io::read_json_texts(file) : io::read_label_lines(file);
}

void write_result(const Result& result, const Format& format, Sink& sink) {
  const io::FormatWriter& writer = io::row_of(format).writer;
  if (writer.result == nullptr)
    throw usage_error("", std::string(format.name) + " holds one tensor, not a whole result");
  std::uint64_t numbers = 0;
  for (const NamedTensor& named : result.tensors) numbers += named.tensor.size();
  const Progress progress("", numbers, WorkUnit::numbers);
  writer.result(result, sink);
}

void write_tensor(const TensorRows& tensor, const TensorLabels& labels, const Format& format, Sink& sink) {
  const io::FormatWriter& writer = io::row_of(format).writer;
  if (writer.tensor == nullptr)
    throw usage_error("", std::string(format.name) + " holds a whole result, not one tensor");
  std::uint64_t numbers = 1;
  for (const std::size_t extent : tensor.shape) numbers *= extent;
  const Progress progress("", numbers, WorkUnit::numbers);
  writer.tensor(tensor, labels, sink);
}

namespace io {

std::unique_ptr<ArrayFile> open_array_file(const FileBytes& file, const Format& format, const ReadOptions& options) {
  if (format.is_archive) return row_of(format).reader.archive(file, options);
  std::string archives;
  for (const Format& other : formats())
    if (other.is_archive) archives.append(archives.empty() ? "" : " and ").append(other.extension);
  throw usage_error(file.name(), "is not a file of named arrays; " + archives + " are");
}

}  // namespace io
}  // namespace attn
