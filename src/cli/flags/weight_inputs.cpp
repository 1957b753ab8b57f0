// Reads tensors with labels, and stacks them.
#include "cli/flags/weight_inputs.hpp"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "attn/error.hpp"
#include "attn/formats.hpp"
#include "attn/stack.hpp"
#include "attn/stages.hpp"
#include "cli/flags/file_endings.hpp"
#include "cli/flags/input_flags.hpp"
#include "cli/flags/masked_panels.hpp"
#include "core/memory.hpp"
#include "core/text.hpp"

namespace attn::cli {
namespace {

// A shell takes it as it stands, and a program for no option. What stands for standard input has a blank.
bool is_plain_word(std::string_view name) {
  return !name.starts_with('-') && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '/' || c == '.' || c == '_' || c == '-' || c == ',' || c == '+';
  });
}

// Of several documents a picture is of one.
void check_one_document(const FileBytes& file, const Format& format) {
  if (!format.is_json || format_of_bytes(file).kind != FormatKind::lines) return;
  Lines lines(file);
  lines.next();
  const FileBytes line = *lines.next();
  const std::size_t start = line.bytes().find_first_not_of(" \t\r");
  if (line.bytes()[start] != '{') return;  // rubbish after one document, which its reader names
  const std::string second = std::to_string(line.first_line());
  const std::string taken = "sed -n " + second + "p";
  const std::string command = is_plain_word(file.name()) ? taken + " " + file.name() : "... | " + taken;
  throw data_error(file.name(), "holds several documents, one a line, and a picture is of one: '" + command +
                                    " | attn visualize' draws that of line " + second);
}

// Brings files of one layer each, where all say which, in the order of the layers, and gives back their numbers; as
// they are stacked, they lose the axis that says so. Files of one and the same layer are steps, and keep it.
std::vector<std::int64_t> order_layers(std::vector<NamedTensor>& files,
                                       const std::vector<std::optional<std::int64_t>>& numbers) {
  std::map<std::int64_t, std::size_t> places;
  std::size_t said = 0;
  for (std::size_t k = 0; k < files.size(); ++k) {
    if (!numbers[k]) continue;
    ++said;
    if (const auto [same, is_new] = places.try_emplace(*numbers[k], k); !is_new) {
      const Tensor &tensor = files[k].tensor, &before = files[same->second].tensor;
      if (tensor.shape() == before.shape() && tensor.extent(-2) != 1)
        throw data_error(files[k].name, "is of layer " + std::to_string(*numbers[k]) + ", and so is " +
                                            files[same->second].name +
                                            "; files of one shape are a layer each, and --compare draws two");
    }
  }
  if (said == files.size() && places.size() < files.size()) return {};
  for (std::size_t k = 0; k < files.size(); ++k) {
    Shape shape = files[k].tensor.shape();
    if (numbers[k]) shape.erase(shape.begin());
    while (said > 0 && shape.size() >= 2 && shape.size() < 4)
      shape.insert(shape.begin(), 1);  // as those have whose layer was known
    files[k].tensor.reshape(shape);
  }
  if (said < files.size()) return {};
  std::vector<NamedTensor> ordered;
  std::vector<std::int64_t> layers;
  for (const auto& [number, place] : places) {
    layers.push_back(number);
    ordered.push_back(std::move(files[place]));
  }
  files = std::move(ordered);
  return layers;
}

}  // namespace

void WeightInputs::add(FlagSet& flags) {
  flags.positionals("INPUT", paths_,
                    "Result document or bare tensor as " + format_titles(false) +
                        "; '-' or nothing is standard input; several files are a layer each, or a step of generation",
                    input_of("INPUT", read_endings()));
  FlagGroup group = flags.group("Input");
  group.text("--tensor", tensor_, one_of("NAME", names_of(stages_of(true), stage_name)),
             "Tensor to draw (default: " + std::string(stage_name(shown_stage)) + ")");
  group.text("--tokens", tokens_, "FILE|LIST", "Set the labels: A,B,… or FILE, one a line, or a JSON array of strings");
}

std::string WeightInputs::name() const {
  return paths_.empty() || paths_.front() == "-" ? standard_input : paths_.front();
}

std::string WeightInputs::tensor_of(const LabelledTensor& read) const {
  const std::string name = read.name.empty() ? tensor_.value_or("") : read.name;
  const StageInfo* const stage = find_stage(name);
  return std::string(stage != nullptr && stage->has_columns() ? stage->name : stage_name(shown_stage));
}

