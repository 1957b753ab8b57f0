// Targets: parsing TENSOR=FILE, choosing formats, opening files.
#include "cli/flags/output_flags.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <system_error>

#include "attn/picture.hpp"
#include "attn/stages.hpp"
#include "cli/flags/values.hpp"
#include "core/nearest.hpp"
#include "core/progress.hpp"
#include "io/files/files_read.hpp"

namespace attn::cli {
namespace {

std::string extension_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/'), dot = path.find_last_of('.');
  if (dot == std::string::npos || (slash != std::string::npos && dot < slash)) return "";
  std::string extension = path.substr(dot);
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return extension;
}

// Where a path leads to, whether there is a file or not.
std::filesystem::path place_of(std::filesystem::path path) {
  constexpr int most_links = 40;  // as Linux follows
  std::error_code error;
  path = std::filesystem::absolute(path, error);
  for (int i = 0; i < most_links && std::filesystem::is_symlink(path, error); ++i)
    path = path.parent_path() / std::filesystem::read_symlink(path, error);
  const std::filesystem::path place = std::filesystem::weakly_canonical(path, error);
  return error ? path : place;
}

constexpr std::string_view stdout_path = "/dev/stdout";

bool names_stdout(std::string_view path) {
  return path == "-" || path == stdout_path || path == "/dev/fd/1" || path == "/proc/self/fd/1";
}

// Of two outputs to one file the second takes the first's place, and what reads a pipe gets one behind the other. A
// device such as /dev/null takes both. Standard output may lead to a file that has a name of its own; where it and
// standard error lead to one pipe, which has no name, two outputs were meant.
bool is_one_output(const std::string& a, const std::string& b) {
  if (names_stdout(a) && names_stdout(b)) return true;
  const auto place = [](const std::string& path) { return place_of(path == "-" ? stdout_path : path); };
  const std::filesystem::path shared = place(a);
  std::error_code error;
  if (shared != place(b) || std::filesystem::is_character_file(shared, error)) return false;
  return a == b || !shared.native().starts_with("/proc/");
}

bool goes_to_stdout(const Target& target) { return target.sink == nullptr && !target.is_shared; }

}  // namespace

void Target::set(const OutputFormat& output) {
  kind = output.kind;
  format_name = output.name;
  format = output.data;
  picture = output.picture;
}

bool is_page(const Target& target) { return target.picture != nullptr && target.picture->shows_matrices(); }

void OutputFlags::add(FlagSet& flags, bool picks_tensors, const std::function<bool(const OutputFormat&)>& can_give,
                      bool pipes_text) {
  for (const OutputFormat& format : output_formats())
    if (can_give(format)) formats_.push_back(&format);
  FlagGroup group = flags.group("Output");
  ValueType file(picks_tensors ? "[TENSOR=]FILE" : "FILE", ValueType::Kind::output, names_of(extensions()));
  file.takes_dash = true;
  group.repeatable("-o,--output", paths_, file,
                   "Write to FILE, in the format of its extension: " + listed(extensions()) +
                       "; FORMAT:FILE names it; '-' is standard output (repeatable)" +
                       (picks_tensors ? "; TENSOR=FILE writes that tensor" : ""));
  const bool pipes_documents =
      !pipes_text && std::any_of(formats_.begin(), formats_.end(),
                                 [](const OutputFormat* format) { return format->kind == OutputKind::document; });
  group.text("-f,--format", format_, one_of("FMT", names_of(names())),
             "Format on standard output: " + listed(names()) +
                 (pipes_documents
                      ? " (default: text on a terminal, " + std::string(default_document_format().name) + " in a pipe)"
                      : " (default: text)"));
}

std::vector<std::string_view> OutputFlags::names() const {
  std::vector<std::string_view> names;
  for (const OutputFormat* format : formats_) names.push_back(format->name);
  return names;
}

