// Files and folders that a path may go on to.
#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "cli/completion/values.hpp"

namespace attn::cli {
namespace {

// No candidate is worth more than a moment: a folder of a million files is listed in part.
constexpr std::size_t most_entries = 20000;

bool has_ending(std::string name, const std::vector<std::string>& endings) {
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  return endings.empty() ||
         std::any_of(endings.begin(), endings.end(), [&](const std::string& ending) { return name.ends_with(ending); });
}

// Candidates are lines.
bool has_control_character(const std::string& name) {
  return std::any_of(name.begin(), name.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

std::string without_tilde(const std::string& folder) {
  const char* const home = std::getenv("HOME");
  return home != nullptr && folder.starts_with("~/") ? home + folder.substr(1) : folder;
}

}  // namespace

Candidates files_of(const std::string& word, const std::vector<std::string>& endings) {
  Candidates files;
  files.are_files = true;
  const std::size_t slash = word.find_last_of('/');
  const std::string folder = slash == std::string::npos ? "" : word.substr(0, slash + 1),
                    start = word.substr(folder.size());
  std::error_code error;
  std::filesystem::directory_iterator entries(folder.empty() ? "." : without_tilde(folder), error);
  std::size_t seen = 0;
  for (; !error && entries != std::filesystem::directory_iterator() && seen < most_entries; entries.increment(error)) {
    ++seen;
    const std::string name = entries->path().filename().string();
    if (!name.starts_with(start) || (start.empty() && name[0] == '.') || has_control_character(name)) continue;
    std::error_code ignored;
    if (entries->is_directory(ignored))
      files.list.push_back({folder + name + "/", ""});
    else if (has_ending(name, endings))
      files.list.push_back({folder + name, ""});
  }
  std::sort(files.list.begin(), files.list.end(), [](const auto& a, const auto& b) { return a.text < b.text; });
  return files;
}

}  // namespace attn::cli
