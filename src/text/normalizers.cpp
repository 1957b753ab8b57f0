// The table of normalizers.
#include "text/normalizers.hpp"

#include <array>

#include "attn/error.hpp"
#include "core/utf8.hpp"
#include "text/byte_tokens.hpp"
#include "text/settings.hpp"
#include "text/unicode.hpp"

namespace attn::text {
namespace {

using io::Config;

void to_lower_case(AlignedText& text) { text.transform(lower_case(text)); }

template <NormalForm form>
Normalizer make_form(const Config&) {
  return [](AlignedText& text) { text.transform(normal_form(text, form)); };
}

Normalizer make_lowercase(const Config&) { return to_lower_case; }

// BERT's "Chinese characters": the blocks of unified ideographs, as its own code has them.
bool is_ideograph(char32_t c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x2A6DF) ||
         (c >= 0x2A700 && c <= 0x2B73F) || (c >= 0x2B740 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

void clean(AlignedText& text) {
  const auto is_blank = [](char32_t c) { return c == U'\t' || c == U'\n' || c == U'\r'; };
  text.filter([&](char32_t c) { return c != 0 && c != U'\uFFFD' && (is_blank(c) || !is_control(c)); });
  text.map([](char32_t c) { return is_space(c) ? U' ' : c; });
}

void set_ideographs_apart(AlignedText& text) {
  std::vector<Change> changes;
  for (const AlignedChar& c : text.chars()) {
    if (is_ideograph(c.value)) {
      changes.insert(changes.end(), {{U' ', 0}, {c.value, 1}, {U' ', 1}});
    } else {
      changes.push_back({c.value, 0});
    }
  }
  text.transform(changes);
}

Normalizer make_bert_normalizer(const Config& part) {
  const bool cleans = needed_truth(part, "clean_text"), lowers = needed_truth(part, "lowercase");
  const bool sets_apart = needed_truth(part, "handle_chinese_chars");
  const bool strips = part.truth("strip_accents").value_or(lowers);
  return [=](AlignedText& text) {
    if (cleans) clean(text);
    if (sets_apart) set_ideographs_apart(text);
    if (strips) {
      text.transform(normal_form(text, NormalForm::nfd));
      text.filter([](char32_t c) { return !is_nonspacing_mark(c); });
    }
    if (lowers) to_lower_case(text);
  };
}

Normalizer make_strip_accents(const Config&) {
  return [](AlignedText& text) { text.filter([](char32_t c) { return !is_mark(c); }); };
}

Normalizer make_strip(const Config& part) {
  const bool left = needed_truth(part, "strip_left"), right = needed_truth(part, "strip_right");
  return [=](AlignedText& text) { text.strip(left, right); };
}

Normalizer make_replace(const Config& part) {
  return [pattern = needed_pattern(part), content = utf32_of(needed_text(part, "content"))](AlignedText& text) {
    text.replace(pattern.matches(text), content);
  };
}

Normalizer make_prepend(const Config& part) {
  return [content = utf32_of(needed_text(part, "prepend"))](AlignedText& text) { text.prepend(content); };
}

// Rules of machine translation, from before SentencePiece's own.
Normalizer make_nmt(const Config&) {
  return [](AlignedText& text) {
    text.filter([](char32_t c) {
      return !((c >= 0x01 && c <= 0x08) || c == 0x0B || (c >= 0x0E && c <= 0x1F) || c == 0x7F || c == 0x8F ||
               c == 0x9F);
    });
    text.map([](char32_t c) {
      const bool is_blank = c == 0x09 || c == 0x0A || c == 0x0C || c == 0x0D || c == 0x1680 ||
                            (c >= 0x200B && c <= 0x200F) || c == 0x2028 || c == 0x2029 || c == 0x2581 || c == 0xFEFF ||
                            c == 0xFFFD;
      return is_blank ? U' ' : c;
    });
  };
}

Normalizer make_byte_level_normalizer(const Config&) {
  return [](AlignedText& text) { text.transform(byte_level(text)); };
}

Normalizer make_sequence_normalizer(const Config& part) {
  std::vector<Normalizer> steps;
  for (const Config& step : needed_parts(part, "normalizers")) steps.push_back(make_normalizer(step));
  return [steps = std::move(steps)](AlignedText& text) {
    for (const Normalizer& step : steps) step(text);
  };
}

struct NormalizerRow {
  std::string_view name;
  Normalizer (*make)(const Config& part);
};
constexpr std::array<NormalizerRow, 14> normalizer_rows{{{"BertNormalizer", make_bert_normalizer},
                                                         {"ByteLevel", make_byte_level_normalizer},
                                                         {"Lowercase", make_lowercase},
                                                         {"NFC", make_form<NormalForm::nfc>},
                                                         {"NFD", make_form<NormalForm::nfd>},
                                                         {"NFKC", make_form<NormalForm::nfkc>},
                                                         {"NFKD", make_form<NormalForm::nfkd>},
                                                         {"Nmt", make_nmt},
                                                         {"Precompiled", make_precompiled},
                                                         {"Prepend", make_prepend},
                                                         {"Replace", make_replace},
                                                         {"Sequence", make_sequence_normalizer},
                                                         {"Strip", make_strip},
                                                         {"StripAccents", make_strip_accents}}};

}  // namespace

Normalizer make_normalizer(const Config& part) {
  return row_of<NormalizerRow>(normalizer_rows, part, "normalizer").make(part);
}

}  // namespace attn::text
