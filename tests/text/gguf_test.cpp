// Tokenizers of GGUF files: ids against SentencePiece and the tokenizers library, and what is refused.
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <sstream>

#include "attn/error.hpp"
#include "attn/tokenizer.hpp"
#include "io/gguf/file.hpp"
#include "support/catch.hpp"
#include "support/gguf_writer.hpp"
#include "support/json.hpp"
#include "support/small_model.hpp"
#include "text/gguf_tokenizer.hpp"

namespace attn::test {
namespace {

const std::string data_folder = ATTN_TEST_DATA;

Tokenizer tokenizer_of(const GgufWriter& writer) {
  return Tokenizer::read(text::tokenizer_of_gguf(io::GgufFile::read(FileBytes::of(writer.bytes(), "m.gguf"))));
}

std::string ids_hash(const std::vector<TextToken>& tokens) {
  std::string ids;
  for (const TextToken& token : tokens) ids += (ids.empty() ? "" : " ") + std::to_string(token.id);
  std::ostringstream digits;
  digits << std::hex << std::setw(16) << std::setfill('0') << fnv1a64(ids);
  return digits.str();
}

void check_texts(const Tokenizer& tokenizer, const Json& hashes, bool with_special_tokens) {
  const auto texts = read_json(data_folder + "/tokenizers/texts.json").get<std::vector<std::string>>();
  REQUIRE(hashes.size() == texts.size());
  std::size_t compared = 0, wrong = 0;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (hashes[i] == "") continue;
    ++compared;
    if (ids_hash(tokenizer.encode(texts[i], std::nullopt, with_special_tokens)) == hashes[i].get<std::string>() ||
        ++wrong > 3)
      continue;
    UNSCOPED_INFO(Json(texts[i]).dump());
  }
  CHECK(wrong == 0);
  CHECK(compared > 350);
}

// The tokens of tests/data/tokenizers/gpt2.
GgufWriter byte_level(const std::string& pre) {
  const Json library = read_json(data_folder + "/tokenizers/gpt2/tokenizer.json");
  const Json& vocabulary = library["model"]["vocab"];
  std::vector<std::string> tokens(vocabulary.size()), merges;
  for (const auto& [token, id] : vocabulary.items()) tokens[id.get<std::size_t>()] = token;
  for (const Json& merge : library["model"]["merges"])
    merges.push_back(merge.is_string() ? merge.get<std::string>()
                                       : merge[0].get<std::string>() + " " + merge[1].get<std::string>());
  GgufWriter writer;
  writer.text("tokenizer.ggml.model", "gpt2").texts("tokenizer.ggml.tokens", tokens);
  writer.texts("tokenizer.ggml.merges", merges);
  std::vector<std::int32_t> kinds(tokens.size(), 1);
  kinds.at(0) = 3;  // <|endoftext|>
  writer.i32s("tokenizer.ggml.token_type", kinds);
  if (!pre.empty()) writer.text("tokenizer.ggml.pre", pre);
  return writer;
}

GgufWriter pieces(const std::vector<float>& scores) {
  GgufWriter writer;
  writer.text("tokenizer.ggml.model", "llama").texts("tokenizer.ggml.tokens", {"<unk>", "<s>", "</s>", "a", "b", "ab"});
  writer.i32s("tokenizer.ggml.token_type", {2, 3, 3, 1, 1, 1}).u32("tokenizer.ggml.bos_token_id", 1);
  if (!scores.empty()) writer.f32s("tokenizer.ggml.scores", scores);
  return writer;
}

std::string error_of(const GgufWriter& writer) {
  try {
    tokenizer_of(writer);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::data);
    return error.where() + ": " + error.what();
  }
  return "";
}

std::vector<std::int64_t> ids_of(const std::vector<TextToken>& tokens) {
  std::vector<std::int64_t> ids;
  for (const TextToken& token : tokens) ids.push_back(token.id);
  return ids;
}

}  // namespace

TEST_CASE("tokenizers of GGUF files that llama.cpp's converter wrote", "[gguf]") {
  const Json expected = read_json(data_folder + "/gguf/tokens.json");
  for (const char* const name : {"llama", "gemma", "bert", "bert-cased", "gpt2", "llama-bpe"}) {
    INFO(name);
    const std::string path = data_folder + "/gguf/" + name + ".gguf";
    REQUIRE(Tokenizer::is_in(path));
    check_texts(Tokenizer::open(path), expected[name], true);
  }
}

TEST_CASE("the ways in which byte-level tokenizers of GGUF files cut texts", "[gguf]") {
  const Json expected = read_json(data_folder + "/gguf/tokens.json")["pre"];
  CHECK(expected.size() == 7);
  for (const auto& [pre, hashes] : expected.items()) {
    INFO(pre);
    check_texts(tokenizer_of(byte_level(pre)), hashes, false);
  }
  // llama-bpe has a file of its own; these are its other names.
  for (const char* const pre : {"llama3", "llama-v3"}) {
    GgufWriter writer = byte_level(pre), same = byte_level("llama-bpe");
    writer.u32("tokenizer.ggml.bos_token_id", 7);
    same.u32("tokenizer.ggml.bos_token_id", 7);
    CHECK(ids_of(tokenizer_of(writer).encode("It's 12345 \n x")) ==
          ids_of(tokenizer_of(same).encode("It's 12345 \n x")));
  }
}

