// Archives: documents in files of named arrays, and the two formats' own readers.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "attn/archive.hpp"
#include "attn/document.hpp"
#include "io/arrays/raw_array.hpp"
#include "io/numbers/number_buffer.hpp"

namespace attn::io {

/// An archive that hands out its arrays as they are stored.
class ArrayFile : public Archive {
 public:
  /// Throws Error (data) for an unknown name, and for an array that is damaged or not of numbers.
  virtual RawArray raw(const std::string& name, MemoryBudget& budget) const = 0;
  Tensor read(const std::string& name, TensorKind kind, const ReadOptions& options) const final;
  /// One row of the first axis, of a file that would have to widen all of them for `raw`; none: it would not.
  virtual std::optional<RawArray> raw_row(const std::string& name, std::size_t row) const;
  /// Whether `raw` gives the file's own bytes of an array whose type it can: else it makes an array of them.
  virtual bool is_in_place(const std::string&) const { return true; }
  /// What the elements of an array are, for messages: "numbers", or what is no numbers.
  virtual std::string_view kind_of(const std::string&) const { return "numbers"; }
  /// For messages: `in.npz#/query`.
  std::string where(const std::string& name) const;
  /// What the file itself calls an array that it hands out under another name.
  virtual std::string stored_name(const std::string& name) const { return name; }

 protected:
  using Archive::Archive;
};

std::unique_ptr<ArrayFile> open_npz(const FileBytes& file, const ReadOptions& options);
std::unique_ptr<ArrayFile> open_safetensors(const FileBytes& file, const ReadOptions& options);

/// The members of the input document by their names; parts of `projections` as `projections/W_q`, `projections.W_q`,
/// or by a name that nothing else has (`W_q`, `q_proj.weight`).
Input read_archive_input(const ArrayFile& archive, const ReadOptions& options);
/// The array `name`; without a name the one that `kind` is named after, or the only one.
Tensor read_archive_one(const ArrayFile& archive, const std::string& name, TensorKind kind, const ReadOptions& options);
LabelledTensor read_archive_labelled(const ArrayFile& archive, const std::string& asked, const ReadOptions& options);
TensorsRead read_archive_tensors(const ArrayFile& archive, const std::vector<std::string>& names,
                                 const ReadOptions& options);

}  // namespace attn::io
