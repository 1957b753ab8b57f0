// The result document as JSON.
#include "attn/result_json.hpp"

#include <variant>

#include "attn/json_writer.hpp"

namespace attn {
namespace {

// Lists of lists in the shape of `lse`, each row a list of its keys. A label is left out where there is none.
class TopWriter {
 public:
  TopWriter(const Result& result, JsonWriter& json)
      : top_(*result.top), labels_(result.key_tokens.empty() ? result.tokens : result.key_tokens), json_(json) {}

  void write(std::size_t axis = 0) {
    const Shape& shape = top_.weights.shape();
    json_.begin_array();
    if (axis + 1 < shape.size())
      for (std::size_t i = 0; i < shape[axis]; ++i) write(axis + 1);
    else
      for (std::size_t i = 0; i < top_.count; ++i) write_key(at_++);
    json_.end_array();
  }

 private:
  void write_key(std::size_t at) {
    const std::size_t key = top_.keys[at];
    json_.begin_object().key("key").value(std::uint64_t{key});
    if (key < labels_.size()) json_.key("token").value(labels_[key]);
    json_.key("weight");
    if (top_.weights.dtype() == DType::f64)
      json_.value(top_.weights.values<double>()[at]);
    else
      json_.value(top_.weights.values<float>()[at]);
    json_.end_object();
  }

  const TopKeys& top_;
  const std::vector<std::string>& labels_;
  JsonWriter& json_;
  std::size_t at_ = 0;
};

template <class T>
void write_value(JsonWriter& json, const T& value) {
  json.value(value);
}

void write_value(JsonWriter& json, std::monostate) { json.null(); }

void write_value(JsonWriter& json, const std::vector<MetadataScalar>& values) {
  json.begin_array();
  for (const MetadataScalar& value : values) std::visit([&json](const auto& held) { write_value(json, held); }, value);
  json.end_array();
}

void write_readings(const Result& result, JsonWriter& json) {
  if (!result.stats.empty()) {
    json.key("stats").begin_object();
    for (const NamedTensor& named : result.stats) json.key(named.name).tensor(named.tensor);
    json.end_object();
  }
  if (!result.top) return;
  json.key("top");
  TopWriter(result, json).write();
}

}  // namespace

std::string result_metadata_json(const Result& result) {
  StringSink sink;
  JsonWriter json(sink);
  json.begin_object();
  for (const auto& [name, value] : result.metadata) {
    json.key(name);
    std::visit([&json](const auto& held) { write_value(json, held); }, value);
  }
  if (!result.input_metadata.empty()) json.key("input").raw(result.input_metadata);
  json.end_object().finish();
  sink.text.pop_back();  // the newline
  return sink.text;
}

void write_result_json(const Result& result, Sink& sink, const std::function<void(JsonWriter&)>& more) {
  JsonWriter json(sink);
  json.begin_object();
  if (!result.tokens.empty()) json.key("tokens").value(result.tokens);
  if (!result.key_tokens.empty()) json.key("key_tokens").value(result.key_tokens);
  for (const NamedTensor& named : result.tensors) json.key(named.name).tensor(named.tensor);
  write_readings(result, json);
  if (more) more(json);
  if (!result.metadata.empty() || !result.input_metadata.empty())
    json.key("metadata").raw(result_metadata_json(result));
  json.end_object().finish();
}

}  // namespace attn