TEST_CASE("tokens around texts, by a GGUF file's word", "[gguf]") {
  const std::vector<float> scores{0, 0, 0, -1, -2, -3};
  const auto of = [&scores](std::optional<bool> begins, std::optional<bool> ends) {
    GgufWriter writer = pieces(scores);
    writer.truth("tokenizer.ggml.add_space_prefix", false);
    if (begins) writer.truth("tokenizer.ggml.add_bos_token", *begins);
    if (ends) writer.truth("tokenizer.ggml.add_eos_token", *ends);
    return tokenizer_of(writer);
  };
  using Ids = std::vector<std::int64_t>;
  CHECK(ids_of(of({}, {}).encode("aab")) == Ids{1, 3, 5});
  CHECK(ids_of(of(false, {}).encode("aab")) == Ids{3, 5});
  CHECK(ids_of(of({}, true).encode("ab")) == Ids{1, 5, 2});
  CHECK(ids_of(of({}, true).encode("ab", "b")) == Ids{1, 5, 2, 1, 4, 2});
  CHECK(ids_of(of({}, {}).encode("a</s>b")) == Ids{1, 3, 2, 4});
  // A space before the text is no token here, and unknown.
  GgufWriter spaced = pieces(scores);
  CHECK(ids_of(tokenizer_of(spaced).encode("ab")) == Ids{1, 0, 5});
}

TEST_CASE("tokenizers of GGUF files that are refused", "[gguf]") {
  const std::vector<float> scores{0, 0, 0, -1, -2, -3};
  const std::string ids = "; `ids` takes the ids of the tokens";
  GgufWriter other;
  other.text("tokenizer.ggml.model", "rwkv").texts("tokenizer.ggml.tokens", {"a"});
  CHECK(error_of(other) ==
        "m.gguf#/tokenizer.ggml.model: the tokenizer 'rwkv' is not supported; those are gpt2, llama "
        "and bert" +
            ids);
  CHECK(error_of(byte_level("deepseek-v3")) ==
        "m.gguf#/tokenizer.ggml.pre: how 'deepseek-v3' cuts texts is not known to attn; it knows gpt-2, llama-bpe, "
        "llama3, llama-v3, qwen2, mpt, olmo, command-r, smollm, starcoder" +
            ids);
  CHECK_THAT(error_of(byte_level("qwen")), Catch::ContainsSubstring("did you mean 'qwen2'?"));
  CHECK(error_of(byte_level("")) == "m.gguf#/tokenizer.ggml.pre: is missing, and says how texts are cut" + ids);
  CHECK(error_of(byte_level("gpt-2").truth("tokenizer.ggml.add_space_prefix", true)) ==
        "m.gguf#/tokenizer.ggml.add_space_prefix: is not supported in the tokenizer gpt2" + ids);
  CHECK(error_of(byte_level("gpt-2").truth("tokenizer.ggml.add_bos_token", true)) ==
        "m.gguf#/tokenizer.ggml.bos_token_id: is missing, and the tokenizer puts this token around texts");
  CHECK(error_of(
            byte_level("gpt-2").u32("tokenizer.ggml.bos_token_id", 5000).truth("tokenizer.ggml.add_bos_token", true)) ==
        "m.gguf#/tokenizer.ggml.bos_token_id: 5000 is no id of the 900 tokens");
  CHECK(error_of(pieces({})) == "m.gguf#/tokenizer.ggml.scores: is missing, and says which tokens are merged first");
  CHECK(error_of(pieces({1, 2})) == "m.gguf#/tokenizer.ggml.scores: has 2 entries for 6 tokens");
  GgufWriter alike;
  alike.text("tokenizer.ggml.model", "llama").texts("tokenizer.ggml.tokens", {"<s>", "a", "b", "ab", "ba"});
  alike.f32s("tokenizer.ggml.scores", {-1000, -1000, -1000, -1000, -1000});
  CHECK(error_of(alike) ==
        "m.gguf#/tokenizer.ggml.scores: 'ab' and 'ba' have the same score, which does not say which "
        "is merged first");
  GgufWriter few;
  few.text("tokenizer.ggml.model", "bert").texts("tokenizer.ggml.tokens", {"[CLS]", "a"});
  few.i32s("tokenizer.ggml.token_type", {3});
  CHECK(error_of(few) == "m.gguf#/tokenizer.ggml.token_type: has 1 entries for 2 tokens");
  GgufWriter odd;
  odd.text("tokenizer.ggml.model", "bert").texts("tokenizer.ggml.tokens", {"[CLS]"});
  odd.i32s("tokenizer.ggml.token_type", {9});
  CHECK(error_of(odd) == "m.gguf#/tokenizer.ggml.token_type: has an entry that is no kind of token, which are 1 to 6");
  GgufWriter damaged;
  damaged.text("tokenizer.ggml.model", "bert").texts("tokenizer.ggml.tokens", {"[CLS]", "\xC3"});
  CHECK(error_of(damaged) == "m.gguf#/tokenizer.ggml.tokens: token 1 is not valid UTF-8");
  GgufWriter merged;
  merged.text("tokenizer.ggml.model", "gpt2").texts("tokenizer.ggml.tokens", {"a"});
  merged.text("tokenizer.ggml.pre", "gpt-2").texts("tokenizer.ggml.merges", {"a \xC3"});
  CHECK(error_of(merged) == "m.gguf#/tokenizer.ggml.merges: has an entry that is not valid UTF-8");
  GgufWriter without;
  without.text("tokenizer.ggml.model", "bert").texts("tokenizer.ggml.tokens", {"a"});
  CHECK(error_of(without) ==
        "m.gguf#/tokenizer.ggml.bos_token_id: is missing, and the tokenizer puts this token around texts");
  GgufWriter empty;
  empty.text("tokenizer.ggml.model", "gpt2");
  CHECK(error_of(empty) == "m.gguf#/tokenizer.ggml.tokens: is missing or empty");
}

}  // namespace attn::test
