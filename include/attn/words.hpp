// Words of sub-words: what tokenizers split, put together again.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "attn/heatmap.hpp"

namespace attn {

/// Places begin … end-1 of an axis, and their text.
struct Word {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string text;
};

/// How tokens say what they are part of.
enum class SubwordScheme {
  none,
  wordpiece,      ///< `##x` continues a word (BERT)
  byte_level,     ///< `Ġ` begins one, as do the white spaces `Ċ`, `č` and `ĉ`; letters stand for bytes (GPT-2)
  sentencepiece,  ///< `▁` begins one; `<0xE2>` is a byte (Llama, T5)
};

/// The scheme whose marks most labels bear; none if none bears any.
SubwordScheme subword_scheme(const std::vector<std::string>& labels);

/// The words of the labels in order, covering all of them. Special tokens ([CLS], <s>, <|endoftext|>) and line breaks
/// are words of their own, and end the one before. Texts are what people read: without marks, bytes as UTF-8.
std::vector<Word> words_of_labels(const std::vector<std::string>& labels, SubwordScheme scheme);

/// Merges the sub-words of a panel: a word as a key gets the sum of its columns, as a query the mean of its rows
/// (Clark et al. 2019, "What Does BERT Look At?", section 4.1). A cell is masked if all that went into it were. An axis
/// without a mark has the scheme of the other. Throws Error (usage, at `merge_words`) for an axis without labels, and
/// for labels without any mark.
void merge_words(Panel& panel);

}  // namespace attn
