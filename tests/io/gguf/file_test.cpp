// GGUF files: what is read of a sound one, and what is refused in one line.
#include "io/gguf/file.hpp"

#include <cmath>
#include <functional>

#include "attn/error.hpp"
#include "support/catch.hpp"
#include "support/gguf_writer.hpp"

namespace attn::test {
namespace {

using io::GgufFile;

GgufFile read(const std::string& bytes) { return GgufFile::read(FileBytes::of(bytes, "m.gguf")); }

std::string error_of(const std::string& bytes) {
  try {
    read(bytes);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::data);
    return error.where() + ": " + error.what();
  }
  return "";
}

GgufWriter sound() {
  GgufWriter writer;
  writer.text("general.architecture", "llama").u32("llama.block_count", 3).f32("llama.rope.freq_base", 500.5F);
  writer.truth("t", true).texts("words", {"a", "", "\xC3\xA9"}).i32s("kinds", {1, -2}).f32s("scores", {0.5F});
  return writer.tensor("a", {2, 3}, 0, std::string(24, '\1')).tensor("b", {1, 32}, 8, std::string(34, '\2'));
}

}  // namespace

TEST_CASE("a GGUF file's values and tensors", "[gguf]") {
  for (const std::uint32_t version : {2U, 3U}) {
    GgufWriter writer = sound();
    writer.version = version;
    const GgufFile file = read(writer.bytes());
    CHECK(file.text("general.architecture") == "llama");
    CHECK(file.integer("llama.block_count") == 3);
    CHECK(file.number("llama.block_count") == 3.0);
    CHECK(file.number("llama.rope.freq_base") == 500.5);
    CHECK(file.truth("t") == true);
    CHECK(*file.texts("words") == std::vector<std::string_view>{"a", "", "\xC3\xA9"});
    CHECK(*file.numbers("kinds") == std::vector<double>{1, -2});
    CHECK(file.is_list("scores"));
    CHECK_FALSE(file.integer("none"));
    CHECK(file.tensor_names() == std::vector<std::string>{"a", "b"});
    CHECK(file.tensors().at("a").shape == Shape{2, 3});
    CHECK(file.tensors().at("a").bytes == std::string(24, '\1'));
    CHECK(file.tensors().at("b").bytes == std::string(34, '\2'));
    CHECK(file.where("llama.block_count") == "m.gguf#/llama.block_count");
  }
}

TEST_CASE("numbers of every kind that GGUF has", "[gguf]") {
  using namespace std::string_literals;
  GgufWriter writer = sound();
  const std::string half = "\0\0\0\0\0\0\xE0\xBF"s;  // −0.5
  writer.raw("u8", 0, "\xFE").raw("i8", 1, "\xFE").raw("u16", 2, "\xFE\xFF").raw("i16", 3, "\xFE\xFF");
  writer.raw("u32", 4, "\xFE\xFF\xFF\xFF").raw("i32", 5, "\xFE\xFF\xFF\xFF").raw("f32", 6, "\0\0\0\xBF"s);
  writer.raw("u64", 10, "\2\0\0\0\1\0\0\0"s).raw("i64", 11, std::string(1, '\xFE') + std::string(7, '\xFF'));
  writer.raw("f64", 12, half);
  const GgufFile file = read(writer.bytes());
  const std::vector<std::pair<std::string, double>> expected{
      {"u8", 254}, {"i8", -2},    {"u16", 65534},        {"i16", -2}, {"u32", 4294967294.0},
      {"i32", -2}, {"f32", -0.5}, {"u64", 4294967298.0}, {"i64", -2}, {"f64", -0.5}};
  for (const auto& [name, number] : expected) {
    INFO(name);
    CHECK(file.number(name) == number);
    if (number == std::floor(number)) CHECK(file.integer(name) == static_cast<std::int64_t>(number));
  }
}

TEST_CASE("values of another type than is asked for", "[gguf]") {
  const GgufFile file = read(sound().bytes());
  const auto message = [&file](auto ask) {
    try {
      ask(file);
    } catch (const Error& error) {
      return error.where() + ": " + error.what();
    }
    return std::string();
  };
  CHECK(message([](const GgufFile& f) { f.integer("general.architecture"); }) ==
        "m.gguf#/general.architecture: is no whole number");
  CHECK(message([](const GgufFile& f) { f.integer("llama.rope.freq_base"); }) ==
        "m.gguf#/llama.rope.freq_base: is no whole number");
  CHECK(message([](const GgufFile& f) { f.number("words"); }) == "m.gguf#/words: is no number");
  CHECK(message([](const GgufFile& f) { f.text("t"); }) == "m.gguf#/t: is no text");
  CHECK(message([](const GgufFile& f) { f.truth("kinds"); }) == "m.gguf#/kinds: is neither true nor false");
  CHECK(message([](const GgufFile& f) { f.texts("kinds"); }) == "m.gguf#/kinds: is no list of texts");
  CHECK(message([](const GgufFile& f) { f.numbers("words"); }) == "m.gguf#/words: is no list of numbers");
}

