// NPZ: a ZIP archive of NPY files.
#include <map>
#include <utility>

#include "attn/array_writers.hpp"
#include "attn/error.hpp"
#include "attn/result_json.hpp"
#include "core/utf8.hpp"
#include "io/arrays/archives.hpp"
#include "io/arrays/npy.hpp"
#include "io/arrays/result_arrays.hpp"
#include "io/arrays/zip.hpp"

namespace attn::io {
namespace {

constexpr std::string_view suffix = ".npy";

class Npz : public ArrayFile {
 public:
  Npz(const FileBytes& file, std::vector<ZipEntry> entries, ReadOptions options)
      : ArrayFile(file.place(), names_of(entries, file.place())), file_(file), options_(std::move(options)) {
    for (std::size_t i = 0; i < entries.size(); ++i) entries_.emplace(names_[i], std::move(entries[i]));
  }

  Entry entry(const std::string& name) const override {
    MemoryBudget budget(options_.max_memory);
    const NpyHeader header = read_npy_header(data(name, budget).bytes, where(name));
    return {header.descr, header.shape};
  }

  std::string_view kind_of(const std::string& name) const override { return npy_elements(entry(name).dtype); }

  RawArray raw(const std::string& name, MemoryBudget& budget) const override {
    const ZipData found = data(name, budget);
    return read_npy_array(found.bytes, found.owner, where(name));
  }

  std::optional<std::vector<std::string>> texts(const std::string& name) const override {
    if (entries_.find(name) == entries_.end()) return std::nullopt;
    MemoryBudget budget(options_.max_memory);
    return read_npy_texts(data(name, budget).bytes, where(name));
  }

 private:
  static std::vector<std::string> names_of(const std::vector<ZipEntry>& entries, const std::string& place) {
    std::vector<std::string> names;
    for (const ZipEntry& entry : entries) {
      if (!entry.name.ends_with(suffix))
        throw data_error(place, "holds '" + printable(entry.name) + "', which is no .npy file");
      names.push_back(entry.name.substr(0, entry.name.size() - suffix.size()));
    }
    return names;
  }

  ZipData data(const std::string& name, MemoryBudget& budget) const {
    const auto found = entries_.find(name);
    if (found == entries_.end()) unknown(name);
    return read_zip_data(found->second, file_, budget, where(name));
  }

  FileBytes file_;
  ReadOptions options_;
  std::map<std::string, ZipEntry> entries_;
};

}  // namespace

std::unique_ptr<ArrayFile> open_npz(const FileBytes& file, const ReadOptions& options) {
  if (file.bytes().empty()) throw data_error(file.place(), "is empty; an NPZ file is expected");
  return std::make_unique<Npz>(file, read_zip_directory(file), options);
}

}  // namespace attn::io

namespace attn {

namespace {

// NumPy fills the strings of an array up with NULs, and takes all at their ends for such.
void refuse_trailing_nul(const std::string& name, const std::vector<std::string>& texts) {
  for (std::size_t i = 0; i < texts.size(); ++i)
    if (texts[i].ends_with('\0'))
      throw data_error(
          name + "/" + std::to_string(i),
          "ends with NUL, which NumPy's arrays of strings, and so NPZ, cannot hold; JSON and safetensors can");
}

}  // namespace

void write_result_npz(const Result& result, Sink& sink) {
  refuse_trailing_nul("tokens", result.tokens);
  refuse_trailing_nul("key_tokens", result.key_tokens);
  io::ZipWriter zip(sink);
  const auto add_texts = [&zip](const char* name, const std::vector<std::string>& texts, bool single) {
    zip.add(std::string(name) + ".npy", io::npy_texts(texts, single), {});
  };
  for (const auto& [name, tensor] : io::result_arrays(result)) {
    const std::string_view data(tensor->size() == 0 ? "" : static_cast<const char*>(tensor->data()), tensor->bytes());
    zip.add(name + ".npy", io::npy_header(io::npy_descr(tensor->dtype()), tensor->shape()), data);
  }
  if (!result.tokens.empty()) add_texts("tokens", result.tokens, false);
  if (!result.key_tokens.empty()) add_texts("key_tokens", result.key_tokens, false);
  if (!result.metadata.empty() || !result.input_metadata.empty())
    add_texts("metadata", {result_metadata_json(result)}, true);
  zip.finish();
}

}  // namespace attn
