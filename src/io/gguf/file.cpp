// Reads and checks the header of a GGUF file; gives values of its metadata.
#include "io/gguf/file.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <filesystem>
#include <type_traits>

#include "attn/error.hpp"
#include "core/utf8.hpp"
#include "io/json/reader.hpp"

namespace attn::io {
namespace {

static_assert(std::endian::native == std::endian::little, "files are read as little endian");

constexpr std::string_view magic = "GGUF";
constexpr std::uint32_t first_version = 2, last_version = 3;
constexpr std::uint32_t most_axes = 4;
constexpr std::uint64_t longest_name = 65535;

template <class T>
T load(const char* p) {
  T value{};
  std::memcpy(&value, p, sizeof value);
  return value;
}

// Bytes of a value that is no text and no list; 0: there is no such type.
std::size_t size_of(GgufKind kind) {
  switch (kind) {
    case GgufKind::u8:
    case GgufKind::i8:
    case GgufKind::boolean: return 1;
    case GgufKind::u16:
    case GgufKind::i16: return 2;
    case GgufKind::u32:
    case GgufKind::i32:
    case GgufKind::f32: return 4;
    case GgufKind::u64:
    case GgufKind::i64:
    case GgufKind::f64: return 8;
    case GgufKind::text:
    case GgufKind::list: break;
  }
  return 0;
}

std::uint64_t aligned(std::uint64_t offset, std::uint64_t alignment) {
  return (offset + alignment - 1) / alignment * alignment;
}

double number_at(const char* p, GgufKind kind) {
  switch (kind) {
    case GgufKind::u8: return load<std::uint8_t>(p);
    case GgufKind::i8: return load<std::int8_t>(p);
    case GgufKind::u16: return load<std::uint16_t>(p);
    case GgufKind::i16: return load<std::int16_t>(p);
    case GgufKind::u32: return load<std::uint32_t>(p);
    case GgufKind::i32: return load<std::int32_t>(p);
    case GgufKind::u64: return static_cast<double>(load<std::uint64_t>(p));
    case GgufKind::i64: return static_cast<double>(load<std::int64_t>(p));
    case GgufKind::f32: return static_cast<double>(load<float>(p));
    case GgufKind::f64: return load<double>(p);
    case GgufKind::boolean: return *p == 0 ? 0 : 1;
    case GgufKind::text:
    case GgufKind::list: break;
  }
  return 0;
}

bool is_number(GgufKind kind) { return size_of(kind) != 0 && kind != GgufKind::boolean; }

bool is_integer(GgufKind kind) { return is_number(kind) && kind != GgufKind::f32 && kind != GgufKind::f64; }

}  // namespace

/// Goes through the header from its begin to its end.
class GgufReader {
 public:
  explicit GgufReader(const FileBytes& file) : bytes_(file.bytes()), place_(file.place()) {
    file_.name_ = place_;
    file_.owner_ = file.owner();
  }

  GgufFile read() {
    check_begin();
    const auto tensors = take<std::uint64_t>(), values = take<std::uint64_t>();
    // The least that one takes: a key without letters and a value of a byte; a name, an axis, a type and an offset.
    constexpr std::uint64_t least_value = 8 + 4 + 1, least_tensor = 8 + 4 + 8 + 4 + 8;
    const std::uint64_t left = bytes_.size() - at_;
    if (values > left / least_value) refuse_count(values, "entries of metadata");
    if (tensors > left / least_tensor) refuse_count(tensors, "tensors");
    for (std::uint64_t i = 0; i < values; ++i) read_value();
    alignment_ = read_alignment();
    for (std::uint64_t i = 0; i < tensors; ++i) read_tensor();
    place_tensors();
    return std::move(file_);
  }

 private:
  struct Placed {
    std::uint64_t begin = 0, size = 0;
    const std::string* name = nullptr;
  };

  [[noreturn]] void refuse(const std::string& message) const { throw data_error(place_, message); }
  [[noreturn]] void refuse_count(std::uint64_t count, const char* what) const {
    refuse("says that it has " + std::to_string(count) + " " + what + ", more than its " +
           std::to_string(bytes_.size()) + " bytes can hold");
  }

  void need(std::uint64_t size) const {
    if (size > bytes_.size() - at_) refuse("ends inside its GGUF header");
  }

  std::string_view take_bytes(std::uint64_t size) {
    need(size);
    const std::string_view taken = bytes_.substr(at_, size);
    at_ += size;
    return taken;
  }

  template <class T>
  T take() {
    return load<T>(take_bytes(sizeof(T)).data());
  }

  std::string_view take_text() { return take_bytes(take<std::uint64_t>()); }