std::vector<std::string_view> OutputFlags::extensions() const {
  std::vector<std::string_view> extensions;
  for (const OutputFormat* format : formats_) extensions.push_back(format->extension);
  return extensions;
}

void OutputFlags::open(const Environment& environment, const std::vector<std::string_view>& tensors, OutputKind piped,
                       bool shared) {
  piped_ = piped;
  shared_ = shared;
  if (shared_ && paths_.empty()) throw usage_error("--shared", "needs the file that is shared: -o [TENSOR=]FILE.npy");
  if (shared_ && format_) throw usage_error("-f", "does not go with --shared: nothing goes to standard output");
  for (const std::string& path : paths_) {
    const std::size_t equals = path.find('=');
    const std::string name = path.substr(0, equals);
    const bool picks = equals != std::string::npos && std::count(tensors.begin(), tensors.end(), name) != 0;
    if (!picks && equals != std::string::npos) refuse_other_name(name, path, tensors);
    add_target(environment, picks ? path.substr(equals + 1) : path, picks ? name : "");
  }
  const auto piped_to = std::find_if(targets_.begin(), targets_.end(), goes_to_stdout);
  if (piped_to == targets_.end()) {
    if (paths_.empty() || format_) add_target(environment, "-", "");
  } else if (format_ && format_named(*format_).name != piped_to->format_name) {
    throw usage_error("-f",
                      "says " + *format_ + " of standard output, and -o says " + std::string(piped_to->format_name));
  }
  for (Target& target : targets_)
    if (target.sink == nullptr && !target.is_shared) target.sink = &environment.out;
}

// A file whose name has a '=' is given with its folder: what stands before the '=' is a tensor's name, which is wrong
// here, maybe by a letter.
void OutputFlags::refuse_other_name(const std::string& name, const std::string& path,
                                    const std::vector<std::string_view>& tensors) const {
  const auto [format, rest] = split_format(name);
  if (rest.find('/') != std::string::npos) return;
  const std::string prefix = name.substr(0, name.size() - rest.size());  // FORMAT: as it was written, or nothing
  const std::string file = "the file of this name is " + prefix + "./" + path.substr(prefix.size());
  if (tensors.empty()) throw usage_error("-o", "this command has one result, and picks no '" + rest + "'; " + file);
  if (format != nullptr && std::count(tensors.begin(), tensors.end(), rest) != 0)
    throw usage_error("-o",
                      "'" + path + "' is written " + rest + "=" + prefix + path.substr(name.size() + 1) + "; " + file);
  throw usage_error("-o", "'" + rest + "' is no tensor of this command; " + file + did_you_mean(rest, tensors));
}

void OutputFlags::add_target(const Environment& environment, const std::string& given, std::string tensor) {
  Target target;
  target.tensor = std::move(tensor);
  if (given.empty()) throw usage_error("-o", "'" + target.tensor + "=' names no file");
  const auto [named, path] = split_format(given);
  if (path.empty()) throw usage_error("-o", "'" + given + "' names no file");
  refuse_second(path);
  target.on_terminal = names_stdout(path) && environment.out_is_terminal;
  target.width = target.on_terminal ? environment.columns : environment.given_columns;
  if (names_stdout(path)) {
    const OutputFormat& format = named != nullptr ? *named
                                 : format_        ? format_named(*format_)
                                                  : default_format(environment);
    if (target.on_terminal && !format.is_text)
      throw usage_error("-f", "a binary format would garble the terminal: redirect it, or use -o FILE");
    target.set(format);
  } else {
    target.set(named != nullptr ? *named : format_of_file(path));
    target.place = path;
    target.is_shared = shared_;
    if (!shared_) {
      io::FilesRead::will_replace(path);
      files_.push_back(std::make_unique<OutputFile>(path));
      target.sink = files_.back().get();
    }
  }
  if (target.tensor.empty() && holds_one(target)) target.tensor = nameless_;
  if (shared_) check_shared(target);
  targets_.push_back(std::move(target));
}

