// The result document as JSON.
#include <variant>

#include "attn/io.hpp"

namespace attn {

std::string result_metadata_json(const Result& result) {
  StringSink sink;
  JsonWriter json(sink);
  json.begin_object();
  for (const auto& [name, value] : result.metadata) {
    json.key(name);
    std::visit([&json](const auto& held) { json.value(held); }, value);
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
  if (more) more(json);
  if (!result.metadata.empty() || !result.input_metadata.empty())
    json.key("metadata").raw(result_metadata_json(result));
  json.end_object().finish();
}

}  // namespace attn
