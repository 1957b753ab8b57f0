// Suggestions for mistyped names.
#include "core/nearest.hpp"

#include "support/catch.hpp"

namespace attn::test {
namespace {

const std::vector<std::string_view> names{"causal", "window", "sink", "stride", "segments"};

}  // namespace

TEST_CASE("each kind of slip finds the name that was meant") {
  CHECK(nearest_name("windw", names) == "window");    // a letter left out
  CHECK(nearest_name("windoww", names) == "window");  // one too many
  CHECK(nearest_name("wimdow", names) == "window");   // a wrong one
  CHECK(nearest_name("widnow", names) == "window");   // neighbours swapped
  CHECK(nearest_name("SEGMENTS", names) == "segments");
  CHECK(nearest_name("sinks", names) == "sink");
}

TEST_CASE("the nearest of several wins, and the first of equals") {
  CHECK(nearest_name("sinkt", {"sunkt", "sink", "skint"}) == "sunkt");
  CHECK(nearest_name("bat", {"cat", "hat"}) == "cat");
  CHECK(nearest_name("heds", {"keys", "heads"}) == "heads");
}

TEST_CASE("a swap of neighbours is one slip, not two") {
  CHECK(nearest_name("ab", {"ba"}) == "ba");
  CHECK(nearest_name("aXYZ", {"aYXZ"}) == "aYXZ");
}

TEST_CASE("a name that is like none has no suggestion") {
  CHECK(nearest_name("zebra", names).empty());
  CHECK(nearest_name("", names).empty());
  CHECK(nearest_name("causal", {}).empty());
  CHECK(nearest_name(std::string(1000000, 'x'), names).empty());
}

TEST_CASE("the suggestion is ready to be put behind a message") {
  CHECK(did_you_mean("cusal", names) == "; did you mean 'causal'?");
  CHECK(did_you_mean("zebra", names).empty());
}

TEST_CASE("a name that is cut short is meant before any that is near, unless many begin so") {
  const std::vector<std::string_view> begun{"torch-sdpa", "torch-mha", "touch", "onnx"};
  CHECK(did_you_mean("torch", begun) == "; did you mean 'torch-sdpa' or 'torch-mha'?");
  CHECK(did_you_mean("TO", begun) == "; did you mean 'torch-sdpa', 'torch-mha' or 'touch'?");
  CHECK(did_you_mean("on", {"onnx", "no", "one", "only", "ons"}) == "; did you mean 'no'?");
  CHECK(did_you_mean("token", {"tokens", "token_ids"}) == "; did you mean 'tokens'?");
  CHECK(names_begun("t", begun).empty());
  CHECK(names_begun("onnx", begun).empty());
}

}  // namespace attn::test
