// Bytes as JSON Lines: of a file at once and of a stream as they arrive, which must be the same lines.
#include <sstream>

#include "attn/io.hpp"
#include "fuzz/fuzz.hpp"
#include "fuzz/readers.hpp"

using namespace attn;
using namespace attn::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes = text_of(data, size);
  Lines lines(FileBytes::of(bytes, "in.jsonl"));
  std::istringstream in(bytes);
  StreamLines arriving(in, "in.jsonl");
  for (std::size_t count = 0; count < 20; ++count) {
    const std::optional<FileBytes> line = lines.next(), arrived = arriving.next();
    require(line.has_value() == arrived.has_value(), "a stream has more or fewer lines than a file");
    if (!line) break;
    require(line->bytes() == arrived->bytes() && line->place() == arrived->place(), "a line of a stream is another");
    for (const bool json_nan : {false, true}) {
      const ReadOptions options{.max_memory = std::uint64_t{1} << 24U, .json_nan = json_nan};
      attempt([&] { read_input(*line, *format_of_name("json"), options); });
    }
  }
  read_all_ways(bytes, "jsonl");
  return 0;
}
