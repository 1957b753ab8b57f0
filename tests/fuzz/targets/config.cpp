// A small model whose configuration has been changed: it is listed, run or refused.
//
// The first line names a folder of tests/data/models, and perhaps the file that is changed ("vit
// preprocessor_config.json"). What follows is merged into that file if it is a JSON object (RFC 7396), or else replaces
// it.
#include <filesystem>
#include <fstream>
#include <sstream>

#include "fuzz/command_line.hpp"
#include "fuzz/fuzz.hpp"
#include "support/json.hpp"
#include "support/small_model.hpp"

using namespace attn::fuzz;
using attn::test::Json;

namespace {

std::string contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// Without a stack that a deep text could use up, and without what only the library takes.
bool is_small_object(const std::string& text) {
  std::ptrdiff_t depth = 0;
  for (const char c : text) {
    depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
    if (depth > 20) return false;
  }
  return nlohmann::json::accept(text) && nlohmann::json::parse(text).is_object();
}

std::string changed(const std::string& own, const std::string& change) {
  if (!is_small_object(change)) return change;
  nlohmann::json merged = nlohmann::json::parse(own);
  merged.merge_patch(nlohmann::json::parse(change));
  return merged.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text = text_of(data, size);
  const std::size_t line = std::min(text.find('\n'), text.size());
  std::istringstream first(text.substr(0, line));
  std::string family, file;
  first >> family >> file;
  if (file.empty()) file = "config.json";
  static const std::vector<std::string> families = attn::test::small_model_families();
  if (std::find(families.begin(), families.end(), family) == families.end()) return 0;
  if (file != "config.json" && file != "preprocessor_config.json") return 0;

  const std::string folder = scratch_folder() + "/" + family;
  if (!std::filesystem::exists(folder)) attn::test::write_small_model(family, folder);
  const std::string path = folder + "/" + file;
  if (!std::filesystem::exists(path)) return 0;
  const std::string own = contents(path);
  const std::string other = changed(own, line == text.size() ? "{}" : text.substr(line + 1));
  write_scratch(family + "/" + file, other);
  const bool sees = std::filesystem::exists(folder + "/image.png");
  run_command({"multihead", "--weights", folder, "--list", "--max-memory", "64M"});
  run_command({"multihead", "--weights", folder, sees ? "--image" : "--ids", sees ? folder + "/image.png" : "1,2,3",
               "--layer", "all", "--emit", "weights,hidden", "-f", "json", "--max-memory", "64M", "--threads", "1"});
  write_scratch(family + "/" + file, own);
  return 0;
}