  std::string take_name(const char* what) {
    const auto size = take<std::uint64_t>();
    if (size > longest_name) refuse("has a " + std::string(what) + " of " + std::to_string(size) + " bytes");
    std::string name(take_bytes(size));
    if (name.empty()) refuse("has a " + std::string(what) + " without letters");
    if (find_invalid_utf8(name) != std::string::npos) refuse("has a " + std::string(what) + " that is not valid UTF-8");
    return name;
  }

  void check_begin() {
    if (take_bytes(magic.size()) != magic) refuse("is no GGUF file: it does not begin with GGUF");
    const auto version = take<std::uint32_t>();
    if (version >= first_version && version <= last_version) return;
    const std::uint32_t swapped = __builtin_bswap32(version);
    if (swapped >= 1 && swapped <= last_version)
      refuse("is a GGUF file for big-endian machines; those for little-endian ones are read");
    refuse("is a GGUF file of version " + std::to_string(version) + "; versions 2 and 3 are read");
  }

  GgufKind take_kind(const std::string& key) {
    const auto number = take<std::uint32_t>();
    if (number > static_cast<std::uint32_t>(GgufKind::f64))
      throw data_error(file_.where(key), "has a value of the type " + std::to_string(number) + ", which GGUF has not");
    return static_cast<GgufKind>(number);
  }

  void read_value() {
    std::string key = take_name("key");
    GgufValue value;
    value.kind = take_kind(key);
    if (value.kind == GgufKind::list) {
      value.is_list = true;
      value.kind = take_kind(key);
      value.count = take<std::uint64_t>();
      if (value.kind == GgufKind::list) throw data_error(file_.where(key), "is a list of lists, which is not read");
      const std::uint64_t least = value.kind == GgufKind::text ? sizeof(std::uint64_t) : size_of(value.kind);
      if (value.count > (bytes_.size() - at_) / least)
        throw data_error(file_.where(key),
                         "says that it has " + std::to_string(value.count) + " elements, more than the file can hold");
    }
    const std::size_t begin = at_;
    if (value.kind == GgufKind::text && value.is_list) {
      for (std::uint64_t i = 0; i < value.count; ++i) take_text();
      value.bytes = bytes_.substr(begin, at_ - begin);
    } else if (value.kind == GgufKind::text) {
      value.bytes = take_text();
    } else {
      value.bytes = take_bytes(value.count * size_of(value.kind));
    }
    if (!file_.values_.emplace(key, value).second) throw data_error(file_.where(key), "is there twice");
    file_.keys_.push_back(std::move(key));
  }

  std::uint64_t read_alignment() const {
    constexpr std::int64_t usual = 32;
    const char* const key = "general.alignment";
    const std::int64_t alignment = file_.integer(key).value_or(usual);
    if (alignment < 1 || alignment > UINT32_MAX || !std::has_single_bit(static_cast<std::uint64_t>(alignment)))
      throw data_error(file_.where(key), std::to_string(alignment) + " is no power of two");
    return static_cast<std::uint64_t>(alignment);
  }

  void read_tensor() {
    std::string name = take_name("tensor's name");
    const std::string where = file_.where(name);
    GgufTensor tensor;
    const auto axes = take<std::uint32_t>();
    if (axes < 1 || axes > most_axes)
      throw data_error(where, "has " + std::to_string(axes) + " axes; 1 to 4 are allowed");
    for (std::uint32_t axis = 0; axis < axes; ++axis) tensor.shape.push_back(take<std::uint64_t>());
    std::reverse(tensor.shape.begin(), tensor.shape.end());
    const auto number = take<std::uint32_t>();
    tensor.type = gguf_type(number);
    if (tensor.type == nullptr)
      throw data_error(where, "is of the type " + std::to_string(number) + ", which attn does not know");
    const auto offset = take<std::uint64_t>();
    if (std::find(tensor.shape.begin(), tensor.shape.end(), 0) != tensor.shape.end())
      throw data_error(where, "has no elements: its shape is " + shape_text(tensor.shape));
    const std::size_t count = checked_size(tensor.shape, sizeof(double), where);
    if (tensor.shape.back() % tensor.type->block != 0)
      throw data_error(where, "has rows of " + std::to_string(tensor.shape.back()) + " elements, and " +
                                  std::string(tensor.type->name) + " has blocks of " +
                                  std::to_string(tensor.type->block));
    if (offset % alignment_ != 0)
      throw data_error(where, "begins at byte " + std::to_string(offset) + " of the data, which is no multiple of " +
                                  std::to_string(alignment_));
    const auto [entry, is_new] = file_.tensors_.emplace(name, std::move(tensor));
    if (!is_new) throw data_error(where, "is there twice");
    placed_.push_back({offset, count / entry->second.type->block * entry->second.type->bytes, &entry->first});
    file_.names_.push_back(std::move(name));
  }