// The tensor of FILE:NAME, else that of --tensor; empty: the one that is drawn where none is named.
std::string WeightInputs::wanted_of(const std::string& member) const {
  if (tensor_ && !member.empty()) throw usage_error("--tensor", "goes without FILE:NAME, which names the tensor");
  return tensor_.value_or(member);
}

LabelledTensor WeightInputs::read_unlabelled(const FileBytes& file, const std::string& name,
                                             const ReadOptions& options) const {
  const Format& format = format_of(file);
  check_one_document(file, format);
  const std::size_t start = file.bytes().find_first_not_of(" \t\r\n");
  const bool is_list = format.is_json && start != std::string_view::npos && file.bytes()[start] == '[';
  // A bare tensor may still be told to have been masked: see read_file.
  have_names_ = have_names_ || (format.holds_documents() && !is_list) || name == stage_name(Stage::masked);
  return read_labelled(file, format, name, options);
}

LabelledTensor WeightInputs::read(Environment& environment, const ReadOptions& options) const {
  if (std::count(paths_.begin(), paths_.end(), "-") > 1) throw usage_error("INPUT", "names standard input twice");
  if (paths_.empty()) return read_file(open_input(environment, std::nullopt), wanted_of(""), options);
  if (paths_.size() == 1) {
    const auto [file, member] = split_member(paths_.front());
    return read_file(open_input(environment, file), wanted_of(member), options);
  }
  LabelledTensor all;
  std::vector<NamedTensor> arrays;
  std::vector<std::optional<std::int64_t>> numbers;
  std::uint64_t used = 0;
  for (const std::string& path : paths_) {
    const auto [file, member] = split_member(path);
    LabelledTensor read = read_unlabelled(open_input(environment, file), wanted_of(member), options);
    used += 2 * read.tensor.bytes();  // by itself, and in its place
    if (options.max_memory != 0 && used > options.max_memory)
      throw data_error("--max-memory", "the files up to " + path + " need " + size_text(used) + "; the limit is " +
                                           size_text(options.max_memory));
    if (arrays.empty()) all = {{}, std::move(read.row_labels), std::move(read.column_labels), {}, {}, 0};
    numbers.push_back(read.layers.size() == 1 ? std::optional(read.layers.front()) : std::nullopt);
    arrays.push_back({path, std::move(read.tensor)});
  }
  all.layers = order_layers(arrays, numbers);
  StackedArrays stacked = stack_arrays(std::move(arrays));
  all.tensor = std::move(stacked.tensor);
  all.masked = std::move(stacked.masked);
  all.first_row = stacked.first_row;
  if (tokens_) label(all);
  return all;
}

LabelledTensor WeightInputs::read_other(const std::string& path, const ReadOptions& options) const {
  const auto [file, member] = split_member(path);
  return read_file(FileBytes::open(file), wanted_of(member), options);
}

LabelledTensor WeightInputs::read_file(const FileBytes& file, const std::string& wanted,
                                       const ReadOptions& options) const {
  LabelledTensor read = read_unlabelled(file, wanted, options);
  std::string name = read.name.empty() ? wanted : read.name;
  if (name.empty()) name = stage_name(shown_stage);
  if (shows_mask(name)) read.hidden = read_masked(file, format_of(file), read.tensor.shape(), options);
  // What is hidden is told by the mask, or by scores that a mask was laid over.
  if (!shows_mask(name) || name == stage_name(Stage::masked) || read.hidden.size() != 0) read.mask.clear();
  if (read.hidden.size() == 0 && name == stage_name(Stage::masked)) read.hidden = minus_infinities(read.tensor);
  if (tokens_) label(read);
  return read;
}

void WeightInputs::label(LabelledTensor& read) const {
  const std::vector<std::string> labels = read_tokens(*tokens_);
  const std::size_t rows = read.tensor.rank() < 2 ? 0 : read.tensor.extent(-2),
                    columns = rows == 0 ? 0 : read.tensor.extent(-1);
  if (labels.size() != rows && labels.size() != columns)
    throw data_error(*tokens_, "has " + counted(labels.size(), "label") + " for " + counted(rows, "row") + " and " +
                                   counted(columns, "column"));
  read.row_labels = labels;
  read.column_labels = labels;
  // Rows of steps are the last of the tokens.
  if (read.first_row != 0 && labels.size() == columns)
    read.row_labels.assign(labels.begin() + static_cast<std::ptrdiff_t>(read.first_row), labels.end());
}

}  // namespace attn::cli