TEST_CASE("GGUF files that break a rule", "[gguf]") {
  const std::string four(16, '\0');
  const auto of = [](const std::function<void(GgufWriter&)>& change) {
    GgufWriter writer = sound();
    change(writer);
    return writer.bytes();
  };
  struct Case {
    std::string bytes, message;
  };
  const std::vector<Case> cases{
      {"", "m.gguf: ends inside its GGUF header"},
      {"GGUF", "m.gguf: ends inside its GGUF header"},
      {of([](GgufWriter& w) { w.magic = "GGML"; }), "m.gguf: is no GGUF file: it does not begin with GGUF"},
      {of([](GgufWriter& w) { w.version = 1; }), "m.gguf: is a GGUF file of version 1; versions 2 and 3 are read"},
      {of([](GgufWriter& w) { w.version = 4; }), "m.gguf: is a GGUF file of version 4; versions 2 and 3 are read"},
      {of([](GgufWriter& w) { w.version = 0x03000000; }),
       "m.gguf: is a GGUF file for big-endian machines; those for little-endian ones are read"},
      {of([](GgufWriter& w) { w.more_values = std::uint64_t{1} << 60U; }),
       "m.gguf: says that it has 1152921504606846983 entries of metadata, more than its"},
      {of([](GgufWriter& w) { w.more_tensors = std::uint64_t{1} << 60U; }),
       "m.gguf: says that it has 1152921504606846978 tensors, more than its"},
      {of([](GgufWriter& w) { w.more_tensors = 1; }), "m.gguf: "},
      {of([](GgufWriter& w) { w.u32("t", 1); }), "m.gguf#/t: is there twice"},
      {of([](GgufWriter& w) { w.u32("", 1); }), "m.gguf: has a key without letters"},
      {of([](GgufWriter& w) { w.u32("\xFF", 1); }), "m.gguf: has a key that is not valid UTF-8"},
      {of([](GgufWriter& w) { w.u32(std::string(70000, 'k'), 1); }), "m.gguf: has a key of 70000 bytes"},
      {of([](GgufWriter& w) { w.raw("odd", 13, "x"); }), "m.gguf#/odd: has a value of the type 13, which GGUF has not"},
      {of([](GgufWriter& w) { w.raw("deep", 9, std::string("\x09\0\0\0", 4) + std::string("\1\0\0\0\0\0\0\0", 8)); }),
       "m.gguf#/deep: is a list of lists, which is not read"},
      {of([](GgufWriter& w) { w.raw("long", 9, std::string("\x04\0\0\0", 4) + std::string(7, '\0') + "@"); }),
       "m.gguf#/long: says that it has 4611686018427387904 elements, more than the file can hold"},
      {of([](GgufWriter& w) { w.raw("long", 8, std::string(7, '\0') + "@"); }), "m.gguf: ends inside its GGUF header"},
      {of([](GgufWriter& w) { w.u32("general.alignment", 24); }), "m.gguf#/general.alignment: 24 is no power of two"},
      {of([](GgufWriter& w) { w.u32("general.alignment", 0); }), "m.gguf#/general.alignment: 0 is no power of two"},
      {of([&](GgufWriter& w) { w.tensor("a", {4}, 0, four); }), "m.gguf#/a: is there twice"},
      {of([&](GgufWriter& w) {
         w.tensor("c", {1, 1, 1, 1, 4}, 0, four);
       }),
       "m.gguf#/c: has 5 axes; 1 to 4 are allowed"},
      {of([&](GgufWriter& w) { w.tensor("c", {}, 0, four); }), "m.gguf#/c: has 0 axes; 1 to 4 are allowed"},
      {of([&](GgufWriter& w) {
         w.tensor("c", {4, 0}, 0, four);
       }),
       "m.gguf#/c: has no elements: its shape is (4, 0)"},
      {of([&](GgufWriter& w) { w.tensor("c", {4}, 99, four); }),
       "m.gguf#/c: is of the type 99, which attn does not know"},
      {of([&](GgufWriter& w) {
         w.tensor("c", {1, 33}, 8, four);
       }),
       "m.gguf#/c: has rows of 33 elements, and Q8_0 has blocks of 32"},
      {of([](GgufWriter& w) {
         w.tensor_at("c", {std::uint64_t{1} << 40U, std::uint64_t{1} << 40U}, 0, 128);
       }),
       "m.gguf#/c: "},
      {of([](GgufWriter& w) { w.tensor_at("c", {4}, 0, 33); }),
       "m.gguf#/c: begins at byte 33 of the data, which is no multiple of 32"},
      {of([](GgufWriter& w) { w.tensor_at("c", {4}, 0, 96); }), "lies outside the file's 66 bytes of data"},
      {of([](GgufWriter& w) { w.tensor_at("c", {4}, 0, ~std::uint64_t{31}); }), "lies outside the file's 66 bytes"},
      {of([](GgufWriter& w) { w.tensor_at("c", {4}, 0, 32); }), "overlaps another tensor"},
      {sound().bytes().substr(0, sound().bytes().size() - 1),
       "m.gguf#/b: lies outside the file's 65 bytes of data: the file is cut"},
      {sound().bytes() + std::string(100, '\0'), "m.gguf: has 70 bytes at its end that belong to no tensor"},
  };
  for (const Case& one : cases) {
    INFO(one.message);
    CHECK_THAT(error_of(one.bytes), Catch::ContainsSubstring(one.message));
  }
  GgufWriter holed;
  holed.tensor_at("a", {4}, 0, 0).tensor_at("c", {4}, 0, 64);
  std::string bytes = holed.bytes();
  bytes.resize((bytes.size() + 31) / 32 * 32 + 80, '\0');
  CHECK_THAT(error_of(bytes), Catch::ContainsSubstring("m.gguf: has a hole at byte 32 of the data"));
}

TEST_CASE("no cut GGUF file is taken for a whole one, and no damage ends in anything but an error", "[gguf]") {
  const std::string whole = sound().bytes();
  for (std::size_t size = 0; size < whole.size(); ++size) CHECK_FALSE(error_of(whole.substr(0, size)).empty());
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const char value : {'\0', '\1', '\x7F', '\xFF'}) {
      std::string damaged = whole;
      damaged[at] = value;
      try {
        read(damaged);
      } catch (const Error&) {
      }
    }
  }
  SUCCEED();
}

}  // namespace attn::test
