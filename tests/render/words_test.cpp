// Words of sub-words: three families of tokenizers, and what merging does to cells.
#include "attn/words.hpp"

#include <random>

#include "picture.hpp"

using namespace attn;
using namespace attn::test;
using Texts = std::vector<std::string>;

namespace {

Texts words(const Texts& labels) {
  Texts texts;
  std::size_t next = 0;
  for (const Word& word : words_of_labels(labels, subword_scheme(labels))) {
    CHECK(word.begin == next);  // all labels, each once
    CHECK(word.end > word.begin);
    next = word.end;
    texts.push_back(word.text);
  }
  CHECK(next == labels.size());
  return texts;
}

Panel panel_of(Tensor values, Texts rows, Texts columns) {
  Panel panel;
  panel.values = std::move(values);
  panel.row_labels = std::move(rows);
  panel.column_labels = std::move(columns);
  return panel;
}

std::string refused_words(Texts rows, Texts columns) {
  Panel panel = panel_of(varied(2, 2), std::move(rows), std::move(columns));
  return error_of(ErrorKind::usage, [&] { merge_words(panel); });
}

}  // namespace

TEST_CASE("WordPiece: ## continues a word", "[words]") {
  CHECK(words({"[CLS]", "em", "##bed", "##ding", "is", "##n", "'", "t", "##", "[SEP]"}) ==
        Texts{"[CLS]", "embedding", "isn", "'", "t", "##", "[SEP]"});
  CHECK(words({"[MASK]", "##ing", "a"}) == Texts{"[MASK]", "ing", "a"});
}

TEST_CASE("byte-level BPE: a white letter begins a word, and letters are bytes", "[words]") {
  CHECK(words({"The", "Ġcat", "'s", "Ġun", "aff", "able", "Ċ", "Next", "Ġone"}) ==
        Texts{"The", "cat's", "unaffable", "␊", "Next", "one"});
  CHECK(words({"Ġna", "Ã¯", "ve", "Ġ", "âĢ", "ľ", "a", "âĢĿ"}) == Texts{"naïve", "“a”"});
  CHECK(words({"<|endoftext|>", "Hi", "Ġthere", "<|endoftext|>"}) ==
        Texts{"<|endoftext|>", "Hi", "there", "<|endoftext|>"});
  CHECK(words({"Ġa", "Ġ"}) == Texts{"a", "Ġ"});                    // nothing to read is shown as it is
  CHECK(words({"Ġa", "Ã", "Ġb"}) == Texts{"a\xEF\xBF\xBD", "b"});  // half a letter
}

TEST_CASE("SentencePiece: ▁ begins a word, and byte tokens are joined", "[words]") {
  CHECK(words({"<s>", "▁Hel", "lo", "▁wor", "ld", "</s>"}) == Texts{"<s>", "Hello", "world", "</s>"});
  CHECK(words({"▁", "<0xE2>", "<0x82>", "<0xAC>", "5", "▁a", "<0x0A>", "b", "▁c▁d"}) ==
        Texts{"€5", "a", "␊", "b", "c d"});
  CHECK(words({"▁a", "<0xE2>"}) == Texts{"a\xEF\xBF\xBD"});
}

TEST_CASE("the scheme is the one that most labels bear", "[words]") {
  CHECK(subword_scheme({"a", "##b"}) == SubwordScheme::wordpiece);
  CHECK(subword_scheme({"a", "##", "Ġb"}) == SubwordScheme::byte_level);
  CHECK(subword_scheme({"▁a", "▁Ġ", "b"}) == SubwordScheme::sentencepiece);
  CHECK(subword_scheme({"a", "b", "##"}) == SubwordScheme::none);
  CHECK(subword_scheme({}) == SubwordScheme::none);
}

TEST_CASE("merged columns are sums and merged rows means", "[words]") {
  Panel panel = panel_of(matrix(3, 3, {0.5F, 0.25F, 0.25F, 0.125F, 0.125F, 0.75F, 0, 0, 1}), {"a", "##b", "c"},
                         {"a", "##b", "c"});
  panel.masked = Tensor::of<std::uint8_t>({3, 3}, std::vector<std::uint8_t>{0, 1, 1, 0, 0, 1, 1, 1, 0});
  merge_words(panel);
  CHECK(panel.row_labels == Texts{"ab", "c"});
  CHECK(panel.column_labels == Texts{"ab", "c"});
  const auto values = panel.values.values<float>();
  CHECK(std::vector<float>(values.begin(), values.end()) == std::vector<float>{0.5F, 0.5F, 0, 1});
  const auto masked = panel.masked.values<std::uint8_t>();
  CHECK(std::vector<int>(masked.begin(), masked.end()) == std::vector<int>{0, 1, 1, 0});
}

TEST_CASE("rows that sum to 1 do so when merged, whatever the words", "[words]") {
  std::mt19937 random(7);
  for (int round = 0; round < 20; ++round) {
    const std::size_t rows = 1 + random() % 12, columns = 2 + random() % 12;
    const auto labels = [&random](std::size_t count) {
      Texts texts;
      for (std::size_t i = 0; i < count; ++i) texts.emplace_back(random() % 2 == 0 || i == 0 ? "▁x" : "y");
      return texts;
    };
    Tensor values(DType::f64, {rows, columns});
    for (std::size_t i = 0; i < rows; ++i) {
      double sum = 0;
      const auto row = values.values<double>().subspan(i * columns, columns);
      for (double& value : row) sum += value = static_cast<double>(random() % 1000 + 1);
      for (double& value : row) value /= sum;
    }
    Panel panel = panel_of(std::move(values), labels(rows), labels(columns));
    merge_words(panel);
    REQUIRE(panel.values.shape() == Shape{panel.row_labels.size(), panel.column_labels.size()});
    for (std::size_t i = 0; i < panel.rows(); ++i) {
      double sum = 0;
      for (std::size_t j = 0; j < panel.columns(); ++j) sum += panel.values.values<double>()[i * panel.columns() + j];
      CHECK(sum == Approx(1));
    }
  }
}

TEST_CASE("an axis without a mark has the scheme of the other", "[words]") {
  Panel panel = panel_of(varied(2, 2), {"[CLS]", "it"}, {"em", "##bed"});
  merge_words(panel);
  CHECK(panel.row_labels == Texts{"[CLS]", "it"});
  CHECK(panel.column_labels == Texts{"embed"});
}

TEST_CASE("labels that tell no words are refused", "[words]") {
  CHECK(refused_words({}, {"a", "##b"}) == "`merge_words`: needs tokens as the labels of rows and columns");
  CHECK(refused_words({"a", "##b"}, {}) == "`merge_words`: needs tokens as the labels of rows and columns");
  CHECK(refused_words({"a", "b"}, {"a", "b"}) == "`merge_words`: no token has the mark of a sub-word: ##, Ġ or ▁");
}
