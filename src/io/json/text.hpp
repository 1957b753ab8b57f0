// JSON as text: white space, the quoting of strings and its reverse, and bytes in messages.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace attn::io {

/// White space of RFC 8259.
inline bool is_json_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

/// Appends `text` in quotes with the escapes that RFC 8259 requires, short where it has short ones. Bytes that
/// are not UTF-8 become U+FFFD.
void append_json_string(std::string& json, std::string_view text);

/// The strings as a JSON list.
std::string json_list(const std::vector<std::string>& texts);

/// What the text between two quotes stands for; its escapes must have been checked.
std::string unescape_json(std::string_view raw);

/// A byte of a JSON text for messages: `'x'`.
std::string shown_byte(char c);

}  // namespace attn::io
