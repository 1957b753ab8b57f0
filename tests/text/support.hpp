// A small tokenizer.json to change, and what tests ask of tokenizers.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "attn/error.hpp"
#include "attn/tokenizer.hpp"
#include "support/catch.hpp"
#include "support/json.hpp"

namespace attn::test {

inline Tokenizer read_tokenizer(const std::string& json) {
  return Tokenizer::read(FileBytes::of(json, "tokenizer.json"));
}
inline Tokenizer read_tokenizer(const Json& json) { return read_tokenizer(json.dump()); }

/// Words of a to f, one token each, and an unknown one.
inline Json small_tokenizer() {
  return parsed_json(R"({"version": "1.0", "added_tokens": [], "normalizer": null,
    "pre_tokenizer": {"type": "WhitespaceSplit"}, "post_processor": null,
    "model": {"type": "WordLevel", "unk_token": "?", "vocab": {"?": 0, "a": 1, "b": 2, "c": 3}}})");
}

/// `1@0:1 2@2:3`: id and place of each token.
inline std::string shown(const std::vector<TextToken>& tokens) {
  std::string text;
  for (const TextToken& token : tokens)
    text += (text.empty() ? "" : " ") + std::to_string(token.id) + "@" + std::to_string(token.begin) + ":" +
            std::to_string(token.end);
  return text;
}

inline std::vector<std::string> texts(const std::vector<TextToken>& tokens) {
  std::vector<std::string> list;
  for (const TextToken& token : tokens) list.push_back(token.text);
  return list;
}

/// A folder of its own, removed at the end.
class TextFolder {
 public:
  TextFolder() : path_(std::filesystem::temp_directory_path() / "attn-test-text") {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~TextFolder() { std::filesystem::remove_all(path_); }
  TextFolder(const TextFolder&) = delete;
  TextFolder& operator=(const TextFolder&) = delete;
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
  }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

/// Runs `attempt`, which throws an Error of data there, in words that have `message` among them.
template <class Attempt>
void check_refused(Attempt attempt, const std::string& where, const std::string& message) {
  try {
    attempt();
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::data);
    CHECK(error.where() == where);
    CHECK_THAT(error.what(), Catch::ContainsSubstring(message));
    return;
  }
  FAIL("not refused: " << where << ": " << message);
}

}  // namespace attn::test
