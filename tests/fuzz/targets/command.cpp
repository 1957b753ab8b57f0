// A whole command line: an argument a line, and after an empty line what stands on standard input.
//
// Files are in a folder of its own, which has some of every format, and lines that lead out of it are not run; nor are
// `bench`, which runs programs, and what asks for more memory or threads.
#include <iterator>
#include <map>
#include <sstream>

#include "attn/file_bytes.hpp"
#include "fuzz/command_line.hpp"
#include "fuzz/fuzz.hpp"

using namespace attn;
using namespace attn::fuzz;

namespace {

using Files = std::map<std::string, std::string>;

std::string scratch_file(const std::string& name) {
  return std::string(FileBytes::open(scratch_folder() + "/" + name).bytes());
}

Files small_files() {
  Files files{
      {"d.json", R"({"tokens":["The","cat","sat"],"embeddings":[[0.5,1,-1,2],[1,0,2,0.25],[3,-1,0,1]]})"},
      {"h.json", R"({"query":[[[1,2],[3,4]],[[0,1],[1,0]]],"key":[[[1,2],[3,4],[5,6]],[[0,1],[1,0],[1,1]]],)"
                 R"("value":[[[1],[2],[3]],[[4],[5],[6]]],"mask":[[1,0,1],[0,1,1]]})"},
      {"r.json", R"({"tokens":["a","b"],"weights":[[[0.25,0.75],[1,0]],[[0.5,0.5],[null,0.875]]],)"
                 R"("output":[[1,2],[3,4]]})"},
      {"l.jsonl", "{\"embeddings\":[[1,2],[3,4]]}\n{\"embeddings\":[[1,0],[0,1],[1,1]]}\n"},
      {"t.csv", ",a,b\nx,0.25,0.75\ny,1,0\n"},
      {"labels.txt", "one\ntwo\nthree\n"},
  };
  write_scratch("h.json", files["h.json"]);
  for (const char* name : {"a.npy", "w.safetensors", "z.npz"}) {
    require(run_command({"compute", "h.json", "-o", std::string(name), "-q"}).code == 0, "an input cannot be made");
    files[name] = scratch_file(name);
  }
  return files;
}

bool is_safe(const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) {
    if (argument == "bench" || argument.find('\0') != std::string::npos) return false;
    if (argument.find('/') != std::string::npos || argument.find("..") != std::string::npos) return false;
    if (argument.find("-memory") != std::string::npos || argument.find("-threads") != std::string::npos) return false;
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::string> arguments;
  std::istringstream lines(text_of(data, size));
  for (std::string line; std::getline(lines, line) && !line.empty();) arguments.push_back(line);
  if (!is_safe(arguments)) return 0;
  static const Files files = small_files();
  std::string input;
  if (lines) input = {std::istreambuf_iterator<char>(lines), {}};
  clear_scratch_but({});
  for (const auto& [name, bytes] : files) write_scratch(name, bytes);
  const bool has_limit = !arguments.empty() && arguments.front() != "completion" && arguments.front() != "help";
  if (has_limit && arguments.front() != "visualize") arguments.emplace_back("--max-memory=64M");
  run_command(arguments, input);
  return 0;
}
