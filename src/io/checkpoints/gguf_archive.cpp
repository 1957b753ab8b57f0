// Tensors of a GGUF file under the names of transformers, with what the converter changed of them undone.
#include "io/checkpoints/gguf_archive.hpp"

#include <cstring>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "attn/error.hpp"
#include "core/utf8.hpp"
#include "io/checkpoints/gguf_config.hpp"

namespace attn::io {
namespace {

// Tensors that the config has, or nobody needs.
constexpr std::string_view ropes[] = {"rope_freqs.weight", "rope_factors_long.weight", "rope_factors_short.weight"};

struct Entry {
  const GgufTensor* tensor = nullptr;
  std::string stored;
  GgufChange change = GgufChange::none;
  std::size_t head = 0;  ///< of a tensor for each head
};

// As whom a block's elements can be handed out; none: they are widened, or refused.
std::optional<Element> element_of(const GgufType& type) {
  if (type.name == "F32") return Element::f32;
  if (type.name == "F16") return Element::f16;
  if (type.name == "BF16") return Element::bf16;
  if (type.name == "F64") return Element::f64;
  return std::nullopt;
}

/// Elements of its own, in the place of a file's bytes.
struct Buffer {
  std::shared_ptr<char[]> bytes;
  std::size_t size = 0;

  explicit Buffer(std::size_t count) : bytes(new char[count]), size(count) {}
  RawArray array(Element element, Shape shape) const {
    RawArray array;
    array.element = element;
    array.shape = std::move(shape);
    array.bytes = {bytes.get(), size};
    array.owner = bytes;
    return array;
  }
};

class GgufTensors : public ArrayFile {
 public:
  GgufTensors(GgufFile file, const GgufArchitecture& architecture)
      : ArrayFile(file.name(), {}),
        file_(std::move(file)),
        architecture_(architecture),
        heads_(gguf_heads(file_, architecture)) {
    for (const std::string& stored : file_.tensor_names()) add(stored);
  }

  std::string stored_name(const std::string& name) const override {
    const auto found = entries_.find(name);
    return found == entries_.end() ? name : found->second.stored;
  }

  Archive::Entry entry(const std::string& name) const override {
    const io::Entry& entry = find(name);
    return {std::string(entry.tensor->type->name), shape_of(entry)};
  }

  RawArray raw(const std::string& name, MemoryBudget& budget) const override {
    const io::Entry& entry = find(name);
    const GgufTensor& tensor = *entry.tensor;
    check_type(name, tensor);
    switch (entry.change) {
      case GgufChange::none: break;
      case GgufChange::query_rows:
      case GgufChange::key_rows:
        if (!architecture_.permuted) break;
        return reordered(name, entry, budget);
      case GgufChange::head_rows: return reordered(name, entry, budget);
      case GgufChange::plus_one: return less_one(name, tensor, budget);
      case GgufChange::query_norms:
      case GgufChange::key_norms: return row_of(tensor, entry.head);
      case GgufChange::columns: {
        RawArray array = whole(name, tensor, budget);
        array.shape = shape_of(entry);
        array.fortran_order = array.shape.size() == 2;
        return array;
      }
    }
    return whole(name, tensor, budget);
  }

  std::optional<RawArray> raw_row(const std::string& name, std::size_t row) const override {
    const io::Entry& entry = find(name);
    const bool is_plain = entry.change == GgufChange::none && entry.tensor->shape.size() == 2;
    if (!is_plain || entry.tensor->type->number != gguf_q8_0) return std::nullopt;
    return row_of(*entry.tensor, row);
  }

  bool is_in_place(const std::string& name) const override {
    const GgufChange change = find(name).change;
    const bool is_query_or_key = change == GgufChange::query_rows || change == GgufChange::key_rows;
    return change == GgufChange::none || change == GgufChange::columns || (is_query_or_key && !architecture_.permuted);
  }

  std::optional<std::vector<std::string>> texts(const std::string&) const override { return std::nullopt; }

 private:
  void add(const std::string& stored) {
    const GgufTensor& tensor = file_.tensors().find(stored)->second;
    for (const std::string_view rope : ropes)
      if (stored == rope) return;
    const std::optional<GgufRenamed> renamed = gguf_renamed(architecture_, stored);
    if (!renamed)
      throw data_error(file_.where(stored), "is no tensor of " + std::string(architecture_.name) +
                                                " that attn knows: the numbers would be those of another model");
    const auto give = [&](const std::string& name, std::size_t head) {
      if (!entries_.emplace(name, io::Entry{&tensor, stored, renamed->change, head}).second)
        throw data_error(file_.where(stored), "is the tensor '" + printable(name) + "' once more");
      names_.push_back(name);
    };
    const bool is_split = renamed->change == GgufChange::query_norms || renamed->change == GgufChange::key_norms;
    if (!is_split) return give(renamed->name, 0);
    const std::size_t heads = renamed->change == GgufChange::query_norms ? heads_.query : heads_.key_value;
    if (tensor.shape.size() != 2 || tensor.shape[0] != heads)
      throw data_error(file_.where(stored), "has the shape " + shape_text(tensor.shape) + " where " +
                                                std::to_string(heads) + " heads have a norm each");
    const std::size_t place = renamed->name.find(".H.");
    for (std::size_t head = 0; head < heads; ++head) {
      std::string name = renamed->name;
      give(name.replace(place + 1, 1, std::to_string(head)), head);
    }
  }