// What several runs write has a place for each row.
void OutputFlags::check_shared(const Target& target) {
  if (!target.is_shared) throw usage_error("--shared", "is of files, not of standard output");
  if (target.kind != OutputKind::tensor || target.format->name != "npy")
    throw usage_error("--shared", "'" + target.place + "' is no .npy file, and no other can be written in parts");
  const StageInfo& info = stage_info(target.tensor.empty() ? shown_stage : stage_of(target.tensor, "-o"));
  if (!info.has_query_rows())
    throw usage_error("--shared",
                      "'" + std::string(info.name) + "' has no row for each query: every part has all of it");
}

// FORMAT:FILE, where FORMAT is what one is called; else the file has its format's extension.
std::pair<const OutputFormat*, std::string> OutputFlags::split_format(const std::string& path) const {
  const std::size_t colon = path.find(':');
  if (colon == std::string::npos) return {nullptr, path};
  const std::string_view name = std::string_view(path).substr(0, colon);
  for (const OutputFormat& format : output_formats()) {
    if (!format.is_called(name)) continue;
    if (std::count(formats_.begin(), formats_.end(), &format) == 0)
      throw usage_error("-o", "this command gives no " + std::string(name) + ": the format is one of " +
                                  listed(names()) + "; the file of this name is ./" + path);
    return {&format, path.substr(colon + 1)};
  }
  return {nullptr, path};
}

void OutputFlags::refuse_second(const std::string& path) const {
  for (const Target& target : targets_)
    if (is_one_output(path, goes_to_stdout(target) ? "-" : target.place))
      throw usage_error(
          "-o",
          "names " + (goes_to_stdout(target) || names_stdout(path) ? "standard output" : "'" + path + "'") + " twice");
}

const OutputFormat& OutputFlags::format_named(std::string_view name) const {
  for (const OutputFormat* format : formats_)
    if (format->is_called(name)) return *format;
  throw usage_error("-f", "'" + std::string(name) + "' is not one of " + listed(names()) + did_you_mean(name, names()));
}

const OutputFormat& OutputFlags::format_of_file(const std::string& path) const {
  const std::string extension = extension_of(path);
  for (const OutputFormat* format : formats_)
    if (format->extension == extension) return *format;
  const std::string word = path.substr(0, path.find(':'));
  if (extension.empty() && word != path && word.find('/') == std::string::npos)
    throw usage_error("-o", "'" + path + "': there is no format '" + word + "'; formats are " + listed(names()) +
                                did_you_mean(word, names()));
  if (extension.empty())
    throw usage_error("-o", "'" + path + "' has no extension to tell the format by: write it before the file, as in " +
                                std::string(names().front()) + ":" + path + ", or use -f " +
                                std::string(names().front()) + " and redirect standard output; formats are " +
                                listed(names()));
  throw usage_error(
      "-o", "'" + path + "': the extension is one of " + listed(extensions()) + did_you_mean(extension, extensions()));
}

const OutputFormat& OutputFlags::default_format(const Environment& environment) const {
  const bool is_document = !environment.out_is_terminal && piped_ == OutputKind::document;
  return is_document ? default_document_format() : text_format();
}

std::string OutputFlags::places() const {
  return listed(targets_, [](const Target& target) {
    return (target.tensor.empty() ? "" : target.tensor + " ") + target.place + " (" + std::string(target.format_name) +
           ")";
  });
}

void OutputFlags::use_json_for_lines() {
  for (Target& target : targets_) {
    if (!target.on_terminal || format_) continue;
    target.set(default_document_format());
  }
}

void OutputFlags::write(const std::function<void(Target&)>& put) {
  for (Target& target : targets_) {
    const Progress progress("writing " + target.place);
    try {
      put(target);
    } catch (const BrokenPipe&) {
      continue;
    }
  }
  io::FilesRead::check();
  const Progress progress("flushing to the disk");
  for (const std::unique_ptr<OutputFile>& file : files_) file->commit();
}

}  // namespace attn::cli
