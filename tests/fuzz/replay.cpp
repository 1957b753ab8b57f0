// Runs targets without libFuzzer: over the files of a corpus, and over simple mutations of them.
//
//   fuzz_replay TARGET FILE|FOLDER... [--mutate COUNT] [--seed N]
//
// An input that ends the process is written to ./crash-TARGET first, if a target or a signal says so.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "fuzz/targets.hpp"

namespace {

using attn::fuzz::Target;

// What runs, for those who look after the end.
const std::string* current_input = nullptr;
std::string crash_file;

extern "C" void keep_input(int signal) {
  if (current_input != nullptr) {
    const int file = open(crash_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    [[maybe_unused]] ssize_t written = ::write(file, current_input->data(), current_input->size());
    written = ::write(STDERR_FILENO, "\nthe input is in ", 17);
    written = ::write(STDERR_FILENO, crash_file.data(), crash_file.size());
    written = ::write(STDERR_FILENO, "\n", 1);
  }
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

// Not where a sanitizer has something to say.
void keep_input_at(int signal) {
  struct sigaction present {};
  sigaction(signal, nullptr, &present);
  if (present.sa_handler == SIG_DFL) std::signal(signal, keep_input);
}

void run(const Target& target, const std::string& input) {
  current_input = &input;
  target.run(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
  current_input = nullptr;
}

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    std::fprintf(stderr, "%s cannot be read\n", path.c_str());
    std::exit(2);
  }
  return {std::istreambuf_iterator<char>(in), {}};
}

// Sorted by name, so that a seed means the same everywhere.
std::vector<std::string> corpus_of(const std::vector<std::string>& paths) {
  std::vector<std::filesystem::path> files;
  for (const std::string& path : paths) {
    if (!std::filesystem::is_directory(path)) {
      files.emplace_back(path);
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(path)) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<std::string> corpus;
  for (const std::filesystem::path& file : files) corpus.push_back(bytes_of(file));
  return corpus;
}

class Mutations {
 public:
  Mutations(const std::vector<std::string>& corpus, unsigned seed) : corpus_(corpus), random_(seed) {}

  // Flips, overwrites, inserts, removes, repeats or cuts some bytes of one input, or puts in some of another.
  std::string next() {
    std::string bytes = corpus_[below(corpus_.size())];
    for (std::size_t count = 1 + below(4); count > 0; --count) mutate(bytes);
    return bytes;
  }

 private:
  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : random_() % limit; }

  void mutate(std::string& bytes) {
    static constexpr std::string_view telling("\0\xFF,[]{}\"\\\n:-e90*+(|/=", 22);
    const std::size_t at = below(bytes.size());
    switch (below(9)) {
      case 0:
        if (!bytes.empty()) bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
        break;
      case 1:
        if (!bytes.empty()) bytes[at] = telling[below(telling.size())];
        break;
      case 2: bytes.insert(at, 1, static_cast<char>(random_())); break;
      case 3: bytes.erase(at, 1 + below(8)); break;
      case 4: bytes.insert(at, bytes.substr(below(bytes.size()), below(16))); break;
      case 5: bytes.insert(at, "99999999999"); break;
      case 6: bytes.resize(at); break;
      default: {
        const std::string& other = corpus_[below(corpus_.size())];
        bytes.insert(at, other.substr(below(other.size()), below(64)));
        break;
      }
    }
  }

  const std::vector<std::string>& corpus_;
  std::mt19937 random_;
};

int usage() {
  std::fputs("usage: fuzz_replay TARGET FILE|FOLDER... [--mutate COUNT] [--seed N]\n", stderr);
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> paths;
  unsigned long mutations = 0, seed = 1;
  for (int i = 2; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument != "--mutate" && argument != "--seed")
      paths.push_back(std::filesystem::absolute(argument));
    else if (++i < argc)
      (argument == "--seed" ? seed : mutations) = std::strtoul(argv[i], nullptr, 10);
  }
  if (paths.empty()) return usage();
  const Target* target = attn::fuzz::target_of_name(argv[1]);
  if (target == nullptr) return 2;
  crash_file = (std::filesystem::current_path() / "crash-").string() + argv[1];
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTERM}) keep_input_at(signal);

  const std::vector<std::string> corpus = corpus_of(paths);
  for (const std::string& input : corpus) run(*target, input);
  if (corpus.empty()) return usage();
  Mutations mutated(corpus, static_cast<unsigned>(seed));
  for (unsigned long i = 0; i < mutations; ++i) run(*target, mutated.next());
  std::printf("%s: %zu inputs of the corpus, %lu mutations\n", argv[1], corpus.size(), mutations);
  return 0;
}
