// NPY arrays: element types, sizes, texts; reading and writing.
#include "io/arrays/npy.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

#include "attn/array_writers.hpp"
#include "attn/error.hpp"
#include "core/progress.hpp"
#include "core/utf8.hpp"
#include "io/arrays/write_counted.hpp"

namespace attn::io {
namespace {

struct NpyType {
  std::string_view code;
  Element element;
};
constexpr std::array<NpyType, 12> types{{{"b1", Element::boolean},
                                         {"i1", Element::i8},
                                         {"i2", Element::i16},
                                         {"i4", Element::i32},
                                         {"i8", Element::i64},
                                         {"u1", Element::u8},
                                         {"u2", Element::u16},
                                         {"u4", Element::u32},
                                         {"u8", Element::u64},
                                         {"f2", Element::f16},
                                         {"f4", Element::f32},
                                         {"f8", Element::f64}}};

// What a type letter that is refused stands for.
std::string_view type_name(char letter) {
  switch (letter) {
    case 'O': return "Python objects";
    case 'c': return "complex numbers";
    case 'M':
    case 'm': return "dates";
    case 'U':
    case 'S':
    case 'a': return "strings";
    case 'V': return "records";
    default: return "values of another type";
  }
}

const NpyType* find_known(std::string_view descr) {
  const std::string_view code = descr.substr(descr.empty() ? 0 : 1);
  const auto* const type =
      std::find_if(types.begin(), types.end(), [code](const NpyType& known) { return known.code == code; });
  return type == types.end() ? nullptr : type;
}

const NpyType& find_type(const std::string& descr, const std::string& where) {
  const NpyType* const type = find_known(descr);
  const bool order = !descr.empty() && std::string_view("<>|=").find(descr[0]) != std::string_view::npos;
  if (type == nullptr || !order)
    throw data_error(where, "holds " + std::string(type_name(descr.size() < 2 ? ' ' : descr[1])) + " ('" +
                                printable(descr) + "'); numbers or booleans are expected");
  // '|' says that there is no byte order, which only single bytes lack.
  if (descr[0] == '|' && element_size(type->element) > 1)
    throw data_error(where, "its type '" + descr + "' lacks a byte order");
  return *type;
}

}  // namespace

std::string_view npy_elements(const std::string& descr) {
  const NpyType* const type = find_known(descr);
  if (type == nullptr) return type_name(descr.size() < 2 ? ' ' : descr[1]);
  return type->element == Element::boolean ? "booleans" : "numbers";
}

namespace {

std::string text_of(std::string_view bytes, bool wide, bool big_endian, const std::string& where) {
  if (!wide) {
    const std::size_t end = bytes.find_last_not_of('\0');
    std::string text(bytes.substr(0, end == std::string_view::npos ? 0 : end + 1));
    if (find_invalid_utf8(text) != std::string_view::npos) throw data_error(where, "holds text that is not UTF-8");
    return text;
  }
  std::string text;
  std::size_t zeros = 0;  // at the end they are padding
  for (std::size_t i = 0; i + 4 <= bytes.size(); i += 4) {
    char32_t c = 0;
    for (std::size_t k = 0; k < 4; ++k) c = c << 8U | static_cast<unsigned char>(bytes[i + (big_endian ? k : 3 - k)]);
    if (c > 0x10FFFF || (c >= 0xD800 && c < 0xE000)) throw data_error(where, "holds text that is not Unicode");
    zeros = c == 0 ? zeros + 1 : 0;
    append_utf8(text, c);
  }
  text.resize(text.size() - zeros);
  return text;
}

}  // namespace

RawArray read_npy_array(std::string_view bytes, const std::shared_ptr<const void>& owner, const std::string& where) {
  const NpyHeader header = read_npy_header(bytes, where);
  RawArray array;
  array.element = find_type(header.descr, where).element;
  array.big_endian = header.descr[0] == '>';
  array.fortran_order = header.fortran_order;
  array.shape = header.shape;
  array.owner = owner;
  const std::size_t size = element_size(array.element);
  const std::size_t wanted = checked_size(array.shape, size, where) * size;
  const std::size_t there = bytes.size() - header.size;
  if (wanted != there)
    throw data_error(where, "its shape " + shape_text(array.shape) + " of '" + header.descr + "' takes " +
                                std::to_string(wanted) + " bytes, and " + std::to_string(there) + " follow the header");
  array.bytes = bytes.substr(header.size);
  if (array.element == Element::boolean) {
    const std::size_t bad = array.bytes.find_first_not_of(std::string_view("\0\1", 2));
    if (bad != std::string_view::npos) throw data_error(where, "holds booleans that are neither 0 nor 1");
  }
  return array;
}

std::optional<std::vector<std::string>> read_npy_texts(std::string_view bytes, const std::string& where) {
  const NpyHeader header = read_npy_header(bytes, where);
  if (header.descr.size() < 3 || (header.descr[1] != 'U' && header.descr[1] != 'S')) return std::nullopt;
  std::size_t characters = 0;
  const char* const end = header.descr.data() + header.descr.size();
  const auto parsed = std::from_chars(header.descr.data() + 2, end, characters);
  if (parsed.ec != std::errc() || parsed.ptr != end || header.shape.size() > 1)
    throw data_error(where, "is not a list of strings ('" + printable(header.descr) + "')");
  const bool wide = header.descr[1] == 'U';
  // They take no bytes, and so any number of them could be claimed.
  if (characters == 0) throw data_error(where, "holds strings of no characters ('" + printable(header.descr) + "')");
  const Shape all{header.shape.empty() ? 1 : header.shape[0], characters};
  const std::size_t wanted = checked_size(all, wide ? 4 : 1, where) * (wide ? 4 : 1);
  if (wanted != bytes.size() - header.size)
    throw data_error(where, "its strings take " + std::to_string(wanted) + " bytes, and " +
                                std::to_string(bytes.size() - header.size) + " follow the header");
  std::vector<std::string> texts;
  const std::size_t width = wide ? 4 * characters : characters;
  for (std::size_t i = 0; i < all[0]; ++i)
    texts.push_back(text_of(bytes.substr(header.size + i * width, width), wide, header.descr[0] == '>', where));
  return texts;
}

std::string npy_descr(DType dtype) {
  switch (dtype) {
    case DType::f32: return "<f4";
    case DType::f64: return "<f8";
    case DType::u8: return "|u1";
    case DType::f16:
    case DType::bf16: refuse_narrow(dtype);
  }
  return "";
}

std::string npy_texts(const std::vector<std::string>& texts, bool single) {
  std::vector<std::vector<char32_t>> wide;
  std::size_t width = 1;
  for (const std::string& text : texts) {
    wide.push_back(decode_utf8(text));
    width = std::max(width, wide.back().size());
  }
  std::string bytes = npy_header("<U" + std::to_string(width), single ? Shape{} : Shape{texts.size()});
  for (std::vector<char32_t>& text : wide) {
    text.resize(width);
    for (const char32_t c : text)
      for (unsigned shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<char>(c >> shift & 0xFFU));
  }
  return bytes;
}

Input read_npy_input(const FileBytes& file, const ReadOptions& options) {
  Input input;
  input.source = file.place();
  ReadOptions wide = options;
  wide.keeps_narrow = false;
  input.tensors.emplace("embeddings", SourcedTensor{read_npy(file, TensorKind::number, wide), file.place()});
  return input;
}

Tensor read_npy(const FileBytes& file, TensorKind kind, const ReadOptions& options) {
  MemoryBudget budget(options.max_memory);
  return to_tensor(read_npy_array(file.bytes(), file.owner(), file.place()), kind, options, budget, file.place());
}

}  // namespace attn::io

namespace attn {

void write_npy(const TensorRows& tensor, Sink& sink) {
  constexpr std::size_t piece = std::size_t{1} << 16;
  std::string bytes = io::npy_header(io::npy_descr(tensor.dtype), tensor.shape);
  const std::size_t rank = tensor.shape.size();
  const std::size_t columns = rank < 2 ? 1 : tensor.shape.back();
  std::size_t rows = rank == 1 ? tensor.shape[0] : 1;
  for (std::size_t axis = 0; axis + 1 < rank; ++axis) rows *= tensor.shape[axis];
  const std::size_t row_bytes = columns * dtype_size(tensor.dtype);
  if (tensor.whole != nullptr) {
    sink.write(bytes);
    if (rows * row_bytes != 0)
      io::write_counted({static_cast<const char*>(tensor.whole), rows * row_bytes}, dtype_size(tensor.dtype), sink);
    return;
  }
  for (std::size_t n = 0; n < rows; ++n) {
    bytes.append(static_cast<const char*>(tensor.row(n)), row_bytes);
    count_progress(WorkUnit::numbers, columns);
    if (bytes.size() < piece) continue;
    sink.write(bytes);
    bytes.clear();
  }
  sink.write(bytes);
}

}  // namespace attn
