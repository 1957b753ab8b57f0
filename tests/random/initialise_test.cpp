// Initialisers: drawn projections against the real libraries, and what each refuses.
#include "attn/initialise.hpp"

#include <string>
#include <string_view>
#include <vector>

#include "attn/error.hpp"
#include "golden.hpp"
#include "support/catch.hpp"

using attn::DType;
using attn::Generator;
using attn::NamedTensor;
using attn::ProjectionSpec;
using attn::RandomStream;

namespace {

ProjectionSpec spec_of(const attn::test::Json& spec) {
  return {.d_query = spec["d_query"],
          .d_key = spec["d_key"],
          .d_value = spec["d_value"],
          .heads = spec["heads"],
          .kv_heads = spec["kv_heads"],
          .head_dim = spec["head_dim"],
          .d_out = spec["d_out"],
          .qkv_bias = spec["qkv_bias"],
          .out_projection = spec["out_projection"],
          .stacked = spec["stacked"],
          .add_bias_kv = spec["add_bias_kv"]};
}

/// Two heads of three on inputs of six.
ProjectionSpec square() {
  return {.d_query = 6, .d_key = 6, .d_value = 6, .heads = 2, .kv_heads = 2, .head_dim = 3, .d_out = 6};
}

std::vector<NamedTensor> draw(std::string_view name, const ProjectionSpec& spec) {
  RandomStream stream(Generator::torch, 1);
  return attn::initialiser_of(name, "--init").draw(spec, stream, DType::f32);
}

std::vector<std::string> names_of(const std::vector<NamedTensor>& tensors) {
  std::vector<std::string> names;
  for (const NamedTensor& named : tensors) names.push_back(named.name);
  return names;
}

using Names = std::vector<std::string>;

std::string refusal(std::string_view name, const ProjectionSpec& spec, const std::string& where) {
  try {
    draw(name, spec);
  } catch (const attn::Error& error) {
    CHECK(error.kind() == attn::ErrorKind::usage);
    CHECK(error.where() == where);
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("projections are drawn as PyTorch and NumPy draw them, and leave the stream where they do") {
  const attn::test::Json cases = golden::read("initialisers.json");
  REQUIRE(cases.size() >= 50);
  for (const attn::test::Json& golden_case : cases) {
    INFO(golden_case["generator"] << " " << golden_case["initialiser"] << " seed " << golden_case["seed"] << " "
                                  << golden_case["spec"]);
    const std::string name = golden_case["initialiser"];
    const DType dtype = golden::dtype(golden_case);
    RandomStream stream = golden::stream(golden_case);
    const std::vector<NamedTensor> drawn =
        attn::initialiser_of(name, "--init").draw(spec_of(golden_case["spec"]), stream, dtype);
    REQUIRE(drawn.size() == golden_case["tensors"].size());
    // Normals of fewer than 16 elements, and NumPy's, go through the C library's functions.
    const bool normal = name == "torch-randn" || golden_case["spec"]["add_bias_kv"].get<bool>();
    for (const NamedTensor& named : drawn) {
      INFO(named.name);
      REQUIRE(golden_case["tensors"].contains(named.name));
      golden::check(named.tensor, golden_case["tensors"][named.name], !normal ? 0 : dtype == DType::f64 ? 4 : 1);
    }
    golden::check(stream.rand({1}, dtype), golden_case["after"], 0);
  }
}

TEST_CASE("tensors bear the names that tell their orientation, in the order of the roles") {
  const Names textbook = {"W_q", "W_k", "W_v", "W_o"};
  CHECK(names_of(draw("torch-rand", square())) == textbook);
  CHECK(names_of(draw("torch-randn", square())) == textbook);
  CHECK(names_of(draw("torch-linear", square())) ==
        Names{"q_proj.weight", "k_proj.weight", "v_proj.weight", "out_proj.weight", "out_proj.bias"});
  const Names all = {"q_proj.weight", "q_proj.bias", "k_proj.weight",   "k_proj.bias",
                     "v_proj.weight", "v_proj.bias", "out_proj.weight", "out_proj.bias"};
  CHECK(names_of(draw("xavier", square())) == all);
  CHECK(names_of(draw("torch-mha", square())) == all);
}

TEST_CASE("qkv_bias adds the biases of nn.Linear") {
  ProjectionSpec spec = square();
  spec.qkv_bias = true;
  const std::vector<NamedTensor> drawn = draw("torch-linear", spec);
  CHECK(names_of(drawn)[1] == "q_proj.bias");
  CHECK(drawn[1].tensor.shape() == attn::Shape{6});
}

TEST_CASE("without an output projection nothing is given for it") {
  ProjectionSpec spec = square();
  spec.out_projection = false;
  for (const attn::Initialiser& initialiser : attn::initialisers())
    for (const NamedTensor& named : draw(initialiser.name, spec)) {
      CHECK(named.name != "W_o");
      CHECK(named.name.find("out_proj") == std::string::npos);
    }
}

TEST_CASE("stacked heads draw in turn, and have no output projection") {
  ProjectionSpec spec = square();
  spec.stacked = true;
  CHECK(names_of(draw("torch-rand", spec)) == Names{"W_q", "W_k", "W_v"});

  RandomStream stream(Generator::torch, 1);
  const attn::Tensor first = stream.rand({6, 3}, DType::f32);
  stream.rand({2, 6, 3}, DType::f32);  // key and value of the first head
  const attn::Tensor second = stream.rand({6, 3}, DType::f32);
  const std::vector<NamedTensor> drawn = draw("torch-rand", spec);
  for (std::size_t row = 0; row < 6; ++row)
    for (std::size_t column = 0; column < 6; ++column) {
      const attn::Tensor& head = column < 3 ? first : second;
      CHECK(drawn[0].tensor.values<float>()[row * 6 + column] == head.values<float>()[row * 3 + column % 3]);
    }
}

TEST_CASE("empty inputs draw empty weights") {
  for (const std::string_view name : {"torch-linear", "torch-rand", "torch-randn", "xavier"}) {
    ProjectionSpec spec = square();
    spec.d_query = spec.d_key = spec.d_value = 0;
    for (const bool stacked : {false, true}) {
      spec.stacked = stacked;
      CHECK(draw(name, spec).front().tensor.size() == 0);
    }
  }
}

TEST_CASE("initialisers without biases refuse qkv_bias") {
  ProjectionSpec spec = square();
  spec.qkv_bias = true;
  CHECK(refusal("torch-rand", spec, "`qkv_bias`") == "torch-rand draws no biases; torch-linear does");
  CHECK(refusal("torch-randn", spec, "`qkv_bias`") == "torch-randn draws no biases; torch-linear does");
}

TEST_CASE("only torch-mha draws bias_k and bias_v") {
  ProjectionSpec spec = square();
  spec.add_bias_kv = true;
  for (const std::string name : {"torch-linear", "torch-rand", "torch-randn", "xavier"})
    CHECK(refusal(name, spec, "`init`") == name + " draws no bias_k and bias_v; torch-mha does");
  const std::vector<NamedTensor> drawn = draw("torch-mha", spec);
  CHECK(drawn[8].name == "bias_k");
  CHECK(drawn[9].name == "bias_v");
  CHECK(drawn[9].tensor.shape() == attn::Shape{1, 1, 6});
}

TEST_CASE("stacked heads refuse grouped keys") {
  ProjectionSpec spec = square();
  spec.stacked = true;
  spec.kv_heads = 1;
  CHECK(refusal("torch-linear", spec, "`stacked`") ==
        "stacked heads have a key and a value head each: `kv_heads` must be 2, not 1");
}

TEST_CASE("torch-mha refuses what nn.MultiheadAttention cannot be") {
  ProjectionSpec spec = square();
  spec.stacked = true;
  CHECK(refusal("torch-mha", spec, "`stacked`") == "torch-mha draws all heads at once; torch-linear can be stacked");
  spec = square();
  spec.kv_heads = 1;
  CHECK(refusal("torch-mha", spec, "`kv_heads`") == "torch-mha has as many key and value heads as heads: 2, not 1");
  const std::string widths = "torch-mha keeps the input's width: heads x head-dim and the output's width must be ";
  spec = square();
  spec.d_query = 5;
  CHECK(refusal("torch-mha", spec, "`init`") == widths + "5, not 6 and 6");
  spec = square();
  spec.d_out = 4;
  CHECK(refusal("torch-mha", spec, "`init`") == widths + "6, not 6 and 4");
}

TEST_CASE("an unknown initialiser's message suggests the nearest") {
  try {
    attn::initialiser_of("torch-liner", "--init");
    FAIL("no error");
  } catch (const attn::Error& error) {
    CHECK(error.kind() == attn::ErrorKind::usage);
    CHECK(error.where() == "--init");
    CHECK(std::string(error.what()) ==
          "no initialiser is named 'torch-liner' (there are torch-linear, torch-rand, torch-randn, torch-mha, xavier); "
          "did you mean 'torch-linear'?");
  }
}
