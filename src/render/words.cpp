// Tells words by the marks of three families of tokenizers, and merges their cells.
#include "attn/words.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

#include "attn/error.hpp"
#include "core/option_name.hpp"
#include "core/utf8.hpp"
#include "render/panel_values.hpp"

namespace attn {
namespace {

constexpr std::string_view hashes = "##";
constexpr std::string_view low_line = "▁";
// What GPT-2's letters have for a space, a line feed, a carriage return and a tab.
constexpr std::array<std::string_view, 4> white_letters{"Ġ", "Ċ", "č", "ĉ"};

bool continues_wordpiece(std::string_view label) { return label.size() > hashes.size() && label.starts_with(hashes); }

bool begins_byte_level(std::string_view label) {
  return std::any_of(white_letters.begin(), white_letters.end(),
                     [label](std::string_view letter) { return label.starts_with(letter); });
}

// The byte that `<0xE2>` stands for.
std::optional<char> byte_token(std::string_view label) {
  if (label.size() != 6 || !label.starts_with("<0x") || label.back() != '>') return std::nullopt;
  unsigned value = 0;
  const char* const end = label.data() + 5;
  if (std::from_chars(label.data() + 3, end, value, 16).ptr != end) return std::nullopt;
  return static_cast<char>(value);
}

// [CLS], <s>, <|endoftext|>: capitals in brackets, or anything between angle brackets.
bool is_special(std::string_view label) {
  if (label.size() < 3) return false;
  const std::string_view inner = label.substr(1, label.size() - 2);
  if (label.front() == '<' && label.back() == '>')
    return !byte_token(label) && inner.find(' ') == std::string_view::npos;
  const auto is_capital = [](char c) {
    return std::isupper(static_cast<unsigned char>(c)) != 0 || std::isdigit(static_cast<unsigned char>(c)) != 0 ||
           c == '_';
  };
  return label.front() == '[' && label.back() == ']' && std::all_of(inner.begin(), inner.end(), is_capital);
}

bool ends_line(std::string_view label, SubwordScheme scheme) {
  return scheme == SubwordScheme::byte_level ? label.ends_with("Ċ")
                                             : scheme == SubwordScheme::sentencepiece && byte_token(label) == '\n';
}

bool has_begin_mark(std::string_view label, SubwordScheme scheme) {
  switch (scheme) {
    case SubwordScheme::wordpiece: return !continues_wordpiece(label);
    case SubwordScheme::byte_level: return begins_byte_level(label);
    case SubwordScheme::sentencepiece: return label.starts_with(low_line) || ends_line(label, scheme);
    case SubwordScheme::none: break;
  }
  return true;
}

// The byte that a letter of GPT-2's vocabulary stands for: printable ones for themselves, the other 68 in their order
// for the letters from U+0100 on.
std::optional<char> byte_of_letter(char32_t letter) {
  const auto is_own = [](char32_t c) { return (c > 32 && c < 127) || (c > 160 && c < 173) || (c > 173 && c < 256); };
  if (is_own(letter)) return static_cast<char>(letter);
  if (letter < 256 || letter >= 256 + 68) return std::nullopt;
  const char32_t n = letter - 256;
  return static_cast<char>(n < 33 ? n : n < 67 ? 127 + n - 33 : 173);
}

// What a token adds to its word, as bytes.
std::string bytes_of(std::string_view label, SubwordScheme scheme) {
  if (scheme == SubwordScheme::wordpiece)
    return std::string(continues_wordpiece(label) ? label.substr(hashes.size()) : label);
  std::string bytes;
  if (scheme == SubwordScheme::byte_level) {
    for (const char32_t letter : decode_utf8(label)) {
      if (const std::optional<char> byte = byte_of_letter(letter))
        bytes += *byte;
      else
        append_utf8(bytes, letter);
    }
    return bytes;
  }
  if (const std::optional<char> byte = byte_token(label)) return {*byte};
  for (std::size_t at = 0; at < label.size();) {
    const bool is_space = label.substr(at).starts_with(low_line);
    bytes += is_space ? ' ' : label[at];
    at += is_space ? low_line.size() : 1;
  }
  return bytes;
}

// Bytes as text: what is no UTF-8 is U+FFFD, and white space around it is no part of the word.
std::string readable(const std::string& bytes) {
  std::string text;
  for (const char32_t letter : decode_utf8(bytes)) append_utf8(text, letter);
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string::npos) return "";
  return printable(text.substr(begin, text.find_last_not_of(' ') - begin + 1));
}

SubwordScheme scheme_or(const std::vector<std::string>& labels, SubwordScheme other) {
  const SubwordScheme own = subword_scheme(labels);
  return own == SubwordScheme::none ? other : own;
}

std::vector<std::string> texts_of(std::vector<Word>& words) {
  std::vector<std::string> texts;
  for (Word& word : words) texts.push_back(std::move(word.text));
  return texts;
}

template <class T>
Tensor merged(std::span<const T> values, std::size_t columns, const std::vector<Word>& row_words,
              const std::vector<Word>& column_words) {
  Tensor result(dtype_of<T>, {row_words.size(), column_words.size()});
  auto* to = result.values<T>().data();
  for (const Word& row : row_words)
    for (const Word& column : column_words) {
      double sum = 0;
      for (std::size_t i = row.begin; i < row.end; ++i)
        for (std::size_t j = column.begin; j < column.end; ++j) sum += static_cast<double>(values[i * columns + j]);
      *to++ = static_cast<T>(sum / static_cast<double>(row.end - row.begin));
    }
  return result;
}

Tensor merged_mask(const Tensor& masked, const std::vector<Word>& row_words, const std::vector<Word>& column_words) {
  Tensor result(DType::u8, {row_words.size(), column_words.size()});
  const auto values = masked.values<std::uint8_t>();
  auto* to = result.values<std::uint8_t>().data();
  for (const Word& row : row_words)
    for (const Word& column : column_words) {
      std::uint8_t all = 1;
      for (std::size_t i = row.begin; i < row.end; ++i)
        for (std::size_t j = column.begin; j < column.end; ++j) all &= values[i * masked.extent(1) + j];
      *to++ = all;
    }
  return result;
}

}  // namespace

