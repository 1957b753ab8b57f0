// safetensors: a JSON header with names, types, shapes and places, then the data without a gap.
#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <numeric>
#include <utility>

#include "attn/array_writers.hpp"
#include "attn/error.hpp"
#include "attn/json_writer.hpp"
#include "attn/result_json.hpp"
#include "core/text.hpp"
#include "core/utf8.hpp"
#include "io/arrays/archives.hpp"
#include "io/arrays/result_arrays.hpp"
#include "io/arrays/write_counted.hpp"
#include "io/json/document.hpp"
#include "io/json/reader.hpp"
#include "io/json/tensor.hpp"
#include "io/json/text.hpp"

namespace attn::io {
namespace {

constexpr std::size_t length_size = 8;
constexpr std::uint64_t longest_header = 100'000'000;
constexpr std::size_t data_alignment = 64;

struct SafetensorsType {
  std::string_view name;
  std::size_t size;
  std::optional<Element> element;  ///< none: known, so that a file with it can be read, but not decoded
};
constexpr std::array<SafetensorsType, 17> types{{{"F64", 8, Element::f64},
                                                 {"F32", 4, Element::f32},
                                                 {"F16", 2, Element::f16},
                                                 {"BF16", 2, Element::bf16},
                                                 {"BOOL", 1, Element::boolean},
                                                 {"U8", 1, Element::u8},
                                                 {"I8", 1, Element::i8},
                                                 {"U16", 2, Element::u16},
                                                 {"I16", 2, Element::i16},
                                                 {"U32", 4, Element::u32},
                                                 {"I32", 4, Element::i32},
                                                 {"U64", 8, Element::u64},
                                                 {"I64", 8, Element::i64},
                                                 {"F8_E4M3", 1, Element::f8_e4m3},
                                                 {"F8_E5M2", 1, Element::f8_e5m2},
                                                 {"F8_E8M0", 1, std::nullopt},
                                                 {"C64", 8, std::nullopt}}};

std::string known_types() {
  std::vector<std::string_view> names;
  for (const SafetensorsType& type : types)
    if (type.element) names.push_back(type.name);
  return listed(names);
}

struct Stored {
  const SafetensorsType* type = nullptr;
  Shape shape;
  std::uint64_t begin = 0, end = 0;
};

class HeaderReader {
 public:
  HeaderReader(const FileBytes& file, std::uint64_t data_size) : reader_(file), data_size_(data_size) {}

  void read() {
    std::string name;
    reader_.begin_object();
    while (reader_.next_member(name)) {
      if (name == "__metadata__") {
        read_metadata();
      } else {
        names.push_back(name);
        tensors.emplace(name, read_tensor());
      }
    }
    reader_.finish();
    check_layout();
  }

  std::vector<std::string> names;
  std::map<std::string, Stored> tensors;
  std::map<std::string, std::string> metadata;

 private:
  void read_metadata() {
    std::string name;
    reader_.begin_object();
    while (reader_.next_member(name)) metadata[name] = reader_.read_string();
  }

  std::vector<std::uint64_t> read_sizes(std::size_t most) {
    std::vector<std::uint64_t> sizes;
    reader_.begin_array();
    while (reader_.next_element()) {
      if (sizes.size() == most)
        throw data_error(reader_.here(), "is one more than the " + std::to_string(most) + " allowed");
      sizes.push_back(reader_.read_size());
    }
    return sizes;
  }

  const SafetensorsType* read_type() {
    const std::string where = reader_.here(), name = reader_.read_string();
    const auto* const type =
        std::find_if(types.begin(), types.end(), [&name](const SafetensorsType& known) { return known.name == name; });
    if (type == types.end())
      throw data_error(where, "'" + printable(name) + "' is not a type that is known; " + known_types() + " are");
    return type;
  }

  Stored read_tensor() {
    Stored stored;
    const std::string where = reader_.here();
    bool shape = false, offsets = false;
    std::string name;
    reader_.begin_object();
    while (reader_.next_member(name)) {
      if (name == "dtype") {
        stored.type = read_type();
      } else if (name == "shape") {
        const auto sizes = read_sizes(max_rank);
        stored.shape.assign(sizes.begin(), sizes.end());
        shape = true;
      } else if (name == "data_offsets") {
        const auto sizes = read_sizes(2);
        if (sizes.size() != 2) throw data_error(where + "/data_offsets", "is not a list of begin and end");
        stored.begin = sizes[0];
        stored.end = sizes[1];
        offsets = true;
      } else {
        throw data_error(reader_.here(), "unknown member; dtype, shape and data_offsets are allowed");
      }
    }
    if (stored.type == nullptr || !shape || !offsets)
      throw data_error(where, "lacks one of dtype, shape and data_offsets");
    if (stored.begin > stored.end || stored.end > data_size_)
      throw data_error(where + "/data_offsets",
                       "lies outside the file's " + std::to_string(data_size_) + " bytes of data");
    const std::size_t wanted = checked_size(stored.shape, stored.type->size, where) * stored.type->size;
    if (wanted != stored.end - stored.begin)
      throw data_error(where, "its shape " + shape_text(stored.shape) + " takes " + std::to_string(wanted) +
                                  " bytes, its data_offsets " + std::to_string(stored.end - stored.begin));
    return stored;
  }

  // Every byte of the data belongs to exactly one tensor.
  void check_layout() const {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
    for (const auto& [name, stored] : tensors) ranges.emplace_back(stored.begin, stored.end);
    std::sort(ranges.begin(), ranges.end());
    std::uint64_t before = 0;
    for (const auto& [begin, end] : ranges) {
      if (begin != before)
        throw data_error(reader_.file().place(),
                         std::string(begin < before ? "has tensors that overlap" : "has a hole") + " at byte " +
                             std::to_string(begin) + " of the data");
      before = end;
    }
    if (before != data_size_)
      throw data_error(reader_.file().place(),
                       "has " + std::to_string(data_size_ - before) + " bytes at its end that belong to no tensor");
  }

