// Finds and opens the files of a checkpoint.
#include "io/checkpoints/files.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "attn/error.hpp"
#include "attn/formats.hpp"
#include "core/utf8.hpp"
#include "io/checkpoints/gguf_archive.hpp"
#include "io/checkpoints/other_formats.hpp"
#include "io/format_table.hpp"
#include "io/gguf/file.hpp"
#include "io/json/reader.hpp"

namespace attn::io {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view index_suffix = ".safetensors.index.json";
constexpr std::string_view gguf_extension = ".gguf";
constexpr std::string_view file_names[] = {"model.safetensors", "model.safetensors.index.json", "model.npz"};

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

// The GGUF files of a folder, sorted.
std::vector<std::string> gguf_files(const std::string& folder) {
  std::vector<std::string> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    if (entry.path().extension() == gguf_extension && is_file(entry.path())) found.push_back(entry.path().string());
  std::sort(found.begin(), found.end());
  return found;
}

// Empty if there is none but GGUF files.
std::string file_of_name(const std::string& folder) {
  for (const std::string_view name : file_names)
    if (is_file(fs::path(folder) / name)) return (fs::path(folder) / name).string();
  return "";
}

// The checkpoint in a folder.
std::string file_in(const std::string& folder) {
  refuse_adapter(folder);
  if (std::string file = file_of_name(folder); !file.empty()) return file;
  const std::vector<std::string> ggufs = gguf_files(folder);
  if (ggufs.size() == 1) return ggufs.front();
  if (!ggufs.empty())
    throw data_error(folder, "has " + std::to_string(ggufs.size()) +
                                 " GGUF files; name the one that is meant, such as " + ggufs.front());
  throw data_error(folder, "has no model.safetensors, model.safetensors.index.json, model.npz or .gguf file" +
                               other_models_in(folder));
}

bool is_floating(const std::string& dtype) {
  // F16, F32, F64 and BF16 of safetensors; <f4 and its like of NPY. Weights of 8 bits go with scales.
  return (dtype.starts_with("F") && !dtype.starts_with("F8")) || dtype == "BF16" ||
         (dtype.size() > 1 && dtype[1] == 'f');
}

}  // namespace

CheckpointFiles::CheckpointFiles(const std::string& path, const ReadOptions& options) : name_(path), options_(options) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) name_ = file_in(path);
  folder_ = fs::path(name_).parent_path().string();
  const FileBytes file = FileBytes::open(name_);
  if (GgufFile::is_gguf(file.bytes())) {
    open_gguf_file(file);
    return;
  }
  const Format* const format = format_of_path(name_);
  if (name_.ends_with(index_suffix)) {
    open_index(file);
  } else if (format != nullptr && format->is_archive) {
    auto archive = open_array_file(file, *format, options);
    names_ = archive->names();
    for (const std::string& tensor : names_) shard_of_.emplace(tensor, name_);
    archives_.emplace(name_, std::move(archive));
  } else {
    const std::optional<std::string> other = other_model_format(name_, file.bytes());
    throw data_error(name_, "is " + (other ? *other + "; what attn reads is " : "no checkpoint that attn reads: ") +
                                ".safetensors, " + std::string(index_suffix) + ", .npz, .gguf, or a folder with one");
  }
  const fs::path beside = fs::path(folder_) / "config.json";
  if (is_file(beside)) config_ = Config::read(FileBytes::open(beside.string()));
}

// The file is all of its checkpoint: a config.json beside it is of another.
void CheckpointFiles::open_gguf_file(const FileBytes& file) {
  GgufCheckpoint opened = open_gguf(file);
  is_gguf_ = true;
  names_ = opened.tensors->names();
  for (const std::string& tensor : names_) shard_of_.emplace(tensor, name_);
  archives_.emplace(name_, std::move(opened.tensors));
  config_ = std::move(opened.config);
}

// {"metadata": …, "weight_map": {tensor: file}}
void CheckpointFiles::open_index(const FileBytes& file) {
  JsonReader reader(file);
  std::string member, tensor;
  bool found = false;
  reader.begin_object();
  while (reader.next_member(member)) {
    if (member != "weight_map") {
      reader.skip();
      continue;
    }
    found = true;
    reader.begin_object();
    while (reader.next_member(tensor)) {
      const std::string where = reader.here(), shard = reader.read_string();
      if (shard.empty() || shard.find('/') != std::string::npos || shard.find('\0') != std::string::npos ||
          shard == "." || shard == "..")
        throw data_error(where, "'" + printable(shard) + "' is no name of a file beside the index");
      shard_of_[tensor] = (fs::path(folder_) / shard).string();
    }
  }
  reader.finish();
  if (!found) throw data_error(file.name() + "#", "has no weight_map");
  indexed_ = true;
  for (const auto& [name, shard] : shard_of_) names_.push_back(name);
}