SubwordScheme subword_scheme(const std::vector<std::string>& labels) {
  const auto count = [&labels](auto&& bears) { return std::count_if(labels.begin(), labels.end(), bears); };
  const auto wordpiece = count(continues_wordpiece), byte_level = count(begins_byte_level),
             sentencepiece = count([](std::string_view label) { return label.starts_with(low_line); });
  const auto most = std::max({wordpiece, byte_level, sentencepiece});
  if (most == 0) return SubwordScheme::none;
  return most == byte_level      ? SubwordScheme::byte_level
         : most == sentencepiece ? SubwordScheme::sentencepiece
                                 : SubwordScheme::wordpiece;
}

std::vector<Word> words_of_labels(const std::vector<std::string>& labels, SubwordScheme scheme) {
  std::vector<Word> words;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const bool begins = i == 0 || has_begin_mark(labels[i], scheme) || is_special(labels[i]) ||
                        is_special(labels[i - 1]) || ends_line(labels[i - 1], scheme);
    if (begins) words.push_back({i, i, ""});
    words.back().end = i + 1;
    words.back().text += is_special(labels[i]) ? labels[i] : bytes_of(labels[i], scheme);
  }
  for (Word& word : words) {
    word.text = readable(word.text);
    if (word.text.empty()) word.text = labels[word.begin];
  }
  return words;
}

void merge_words(Panel& panel) {
  const std::string where = option_name("merge_words");
  if (panel.row_labels.empty() || panel.column_labels.empty())
    throw usage_error(where, "needs tokens as the labels of rows and columns");
  const SubwordScheme any = scheme_or(panel.row_labels, subword_scheme(panel.column_labels));
  if (any == SubwordScheme::none) throw usage_error(where, "no token has the mark of a sub-word: ##, Ġ or ▁");
  std::vector<Word> rows = words_of_labels(panel.row_labels, any);
  std::vector<Word> columns = words_of_labels(panel.column_labels, scheme_or(panel.column_labels, any));
  panel.values = with_values(panel.values, [&](auto values) {
    using Value = typename decltype(values)::value_type;
    return merged<Value>(values, panel.column_labels.size(), rows, columns);
  });
  if (panel.masked.size() != 0) panel.masked = merged_mask(panel.masked, rows, columns);
  panel.row_labels = texts_of(rows);
  panel.column_labels = texts_of(columns);
}

}  // namespace attn
