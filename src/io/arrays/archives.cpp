// Documents in archives: arrays by name, and texts beside them.
#include "io/arrays/archives.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "attn/error.hpp"
#include "attn/stages.hpp"
#include "core/utf8.hpp"
#include "io/arrays/numbered_arrays.hpp"
#include "io/json/metadata.hpp"
#include "io/json/reader.hpp"
#include "io/json/text.hpp"
#include "io/members.hpp"
#include "io/token_ids.hpp"

namespace attn {

bool Archive::contains(std::string_view name) const {
  return std::find(names_.begin(), names_.end(), name) != names_.end();
}

void Archive::unknown(const std::string& name) const { throw data_error(name_, io::not_among(name, names_)); }

namespace io {

std::optional<RawArray> ArrayFile::raw_row(const std::string&, std::size_t) const { return std::nullopt; }

std::string ArrayFile::where(const std::string& name) const { return name_ + "#" + pointer_step(stored_name(name)); }

Tensor ArrayFile::read(const std::string& name, TensorKind kind, const ReadOptions& options) const {
  MemoryBudget budget(options.max_memory);
  return to_tensor(raw(name, budget), kind, options, budget, where(name));
}

namespace {

// The name inside `projections`, or nothing if the array is none of them.
std::string projection_name(std::string_view name) {
  for (const std::string_view prefix : {"projections/", "projections."})
    if (name.starts_with(prefix)) return std::string(name.substr(prefix.size()));
  const bool own = name.starts_with("W_") || name.starts_with("b_") || name.find("_proj") != std::string_view::npos ||
                   name.ends_with("/kernel") || name.ends_with("/bias");
  return own ? std::string(name) : "";
}

class ArchiveInput {
 public:
  ArchiveInput(const ArrayFile& archive, const ReadOptions& options)
      : archive_(archive), options_(options), budget_(options.max_memory) {}

  Input read() {
    input_.source = archive_.name();
    for (const std::string& name : archive_.names()) read_array(name);
    for (const std::string_view name : {"tokens", "key_tokens"}) read_texts(std::string(name));
    for (const std::string_view name : {"text", "text_pair"}) read_text(std::string(name));
    read_positions();
    ids_.give(input_);
    read_metadata();
    return std::move(input_);
  }

 private:
  void read_array(const std::string& name) {
    if (options_.holds_results && is_of_result(name)) return;
    const std::string where = archive_.where(name);
    const Member* const member = find_member(name);
    if (member == nullptr) {
      const std::string projection = projection_name(name);
      if (projection.empty()) throw_unknown_member(where, name);
      if (!input_.projections.emplace(projection, sourced(name, TensorKind::number)).second)
        throw data_error(where, "is the projection '" + projection + "' once more");
      return;
    }
    if (!seen_.insert(member->means).second)
      throw data_error(where, "is '" + std::string(member->means) + "' once more");
    switch (member->kind) {
      case MemberKind::number:
      case MemberKind::mask:
      case MemberKind::bias: input_.tensors.emplace(member->means, sourced(name, tensor_kind(member->kind))); break;
      case MemberKind::ids: ids_.take(member->means, ids(name)); break;
      case MemberKind::integers: integers_of(input_, member->means) = integers(name); break;
      case MemberKind::integer_rows: {
        const TokenIds rows = ids(name);
        input_.segments = rows.ids;
        if (rows.has_batch_axis) input_.segment_rows = rows.batch;
        break;
      }
      case MemberKind::integer: integer_of(input_, member->means) = one(integers(name), where); break;
      case MemberKind::scale: read_scale(name); break;
      case MemberKind::exact: input_.numbers.emplace(member->means, exact(name)); break;
      case MemberKind::projections: throw data_error(where, "is one array; name each, as in projections/W_q");
      case MemberKind::texts:
      case MemberKind::text:
      case MemberKind::positions:
      case MemberKind::metadata: break;  // texts, which are read on their own
    }
  }

  SourcedTensor sourced(const std::string& name, TensorKind kind) {
    const std::string where = archive_.where(name);
    ReadOptions options = options_;
    const Member* const member = find_member(name);
    options.keeps_narrow = options.keeps_narrow && member != nullptr && member->may_stay_narrow();
    return {to_tensor(archive_.raw(name, budget_), kind, options, budget_, where), where};
  }

  std::vector<std::int64_t> integers(const std::string& name) {
    return to_integers(archive_.raw(name, budget_), archive_.where(name));
  }

  // (L) or (B, L).
  TokenIds ids(const std::string& name) {
    const RawArray array = archive_.raw(name, budget_);
    TokenIds ids;
    ids.where = archive_.where(name);
    ids.ids = to_integers(array, ids.where, 2);
    ids.has_batch_axis = array.shape.size() == 2;
    if (ids.has_batch_axis) ids.batch = array.shape[0];
    ids.length = array.shape.empty() ? 1 : array.shape.back();
    return ids;
  }

  template <class T>
  static T one(const std::vector<T>& values, const std::string& where) {
    if (values.size() != 1) throw data_error(where, std::to_string(values.size()) + " values where one is expected");
    return values.front();
  }

  SourcedTensor exact(const std::string& name) {
    const std::string where = archive_.where(name);
    const ReadOptions exact{DType::f64, options_.max_memory};
    return {to_tensor(archive_.raw(name, budget_), TensorKind::number, exact, budget_, where), where};
  }

