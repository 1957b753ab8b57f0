// Messages and files of fuzz targets.
#include "fuzz/fuzz.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "attn/error.hpp"
#include "support/temporary_folder.hpp"

namespace attn::fuzz {

void fail(const std::string& what) {
  std::fprintf(stderr, "wrong: %s\n", what.c_str());
  std::abort();
}

void check_message(const std::string& where, const std::string& what) {
  require(!what.empty(), "an error says nothing");
  require(what.find('\n') == std::string::npos, "an error has more than one line: " + where + ": " + what);
}

bool attempt(void (*run)(const void*), const void* context) {
  try {
    run(context);
    return true;
  } catch (const Error& error) {
    check_message(error.where(), error.what());
    return false;
  }
}

namespace {

// The working directory from its beginning on.
struct ScratchFolder {
  test::TemporaryFolder folder;
  ScratchFolder() { std::filesystem::current_path(folder.path()); }
};

}  // namespace

const std::string& scratch_folder() {
  static const ScratchFolder scratch;
  return scratch.folder.path();
}

void write_scratch(const std::string& name, std::string_view bytes) {
  std::ofstream out(scratch_folder() + "/" + name, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!out.flush()) throw std::runtime_error(name + " cannot be written");
}

void clear_scratch_but(const std::vector<std::string>& kept) {
  for (const auto& entry : std::filesystem::directory_iterator(scratch_folder()))
    if (std::find(kept.begin(), kept.end(), entry.path().filename()) == kept.end())
      std::filesystem::remove_all(entry.path());
}

}  // namespace attn::fuzz