  const io::Entry& find(const std::string& name) const {
    const auto found = entries_.find(name);
    if (found == entries_.end()) unknown(name);
    return found->second;
  }

  static Shape shape_of(const io::Entry& entry) {
    const Shape& shape = entry.tensor->shape;
    if (entry.change == GgufChange::columns && shape.size() == 2) return {shape[1], shape[0]};
    if (entry.change == GgufChange::query_norms || entry.change == GgufChange::key_norms) return {shape[1]};
    return shape;
  }

  void check_type(const std::string& name, const GgufTensor& tensor) const {
    if (!element_of(*tensor.type) && tensor.type->number != gguf_q8_0)
      throw data_error(where(name), "is stored as " + std::string(tensor.type->name) +
                                        ", which is not read; F32, F16, BF16, F64 and Q8_0 are");
  }

  // As it is stored; Q8_0 as float32.
  RawArray whole(const std::string& name, const GgufTensor& tensor, MemoryBudget& budget) const {
    if (const std::optional<Element> element = element_of(*tensor.type)) {
      RawArray array;
      array.element = *element;
      array.shape = tensor.shape;
      array.bytes = tensor.bytes;
      array.owner = file_.owner();
      return array;
    }
    const std::size_t count = tensor.bytes.size() / tensor.type->bytes * tensor.type->block;
    budget.take(count * sizeof(float), where(name));
    const Buffer buffer(count * sizeof(float));
    widen_q8_0(tensor.bytes, reinterpret_cast<float*>(buffer.bytes.get()), count);
    return buffer.array(Element::f32, tensor.shape);
  }

  RawArray row_of(const GgufTensor& tensor, std::size_t row) const {
    GgufTensor part = tensor;
    part.shape = {tensor.shape.back()};
    const std::size_t bytes = tensor.shape.back() / tensor.type->block * tensor.type->bytes;
    part.bytes = tensor.bytes.substr(row * bytes, bytes);
    MemoryBudget free(0);
    return whole("", part, free);
  }

  // The row of the file that is row `row` of the checkpoint.
  std::size_t stored_row(GgufChange change, std::size_t row, std::size_t rows) const {
    if (change == GgufChange::head_rows) {
      const std::size_t width = rows / 3 / heads_.query, head = row / (3 * width), part = row / width % 3;
      return (part * heads_.query + head) * width + row % width;
    }
    const std::size_t width = rows / (change == GgufChange::query_rows ? heads_.query : heads_.key_value);
    const std::size_t column = row % width, half = width / 2;
    return row - column + column % half * 2 + column / half;
  }

  RawArray reordered(const std::string& name, const io::Entry& entry, MemoryBudget& budget) const {
    const GgufTensor& tensor = *entry.tensor;
    const std::size_t rows = tensor.shape.front();
    const std::size_t unit = entry.change == GgufChange::head_rows    ? 3 * heads_.query
                             : entry.change == GgufChange::query_rows ? 2 * heads_.query
                                                                      : 2 * heads_.key_value;
    if (tensor.shape.size() > 2 || rows % unit != 0)
      throw data_error(where(name), "has the shape " + shape_text(tensor.shape) + "; a multiple of " +
                                        std::to_string(unit) + " rows is expected, as many of each head");
    const RawArray stored = whole(name, tensor, budget);
    const std::size_t bytes = stored.bytes.size() / rows;
    budget.take(stored.bytes.size(), where(name));
    const Buffer buffer(stored.bytes.size());
    for (std::size_t row = 0; row < rows; ++row)
      std::memcpy(buffer.bytes.get() + row * bytes, stored.bytes.data() + stored_row(entry.change, row, rows) * bytes,
                  bytes);
    return buffer.array(stored.element, tensor.shape);
  }

  // Weights less 1, which float64 has without loss.
  RawArray less_one(const std::string& name, const GgufTensor& tensor, MemoryBudget& budget) const {
    if (!name.ends_with(".weight") || tensor.type->name != "F32")
      throw data_error(where(name), "is stored as " + std::string(tensor.type->name) + "; such norms are read as F32");
    const std::size_t count = tensor.bytes.size() / sizeof(float);
    budget.take(count * sizeof(double), where(name));
    const Buffer buffer(count * sizeof(double));
    for (std::size_t i = 0; i < count; ++i) {
      float weight = 0;
      std::memcpy(&weight, tensor.bytes.data() + i * sizeof weight, sizeof weight);
      const double less = static_cast<double>(weight) - 1;
      std::memcpy(buffer.bytes.get() + i * sizeof less, &less, sizeof less);
    }
    return buffer.array(Element::f64, tensor.shape);
  }

  GgufFile file_;
  const GgufArchitecture& architecture_;
  GgufHeads heads_;
  std::map<std::string, io::Entry> entries_;
};

}  // namespace

GgufCheckpoint open_gguf(const FileBytes& file) {
  GgufFile read = GgufFile::read(file);
  const GgufArchitecture& architecture = gguf_architecture_of(read);
  Config config = gguf_config(read, architecture);
  return {std::make_unique<GgufTensors>(std::move(read), architecture), std::move(config)};
}

}  // namespace attn::io