  // One number, "none", or a list of numbers.
  void read_scale(const std::string& name) {
    if (const auto texts = archive_.texts(name)) {
      const std::string where = archive_.where(name);
      if (one(*texts, where) != "none") throw data_error(where, "a text where a number or \"none\" is expected");
      input_.scale = 1;
      return;
    }
    SourcedTensor scale = exact(name);
    if (scale.tensor.size() == 1) {
      input_.scale = scale.tensor.values<double>().front();
    } else {
      input_.numbers.emplace("scale", std::move(scale));
    }
  }

  // An array where texts belong.
  [[noreturn]] void refuse(const std::string& name, const std::string& expected) const {
    const std::string_view kind = archive_.kind_of(name);
    throw data_error(archive_.where(name), "holds " + std::string(kind) + " where " + expected +
                                               (kind == "Python objects" ? "; astype(str) makes strings of them" : ""));
  }

  void read_texts(const std::string& name) {
    if (auto texts = archive_.texts(name)) {
      texts_of(input_, name) = std::move(*texts);
    } else if (archive_.contains(name)) {
      refuse(name, "strings are expected");
    }
  }

  void read_text(const std::string& name) {
    if (const auto texts = archive_.texts(name)) {
      text_of(input_, name) = one(*texts, archive_.where(name));
      if (name == "text") input_.text_where = archive_.where(name);
    } else if (archive_.contains(name)) {
      refuse(name, "a text is expected");
    }
  }

  void read_positions() {
    const std::string name = "positions", where = archive_.where(name);
    if (const auto texts = archive_.texts(name)) {
      input_.positions = positions_of(one(*texts, where), where);
    } else if (archive_.contains(name)) {
      refuse(name, R"("from-start" or "from-zero" is expected)");
    }
  }

  // Text that is JSON is taken as it is, other text as a string.
  void read_metadata() {
    const auto texts = archive_.texts("metadata");
    if (!texts) return;
    const std::string text = one(*texts, archive_.where("metadata"));
    try {
      JsonReader reader(FileBytes::of(text, archive_.where("metadata")));
      input_.metadata = reader.compact();
      reader.finish();
    } catch (const Error&) {
      input_.metadata.clear();
      append_json_string(input_.metadata, text);
    }
  }

  const ArrayFile& archive_;
  const ReadOptions& options_;
  MemoryBudget budget_;
  Input input_;
  std::set<std::string_view> seen_;
  TokenIdMembers ids_;
};

}  // namespace

Input read_archive_input(const ArrayFile& archive, const ReadOptions& options) {
  return ArchiveInput(archive, options).read();
}

Tensor read_archive_one(const ArrayFile& archive, const std::string& name, TensorKind kind,
                        const ReadOptions& options) {
  if (!name.empty()) return archive.read(name, kind, options);
  const std::string own = kind == TensorKind::mask ? "mask" : kind == TensorKind::bias ? "bias" : "";
  if (!own.empty() && archive.contains(own)) return archive.read(own, kind, options);
  if (archive.names().size() != 1)
    throw data_error(archive.name(), "holds " + std::to_string(archive.names().size()) + " arrays; name one, as in " +
                                         archive.name() + ":query");
  return archive.read(archive.names().front(), kind, options);
}

namespace {

std::vector<std::string> matrices_of(const ArrayFile& archive) {
  std::vector<std::string> matrices;
  for (const std::string& name : archive.names())
    if (!archive.texts(name) && archive.entry(name).shape.size() >= 2) matrices.push_back(name);
  return matrices;
}

}  // namespace

LabelledTensor read_archive_labelled(const ArrayFile& archive, const std::string& asked, const ReadOptions& options) {
  std::string name = asked.empty() ? std::string(stage_name(shown_stage)) : asked;
  LabelledTensor labelled;
  const bool has_none = asked.empty() && !archive.contains(name);
  const std::vector<std::string> numbered = has_none ? numbered_arrays(archive) : std::vector<std::string>{};
  if (numbered.empty()) {
    if (has_none) name = only_matrix(archive.name(), matrices_of(archive), archive.names(), options);
    labelled.tensor = archive.read(name, TensorKind::result, options);
    labelled.name = name;
    if (has_none) name = labelled_as(name);
  } else {
    StackedArrays stacked = read_stacked(archive, numbered, options);
    labelled.tensor = std::move(stacked.tensor);
    labelled.masked = std::move(stacked.masked);
    labelled.first_row = stacked.first_row;
  }
  const auto tokens = archive.texts("tokens"), key_tokens = archive.texts("key_tokens");
  const std::vector<std::string> none;
  const std::vector<std::string>& rows = tokens ? *tokens : none;
  label_axes(labelled, name, rows, key_tokens ? *key_tokens : none, archive.name());
  if (const auto metadata = archive.texts("metadata"); metadata && metadata->size() == 1)
    place_axes(labelled, name, facts_of_metadata(metadata->front()), archive.name());
  return labelled;
}

TensorsRead read_archive_tensors(const ArrayFile& archive, const std::vector<std::string>& names,
                                 const ReadOptions& options) {
  TensorsRead read;
  MemoryBudget budget(options.max_memory);
  for (const std::string& name : archive.names()) {
    if (std::find(names.begin(), names.end(), name) != names.end())
      read.tensors.push_back(
          {name, to_tensor(archive.raw(name, budget), TensorKind::result, options, budget, archive.where(name))});
    else if (name != "tokens" && name != "key_tokens" && name != "metadata")
      read.others.push_back(name);
  }
  return read;
}

}  // namespace io
}  // namespace attn
