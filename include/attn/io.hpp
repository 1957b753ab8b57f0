// Input and output: bytes to documents and back. The only face of the file system and of file formats.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attn/document.hpp"
#include "attn/tensor.hpp"

namespace attn {

// ---- bytes ------------------------------------------------------------------------------------

/// Where encoders put their bytes, a piece at a time.
class Sink {
 public:
  virtual ~Sink() = default;
  /// Throws Error (data) if the bytes cannot be written.
  virtual void write(std::string_view bytes) = 0;
};

/// Collects bytes in memory.
class StringSink : public Sink {
 public:
  void write(std::string_view bytes) override { text.append(bytes); }
  std::string text;
};

/// A file that appears whole or not at all: bytes go to a temporary file in the same folder, which
/// `commit` flushes to disk and renames. Without `commit` nothing is left behind. Devices, pipes and
/// the like (/dev/stdout, /dev/null) are written in place.
class OutputFile : public Sink {
 public:
  /// Throws Error (data, at the path) if the file cannot be made.
  explicit OutputFile(const std::string& path);
  ~OutputFile() override;
  OutputFile(OutputFile&&) noexcept;
  OutputFile& operator=(OutputFile&&) noexcept;

  void write(std::string_view bytes) override;
  void commit();
  const std::string& path() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Removes every temporary file that is not yet committed. Async-signal-safe: for signal handlers.
void remove_temporary_files() noexcept;

/// A file's bytes: mapped where the system can, read otherwise (pipes). Never written to.
class FileBytes {
 public:
  /// Throws Error (data, at the path) if it cannot be read; a directory cannot.
  static FileBytes open(const std::string& path);
  /// All of a stream.
  static FileBytes read(std::istream& in, const std::string& name);
  static FileBytes of(std::string bytes, const std::string& name);

  std::string_view bytes() const { return bytes_; }
  const std::string& name() const { return name_; }
  /// Keeps the bytes alive.
  const std::shared_ptr<const void>& owner() const { return owner_; }

 private:
  std::string name_;
  std::string_view bytes_;
  std::shared_ptr<const void> owner_;
};

// ---- formats ----------------------------------------------------------------------------------

/// A data format that attn reads, writes, or both. Pictures are not here: see heatmap.hpp.
struct Format {
  std::string_view name;       ///< json, jsonl, csv, tsv, npy, npz, safetensors
  std::string_view extension;  ///< with its dot
  bool reads = false;
  bool writes = false;
};
/// Every format, in the order of the documentation.
std::span<const Format> formats();
/// By extension, ignoring case (`x.NPY`); null if there is none.
const Format* format_of_path(std::string_view path);
const Format* format_of_name(std::string_view name);
/// By the first bytes of a stream (NPY magic, ZIP magic, `{` or `[`, a safetensors header; otherwise
/// CSV). Throws Error (data, at the name) for an empty one.
const Format& format_of_bytes(const FileBytes& file);

// ---- reading ----------------------------------------------------------------------------------

/// How tensors are read: floating-point data becomes `dtype` (f32 or f64); a float64 that is finite
/// but past float32 is an error that says so.
struct ReadOptions {
  DType dtype = DType::f32;
  /// Bytes a decoded input may take; 0 is no limit.
  std::uint64_t max_memory = 0;
};

/// The input document in `file`: a JSON object, or an NPZ or safetensors with the same names; an NPY
/// or CSV is `embeddings`, and a labelled CSV's labels become tokens.
Input read_input(const FileBytes& file, const Format& format, const ReadOptions& options);

/// One tensor: an NPY, a CSV, a bare nested JSON array. `kind` says how values are taken: a mask
/// must be 0/1 or boolean and becomes u8; in a bias, null is minus infinity.
enum class TensorKind { number, mask, bias };
Tensor read_tensor(const std::string& path, TensorKind kind, const ReadOptions& options);

/// What visualize reads: a tensor with labels out of a result document (member `name`), a bare nested
/// array, CSV or NPY. `null` is NaN here, as result documents write it.
struct LabelledTensor {
  Tensor tensor;
  std::vector<std::string> row_labels;     ///< the document's tokens, or a CSV's
  std::vector<std::string> column_labels;  ///< key_tokens, else tokens
};
LabelledTensor read_labelled(const FileBytes& file, const Format& format, const std::string& name,
                             const ReadOptions& options);

/// Labels, one a line, or a JSON array of strings.
std::vector<std::string> read_labels(const FileBytes& file);

// ---- writing ----------------------------------------------------------------------------------

/// The result document as one line of JSON, ended by a newline.
void write_result_json(const Result& result, Sink& sink);

/// One tensor as CSV (`separator` ',') or TSV ('\t'). Labels may be empty. Rank 2 with labels has a
/// header; rank 3 and 4 lead each row with head, or batch and head, and the query.
void write_csv(const Tensor& tensor, const std::vector<std::string>& row_labels,
               const std::vector<std::string>& column_labels, char separator, Sink& sink);

/// One tensor as NPY version 1.0, C order, little endian: <f4, <f8 or |u1.
void write_npy(const Tensor& tensor, Sink& sink);

/// Writes JSON piece by piece: commas, quoting, shortest numbers; NaN and infinities are null.
class JsonWriter {
 public:
  explicit JsonWriter(Sink& sink) : sink_(sink) {}
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;
  ~JsonWriter();

  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(std::string_view name);
  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(double number);
  JsonWriter& value(float number);
  JsonWriter& value(std::int64_t number);
  JsonWriter& value(std::uint64_t number);
  JsonWriter& value(bool truth);
  JsonWriter& null();
  /// JSON text that is known to be valid.
  JsonWriter& raw(std::string_view json);
  /// A list of strings.
  JsonWriter& value(const std::vector<std::string>& texts);
  /// Nested lists in the tensor's shape; a u8 tensor gives 0 and 1 (`booleans`: false and true).
  JsonWriter& tensor(const Tensor& tensor, bool booleans = false);
  /// A newline, and everything to the sink.
  void finish();

 private:
  void separate();
  void flush_if_full();

  Sink& sink_;
  std::string buffer_;
  std::vector<bool> has_members_;
  bool after_key_ = false;
};

}  // namespace attn
