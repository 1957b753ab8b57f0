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
#include <utility>
#include <vector>

#include "attn/document.hpp"
#include "attn/error.hpp"
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

/// The reader of a pipe has gone. Nothing is wrong with the data: the command line ends silently.
class BrokenPipe : public Error {
 public:
  explicit BrokenPipe(std::string where) : Error(ErrorKind::data, std::move(where), "cannot be written: Broken pipe") {}
};

/// Collects bytes in memory.
class StringSink : public Sink {
 public:
  void write(std::string_view bytes) override { text.append(bytes); }
  std::string text;
};

/// Writes to an open file descriptor, unbuffered; it is not closed. Throws BrokenPipe where a pipe's
/// reader has gone (SIGPIPE must be ignored for that to be seen).
class StreamSink : public Sink {
 public:
  explicit StreamSink(int descriptor = 1, std::string name = "standard output")
      : descriptor_(descriptor), name_(std::move(name)) {}
  void write(std::string_view bytes) override;

 private:
  int descriptor_;
  std::string name_;
};

/// A file that appears whole or not at all: bytes go to a temporary file in the same folder, which
/// `commit` flushes to disk and renames. Without `commit` nothing is left behind. A symbolic link's
/// target is replaced, not the link; a replaced file's mode is kept. Devices, pipes and the like
/// (/dev/stdout, /dev/null) are written in place.
class OutputFile : public Sink {
 public:
  /// Throws Error (data, at the path) if the file cannot be made.
  explicit OutputFile(const std::string& path);
  ~OutputFile() override;
  OutputFile(OutputFile&&) noexcept;
  OutputFile& operator=(OutputFile&&) noexcept;

  /// Throws Error (data, at the path), BrokenPipe for a pipe that nobody reads any more.
  void write(std::string_view bytes) override;
  void commit();
  const std::string& path() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Removes every temporary file that is not yet committed, then temporary folders. Async-signal-safe: for signal
/// handlers.
void remove_temporary_files() noexcept;

/// A file's bytes: mapped where the system can, read otherwise (pipes). Never written to.
class FileBytes {
 public:
  /// Throws Error (data, at the path) if it cannot be read; a directory cannot.
  static FileBytes open(const std::string& path);
  /// What is left of an open file, which stays open: standard input from a file is mapped as well.
  static FileBytes from_descriptor(int descriptor, const std::string& name);
  /// All of a stream.
  static FileBytes read(std::istream& in, const std::string& name);
  static FileBytes of(std::string bytes, const std::string& name);

  /// A part of these bytes that is line `line` (from 1) of the file, as JSON Lines have it.
  FileBytes line(std::string_view bytes, std::size_t line) const;
  /// Some of these bytes under the same name.
  FileBytes part(std::string_view bytes) const;

  std::string_view bytes() const { return bytes_; }
  const std::string& name() const { return name_; }
  /// The number of the line that the bytes begin at; 1 for a whole file.
  std::size_t first_line() const { return line_ == 0 ? 1 : line_; }
  /// For messages: `in.json`, or `in.jsonl:7` for one line of a file.
  std::string place() const { return line_ == 0 ? name_ : name_ + ":" + std::to_string(line_); }
  /// Keeps the bytes alive.
  const std::shared_ptr<const void>& owner() const { return owner_; }

 private:
  friend class StreamLines;
  std::string name_;
  std::string_view bytes_;
  std::shared_ptr<const void> owner_;
  std::size_t line_ = 0;  ///< 0: the whole file
};

/// The lines of a file, one by one; blank ones are passed over. Each keeps its number, so that errors
/// in it are placed in the file.
class Lines {
 public:
  explicit Lines(FileBytes file) : file_(std::move(file)), rest_(file_.bytes()) {}
  std::optional<FileBytes> next();

