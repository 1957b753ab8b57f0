// The table of pre-tokenizers.
#include "text/pre_tokenizers.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "attn/error.hpp"
#include "core/nearest.hpp"
#include "core/text.hpp"
#include "core/utf8.hpp"
#include "text/byte_tokens.hpp"
#include "text/settings.hpp"
#include "text/unicode.hpp"

namespace attn::text {
namespace {

using io::Config;

constexpr std::array<std::pair<std::string_view, SplitBehavior>, 5> behaviors{
    {{"Removed", SplitBehavior::removed},
     {"Isolated", SplitBehavior::isolated},
     {"MergedWithPrevious", SplitBehavior::merged_with_previous},
     {"MergedWithNext", SplitBehavior::merged_with_next},
     {"Contiguous", SplitBehavior::contiguous}}};

SplitBehavior behavior_of(const Config& part, const std::string& name) {
  std::vector<std::string_view> names;
  for (const auto& [known, behavior] : behaviors) {
    if (known == name) return behavior;
    names.push_back(known);
  }
  throw data_error(part.where("behavior"),
                   "'" + printable(name) + "' is none of " + joined(names) + did_you_mean(name, names));
}

// Cuts at characters.
PreTokenizer at_characters(std::function<bool(char32_t)> is_match, SplitBehavior behavior) {
  return [is_match = std::move(is_match), behavior](Pieces& pieces) {
    cut_pieces(pieces, [&](const AlignedText& text) { return text.split(text.matches(is_match), behavior); });
  };
}

std::vector<Match> inverted(std::vector<Match> matches) {
  for (Match& match : matches) match.is_match = !match.is_match;
  return matches;
}

PreTokenizer make_bert_pre_tokenizer(const Config&) {
  PreTokenizer words = at_characters(is_space, SplitBehavior::removed);
  PreTokenizer marks = at_characters(is_punctuation, SplitBehavior::isolated);
  return [words = std::move(words), marks = std::move(marks)](Pieces& pieces) {
    words(pieces);
    marks(pieces);
  };
}

PreTokenizer make_byte_level_pre_tokenizer(const Config& part) {
  const bool adds_space = needed_truth(part, "add_prefix_space");
  std::optional<Pattern> words;
  if (part.truth("use_regex").value_or(true))
    words =
        Pattern::regex(R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)", part.place());
  return [adds_space, words](Pieces& pieces) {
    cut_pieces(pieces, [&](AlignedText text) {
      if (adds_space && !text.starts_with(U' ')) text.prepend(U" ");
      return words ? text.split(words->matches(text), SplitBehavior::isolated) : std::vector{std::move(text)};
    });
    for (Piece& piece : pieces)
      if (!piece.added) piece.text.transform(byte_level(piece.text));
  };
}

PreTokenizer make_delimiter(const Config& part) {
  return at_characters([delimiter = needed_character(part, "delimiter")](char32_t c) { return c == delimiter; },
                       SplitBehavior::removed);
}

PreTokenizer make_digits(const Config& part) {
  return at_characters(is_number,
                       needed_truth(part, "individual_digits") ? SplitBehavior::isolated : SplitBehavior::contiguous);
}

PreTokenizer make_fixed_length(const Config& part) {
  const std::size_t length = part.has("length") ? needed_count(part, "length") : 5;
  if (length == 0) throw data_error(part.where("length"), "is 0");
  return [length](Pieces& pieces) {
    cut_pieces(pieces, [length](const AlignedText& text) {
      std::vector<AlignedText> parts;
      for (std::size_t begin = 0; begin < text.size(); begin += std::min(length, text.size() - begin))
        parts.push_back(text.slice(begin, begin + std::min(length, text.size() - begin)));
      return parts;
    });
  };
}

enum class PrependScheme { always, first, never };

// Of older files, add_prefix_space says it.
PrependScheme prepend_scheme(const Config& part) {
  constexpr const char* name = "prepend_scheme";
  const std::string scheme = part.text(name).value_or("always");
  if (!part.truth("add_prefix_space").value_or(true)) {
    if (part.has(name) && scheme != "never") throw data_error(part.where(name), "says otherwise than add_prefix_space");
    return PrependScheme::never;
  }
  if (scheme == "always") return PrependScheme::always;
  if (scheme == "first") return PrependScheme::first;
  if (scheme == "never") return PrependScheme::never;
  throw data_error(part.where(name), "'" + printable(scheme) + "' is none of always, first, never");
}

PreTokenizer make_metaspace(const Config& part) {
  const char32_t mark = needed_character(part, "replacement");
  const PrependScheme scheme = prepend_scheme(part);
  const bool splits = part.truth("split").value_or(true);
  return [=](Pieces& pieces) {
    cut_pieces(pieces, [=](AlignedText text) {
      const std::u32string mark_text(1, mark);
      text.replace(text.matches([](char32_t c) { return c == U' '; }), mark_text);
      const bool is_wanted = scheme == PrependScheme::always || (scheme == PrependScheme::first && text.origin() == 0);
      if (is_wanted && !text.starts_with(mark)) text.prepend(mark_text);
      if (!splits) return std::vector{std::move(text)};
      return text.split(text.matches([mark](char32_t c) { return c == mark; }), SplitBehavior::merged_with_next);
    });
  };
}

PreTokenizer make_punctuation(const Config& part) {
  return at_characters(is_punctuation, behavior_of(part, part.text("behavior").value_or("Isolated")));
}

PreTokenizer make_sequence_pre_tokenizer(const Config& part) {
  std::vector<PreTokenizer> steps;
  for (const Config& step : needed_parts(part, "pretokenizers")) steps.push_back(make_pre_tokenizer(step));
  return [steps = std::move(steps)](Pieces& pieces) {
    for (const PreTokenizer& step : steps) step(pieces);
  };
}

PreTokenizer make_split(const Config& part) {
  const SplitBehavior behavior = behavior_of(part, needed_text(part, "behavior"));
  return [pattern = needed_pattern(part), behavior, inverts = needed_truth(part, "invert")](Pieces& pieces) {
    cut_pieces(pieces, [&](const AlignedText& text) {
      return text.split(inverts ? inverted(pattern.matches(text)) : pattern.matches(text), behavior);
    });
  };
}

// Runs of word characters, and runs of what is neither a word nor white space: \w+|[^\w\s]+
std::vector<AlignedText> words_and_marks(const AlignedText& text) {
  const auto kind_of = [](const AlignedChar& c) { return is_word(c.value) ? 1 : is_space(c.value) ? 0 : 2; };
  std::vector<AlignedText> parts;
  for (std::size_t begin = 0, end = 0; begin < text.size(); begin = end) {
    const int kind = kind_of(text.chars()[begin]);
    for (end = begin + 1; end < text.size() && kind_of(text.chars()[end]) == kind;) ++end;
    if (kind != 0) parts.push_back(text.slice(begin, end));
  }
  return parts;
}

PreTokenizer make_whitespace(const Config&) {
  return [](Pieces& pieces) { cut_pieces(pieces, words_and_marks); };
}

PreTokenizer make_whitespace_split(const Config&) { return at_characters(is_space, SplitBehavior::removed); }

struct PreTokenizerRow {
  std::string_view name;
  PreTokenizer (*make)(const Config& part);
};
constexpr std::array<PreTokenizerRow, 11> pre_tokenizer_rows{{{"BertPreTokenizer", make_bert_pre_tokenizer},
                                                              {"ByteLevel", make_byte_level_pre_tokenizer},
                                                              {"CharDelimiterSplit", make_delimiter},
                                                              {"Digits", make_digits},
                                                              {"FixedLength", make_fixed_length},
                                                              {"Metaspace", make_metaspace},
                                                              {"Punctuation", make_punctuation},
                                                              {"Sequence", make_sequence_pre_tokenizer},
                                                              {"Split", make_split},
                                                              {"Whitespace", make_whitespace},
                                                              {"WhitespaceSplit", make_whitespace_split}}};

}  // namespace

void cut_pieces(Pieces& pieces, const std::function<std::vector<AlignedText>(AlignedText)>& cut) {
  Pieces parts;
  parts.reserve(pieces.size());
  for (Piece& piece : pieces) {
    if (piece.added) {
      parts.push_back(std::move(piece));
      continue;
    }
    for (AlignedText& part : cut(std::move(piece.text)))
      if (!part.empty()) parts.push_back({std::move(part), std::nullopt});
  }
  pieces = std::move(parts);
}

PreTokenizer make_pre_tokenizer(const Config& part) {
  return row_of<PreTokenizerRow>(pre_tokenizer_rows, part, "pre-tokenizer").make(part);
}

}  // namespace attn::text
