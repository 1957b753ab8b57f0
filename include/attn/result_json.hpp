// Results as JSON.
#pragma once

#include <functional>
#include <string>

#include "attn/document.hpp"
#include "attn/sink.hpp"

namespace attn {

class JsonWriter;

/// The result document as one line of JSON, ended by a newline: tokens, key_tokens, the tensors, stats, top, what
/// `more` adds, and metadata: attn's own members, then the input's own metadata as its member `input`.
void write_result_json(const Result& result, Sink& sink, const std::function<void(JsonWriter&)>& more = {});
/// The `metadata` member of the result document as JSON text.
std::string result_metadata_json(const Result& result);

}  // namespace attn