  // The tensors' bytes: one after the other, each aligned, to the file's end.
  void place_tensors() {
    const std::uint64_t begin = std::min<std::uint64_t>(aligned(at_, alignment_), bytes_.size());
    const std::string_view data = bytes_.substr(begin);
    std::sort(placed_.begin(), placed_.end(), [](const Placed& a, const Placed& b) {
      return a.begin != b.begin ? a.begin < b.begin : a.size < b.size;
    });
    std::uint64_t end = 0;
    for (const Placed& placed : placed_) {
      if (placed.begin > data.size() || placed.size > data.size() - placed.begin)
        throw data_error(file_.where(*placed.name),
                         "lies outside the file's " + std::to_string(data.size()) + " bytes of data: the file is cut");
      if (placed.begin < end) throw data_error(file_.where(*placed.name), "overlaps another tensor");
      if (placed.begin > aligned(end, alignment_))
        refuse("has a hole at byte " + std::to_string(aligned(end, alignment_)) + " of the data");
      end = placed.begin + placed.size;
      file_.tensors_.find(*placed.name)->second.bytes = data.substr(placed.begin, placed.size);
    }
    if (data.size() > aligned(end, alignment_))
      refuse("has " + std::to_string(data.size() - aligned(end, alignment_)) +
             " bytes at its end that belong to no tensor");
  }

  GgufFile file_;
  std::string_view bytes_;
  std::string place_;
  std::size_t at_ = 0;
  std::uint64_t alignment_ = 1;
  std::vector<Placed> placed_;
};

bool GgufFile::is_gguf(std::string_view bytes) { return bytes.starts_with(magic); }

bool GgufFile::is_at(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored) && is_gguf(FileBytes::open(path).bytes());
}

GgufFile GgufFile::read(const FileBytes& file) { return GgufReader(file).read(); }

std::string GgufFile::where(std::string_view key) const { return name_ + "#" + pointer_step(key); }

const GgufValue* GgufFile::find(std::string_view key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? nullptr : &found->second;
}

bool GgufFile::is_list(std::string_view key) const {
  const GgufValue* const value = find(key);
  return value != nullptr && value->is_list;
}

std::optional<std::int64_t> GgufFile::integer(std::string_view key) const {
  const GgufValue* const value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_list || !is_integer(value->kind)) throw data_error(where(key), "is no whole number");
  constexpr double most = 9e15;
  const double number = number_at(value->bytes.data(), value->kind);
  if (number > most || number < -most) throw data_error(where(key), "is outside what attn can count");
  return static_cast<std::int64_t>(number);
}

std::optional<double> GgufFile::number(std::string_view key) const {
  const GgufValue* const value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_list || !is_number(value->kind)) throw data_error(where(key), "is no number");
  return number_at(value->bytes.data(), value->kind);
}

std::optional<bool> GgufFile::truth(std::string_view key) const {
  const GgufValue* const value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_list || value->kind != GgufKind::boolean) throw data_error(where(key), "is neither true nor false");
  return value->bytes.front() != 0;
}

std::optional<std::string> GgufFile::text(std::string_view key) const {
  const GgufValue* const value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_list || value->kind != GgufKind::text) throw data_error(where(key), "is no text");
  return std::string(value->bytes);
}

std::optional<std::vector<std::string_view>> GgufFile::texts(std::string_view key) const {
  const GgufValue* const value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_list || value->kind != GgufKind::text) throw data_error(where(key), "is no list of texts");
  std::vector<std::string_view> texts;
  std::string_view rest = value->bytes;
  while (!rest.empty()) {
    const auto size = load<std::uint64_t>(rest.data());
    texts.push_back(rest.substr(sizeof size, size));
    rest.remove_prefix(sizeof size + size);
  }
  return texts;
}

std::optional<std::vector<double>> GgufFile::numbers(std::string_view key) const {
  const GgufValue* const value = find(key);
  if (value == nullptr) return std::nullopt;
  // Truths count: 0 and 1.
  if (!value->is_list || size_of(value->kind) == 0) throw data_error(where(key), "is no list of numbers");
  std::vector<double> numbers;
  const std::size_t size = size_of(value->kind);
  for (std::size_t i = 0; i < value->count; ++i)
    numbers.push_back(number_at(value->bytes.data() + i * size, value->kind));
  return numbers;
}

}  // namespace attn::io
