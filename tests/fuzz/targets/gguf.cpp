// Bytes as a GGUF file: its metadata, its tokenizer, its tensors and its layers.
#include "attn/checkpoint.hpp"
#include "fuzz/fuzz.hpp"
#include "fuzz/tokens.hpp"
#include "io/gguf/file.hpp"
#include "text/gguf_tokenizer.hpp"

using namespace attn;
using namespace attn::fuzz;

namespace {

void read_metadata(const io::GgufFile& file) {
  for (const std::string& key : file.keys()) {
    attempt([&] { file.integer(key); });
    attempt([&] { file.number(key); });
    attempt([&] { file.truth(key); });
    attempt([&] { file.text(key); });
    attempt([&] { file.texts(key); });
    attempt([&] { file.numbers(key); });
  }
}

void read_layers(const std::string& path) {
  const Checkpoint checkpoint = Checkpoint::open(path, {.max_memory = std::uint64_t{1} << 24U});
  for (const std::string& name : checkpoint.names()) attempt([&] { checkpoint.entry(name); });
  CheckpointChoice choice;
  attempt([&] { checkpoint.groups(choice); });
  choice.layer = 0;
  attempt([&] { checkpoint.plan(choice); });
  attempt([&] { checkpoint.read(choice, true); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const FileBytes bytes = FileBytes::of(text_of(data, size), "x.gguf");
  attempt([&] {
    const io::GgufFile file = io::GgufFile::read(bytes);
    read_metadata(file);
    if (text::has_gguf_tokenizer(file))
      attempt([&] { check_tokenizer(Tokenizer::read(text::tokenizer_of_gguf(file))); });
    write_scratch("x.gguf", bytes.bytes());
    attempt([&] { read_layers(scratch_folder() + "/x.gguf"); });
  });
  return 0;
}
