// Tokenizers against the tokenizers library: ids, places and types of every token.
#include "attn/tokenizer.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <sstream>

#include "support/catch.hpp"
#include "support/json.hpp"

namespace attn::test {
namespace {

namespace fs = std::filesystem;

// What make_tokenizers.py hashes: id, begin, end and type of every token.
std::string plain(const std::vector<TextToken>& tokens) {
  std::string text;
  for (const TextToken& token : tokens)
    text += std::to_string(token.id) + ' ' + std::to_string(token.begin) + ' ' + std::to_string(token.end) + ' ' +
            std::to_string(token.type) + '\n';
  return text;
}

// FNV-1a in 64 bits, as hexadecimal digits.
std::string hash_of(const std::string& text) {
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  std::ostringstream digits;
  digits << std::hex << std::setw(16) << std::setfill('0') << hash;
  return digits.str();
}

// Holds a tokenizer against the hashes beside it: of every text, of every text without special tokens, of pairs.
void check_tokenizer(const fs::path& folder, const std::vector<std::string>& texts) {
  INFO(folder.string());
  const Tokenizer tokenizer = Tokenizer::open(folder.string());
  const Json expected = read_json(folder / "expected.json");
  const auto hashes = expected["single"].get<std::vector<std::string>>();
  const auto bare = expected["bare"].get<std::vector<std::string>>();
  const auto pairs = expected["pair"].get<std::vector<std::string>>();
  REQUIRE(hashes.size() == texts.size());
  std::size_t wrong = 0;
  const auto check = [&](const std::string& hash, const std::string& text, const std::vector<TextToken>& tokens) {
    if (hash_of(plain(tokens)) == hash || ++wrong > 3) return;
    UNSCOPED_INFO(Json(text).dump() << "\n" << plain(tokens));
  };
  for (std::size_t i = 0; i < texts.size(); ++i) check(hashes[i], texts[i], tokenizer.encode(texts[i]));
  for (std::size_t i = 0; i < bare.size(); ++i)
    check(bare[i], texts[i], tokenizer.encode(texts[i], std::nullopt, false));
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const std::string& other = texts[texts.size() - 1 - i];
    check(pairs[i], texts[i] + " | " + other, tokenizer.encode(texts[i], other));
  }
  CHECK(wrong == 0);
}

// The folders beside a texts.json.
std::size_t check_folders(const fs::path& root) {
  const auto texts = read_json(root / "texts.json").get<std::vector<std::string>>();
  std::size_t count = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(root)) {
    if (!entry.is_directory() || !fs::exists(entry.path() / "expected.json")) continue;
    check_tokenizer(entry.path(), texts);
    ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("tokens are those of the tokenizers library") {
  CHECK(check_folders(fs::path(ATTN_TEST_DATA) / "tokenizers") > 10);
}

// By hand, with thousands of texts and the tokenizers of real models: see tests/golden/README.md.
TEST_CASE("tokens of a large comparison", "[.large]") {
  const char* const root = std::getenv("ATTN_TOKENIZERS");
  REQUIRE(root != nullptr);
  CHECK(check_folders(root) > 0);
}

}  // namespace attn::test
