// Tokens, their ids, and the parts of the text that they stand for.
#include "cli/output/token_list.hpp"

#include <algorithm>
#include <functional>

#include "attn/json_writer.hpp"
#include "attn/tokenizer.hpp"
#include "cli/text_blocks.hpp"
#include "core/text.hpp"
#include "core/utf8.hpp"

namespace attn::cli {
namespace {

// The part of a text between two of its characters.
std::string part_of(const std::vector<char32_t>& text, std::size_t begin, std::size_t end) {
  std::string part;
  for (std::size_t i = begin; i < std::min(end, text.size()); ++i) append_utf8(part, text[i]);
  return part;
}

// Columns of the list's texts. Where a line would be longer than a terminal's `width`, the texts of tokens are cut,
// both as much, but not below what a token can be told by.
std::vector<std::size_t> widths_within(const std::vector<std::vector<std::string>>& rows,
                                       const std::function<bool(std::size_t)>& is_shown, std::size_t width) {
  constexpr std::size_t token = 2, text = 5, least = 4;
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (const std::vector<std::string>& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  std::size_t used = 0;
  for (std::size_t i = 0; i < widths.size(); ++i)
    if (is_shown(i)) used += widths[i] + (i == 0 ? 0 : 2);
  for (; width != 0 && used > width; --used) {
    std::size_t& wider = is_shown(text) && widths[text] > widths[token] ? widths[text] : widths[token];
    if (wider <= least) break;
    --wider;
  }
  return widths;
}

// A line for each token: its number, id, text, which text it is of, where there, and what stands there.
std::string list_text(const Tokenizer& tokenizer, const TokenSource& source, const std::vector<TextToken>& tokens,
                      std::size_t width) {
  std::vector<std::vector<std::string>> rows{{"", "id", "token", "in", "place", "text"}};
  const std::vector<char32_t> texts[] = {decode_utf8(source.text), decode_utf8(source.pair.value_or(""))};
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const TextToken& token = tokens[i];
    std::vector<std::string> row{std::to_string(i), std::to_string(token.id), printable(token.text), "", "", ""};
    if (token.part >= 0) {
      row[3] = token.part == 0 ? "A" : "B";
      row[4] = std::to_string(token.begin) + ":" + std::to_string(token.end);
      row[5] = printable(part_of(texts[token.part], token.begin, token.end));
    }
    rows.push_back(std::move(row));
  }
  const auto is_shown = [&source](std::size_t column) {
    return column <= 2 || (column == 3 ? source.pair.has_value() : !source.ids);
  };
  const std::vector<std::size_t> widths = widths_within(rows, is_shown, width);
  std::string text = folded(tokenizer.name() + ": " + counted(tokens.size(), "token") + "\n", width, 2);
  for (const std::vector<std::string>& row : rows) {
    std::string line = right_aligned(row[0], widths[0]) + "  " + right_aligned(row[1], widths[1]);
    for (std::size_t i = 2; i < row.size(); ++i)
      if (is_shown(i)) line += "  " + fit_width(row[i], widths[i]);
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

// {"file", "text", "text_pair", "tokens", "token_ids", "places", "type_ids", "special_tokens"}
void write_list(const Tokenizer& tokenizer, const TokenSource& source, const std::vector<TextToken>& tokens,
                Sink& sink) {
  JsonWriter json(sink);
  json.begin_object().key("file").value(tokenizer.name());
  if (!source.ids) json.key("text").value(source.text);
  if (source.pair) json.key("text_pair").value(*source.pair);
  const auto list = [&](const char* name, auto write) {
    json.key(name).begin_array();
    for (const TextToken& token : tokens) write(token);
    json.end_array();
  };
  list("tokens", [&](const TextToken& token) { json.value(token.text); });
  list("token_ids", [&](const TextToken& token) { json.value(token.id); });
  if (!source.ids) {
    list("places", [&](const TextToken& token) {
      json.begin_array().value(std::uint64_t{token.begin}).value(std::uint64_t{token.end}).end_array();
    });
    list("type_ids", [&](const TextToken& token) { json.value(token.type); });
    list("special_tokens", [&](const TextToken& token) { json.value(token.is_special); });
  }
  json.end_object().finish();
}

}  // namespace

void list_tokens(OutputFlags& outputs, const std::string& folder, const TokenSource& source,
                 const std::function<void(const std::string&)>& note) {
  for (const Target& target : outputs.targets())
    if (target.kind != OutputKind::text && !is_json_document(target.format))
      throw usage_error("--list", "gives json or text");
  const Tokenizer tokenizer = Tokenizer::open(folder);
  const std::vector<TextToken> tokens = tokens_of(tokenizer, source);
  if (note && !source.ids)
    for (const std::string& line : tokenizer.notes(source.text, source.pair)) note("warning: " + line);
  outputs.write([&](Target& target) {
    if (target.kind == OutputKind::text) {
      target.sink->write(list_text(tokenizer, source, tokens, target.width));
    } else {
      write_list(tokenizer, source, tokens, *target.sink);
    }
  });
}

}  // namespace attn::cli
