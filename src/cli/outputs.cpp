// Targets: parsing TENSOR=FILE, choosing formats, opening files.
#include "cli/outputs.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "cli/values.hpp"
#include "core/nearest.hpp"

namespace attn::cli {
namespace {

// Formats that are not documents or tensors, by the name of -f and the extension of -o.
struct OtherFormat {
  std::string_view name;
  std::string_view extension;
  OutputKind kind;
};
constexpr OtherFormat other_formats[] = {{"text", ".txt", OutputKind::text}, {"png", ".png", OutputKind::picture}};

OutputKind kind_of(const Format& format) { return format.documents ? OutputKind::document : OutputKind::tensor; }

std::string extension_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/'), dot = path.find_last_of('.');
  if (dot == std::string::npos || (slash != std::string::npos && dot < slash)) return "";
  std::string extension = path.substr(dot);
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return extension;
}

}  // namespace

void OutputFlags::add(CLI::App& app, std::vector<OutputKind> kinds) {
  kinds_ = std::move(kinds);
  app.add_option("-o,--output", paths_,
                 "Write to FILE, in the format of its extension (" + names_of_formats() +
                     "); '-' is standard output. TENSOR=FILE writes that tensor. Repeatable")
      ->type_name("[TENSOR=]FILE")->group("Output")->allow_extra_args(false);
  app.add_option("-f,--format", format_, "Format on standard output: " + names_of_formats() +
                                             " (default: text on a terminal, " +
                                             (std::count(kinds_.begin(), kinds_.end(), OutputKind::document) ? "json" : "text") +
                                             " in a pipe)")
      ->type_name("FMT")->group("Output");
}

std::string OutputFlags::names_of_formats() const {
  std::vector<std::string_view> names;
  for (const Format& format : formats())
    if (format.writes && std::count(kinds_.begin(), kinds_.end(), kind_of(format))) names.push_back(format.name);
  for (const OtherFormat& other : other_formats)
    if (std::count(kinds_.begin(), kinds_.end(), other.kind)) names.push_back(other.name);
  return listed(names);
}

void OutputFlags::open(const Environment& environment, const std::vector<std::string_view>& tensors, OutputKind piped) {
  piped_ = piped;
  for (const std::string& path : paths_) {
    const std::size_t equals = path.find('=');
    const std::string name = path.substr(0, equals);
    const bool picks = equals != std::string::npos && std::count(tensors.begin(), tensors.end(), name) != 0;
    add_target(environment, picks ? path.substr(equals + 1) : path, picks ? name : "");
  }
  const bool to_stdout = std::any_of(targets_.begin(), targets_.end(), [](const Target& t) { return t.on_terminal || t.sink == nullptr; });
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
    if (target.on_terminal && target.kind != OutputKind::text && target.kind != OutputKind::document &&
        (target.format == nullptr || target.format->name == "npy"))
      throw usage_error("-f", "a binary format would garble the terminal: redirect it, or use -o FILE");
    targets_.push_back(std::move(target));
    return;
  }
  const std::string extension = extension_of(path);
  const Format* format = format_of_path(path);
  const auto other = std::find_if(std::begin(other_formats), std::end(other_formats),
                                  [&](const OtherFormat& o) { return o.extension == extension; });
  if (format == nullptr && other == std::end(other_formats))
    throw usage_error("-o", "'" + path + "' has no extension of a format that can be written: " + names_of_formats());
  set_kind(target, format != nullptr ? format->name : other->name, "-o");
  files_.push_back(std::make_unique<OutputFile>(path));
  target.sink = files_.back().get();
  targets_.push_back(std::move(target));
}

void OutputFlags::set_kind(Target& target, std::string_view name, const std::string& where) const {
  std::vector<std::string_view> names;
  const auto can = [&](OutputKind kind) { return std::count(kinds_.begin(), kinds_.end(), kind) != 0; };
  for (const OtherFormat& other : other_formats) {
    if (other.name == name && can(other.kind)) {
      target.kind = other.kind;
      return;
    }
    names.push_back(other.name);
  }
  for (const Format& format : formats()) {
    if (format.name == name && format.writes && can(kind_of(format))) {
      target.kind = kind_of(format);
      target.format = &format;
      return;
    }
    names.push_back(format.name);
  }
  throw usage_error(where, "'" + std::string(name) + "' is not a format that this command writes: " + names_of_formats() +
                               did_you_mean(name, names));
}

bool OutputFlags::wants(OutputKind kind) const {
  return std::any_of(targets_.begin(), targets_.end(), [kind](const Target& target) { return target.kind == kind; });
}

void OutputFlags::commit() {
  for (const std::unique_ptr<OutputFile>& file : files_) file->commit();
}

}  // namespace attn::cli
