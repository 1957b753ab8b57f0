// Walks the members of JSON documents.
#include "io/json/document.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>

#include "attn/error.hpp"
#include "attn/stages.hpp"
#include "core/text.hpp"
#include "io/json/metadata.hpp"
#include "io/json/reader.hpp"
#include "io/json/step_lists.hpp"
#include "io/json/tensor.hpp"
#include "io/members.hpp"
#include "io/token_ids.hpp"

namespace attn::io {
namespace {

std::vector<std::string> read_texts(JsonReader& reader) {
  std::vector<std::string> texts;
  if (reader.peek() != JsonReader::Kind::array) reader.unexpected("a list of strings");
  reader.begin_array();
  while (reader.next_element()) texts.push_back(reader.read_string());
  return texts;
}

std::vector<std::int64_t> read_integers(JsonReader& reader) {
  std::vector<std::int64_t> integers;
  if (reader.peek() != JsonReader::Kind::array) reader.unexpected("a list of integers");
  reader.begin_array();
  while (reader.next_element()) integers.push_back(reader.read_integer());
  return integers;
}

// A list of integers, or a list of such lists. `ragged(where, length, first)` throws for a row of another length.
template <class Ragged>
TokenIds read_integer_rows(JsonReader& reader, Ragged ragged) {
  TokenIds ids;
  ids.where = reader.here();
  if (reader.peek() != JsonReader::Kind::array) reader.unexpected("a list of integers, or of such lists");
  const char* p = reader.position() + 1;
  while (p != reader.end() && std::string_view(" \t\r\n").find(*p) != std::string_view::npos) ++p;
  ids.has_batch_axis = p != reader.end() && *p == '[';
  if (!ids.has_batch_axis) {
    ids.ids = read_integers(reader);
    ids.length = ids.ids.size();
    return ids;
  }
  reader.begin_array();
  for (ids.batch = 0; reader.next_element(); ++ids.batch) {
    const std::string where = reader.here();
    const std::vector<std::int64_t> row = read_integers(reader);
    if (ids.batch == 0) ids.length = row.size();
    if (row.size() != ids.length) ragged(where, row.size(), ids.length);
    ids.ids.insert(ids.ids.end(), row.begin(), row.end());
  }
  return ids;
}

// (S) or (B, S).
void read_segments(JsonReader& reader, Input& input) {
  TokenIds rows = read_integer_rows(reader, [](const std::string& where, std::size_t length, std::size_t first) {
    throw data_error(where, "has " + counted(length, "id") + ", but the first row has " + std::to_string(first));
  });
  input.segments = std::move(rows.ids);
  if (rows.has_batch_axis) input.segment_rows = rows.batch;
}

PositionsFrom read_positions(JsonReader& reader) {
  if (reader.peek() != JsonReader::Kind::string) reader.unexpected(R"("from-start" or "from-zero")");
  const std::string where = reader.here();
  return positions_of(reader.read_string(), where);
}

SourcedTensor read_sourced(JsonReader& reader, TensorKind kind, const ReadOptions& options, MemoryBudget& budget) {
  std::string where = reader.here();
  return {read_json_tensor(reader, kind, options, budget), std::move(where)};
}

// A number, "none", or a list of numbers.
void read_scale(JsonReader& reader, Input& input, const ReadOptions& exact, MemoryBudget& budget) {
  const std::string wanted = "a number, a list of numbers or \"none\"";
  if (reader.peek() == JsonReader::Kind::array) {
    input.numbers.emplace("scale", read_sourced(reader, TensorKind::number, exact, budget));
    return;
  }
  if (reader.peek() == JsonReader::Kind::number) {
    input.scale = reader.read_number();
    if (!std::isfinite(*input.scale)) throw data_error(reader.here(), "is no number to multiply with");
    return;
  }
  if (reader.peek() != JsonReader::Kind::string) reader.unexpected(wanted);
  const std::string where = reader.here();
  if (reader.read_string() != "none") throw data_error(where, "a string where " + wanted + " is expected");
  input.scale = 1;
}

void read_projections(JsonReader& reader, Input& input, const ReadOptions& options, MemoryBudget& budget) {
  std::string name;
  reader.begin_object();
  while (reader.next_member(name))
    input.projections.emplace(name, read_sourced(reader, TensorKind::number, options, budget));
}

// How many lists are open before the first number, null or boolean of the one that comes next (an empty one counts); 0:
// there are none in it.
std::size_t rank_next(JsonReader& reader) {
  if (reader.peek() != JsonReader::Kind::array) return 0;
  std::size_t lists = 0;
  const char* p = reader.position();
  for (; p != reader.end() && std::string_view("[ \t\r\n").find(*p) != std::string_view::npos; ++p)
    lists += *p == '[' ? 1 : 0;
  return p != reader.end() && *p != '"' && *p != '{' ? lists : 0;
}

// What of a document may be wanted beside tensors, in one pass over it.
struct Contents {
  std::vector<std::string> tokens, key_tokens;
  std::string metadata;               // as JSON text
  std::int64_t batch = 0;             // of a mask; 0: it says nothing
  std::vector<std::string> names;     // of all tensors, also of those that were not wanted
  std::vector<std::string> matrices;  // of those of rank 2 or more
};

// `read` takes each member that is wanted off the reader, whatever it is: what is no tensor is for it to refuse.
template <class Wanted, class Read>
Contents read_contents(JsonReader& reader, Wanted is_wanted, Read read) {
  Contents contents;
  std::string name;
  reader.begin_object();
  while (reader.next_member(name)) {
    const bool wanted = is_wanted(name);
    const std::size_t rank = rank_next(reader);
    if (wanted || rank > 0) contents.names.push_back(name);
    if (rank > 1) contents.matrices.push_back(name);
    if (wanted) {
      read(name);
    } else if (name == "tokens" || name == "key_tokens") {
      (name == "tokens" ? contents.tokens : contents.key_tokens) = read_texts(reader);
    } else if (name == "metadata") {
      contents.metadata = reader.compact();
    } else if (name == "batch" && reader.peek() == JsonReader::Kind::number) {
      const double batch = reader.read_number();
      if (batch >= 0 && batch < 0x1p53 && batch == std::trunc(batch)) contents.batch = static_cast<std::int64_t>(batch);
    } else {
      reader.skip();
    }
  }
  reader.finish();
  return contents;
}

// Whether a result says that its numbers are no wider.
bool is_of_float32(const FileBytes& file) {
  const std::string dtype = last_facts(file).dtype;
  return !dtype.empty() && dtype != dtype_name(DType::f64);
}

JsonReader reader_of(const FileBytes& file, const ReadOptions& options) {
  if (options.reads) options.reads("json");
  return JsonReader(file, options.json_nan);
}

}  // namespace

Input read_json_input(const FileBytes& file, const ReadOptions& options) {
  JsonReader reader = reader_of(file, options);
  MemoryBudget budget(options.max_memory);
  const ReadOptions exact{DType::f64, options.max_memory};
  Input input;
  input.source = file.place();
  if (reader.peek() == JsonReader::Kind::array) {  // bare numbers are embeddings, as those of an NPY are
    input.tensors.emplace("embeddings", read_sourced(reader, TensorKind::number, options, budget));
    reader.finish();
    return input;
  }
  if (reader.peek() != JsonReader::Kind::object)
    reader.unexpected("an object with 'query' or 'embeddings', or a nested list of numbers,");
  reader.begin_object();
  std::set<std::string_view> seen;
  TokenIdMembers ids;
  std::string name;
  while (reader.next_member(name)) {
    if (options.holds_results && is_of_result(name)) {
      reader.skip();
      continue;
    }
    const Member* const member = find_member(name);
    if (member == nullptr) throw_unknown_member(reader.here(), name);
    if (!seen.insert(member->means).second)
      throw data_error(reader.here(), "is '" + std::string(member->means) + "' once more");
    switch (member->kind) {
      case MemberKind::texts: texts_of(input, member->means) = read_texts(reader); break;
      case MemberKind::text: {
        if (member->means == "text") input.text_where = reader.here();
        text_of(input, member->means) = reader.read_string();
        break;
      }
      case MemberKind::ids: ids.take(member->means, read_integer_rows(reader, throw_ragged_ids)); break;
      case MemberKind::integer_rows: read_segments(reader, input); break;
      case MemberKind::positions: input.positions = read_positions(reader); break;
      case MemberKind::integers: integers_of(input, member->means) = read_integers(reader); break;
      case MemberKind::integer: integer_of(input, member->means) = reader.read_integer(); break;
      case MemberKind::scale: read_scale(reader, input, exact, budget); break;
      case MemberKind::exact:
        input.numbers.emplace(member->means, read_sourced(reader, TensorKind::number, exact, budget));
        break;
      case MemberKind::projections: read_projections(reader, input, options, budget); break;
      case MemberKind::metadata: input.metadata = reader.compact(); break;
      case MemberKind::number:
      case MemberKind::mask:
      case MemberKind::bias:
        input.tensors.emplace(member->means, read_sourced(reader, tensor_kind(member->kind), options, budget));
        break;
    }
  }
  reader.finish();
  ids.give(input);
  return input;
}

Tensor read_json_one(const FileBytes& file, const std::string& name, TensorKind kind, const ReadOptions& options) {
  JsonReader reader = reader_of(file, options);
  if (reader.peek() == JsonReader::Kind::array && name.empty()) {
    MemoryBudget budget(options.max_memory);
    Tensor tensor = read_json_tensor(reader, kind, options, budget);
    reader.finish();
    return tensor;
  }
  if (reader.peek() != JsonReader::Kind::object)
    reader.unexpected(name.empty() ? "a nested list of numbers" : "an object with '" + name + "'");
  std::string wanted = name;
  if (wanted.empty() && kind != TensorKind::number) wanted = kind == TensorKind::mask ? "mask" : "bias";
  if (wanted.empty())
    throw data_error(file.place(), "is an object; name the member to take, as in " + file.name() + ":query");
  std::optional<Tensor> tensor;
  MemoryBudget budget(options.max_memory);
  const Contents contents = read_contents(
      reader, [&wanted](const std::string& member) { return member == wanted; },
      [&](const std::string&) { tensor = read_json_tensor(reader, kind, options, budget); });
  if (!tensor) throw data_error(file.place(), not_among(wanted, contents.names));
  return std::move(*tensor);
}

LabelledTensor read_json_labelled(const FileBytes& file, const std::string& name, const ReadOptions& options) {
  JsonReader reader = reader_of(file, options);
  ReadOptions own = options;
  if (options.keeps_wide && !is_of_float32(file)) own.dtype = DType::f64;
  MemoryBudget budget(options.max_memory);
  std::optional<StackedArrays> stacked;
  const auto read = [&](const std::string&) { stacked = read_json_stack(reader, TensorKind::result, own, budget); };
  const auto labelled = [&stacked] {
    return LabelledTensor{std::move(stacked->tensor), {}, {}, std::move(stacked->masked), {}, stacked->first_row};
  };
  if (reader.peek() == JsonReader::Kind::array) {
    read(name);
    reader.finish();
    return labelled();
  }
  if (reader.peek() != JsonReader::Kind::object) reader.unexpected("a result document or a nested list of numbers");
  std::string wanted = name.empty() ? std::string(stage_name(shown_stage)) : name;
  const auto is_wanted = [&wanted](const std::string& member) { return member == wanted; };
  Contents contents = read_contents(reader, is_wanted, read);
  if (!stacked && !name.empty()) throw data_error(file.place(), not_among(wanted, contents.names));
  const bool has_none = !stacked;
  if (has_none) {
    wanted = only_matrix(file.place(), contents.matrices, contents.names, options);
    reader = JsonReader(file, options.json_nan);
    contents = read_contents(reader, is_wanted, read);
  }
  LabelledTensor result = labelled();
  result.name = wanted;
  if (has_none) wanted = labelled_as(wanted);
  label_axes(result, wanted, contents.tokens, contents.key_tokens, file.place());
  ResultFacts facts = facts_of_metadata(contents.metadata);
  if (facts.batch == 0) facts.batch = contents.batch;
  place_axes(result, wanted, facts, file.place());
  return result;
}

TensorsRead read_json_tensors(const FileBytes& file, const std::vector<std::string>& names,
                              const ReadOptions& options) {
  JsonReader reader = reader_of(file, options);
  TensorsRead read;
  if (reader.peek() != JsonReader::Kind::object) {
    read.tensors.push_back({"", read_json_labelled(file, "", options).tensor});
    return read;
  }
  MemoryBudget budget(options.max_memory);
  const auto take = [&](const std::string& name) {
    if (std::find(names.begin(), names.end(), name) != names.end()) {
      read.tensors.push_back({name, read_json_tensor(reader, TensorKind::result, options, budget)});
      return;
    }
    if (reader.peek() == JsonReader::Kind::array) read.others.push_back(name);
    reader.skip();
  };
  const bool wants_stats =
      std::any_of(names.begin(), names.end(), [](const std::string& name) { return name.starts_with(stats_prefix); });
  std::string name;
  reader.begin_object();
  while (reader.next_member(name)) {
    if (name == "tokens" || name == "key_tokens") {
      reader.skip();
    } else if (name == "stats" && wants_stats) {
      std::string stat;
      reader.begin_object();
      while (reader.next_member(stat)) take(std::string(stats_prefix) + stat);
    } else {
      take(name);
    }
  }
  reader.finish();
  return read;
}

std::vector<std::string> read_json_texts(const FileBytes& file) {
  JsonReader reader(file);
  std::vector<std::string> texts = read_texts(reader);
  reader.finish();
  return texts;
}

}  // namespace attn::io
