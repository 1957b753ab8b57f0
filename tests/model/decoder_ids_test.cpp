// What Model::run refuses of its input where no command gives it.
#include <filesystem>

#include "attn/error.hpp"
#include "attn/model.hpp"
#include "support/catch.hpp"
#include "support/small_model.hpp"

using namespace attn;
using namespace attn::test;

namespace {

TokenIds three_ids(const char* where) {
  TokenIds ids;
  ids.ids = {2, 5, 9};
  ids.length = 3;
  ids.where = where;
  return ids;
}

std::string decoder_problem(const Model& model, const Input& input) {
  try {
    model.run(input, {}, {.layers = {0}});
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    return error.where() + ": " + error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("ids of a decoder go with models that have one", "[model]") {
  const std::string folder = (std::filesystem::temp_directory_path() / "attn-test-decoder-ids").string();
  Input input;
  input.token_ids = three_ids("ids");
  for (const std::string family : {"bert", "t5"}) {
    write_small_model(family, folder);
    const bool is_decoder = family == "t5";
    CheckpointChoice choice;
    choice.decoder = is_decoder;
    const Model model = Model::open(folder, choice, {});
    REQUIRE(model.is_decoder() == is_decoder);
    input.decoder_ids.reset();
    CHECK(decoder_problem(model, input) ==
          (is_decoder ? "`decoder_text`: is needed, or `decoder_ids`: the decoder reads a text of its own" : ""));
    input.decoder_ids = three_ids("decoder ids");
    CHECK(decoder_problem(model, input) ==
          (is_decoder ? "" : "`decoder_text`: the model has no decoder beside an encoder"));
    std::filesystem::remove_all(folder);
  }
}
