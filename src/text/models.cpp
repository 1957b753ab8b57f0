// The table of models, and the member `model` of tokenizer.json.
#include <array>

#include "attn/error.hpp"
#include "core/utf8.hpp"
#include "io/json/text.hpp"
#include "text/model.hpp"
#include "text/settings.hpp"

namespace attn::text {
namespace {

struct ModelRow {
  std::string_view name;
  std::unique_ptr<Model> (*make)(ModelParts parts);
};
constexpr std::array<ModelRow, 4> model_rows{
    {{"BPE", make_bpe}, {"Unigram", make_unigram}, {"WordLevel", make_word_level}, {"WordPiece", make_word_piece}}};

TokenId checked_id(const io::JsonReader& reader, std::int64_t id) {
  constexpr std::int64_t most = 0x7FFFFFFF;
  if (id < 0 || id > most) throw data_error(reader.here(), std::to_string(id) + " is no id of a token");
  return static_cast<TokenId>(id);
}

// {"token": id, …}
void read_ids(io::JsonReader& reader, Vocabulary& vocabulary) {
  std::string_view token;
  const std::string where = reader.here();
  reader.begin_object();
  while (reader.next_key(token)) vocabulary.add(token, checked_id(reader, reader.read_integer()));
  if (const auto repeated = vocabulary.finish())
    throw data_error(where + io::pointer_step(*repeated), "there are two members of this name");
}

// [["token", score], …]; a token's id is its index.
void read_scores(io::JsonReader& reader, ModelParts& parts) {
  reader.begin_array();
  while (reader.next_element()) {
    const auto need = [&reader](bool is_there) {
      if (!is_there) throw data_error(reader.here(), "is no pair of a token and its score");
    };
    reader.begin_array();
    need(reader.next_element());
    parts.vocabulary.add(reader.read_view(), static_cast<TokenId>(parts.scores.size()));
    need(reader.next_element());
    parts.scores.push_back(reader.read_number());
    need(!reader.next_element());
  }
  parts.vocabulary.finish();  // of equal tokens, the last one counts
}

// ["a b", …] or [["a", "b"], …]
Texts read_merges(io::JsonReader& reader) {
  Texts merges;
  reader.begin_array();
  while (reader.next_element()) {
    if (reader.peek() == io::JsonReader::Kind::array) {
      reader.begin_array();
      for (int side = 0; side < 2; ++side) {
        if (!reader.next_element()) throw data_error(reader.here(), "is no pair of tokens");
        merges.add(reader.read_view());
      }
      if (reader.next_element()) throw data_error(reader.here(), "is one more than a pair of tokens has");
      continue;
    }
    const std::string_view both = reader.read_view();
    if (both.starts_with("#version")) continue;
    const std::size_t space = both.find(' ');
    if (space == std::string_view::npos || both.find(' ', space + 1) != std::string_view::npos)
      throw data_error(reader.here(), "is no pair of tokens with a space between them");
    merges.add(both.substr(0, space));
    merges.add(both.substr(space + 1));
  }
  return merges;
}

// Of files from before `type` was written.
std::string_view type_by_members(const ModelParts& parts) {
  if (parts.merges) return "BPE";
  if (parts.has_scores) return "Unigram";
  return parts.settings.has("continuing_subword_prefix") ? "WordPiece" : "WordLevel";
}

}  // namespace

TokenId Model::unknown_id(std::string_view token) const {
  const std::optional<TokenId> id = vocabulary_.find(token);
  if (!id)
    throw data_error(where_, "has to stand for unknown text, but its token for that, '" + printable(token) +
                                 "', is not in the vocabulary");
  return *id;
}

std::unique_ptr<Model> read_model(io::JsonReader& reader) {
  const std::string where = reader.here();
  ModelParts parts;
  bool has_vocabulary = false;
  std::string name, settings;
  reader.begin_object();
  while (reader.next_member(name)) {
    if (name == "vocab") {
      has_vocabulary = true;
      parts.has_scores = reader.peek() == io::JsonReader::Kind::array;
      if (parts.has_scores) {
        read_scores(reader, parts);
      } else {
        read_ids(reader, parts.vocabulary);
      }
    } else if (name == "merges") {
      parts.merges = read_merges(reader);
    } else {
      settings += settings.empty() ? '{' : ',';
      io::append_json_string(settings, name);
      settings += ':' + reader.compact();
    }
  }
  parts.settings = io::Config::of(settings.empty() ? "{}" : settings + '}', where);
  if (!has_vocabulary) throw data_error(where + "/vocab", "is missing");
  const std::string type = parts.settings.text("type").value_or(std::string(type_by_members(parts)));
  for (const ModelRow& row : model_rows) {
    if (row.name != type) continue;
    if (parts.has_scores != (row.make == make_unigram))
      throw data_error(where + "/vocab", parts.has_scores
                                             ? "is a list where ids by token are expected"
                                             : "is an object where a list of tokens and scores is expected");
    return row.make(std::move(parts));
  }
  std::vector<std::string_view> names;
  for (const ModelRow& row : model_rows) names.push_back(row.name);
  refuse_type(parts.settings, "model", type, names);
}

}  // namespace attn::text
