// TABLE of the data formats: name, extension, and who reads and writes it.
#include "attn/formats.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <utility>

#include "attn/error.hpp"
#include "attn/read.hpp"
#include "attn/write.hpp"
#include "io/arrays/archives.hpp"
#include "io/arrays/csv.hpp"
#include "io/arrays/labels.hpp"
#include "io/arrays/npy.hpp"
#include "io/json/document.hpp"

namespace attn {
namespace {

using Labels = std::vector<std::string>;

// A format and its codec. A null function is something that the format cannot hold.
struct Codec {
  Format format;
  Input (*read_input)(const FileBytes&, const ReadOptions&);
  /// The tensor `name`; an empty name stands for the only one, or the one that the kind is named after.
  Tensor (*read_tensor)(const FileBytes&, const std::string& name, TensorKind, const ReadOptions&);
  LabelledTensor (*read_labelled)(const FileBytes&, const std::string& name, const ReadOptions&);
  std::vector<NamedTensor> (*read_tensors)(const FileBytes&, const std::string& name, const ReadOptions&);
  void (*write_result)(const Result&, Sink&);
  void (*write_tensor)(const Tensor&, const Labels& rows, const Labels& columns, Sink&);
};

std::vector<NamedTensor> only(const std::string& name, Tensor tensor) {
  std::vector<NamedTensor> tensors;
  tensors.push_back({name, std::move(tensor)});
  return tensors;
}

constexpr Codec json_codec(std::string_view name, std::string_view extension) {
  return {{name, extension, true, true, true},
          io::read_json_input,
          io::read_json_one,
          io::read_json_labelled,
          io::read_json_all,
          [](const Result& result, Sink& sink) { write_result_json(result, sink); },
          nullptr};
}

template <char separator>
constexpr Codec csv_codec(std::string_view name, std::string_view extension) {
  return {
      {name, extension, true, true, false},
      [](const FileBytes& file, const ReadOptions& options) { return io::read_csv_input(file, separator, options); },
      [](const FileBytes& file, const std::string&, TensorKind kind, const ReadOptions& options) {
        return io::read_csv(file, separator, kind, options).tensor;
      },
      [](const FileBytes& file, const std::string&, const ReadOptions& options) {
        return io::read_csv(file, separator, TensorKind::number, options);
      },
      [](const FileBytes& file, const std::string& member, const ReadOptions& options) {
        return only(member, io::read_csv(file, separator, TensorKind::number, options).tensor);
      },
      nullptr,
      [](const Tensor& tensor, const Labels& rows, const Labels& columns, Sink& sink) {
        write_csv(tensor, rows, columns, separator, sink);
      }};
}

constexpr Codec npy_codec() {
  return {{"npy", ".npy", true, true, false},
          io::read_npy_input,
          [](const FileBytes& file, const std::string&, TensorKind kind, const ReadOptions& options) {
            return io::read_npy(file, kind, options);
          },
          [](const FileBytes& file, const std::string&, const ReadOptions& options) {
            return LabelledTensor{io::read_npy(file, TensorKind::number, options), {}, {}};
          },
          [](const FileBytes& file, const std::string& name, const ReadOptions& options) {
            return only(name, io::read_npy(file, TensorKind::number, options));
          },
          nullptr,
          [](const Tensor& tensor, const Labels&, const Labels&, Sink& sink) { write_npy(tensor, sink); }};
}

template <auto open, auto write>
constexpr Codec archive_codec(std::string_view name, std::string_view extension) {
  return {{name, extension, true, true, true},
          [](const FileBytes& file, const ReadOptions& options) {
            return io::read_archive_input(*open(file, options), options);
          },
          [](const FileBytes& file, const std::string& member, TensorKind kind, const ReadOptions& options) {
            return io::read_archive_one(*open(file, options), member, kind, options);
          },
          [](const FileBytes& file, const std::string& member, const ReadOptions& options) {
            return io::read_archive_labelled(*open(file, options), member, options);
          },
          [](const FileBytes& file, const std::string&, const ReadOptions& options) {
            return io::read_archive_all(*open(file, options), options);
          },
          write,
          nullptr};
}

constexpr std::array codecs{
    json_codec("json", ".json"),
    json_codec("jsonl", ".jsonl"),
    csv_codec<','>("csv", ".csv"),
    csv_codec<'\t'>("tsv", ".tsv"),
    npy_codec(),
    archive_codec<io::open_npz, write_result_npz>("npz", ".npz"),
    archive_codec<io::open_safetensors, write_result_safetensors>("safetensors", ".safetensors"),
};

constexpr auto public_formats = [] {
  std::array<Format, codecs.size()> list{};
  for (std::size_t i = 0; i < codecs.size(); ++i) list[i] = codecs[i].format;
  return list;
}();

const Codec& codec_of(const Format& format) {
  const auto* const found = std::find_if(codecs.begin(), codecs.end(),
                                         [&format](const Codec& codec) { return codec.format.name == format.name; });
  if (found == codecs.end()) throw usage_error("", "there is no format '" + std::string(format.name) + "'");
  return *found;
}

std::string lower(std::string_view text) {
  std::string lowered(text);
  for (char& c : lowered) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lowered;
}

std::string known_extensions() {
  std::string list;
  for (const Format& format : public_formats) list.append(list.empty() ? "" : " ").append(format.extension);
  return list;
}

// Whether `bytes` may be safetensors: a little-endian length that fits, and an object.
bool looks_like_safetensors(std::string_view bytes) {
  if (bytes.size() < 9 || bytes[8] != '{') return false;
  std::uint64_t length = 0;
  for (std::size_t i = 8; i-- > 0;) length = length << 8U | static_cast<unsigned char>(bytes[i]);
  return length <= bytes.size() - 8;
}

// An object that ends with its line, and another one after it: no single JSON text looks so.
bool looks_like_json_lines(const FileBytes& file) {
  Lines lines(file);
  const auto first = lines.next(), second = lines.next();
  const auto trimmed = [](std::string_view line) {
    const std::size_t start = line.find_first_not_of(" \t\r"), end = line.find_last_not_of(" \t\r");
    return line.substr(start, end - start + 1);
  };
  return first && second && trimmed(first->bytes()).front() == '{' && trimmed(first->bytes()).back() == '}' &&
         trimmed(second->bytes()).front() == '{';
}

bool exists(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0;
}

}  // namespace

std::span<const Format> formats() { return public_formats; }

const Format* format_of_path(std::string_view path) {
  const std::string name = lower(path.substr(path.rfind('/') == std::string_view::npos ? 0 : path.rfind('/') + 1));
  for (const Format& format : public_formats)
    if (name.ends_with(format.extension)) return &format;
  return nullptr;
}

const Format* format_of_name(std::string_view name) {
  for (const Format& format : public_formats)
    if (format.name == name) return &format;
  return nullptr;
}

const Format& format_of_bytes(const FileBytes& file) {
  const std::string_view bytes = file.bytes();
  const std::size_t first = bytes.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos)
    throw data_error(file.place(), "is empty; JSON, CSV, NPY, NPZ or safetensors is expected");
  std::string_view name = "csv";
  const std::string_view line = bytes.substr(0, bytes.find('\n'));
  if (bytes.starts_with("\x93NUMPY")) {
    name = "npy";
  } else if (bytes.starts_with("PK\3\4") || bytes.starts_with("PK\5\6")) {
    name = "npz";
  } else if (looks_like_safetensors(bytes)) {
    name = "safetensors";
  } else if (bytes[first] == '{' || bytes[first] == '[') {
    name = looks_like_json_lines(file) ? "jsonl" : "json";
  } else if (line.find('\t') != std::string_view::npos && line.find(',') == std::string_view::npos) {
    name = "tsv";
  }
  return *format_of_name(name);
}

