// Rows of the table: one a data format.
#include "io/format_table.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "attn/error.hpp"
#include "core/utf8.hpp"
#include "io/arrays/csv.hpp"
#include "io/arrays/npy.hpp"
#include "io/json/document.hpp"

namespace attn::io {
namespace {

TensorsRead only(Tensor tensor) {
  TensorsRead read;
  read.tensors.push_back({"", std::move(tensor)});
  return read;
}

// ---- how files are told -----------------------------------------------------------------------

// An object on a line of its own beside another line, the first or the second of them: no single text of JSON looks so,
// which goes on after an inner object with one of ",}]". The other line may be damaged.
bool looks_like_json_lines(const FileBytes& file) {
  Lines lines(file.part(without_byte_order_mark(file.bytes())));
  const auto first = lines.next(), second = lines.next();
  if (!first || !second) return false;
  const auto trimmed = [](std::string_view line) {
    const std::size_t start = line.find_first_not_of(" \t\r"), end = line.find_last_not_of(" \t\r");
    return line.substr(start, end - start + 1);
  };
  const std::string_view one = trimmed(first->bytes()), other = trimmed(second->bytes());
  const auto is_object = [](std::string_view line) { return line.front() == '{' && line.back() == '}'; };
  const auto begins_with = [](std::string_view line, std::string_view any) {
    return any.find(line.front()) != std::string_view::npos;
  };
  return is_object(one) ? !begins_with(other, ",}]") : is_object(other) && !begins_with(one, "{[");
}

bool looks_like_json(const FileBytes& file) {
  const std::string_view bytes = without_byte_order_mark(file.bytes());  // JSON's reader says that none must be there
  const std::size_t first = bytes.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return false;
  const char c = bytes[first];
  return (c == '{' || c == '[') && !looks_like_json_lines(file);
}

bool looks_like_tsv(const FileBytes& file) {
  const std::string_view line = file.bytes().substr(0, file.bytes().find('\n'));
  return line.find('\t') != std::string_view::npos && line.find(',') == std::string_view::npos;
}

// Anything else may be a list of numbers or labels: CSV has no marks.
bool looks_like_csv(const FileBytes& file) { return !looks_like_tsv(file); }

bool looks_like_npy(const FileBytes& file) { return file.bytes().starts_with("\x93NUMPY"); }

bool looks_like_npz(const FileBytes& file) {
  return file.bytes().starts_with("PK\3\4") || file.bytes().starts_with("PK\5\6");
}

// A little-endian length that fits, and an object.
bool looks_like_safetensors(const FileBytes& file) {
  const std::string_view bytes = file.bytes();
  if (bytes.size() < 9 || bytes[8] != '{') return false;
  std::uint64_t length = 0;
  for (std::size_t i = 8; i-- > 0;) length = length << 8U | static_cast<unsigned char>(bytes[i]);
  return length <= bytes.size() - 8;
}

// ---- readers and writers that several rows share ----------------------------------------------

constexpr FormatReader json_reader{
    .input = read_json_input, .tensor = read_json_one, .labelled = read_json_labelled, .tensors = read_json_tensors};

constexpr FormatWriter json_writer{.result = [](const Result& result, Sink& sink) { write_result_json(result, sink); }};

template <char separator>
constexpr FormatReader csv_reader{
    .input = [](const FileBytes& file, const ReadOptions& options) { return read_csv_input(file, separator, options); },
    .tensor = [](const FileBytes& file, const std::string&, TensorKind kind,
                 const ReadOptions& options) { return read_csv(file, separator, kind, options).tensor; },
    .labelled = [](const FileBytes& file, const std::string&,
                   const ReadOptions& options) { return read_csv_labelled(file, separator, options); },
    .tensors =
        [](const FileBytes& file, const std::vector<std::string>&, const ReadOptions& options) {
          return only(read_csv(file, separator, TensorKind::number, options).tensor);
        }};

template <char separator>
constexpr FormatWriter csv_writer{.tensor = [](const TensorRows& tensor, const TensorLabels& labels, Sink& sink) {
  write_csv(tensor, labels, separator, sink);
}};

constexpr FormatReader npy_reader{
    .input = read_npy_input,
    .tensor = [](const FileBytes& file, const std::string&, TensorKind kind,
                 const ReadOptions& options) { return read_npy(file, kind, options); },
    .labelled =
        [](const FileBytes& file, const std::string&, const ReadOptions& options) {
          return LabelledTensor{read_npy(file, TensorKind::result, options), {}, {}};
        },
    .tensors = [](const FileBytes& file, const std::vector<std::string>&,
                  const ReadOptions& options) { return only(read_npy(file, TensorKind::result, options)); },
    .dtype = [](const FileBytes& file, const std::string&,
                const ReadOptions&) { return read_npy_header(file.bytes(), file.place()).descr; }};

constexpr FormatWriter npy_writer{
    .tensor = [](const TensorRows& tensor, const TensorLabels&, Sink& sink) { write_npy(tensor, sink); }};

template <auto open>
constexpr FormatReader archive_reader{
    .input = [](const FileBytes& file,
                const ReadOptions& options) { return read_archive_input(*open(file, options), options); },
    .tensor = [](const FileBytes& file, const std::string& name, TensorKind kind,
                 const ReadOptions& options) { return read_archive_one(*open(file, options), name, kind, options); },
    .labelled = [](const FileBytes& file, const std::string& name,
                   const ReadOptions& options) { return read_archive_labelled(*open(file, options), name, options); },
    .tensors = [](const FileBytes& file, const std::vector<std::string>& names,
                  const ReadOptions& options) { return read_archive_tensors(*open(file, options), names, options); },
    .dtype = [](const FileBytes& file, const std::string& name,
                const ReadOptions& options) { return open(file, options)->entry(name).dtype; },
    .archive = open};

// ---- the table --------------------------------------------------------------------------------

constexpr std::array table{
    FormatRow{.format = {.name = "json",
                         .extension = ".json",
                         .title = "JSON",
                         .kind = FormatKind::document,
                         .is_text = true,
                         .is_json = true,
                         .null_is_nan = true},
              .looks_like = looks_like_json,
              .reader = json_reader,
              .writer = json_writer},
    FormatRow{.format = {.name = "jsonl",
                         .extension = ".jsonl",
                         .title = "JSON Lines",
                         .kind = FormatKind::lines,
                         .is_text = true,
                         .is_json = true,
                         .null_is_nan = true},
              .looks_like = looks_like_json_lines,
              .reader = json_reader,
              .writer = json_writer},
    FormatRow{.format = {.name = "csv", .extension = ".csv", .title = "CSV", .is_text = true, .separator = ','},
              .looks_like = looks_like_csv,
              .reader = csv_reader<','>,
              .writer = csv_writer<','>},
    FormatRow{.format = {.name = "tsv", .extension = ".tsv", .title = "TSV", .is_text = true, .separator = '\t'},
              .looks_like = looks_like_tsv,
              .reader = csv_reader<'\t'>,
              .writer = csv_writer<'\t'>},
    FormatRow{.format = {.name = "npy", .extension = ".npy", .title = "NPY"},
              .looks_like = looks_like_npy,
              .reader = npy_reader,
              .writer = npy_writer},
    FormatRow{
        .format =
            {.name = "npz", .extension = ".npz", .title = "NPZ", .kind = FormatKind::document, .is_archive = true},
        .looks_like = looks_like_npz,
        .reader = archive_reader<open_npz>,
        .writer = {.result = write_result_npz}},
    FormatRow{.format = {.name = "safetensors",
                         .extension = ".safetensors",
                         .title = "safetensors",
                         .kind = FormatKind::document,
                         .is_archive = true},
              .looks_like = looks_like_safetensors,
              .reader = archive_reader<open_safetensors>,
              .writer = {.result = write_result_safetensors}},
};

}  // namespace

std::span<const FormatRow> format_table() { return table; }

const FormatRow& row_of(const Format& format) {
  const auto* const found = std::find_if(table.begin(), table.end(),
                                         [&format](const FormatRow& row) { return row.format.name == format.name; });
  if (found == table.end()) throw usage_error("", "there is no format '" + std::string(format.name) + "'");
  return *found;
}

}  // namespace attn::io
