// Damaged files: thousands of mutations of valid ones give a result or an Error, and never anything else.
#include <random>

#include "io/support.hpp"

using namespace attn;
using namespace attn::test;

namespace {

// Flips, overwrites, inserts, removes, repeats or cuts some bytes.
std::string mutated(std::string bytes, std::mt19937& random) {
  const auto below = [&random](std::size_t limit) { return limit == 0 ? 0 : random() % limit; };
  for (std::size_t count = 1 + below(4); count > 0; --count) {
    const std::size_t at = below(bytes.size());
    switch (random() % 6) {
      case 0:
        if (!bytes.empty()) bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
        break;
      case 1:
        if (!bytes.empty()) bytes[at] = static_cast<char>("\0\xFF,[]{}\"\\\n-e9"[below(14)]);
        break;
      case 2: bytes.insert(at, 1, static_cast<char>(random())); break;
      case 3: bytes.erase(at, 1 + below(8)); break;
      case 4: bytes.insert(at, bytes.substr(below(bytes.size()), below(16))); break;
      default: bytes.resize(at); break;
    }
  }
  return bytes;
}

// Everything that reads this format; true if at least one reader took the bytes.
bool read_all_ways(const std::string& bytes, const Format& format) {
  const FileBytes file = FileBytes::of(bytes, "in");
  const ReadOptions options{DType::f32, std::uint64_t{1} << 24U};
  std::size_t taken = 0;
  const auto attempt = [&taken](auto read) {
    try {
      read();
      ++taken;
    } catch (const Error& error) {
      if (std::string(error.what()).empty() || std::string(error.what()).find('\n') != std::string::npos)
        FAIL("a message of no line, or more than one: " << error.what());
    }
  };
  attempt([&] { read_input(file, format, options); });
  attempt([&] { read_labelled(file, format, "weights", options); });
  attempt([&] { read_tensors(file, format, "weights", {DType::f64, options.max_memory}); });
  attempt([&] { format_of_bytes(file); });
  attempt([&] { read_labels(file); });
  return taken > 2;
}

}  // namespace

TEST_CASE("damaged files are read or refused") {
  struct Sample {
    const char* format;
    std::string bytes;
  };
  const std::vector<Sample> samples{
      {"json", R"({"tokens":["a\u00e9\ud83d\ude00","b"],"query":[[1.5,-2e3],[0.001,4]],"mask":[[true,0],[1,1]],
               "bias":[[null,1]],"scale":"none","metadata":{"a":[1,{}]},"projections":{"W_q":[[1]]}})"},
      {"json", R"({"weights":[[[1,null],[0.5,0.5]]],"tokens":["a","b"],"output":[[1]]})"},
      {"csv", "head,query,a,\"b,\"\"\"\n0,x,1,2.5\n0,y,nan,-inf\n1,x,1e3,4\n1,y,5,6\n"},
      {"tsv", "1\t2\r\n3\t4\r\n"},
      {"npy", slurp(data_path("le_f4.npy"))},
      {"npy", slurp(data_path("version3.npy"))},
      {"npz", slurp(data_path("input.npz"))},
      {"npz", slurp(data_path("compressed.npz"))},
      {"npz", slurp(data_path("descriptors.npz"))},
      {"safetensors", slurp(data_path("input.safetensors"))},
  };
  std::mt19937 random(20240607);
  for (const Sample& sample : samples) {
    INFO(sample.format);
    const Format& format = *format_of_name(sample.format);
    REQUIRE(read_all_ways(sample.bytes, format));
    std::size_t taken = 0;
    constexpr std::size_t times = 3000;
    for (std::size_t i = 0; i < times; ++i) taken += read_all_ways(mutated(sample.bytes, random), format) ? 1U : 0U;
    // Damage must matter, or nothing was tested.
    CHECK(taken < times);
  }
}