  JsonReader reader_;
  std::uint64_t data_size_;
};

class Safetensors : public ArrayFile {
 public:
  Safetensors(const FileBytes& file, std::string_view data, HeaderReader header)
      : ArrayFile(file.place(), std::move(header.names)),
        data_(data),
        owner_(file.owner()),
        tensors_(std::move(header.tensors)),
        metadata_(std::move(header.metadata)) {}

  Entry entry(const std::string& name) const override {
    const Stored& stored = find(name);
    return {std::string(stored.type->name), stored.shape};
  }

  RawArray raw(const std::string& name, MemoryBudget&) const override {
    const Stored& stored = find(name);
    if (!stored.type->element)
      throw data_error(where(name),
                       "is of the type " + std::string(stored.type->name) + ", which attn cannot compute with");
    RawArray array;
    array.element = *stored.type->element;
    array.shape = stored.shape;
    array.bytes = data_.substr(stored.begin, stored.end - stored.begin);
    array.owner = owner_;
    if (array.element == Element::boolean &&
        array.bytes.find_first_not_of(std::string_view("\0\1", 2)) != std::string_view::npos)
      throw data_error(where(name), "holds booleans that are neither 0 nor 1");
    return array;
  }

  std::optional<std::vector<std::string>> texts(const std::string& name) const override {
    const auto found = metadata_.find(name);
    if (found == metadata_.end()) return std::nullopt;
    if (!found->second.starts_with('[')) return std::vector<std::string>{found->second};
    return read_json_texts(FileBytes::of(found->second, name_ + "#/__metadata__" + pointer_step(name)));
  }

 private:
  const Stored& find(const std::string& name) const {
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) unknown(name);
    return found->second;
  }

  std::string_view data_;
  std::shared_ptr<const void> owner_;
  std::map<std::string, Stored> tensors_;
  std::map<std::string, std::string> metadata_;
};

std::string_view type_of(DType dtype) {
  switch (dtype) {
    case DType::f32: return "F32";
    case DType::f64: return "F64";
    case DType::u8: return "U8";
    case DType::f16:
    case DType::bf16: refuse_narrow(dtype);
  }
  return "";
}

}  // namespace

std::unique_ptr<ArrayFile> open_safetensors(const FileBytes& file, const ReadOptions&) {
  const std::string_view bytes = file.bytes();
  if (bytes.empty()) throw data_error(file.place(), "is empty; a safetensors file is expected");
  if (bytes.size() < length_size) throw data_error(file.place(), "ends inside its safetensors header");
  std::uint64_t length = 0;
  for (std::size_t i = length_size; i-- > 0;) length = length << 8U | static_cast<unsigned char>(bytes[i]);
  if (length > longest_header)
    throw data_error(file.place(), "has a safetensors header of " + size_text(length) + "; at most 100 MB are allowed");
  if (length > bytes.size() - length_size) throw data_error(file.place(), "ends inside its safetensors header");
  const std::string_view header = bytes.substr(length_size, length), data = bytes.substr(length_size + length);
  if (!header.starts_with('{')) throw data_error(file.place(), "has a safetensors header that is no JSON object");
  HeaderReader reader(file.part(header), data.size());
  reader.read();
  return std::make_unique<Safetensors>(file, data, std::move(reader));
}

}  // namespace attn::io

namespace attn {

void write_result_safetensors(const Result& result, Sink& sink) {
  std::vector<io::ResultArray> order = io::result_arrays(result);
  // The widest elements first, so that each lies aligned.
  std::stable_sort(order.begin(), order.end(), [](const io::ResultArray& a, const io::ResultArray& b) {
    return dtype_size(a.tensor->dtype()) > dtype_size(b.tensor->dtype());
  });

  StringSink text;
  JsonWriter json(text);
  json.begin_object().key("__metadata__").begin_object();
  if (!result.tokens.empty()) json.key("tokens").value(io::json_list(result.tokens));
  if (!result.key_tokens.empty()) json.key("key_tokens").value(io::json_list(result.key_tokens));
  if (!result.metadata.empty() || !result.input_metadata.empty())
    json.key("metadata").value(result_metadata_json(result));
  json.end_object();
  std::uint64_t offset = 0;
  for (const io::ResultArray& named : order) {
    const Tensor& tensor = *named.tensor;
    json.key(named.name).begin_object().key("dtype").value(io::type_of(tensor.dtype())).key("shape").begin_array();
    for (const std::size_t extent : tensor.shape()) json.value(std::uint64_t{extent});
    json.end_array().key("data_offsets").begin_array().value(offset).value(offset + tensor.bytes()).end_array();
    json.end_object();
    offset += tensor.bytes();
  }
  json.end_object().finish();
  std::string& header = text.text;
  header.pop_back();  // the newline; the format pads with spaces
  const std::size_t unit = io::data_alignment;
  header.append((unit - (io::length_size + header.size()) % unit) % unit, ' ');
  std::string length;
  for (std::size_t i = 0; i < io::length_size; ++i)
    length.push_back(static_cast<char>(static_cast<std::uint64_t>(header.size()) >> (8 * i) & 0xFFU));
  sink.write(length + header);
  for (const io::ResultArray& named : order)
    if (named.tensor->size() != 0)
      io::write_counted({static_cast<const char*>(named.tensor->data()), named.tensor->bytes()},
                        dtype_size(named.tensor->dtype()), sink);
}

}  // namespace attn