 private:
  FileBytes file_;
  std::string_view rest_;
  std::size_t number_ = 0;
};

/// The lines of a stream as they arrive, without waiting for its end.
class StreamLines {
 public:
  StreamLines(std::istream& in, std::string name);
  /// Of an open descriptor, which stays open.
  StreamLines(int descriptor, std::string name);
  ~StreamLines();
  StreamLines(StreamLines&&) noexcept;

  /// The next line that is not blank; waits for its end, or that of the stream.
  std::optional<FileBytes> next();
  /// What comes next, without taking it: at least so many lines that are not blank, or all to the end of the stream.
  /// Any other call ends its life.
  std::string_view arrived(std::size_t lines);
  /// All that is not taken yet, to the end of the stream, as one file.
  FileBytes rest();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// ---- formats ----------------------------------------------------------------------------------

/// A data format that attn reads, writes, or both. Pictures are not here: see heatmap.hpp.
struct Format {
  std::string_view name;       ///< json, jsonl, csv, tsv, npy, npz, safetensors
  std::string_view extension;  ///< with its dot
  bool reads = false;
  bool writes = false;
  bool documents = false;  ///< holds a whole document; otherwise one tensor
};
/// Every format, in the order of the documentation.
std::span<const Format> formats();
/// By extension, ignoring case (`x.NPY`); null if there is none.
const Format* format_of_path(std::string_view path);
const Format* format_of_name(std::string_view name);
/// By the first bytes of a stream (NPY magic, ZIP magic, a safetensors header, `{` or `[`: JSON, or JSON
/// Lines if an object ends with its line and another follows; otherwise CSV, or TSV if the first line
/// has tabs and no comma). Throws Error (data, at the name) for an empty one.
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

/// How the values of a tensor are taken: a mask must be 0/1 or boolean and becomes u8; in a bias, null
/// is minus infinity.
enum class TensorKind { number, mask, bias };

/// One tensor: an NPY, a CSV, a bare nested JSON array, or a member of a document, `file.npz:name`
/// (`.safetensors` and `.json` alike). A document without a name gives its `mask` or `bias` where one is
/// wanted, or its only tensor. A column of numbers in a CSV has rank 1, as for np.loadtxt.
Tensor read_tensor(const std::string& path, TensorKind kind, const ReadOptions& options);

/// `file.npz:name` as the file and the name in it; a path without a name, or of a file that there is, with an empty
/// one. Throws Error (data) for a name in a file that holds one tensor without a name.
std::pair<std::string, std::string> split_member(const std::string& path);

/// What visualize reads: a tensor with labels out of a result document (member `name`), a bare nested
/// array, CSV or NPY. `null` is NaN here, as result documents write it.
struct LabelledTensor {
  Tensor tensor;
  std::vector<std::string> row_labels;     ///< the document's tokens, or a CSV's
  std::vector<std::string> column_labels;  ///< key_tokens, else tokens
};
LabelledTensor read_labelled(const FileBytes& file, const Format& format, const std::string& name,
                             const ReadOptions& options);

/// Every tensor of a document (JSON, NPZ, safetensors) with numbers or booleans in it, in the file's order,
/// whatever its name, `null` as NaN; an NPY or CSV is one tensor, named `name`. What --expect compares with.
std::vector<NamedTensor> read_tensors(const FileBytes& file, const Format& format, const std::string& name,
                                      const ReadOptions& options);

/// The floating-point type that a tensor has in its file: "f16", "bf16", "f32" or "f64"; empty for text and whole
/// numbers. `name` counts in archives. Throws Error (data) if there is none of that name.
std::string_view stored_dtype(const FileBytes& file, const Format& format, const std::string& name,
                              const ReadOptions& options);

/// Labels, one a line, or a JSON array of strings.
std::vector<std::string> read_labels(const FileBytes& file);

/// A file of named arrays (NPZ, safetensors): listed at once, decoded one by one; checkpoints are read so.
class Archive {
 public:
  struct Entry {
    std::string dtype;  ///< as the file spells it: `<f4`, `BF16`
    Shape shape;
  };

