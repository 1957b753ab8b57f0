// Targets: parsing TENSOR=FILE, choosing formats, opening files.
#include "cli/flags/output_flags.hpp"

#include <algorithm>

#include "attn/stages.hpp"
#include "cli/flags/values.hpp"
#include "core/nearest.hpp"

namespace attn::cli {
namespace {

// Formats that are not documents or tensors, by the name of -f and the extension of -o.
struct OtherFormat {
  std::string_view name;
  std::string_view extension;
  OutputKind kind;
};
constexpr OtherFormat other_formats[] = {{"text", ".txt", OutputKind::text},
                                         {"markdown", ".md", OutputKind::markdown},
                                         {"png", ".png", OutputKind::picture}};

OutputKind kind_of(const Format& format) { return format.documents ? OutputKind::document : OutputKind::tensor; }

bool is_binary(const Target& target) {
  if (target.format == nullptr) return target.kind == OutputKind::picture;
  const std::string_view name = target.format->name;
  return name == "npy" || name == "npz" || name == "safetensors";
}

std::string extension_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/'), dot = path.find_last_of('.');
  if (dot == std::string::npos || (slash != std::string::npos && dot < slash)) return "";
  std::string extension = path.substr(dot);
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return extension;
}

}  // namespace

void OutputFlags::add(FlagSet& flags, std::vector<OutputKind> kinds, std::vector<std::string_view> except) {
  kinds_ = std::move(kinds);
  except_ = std::move(except);
  const bool has_tensors = can_write(OutputKind::tensor, "npy");
  FlagGroup group = flags.group("Output");
  group.repeatable("-o,--output", paths_, has_tensors ? "[TENSOR=]FILE" : "FILE",
                   "Write to FILE, in the format of its extension: " + listed(extensions()) +
                       "; '-' is standard output (repeatable)" +
                       (has_tensors ? "; TENSOR=FILE writes that tensor" : ""));
  const bool has_json = can_write(OutputKind::document, "json");
  group.text("-f,--format", format_, "FMT",
             "Format on standard output: " + listed(names_of_formats()) +
                 (has_json ? " (default: text on a terminal, json in a pipe)" : " (default: text)"));
}

bool OutputFlags::can_write(OutputKind kind, std::string_view format) const {
  return std::count(kinds_.begin(), kinds_.end(), kind) != 0 && std::count(except_.begin(), except_.end(), format) == 0;
}

std::vector<std::string_view> OutputFlags::names_of_formats() const {
  std::vector<std::string_view> names;
  for (const Format& format : formats())
    if (format.writes && can_write(kind_of(format), format.name)) names.push_back(format.name);
  for (const OtherFormat& other : other_formats)
    if (can_write(other.kind, other.name)) names.push_back(other.name);
  return names;
}

std::vector<std::string_view> OutputFlags::extensions() const {
  std::vector<std::string_view> known;
  for (const std::string_view name : names_of_formats()) {
    const Format* format = format_of_name(name);
    const auto other = std::find_if(std::begin(other_formats), std::end(other_formats),
                                    [&](const OtherFormat& o) { return o.name == name; });
    known.push_back(format != nullptr ? format->extension : other->extension);
  }
  return known;
}

void OutputFlags::open(const Environment& environment, const std::vector<std::string_view>& tensors, OutputKind piped) {
  piped_ = piped;
  for (const std::string& path : paths_) {
    const std::size_t equals = path.find('=');
    const std::string name = path.substr(0, equals);
    const bool picks = equals != std::string::npos && std::count(tensors.begin(), tensors.end(), name) != 0;
    if (!picks && !tensors.empty() && equals != std::string::npos && find_stage(name) != nullptr)
      throw usage_error("-o", "'" + name + "' is no tensor of this command; the file of this name is ./" + path);
    add_target(environment, picks ? path.substr(equals + 1) : path, picks ? name : "");
  }
  const bool to_stdout =
      std::any_of(targets_.begin(), targets_.end(), [](const Target& t) { return t.on_terminal || t.sink == nullptr; });
  if (paths_.empty() || (format_ && !to_stdout)) add_target(environment, "-", "");
  for (Target& target : targets_)
    if (target.sink == nullptr) target.sink = &environment.out;
}

void OutputFlags::add_target(const Environment& environment, const std::string& path, std::string tensor) {
  Target target;
  target.tensor = std::move(tensor);
  if (path == "-") {
    target.on_terminal = environment.out_is_terminal;
    if (format_) {
      set_kind(target, *format_, "-f");
    } else {
      target.kind = environment.out_is_terminal ? OutputKind::text : piped_;
      if (target.kind == OutputKind::document) target.format = format_of_name("json");
    }
    if (target.on_terminal && is_binary(target))
      throw usage_error("-f", "a binary format would garble the terminal: redirect it, or use -o FILE");
    targets_.push_back(std::move(target));
    return;
  }
  const std::string extension = extension_of(path);
  const std::vector<std::string_view> known = extensions(), names = names_of_formats();
  const auto at = std::find(known.begin(), known.end(), extension);
  if (at == known.end())
    throw usage_error("-o",
                      "'" + path + "': the extension is one of " + listed(known) + did_you_mean(extension, known));
  set_kind(target, names[static_cast<std::size_t>(at - known.begin())], "-o");
  files_.push_back(std::make_unique<OutputFile>(path));
  target.sink = files_.back().get();
  target.place = path;
  targets_.push_back(std::move(target));
}

void OutputFlags::set_kind(Target& target, std::string_view name, const std::string& where) const {
  const std::vector<std::string_view> names = names_of_formats();
  if (std::count(names.begin(), names.end(), name) == 0)
    throw usage_error(where, "'" + std::string(name) + "' is not one of " + listed(names) + did_you_mean(name, names));
  target.format = format_of_name(name);
  target.kind = target.format != nullptr
                    ? kind_of(*target.format)
                    : std::find_if(std::begin(other_formats), std::end(other_formats), [&](const OtherFormat& other) {
                        return other.name == name;
                      })->kind;
}

void OutputFlags::use_json_for_lines() {
  for (Target& target : targets_) {
    if (!target.on_terminal || format_) continue;
    target.kind = OutputKind::document;
    target.format = format_of_name("json");
  }
}

void OutputFlags::commit() {
  for (const std::unique_ptr<OutputFile>& file : files_) file->commit();
}

}  // namespace attn::cli