Input read_input(const FileBytes& file, const Format& format, const ReadOptions& options) {
  return codec_of(format).read_input(file, options);
}

std::pair<std::string, std::string> split_member(const std::string& path) {
  const std::size_t colon = path.rfind(':');
  if (colon == std::string::npos || exists(path)) return {path, ""};
  const std::string file = path.substr(0, colon);
  const Format* const format = format_of_path(file);
  if (format == nullptr || colon + 1 == path.size()) return {path, ""};
  if (!format->documents)
    throw data_error(
        path, "names a tensor in a file that holds one without a name; leave ':" + path.substr(colon + 1) + "' out");
  return {file, path.substr(colon + 1)};
}

Tensor read_tensor(const std::string& path, TensorKind kind, const ReadOptions& options) {
  const auto [name, member] = split_member(path);
  const Format* const format = format_of_path(name);
  const FileBytes file = FileBytes::open(name);
  if (format == nullptr) throw data_error(name, "has no extension of a format that can be read: " + known_extensions());
  return codec_of(*format).read_tensor(file, member, kind, options);
}

LabelledTensor read_labelled(const FileBytes& file, const Format& format, const std::string& name,
                             const ReadOptions& options) {
  return codec_of(format).read_labelled(file, name, options);
}

std::vector<NamedTensor> read_tensors(const FileBytes& file, const Format& format, const std::string& name,
                                      const ReadOptions& options) {
  return codec_of(format).read_tensors(file, name, options);
}

void write_result(const Result& result, const Format& format, Sink& sink) {
  const Codec& codec = codec_of(format);
  if (codec.write_result == nullptr)
    throw usage_error("", std::string(format.name) + " holds one tensor, not a whole result");
  codec.write_result(result, sink);
}

void write_tensor(const Tensor& tensor, const Labels& row_labels, const Labels& column_labels, const Format& format,
                  Sink& sink) {
  const Codec& codec = codec_of(format);
  if (codec.write_tensor == nullptr)
    throw usage_error("", std::string(format.name) + " holds a whole result, not one tensor");
  codec.write_tensor(tensor, row_labels, column_labels, sink);
}

std::vector<std::string> read_labels(const FileBytes& file) {
  return io::looks_like_json_list(file.bytes()) ? io::read_json_texts(file) : io::read_label_lines(file);
}

}  // namespace attn