  virtual ~Archive() = default;
  /// Throws Error (data) for a file that breaks a rule of its format, (usage) for another format.
  static std::unique_ptr<Archive> open(const FileBytes& file, const Format& format, const ReadOptions& options);

  const std::string& name() const { return name_; }
  /// In the file's order.
  const std::vector<std::string>& names() const { return names_; }
  bool contains(std::string_view name) const;
  /// Throws Error (data) with the nearest names for an unknown one. May have to inflate an NPZ's member.
  virtual Entry entry(const std::string& name) const = 0;
  virtual Tensor read(const std::string& name, TensorKind kind, const ReadOptions& options) const = 0;
  /// Text stored beside the arrays (an NPZ's string arrays, safetensors' metadata); none if there is no such.
  virtual std::optional<std::vector<std::string>> texts(const std::string& name) const = 0;

 protected:
  Archive(std::string name, std::vector<std::string> names) : name_(std::move(name)), names_(std::move(names)) {}
  [[noreturn]] void unknown(const std::string& name) const;

  std::string name_;
  std::vector<std::string> names_;
};

// ---- writing ----------------------------------------------------------------------------------

class JsonWriter;

/// A result as a whole document: `format.documents` must be true.
void write_result(const Result& result, const Format& format, Sink& sink);
/// One tensor in a format that holds one (CSV, TSV, NPY); labels may be empty.
void write_tensor(const Tensor& tensor, const std::vector<std::string>& row_labels,
                  const std::vector<std::string>& column_labels, const Format& format, Sink& sink);

/// A tensor whose rows, along its last axis, are made one after the other: it need not be there as a whole.
struct TensorRows {
  DType dtype = DType::f32;
  Shape shape;  ///< of rank 1 or more
  /// The numbers of row `n` in C order, of `dtype`; valid until the next call.
  std::function<const void*(std::size_t n)> row;
};

/// The result document as one line of JSON, ended by a newline: tokens, key_tokens, the tensors, stats, top, what
/// `more` adds, and metadata: attn's own members, then the input's own metadata as its member `input`.
void write_result_json(const Result& result, Sink& sink, const std::function<void(JsonWriter&)>& more = {});
/// The `metadata` member of the result document as JSON text.
std::string result_metadata_json(const Result& result);

/// The result as an NPZ: each tensor, stats as `stats.entropy` and so on (but not top), then tokens, key_tokens and
/// metadata (JSON text) as string arrays. Members are stored, their data aligned to 64 bytes, so that they can be
/// mapped.
void write_result_npz(const Result& result, Sink& sink);
/// The result as safetensors: the same arrays; tokens, key_tokens and metadata are JSON texts in `__metadata__`.
void write_result_safetensors(const Result& result, Sink& sink);

/// One tensor as CSV (`separator` ',') or TSV ('\t'). Labels may be empty. Rank 2 with labels has a
/// header; rank 3 and 4 lead each row with head (`rank3_axis`: or batch), or batch and head, and the query.
/// Throws Error (data) for another rank.
void write_csv(const Tensor& tensor, const std::vector<std::string>& row_labels,
               const std::vector<std::string>& column_labels, char separator, Sink& sink,
               std::string_view rank3_axis = "head");

void write_csv(const TensorRows& tensor, const std::vector<std::string>& row_labels,
               const std::vector<std::string>& column_labels, char separator, Sink& sink,
               std::string_view rank3_axis = "head");

/// One tensor as NPY version 1.0, C order, little endian: <f4, <f8 or |u1.
void write_npy(const Tensor& tensor, Sink& sink);
void write_npy(const TensorRows& tensor, Sink& sink);

/// Writes JSON piece by piece: commas, quoting, shortest numbers; NaN and infinities are null; -0.0 keeps
/// its sign and its point, so that readers with integers keep it as well.
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
