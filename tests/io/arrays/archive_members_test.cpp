// Members of archives that are of another kind than the document's: texts for numbers, numbers for texts, and strings
// that are damaged.
#include "io/support.hpp"
#include "support/array_files.hpp"

using namespace attn;
using namespace attn::test;

namespace {

Input npz_input(const std::string& name, const std::string& member) {
  return input_of(npz_bytes({{name + ".npy", member}}), "npz");
}
std::string npz_error(const std::string& name, const std::string& member) {
  return error_of([&] { npz_input(name, member); });
}

const std::string one_number = npy_bytes("<f4", "()", std::string(4, '\0'));

std::string word(const std::string& text) { return npy_bytes("|S" + std::to_string(text.size()), "()", text); }

}  // namespace

TEST_CASE("members that are numbers where texts are expected", "[archive]") {
  const std::vector<std::pair<std::string, std::string>> expected{{"tokens", "strings are"},
                                                                  {"key_tokens", "strings are"},
                                                                  {"text", "a text is"},
                                                                  {"text_pair", "a text is"},
                                                                  {"positions", R"("from-start" or "from-zero" is)"}};
  for (const auto& [name, what] : expected)
    CHECK(npz_error(name, one_number) == "in.npz#/" + name + ": holds numbers where " + what + " expected");
  const std::string objects = npy_bytes("|O", "(2,)", "pickle");
  for (const auto& [name, what] : expected)
    CHECK(npz_error(name, objects) ==
          "in.npz#/" + name + ": holds Python objects where " + what + " expected; astype(str) makes strings of them");
  CHECK(npz_error("tokens", npy_bytes("|b1", "(1,)", "\1")) ==
        "in.npz#/tokens: holds booleans where strings are expected");
  const std::string tensors = R"({"tokens":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
  CHECK(error_of([&] { input_of(safetensors_bytes(tensors, "...."), "safetensors"); }) ==
        "in.safetensors#/tokens: holds numbers where strings are expected");
}

TEST_CASE("members that are texts where numbers are expected", "[archive]") {
  const std::string bytes = npz_bytes({{"output.npy", word("good")}});
  CHECK(error_of([&] { read_tensors(FileBytes::of(bytes, "in.npz"), *format_of_name("npz"), {"output"}, {}); }) ==
        "in.npz#/output: holds strings ('|S4'); numbers or booleans are expected");
}

TEST_CASE("booleans where numbers are expected", "[archive]") {
  const std::string booleans = npy_bytes("|b1", "(1,)", "\1");
  for (const char* const name :
       {"bias", "embeddings", "query", "key", "v", "past_key", "past_value", "num_heads", "num_kv_heads", "scale",
        "scale_by", "position_ids", "token_ids", "type_ids", "segments", "key_lengths", "W_q"})
    CHECK(npz_error(name, booleans) ==
          std::string("in.npz#/") + name + ": holds booleans where numbers are expected; only 'mask' takes booleans");
  CHECK(npz_input("mask", booleans).tensors.at("mask").tensor.values<std::uint8_t>()[0] == 1);
  CHECK(error_of([&] { input_of(booleans, "npy"); }) ==
        "in.npy: holds booleans where numbers are expected; only 'mask' takes booleans");
  const std::string header = R"({"bias":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}})";
  CHECK(error_of([&] { input_of(safetensors_bytes(header, "\1"), "safetensors"); }) ==
        "in.safetensors#/bias: holds booleans where numbers are expected; only 'mask' takes booleans");
}

TEST_CASE("booleans of a result are 0 and 1", "[archive]") {
  const FileBytes file =
      FileBytes::of(npz_bytes({{"mask.npy", npy_bytes("|b1", "(1, 2)", std::string("\0\1", 2))}}), "in.npz");
  const Format& npz = *format_of_name("npz");
  const std::vector<float> expected{0, 1};
  CHECK(values_of<float>(read_labelled(file, npz, "mask", {}).tensor) == expected);
  CHECK(values_of<float>(read_tensors(file, npz, {"mask"}, {}).tensors.front().tensor) == expected);
}

TEST_CASE("a scale that is a text is none", "[archive]") {
  CHECK(npz_input("scale", word("none")).scale == 1);
  CHECK(npz_error("scale", word("nine")) == "in.npz#/scale: a text where a number or \"none\" is expected");
  CHECK(npz_error("scale", npy_bytes("|S4", "(2,)", "nonenone")) == "in.npz#/scale: 2 values where one is expected");
}

TEST_CASE("projections in archives that are one array, or one of them twice", "[archive]") {
  CHECK(npz_error("projections", one_number) == "in.npz#/projections: is one array; name each, as in projections/W_q");
  const std::string twice = npz_bytes({{"projections/W_q.npy", one_number}, {"W_q.npy", one_number}});
  CHECK(error_of([&] { input_of(twice, "npz"); }) == "in.npz#/W_q: is the projection 'W_q' once more");
}

TEST_CASE("strings of NPY files, whole and damaged", "[archive]") {
  using Texts = std::vector<std::string>;
  CHECK(npz_input("tokens", npy_bytes("|S3", "(2,)", std::string("a\0\0s\xC3\xA4", 6))).tokens == Texts{"a", "sä"});
  CHECK(npz_input("tokens", npy_bytes("|S2", "()", "ab")).tokens == Texts{"ab"});
  const std::string tokens = "in.npz#/tokens: ";
  CHECK(npz_error("tokens", npy_bytes("|S2", "(1,)", "a\xC3")) == tokens + "holds text that is not UTF-8");
  CHECK(npz_error("tokens", npy_bytes("<U1", "(1,)", std::string("\0\xD8\0\0", 4))) ==
        tokens + "holds text that is not Unicode");
  CHECK(npz_error("tokens", npy_bytes("<Ux", "(1,)", "....")) == tokens + "is not a list of strings ('<Ux')");
  CHECK(npz_error("tokens", npy_bytes("<U1", "(1, 1)", "....")) == tokens + "is not a list of strings ('<U1')");
  CHECK(npz_error("tokens", npy_bytes("<U2", "(2,)", "....")) ==
        tokens + "its strings take 16 bytes, and 4 follow the header");
  CHECK(npz_error("tokens", npy_bytes("<U0", "(2,)", "")) == tokens + "holds strings of no characters ('<U0')");
}

TEST_CASE("an archive of other files than NPY", "[archive]") {
  const std::string bytes = npz_bytes({{"tokens.npy", word("a")}, {"notes.txt", "x"}});
  CHECK(error_of([&] { input_of(bytes, "npz"); }) == "in.npz: holds 'notes.txt', which is no .npy file");
}