const ArrayFile& CheckpointFiles::archive_of(const std::string& tensor) const {
  const auto found = shard_of_.find(tensor);
  if (found == shard_of_.end()) throw data_error(name_, "has no tensor '" + printable(tensor) + "'");
  std::unique_ptr<ArrayFile>& archive = archives_[found->second];
  if (archive == nullptr) archive = open_safetensors(FileBytes::open(found->second), options_);
  if (indexed_ && !archive->contains(tensor))
    throw data_error(archive->name(), "has no tensor '" + printable(tensor) + "', which the index says it has");
  return *archive;
}

std::string CheckpointFiles::where(const std::string& tensor) const { return archive_of(tensor).where(tensor); }

std::string CheckpointFiles::stored_name(const std::string& tensor) const {
  return archive_of(tensor).stored_name(tensor);
}

Archive::Entry CheckpointFiles::entry(const std::string& tensor) const { return archive_of(tensor).entry(tensor); }

RawArray CheckpointFiles::raw(const std::string& tensor, MemoryBudget& budget) const {
  const ArrayFile& archive = archive_of(tensor);
  const std::string dtype = archive.entry(tensor).dtype;
  if (!is_gguf_ && !is_floating(dtype)) {
    const std::optional<std::string> method = method_of_names(names_);
    throw data_error(archive.where(tensor), "is stored as " + dtype + ": " +
                                                (method ? "it is of " + *method : "quantised weights are not read"));
  }
  return archive.raw(tensor, budget);
}

std::optional<RawArray> CheckpointFiles::as_stored(const std::string& tensor) const {
  if (!contains(tensor)) return std::nullopt;
  const ArrayFile& archive = archive_of(tensor);
  const std::string dtype = archive.entry(tensor).dtype;  // as safetensors name them: arrays of NPZ may be compressed
  if (dtype != "F32" && dtype != "F16" && dtype != "BF16") return std::nullopt;
  if (!archive.is_in_place(tensor)) return std::nullopt;
  MemoryBudget nothing(0);
  return archive.raw(tensor, nothing);
}

Tensor CheckpointFiles::read(const std::string& tensor, MemoryBudget& budget) const {
  return to_tensor(raw(tensor, budget), TensorKind::number, options_, budget, where(tensor), Pages::when_needed);
}

Tensor CheckpointFiles::read_rows(const std::string& tensor, std::span<const std::int64_t> rows,
                                  MemoryBudget& budget) const {
  const ArrayFile& archive = archive_of(tensor);
  const std::string place = where(tensor);
  const bool one_by_one = !rows.empty() && archive.raw_row(tensor, static_cast<std::size_t>(rows.front()));
  RawArray array;
  if (one_by_one) {
    array.shape = archive.entry(tensor).shape;
  } else {
    array = raw(tensor, budget);
  }
  std::size_t width = 1;
  for (std::size_t axis = 1; axis < array.shape.size(); ++axis) width *= array.shape[axis];
  const std::size_t bytes = width * element_size(array.element);
  const Shape shape{rows.size(), width};
  budget.take(checked_size(shape, dtype_size(options_.dtype), place) * dtype_size(options_.dtype), place);
  Tensor taken(options_.dtype, shape);
  const auto copy = [&](const Tensor& row, std::size_t from, std::size_t to) {
    const std::size_t size = width * dtype_size(options_.dtype);
    std::memcpy(static_cast<char*>(taken.data()) + to * size, static_cast<const char*>(row.data()) + from * size, size);
  };
  // Rows do not lie in one piece there.
  std::optional<Tensor> all;
  if (array.fortran_order) all = to_tensor(array, TensorKind::number, options_, budget, place);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto row = static_cast<std::size_t>(rows[i]);
    if (all) {
      copy(*all, row, i);
      continue;
    }
    RawArray part = array;
    if (one_by_one) {
      part = *archive.raw_row(tensor, row);
    } else {
      part.shape = {width};
      part.bytes = array.bytes.substr(row * bytes, bytes);
    }
    MemoryBudget free(0);
    copy(to_tensor(part, TensorKind::number, options_, free, place), 0, i);
  }
  return taken;
}

std::optional<std::string> gguf_at(const std::string& path) {
  std::error_code ignored;
  std::string file = path;
  if (fs::is_directory(path, ignored)) {
    const std::vector<std::string> ggufs = file_of_name(path).empty() ? gguf_files(path) : std::vector<std::string>();
    if (ggufs.size() != 1) return std::nullopt;
    file = ggufs.front();
  }
  return GgufFile::is_at(file) ? std::optional(file) : std::nullopt;
}

}  // namespace attn::io
