// The tokenizer: reads tokenizer.json, and leads a text through its parts.
#include "attn/tokenizer.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "attn/error.hpp"
#include "core/utf8.hpp"
#include "io/gguf/file.hpp"
#include "io/json/reader.hpp"
#include "text/added_tokens.hpp"
#include "text/byte_tokens.hpp"
#include "text/gguf_tokenizer.hpp"
#include "text/model.hpp"
#include "text/older_files.hpp"
#include "text/post_processors.hpp"
#include "text/settings_beside.hpp"
#include "text/tokenizer_parts.hpp"

namespace attn {

using namespace text;

namespace {

// Bytes of a code point in UTF-8.
std::size_t utf8_length(char32_t c) { return c < 0x80 ? 1U : c < 0x800 ? 2U : c < 0x10000 ? 3U : 4U; }

}  // namespace

struct Tokenizer::State {
  std::string name;
  TokenizerParts parts;
  AddedTokens added;
  SettingsBeside beside;

  PlacedTokens tokens_of(std::string_view text, int part) const;
  std::string shown(TokenId id, std::string_view text) const;
};

Tokenizer::Tokenizer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Tokenizer::~Tokenizer() = default;
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;

Tokenizer Tokenizer::read(const FileBytes& file) {
  TokenizerParts parts = read_tokenizer_parts(file);
  AddedTokens added(parts.added_tokens, parts.model->vocabulary(), parts.normalizer);
  return Tokenizer(std::make_unique<State>(State{file.name(), std::move(parts), std::move(added), {}}));
}

Tokenizer Tokenizer::open(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) {
    const FileBytes file = FileBytes::open(path);
    return read(io::GgufFile::is_gguf(file.bytes()) ? tokenizer_of_gguf(io::GgufFile::read(file)) : file);
  }
  const fs::path file = fs::path(path) / "tokenizer.json";
  if (fs::is_regular_file(file, ignored)) {
    Tokenizer tokenizer = read(FileBytes::open(file.string()));
    State& state = *tokenizer.state_;
    state.beside = SettingsBeside(io::Config::in(path, "tokenizer_config.json"), state.parts, state.added);
    return tokenizer;
  }
  return read(tokenizer_of_older_files(path));
}

bool Tokenizer::is_in(const std::string& folder) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  if (io::GgufFile::is_at(folder)) return has_gguf_tokenizer(io::GgufFile::read(FileBytes::open(folder)));
  for (const char* const name : {"tokenizer.json", "vocab.txt", "vocab.json"})
    if (fs::is_regular_file(fs::path(folder) / name, ignored)) return true;
  return false;
}

// The tokens of one text, with their places, before post-processing.
PlacedTokens Tokenizer::State::tokens_of(std::string_view text, int part) const {
  if (find_invalid_utf8(text) != std::string_view::npos) throw data_error("", "the text is not valid UTF-8");
  Pieces pieces = added.extract(text, parts.normalizer);
  if (parts.pre_tokenizer) parts.pre_tokenizer(pieces);
  PlacedTokens tokens;
  std::vector<ModelToken> found;
  std::vector<std::size_t> character;  // of each byte
  for (const Piece& piece : pieces) {
    const std::string utf8 = piece.text.utf8();
    const std::vector<AlignedChar>& chars = piece.text.chars();
    character.clear();
    for (std::size_t i = 0, bytes = 0; i < chars.size(); ++i) {
      bytes += utf8_length(chars[i].value);
      character.resize(bytes, i);
    }
    found.clear();
    if (piece.added) {
      found.push_back({*piece.added, 0, utf8.size(), utf8});
    } else {
      parts.model->tokenize(utf8, found);
    }
    for (ModelToken& token : found) {
      const auto char_at = [&](std::size_t byte) { return chars[character[std::min(byte, utf8.size() - 1)]]; };
      if (token.text.empty()) token.text = parts.model->vocabulary().token(token.id);
      tokens.push_back({token.id, std::move(token.text), char_at(token.begin).begin, char_at(token.end - 1).end,
                        static_cast<std::uint32_t>(part), false, part});
    }
  }
  return tokens;
}

std::string Tokenizer::State::shown(TokenId id, std::string_view text) const {
  if (const AddedToken* const token = added.find(id)) return token->content;
  return parts.is_byte_level ? byte_level_text(text) : std::string(text);
}

std::vector<TextToken> Tokenizer::encode(std::string_view text, std::optional<std::string_view> pair,
                                         bool with_special_tokens) const {
  std::vector<PlacedTokens> lists{state_->tokens_of(text, 0)};
  if (pair) lists.push_back(state_->tokens_of(*pair, 1));
  if (state_->parts.post_processor) state_->parts.post_processor(lists, with_special_tokens);
  std::vector<TextToken> tokens;
  for (const PlacedTokens& list : lists)
    for (const PlacedToken& token : list)
      tokens.push_back({token.id, state_->shown(token.id, token.text), token.begin, token.end, token.type,
                        token.is_special, token.part});
  return tokens;
}

std::vector<std::string> Tokenizer::notes(std::string_view text, std::optional<std::string_view> pair) const {
  std::vector<std::string> notes = state_->beside.notes(text);
  if (!pair) return notes;
  for (std::string& note : state_->beside.notes(*pair))
    if (std::find(notes.begin(), notes.end(), note) == notes.end()) notes.push_back(std::move(note));
  return notes;
}

std::optional<std::string> Tokenizer::token(std::int64_t id) const {
  if (id < 0 || id >= ids()) return std::nullopt;
  const auto known = static_cast<TokenId>(id);
  if (state_->added.find(known) == nullptr && !state_->parts.model->vocabulary().has(known)) return std::nullopt;
  return state_->shown(known, state_->parts.model->vocabulary().token(known));
}

std::optional<std::int64_t> Tokenizer::id(std::string_view token) const {
  if (const auto added = state_->added.find(token)) return *added;
  if (const auto own = state_->parts.model->vocabulary().find(token)) return *own;
  return std::nullopt;
}

std::int64_t Tokenizer::ids() const {
  return static_cast<std::int64_t>(std::max(state_->added.ids(), state_->parts.model->vocabulary().ids()));
}

const std::string& Tokenizer::name() const { return state_->name; }

}  // namespace attn
