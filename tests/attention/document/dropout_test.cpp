// Dropout of documents: PyTorch's own results, the order of draws over heads, clones, pictures and metadata.
#include "attention/document/dropout.hpp"

#include <fstream>

#include "attention/document_heads_case.hpp"
#include "support/json.hpp"

using namespace attn;
using namespace attn::test;

namespace {

Array dropped_by(RandomStream stream, double p, const Array& weights) {
  const Tensor kept = stream.keep({weights.values.size()}, p);
  Array dropped = weights;
  for (std::size_t at = 0; at < dropped.values.size(); ++at)
    dropped.values[at] *= kept.values<std::uint8_t>()[at] != 0 ? 1 / (1 - p) : 0;
  return dropped;
}

const MetadataValue* metadata(const Result& result, const std::string& name) {
  for (const auto& [key, value] : result.metadata)
    if (key == name) return &value;
  return nullptr;
}

Tensor output_of(const HeadsCase& c, std::vector<Stage> emit) {
  AttentionOptions options = c.options;
  options.wanted.emit = std::move(emit);
  options.execution.dtype = DType::f64;
  return compute(c.document.input(DType::f64), options).find("output")->clone();
}

}  // namespace

TEST_CASE("dropout gives PyTorch's results from the same seed", "[dropout]") {
  std::ifstream file(std::string(ATTN_TEST_DATA) + "/attention/dropout.json");
  REQUIRE(file);
  const nlohmann::json goldens = nlohmann::json::parse(file)["cases"];
  REQUIRE(goldens.size() == 6);
  for (const nlohmann::json& golden : goldens) {
    INFO("p = " << golden["p"] << ", seed " << golden["seed"]);
    const std::vector<std::size_t> s = golden["shape"];  // (B, H, L, S, d, d_v)
    const RandomStream stream(Generator::torch, golden["seed"].get<std::uint64_t>());
    Document document;
    document.tensors["query"] = {{s[0], s[1], s[2], s[4]}, golden["query"]};
    document.tensors["key"] = {{s[0], s[1], s[3], s[4]}, golden["key"]};
    document.tensors["value"] = {{s[0], s[1], s[3], s[5]}, golden["value"]};
    AttentionOptions options;
    if (golden["causal"]) options.pipeline.mask = Mask::causal();
    options.pipeline.dropout = {.p = golden["p"], .stream = &stream};
    Expected expected;
    expected["dropped"] = {{s[0], s[1], s[2], s[3]}, golden["dropped"]};
    expected["output"] = {{s[0], s[1], s[2], s[5]}, golden["output"]};
    for (const std::vector<Stage>& emit : {std::vector{Stage::dropped, Stage::output}, std::vector{Stage::output}}) {
      options.wanted.emit = emit;
      if (emit.size() == 1) expected.erase("dropped");
      check_run(compute, document, options, expected);
    }
    // Elements that torch dropped are 0 exactly, and those alone.
    options.wanted.emit = {Stage::dropped};
    const Result result = compute(document.input(DType::f32), options);
    for (std::size_t at = 0; at < golden["dropped"].size(); ++at)
      CHECK((result.find("dropped")->values<float>()[at] == 0) == (golden["dropped"][at] == 0));
  }
}

TEST_CASE("weights are drawn for in C order over batch items, heads, queries and keys", "[dropout]") {
  for (const Layout& layout : {rank2, rank3, rank4, split2, split3}) {
    const bool heads = layout.matrices.heads, batch = layout.matrices.batch;
    HeadsCase c({batch ? 2U : 1U, heads ? 4U : 1U, heads ? 2U : 1U, 3, 5, 4, 2}, layout);
    for (const Generator generator : {Generator::torch, Generator::torch_mkl, Generator::numpy}) {
      const RandomStream stream(generator, 11);
      c.options.pipeline.dropout = {.p = 0.3, .stream = &stream};
      Expected expected = c.expected();
      expected["dropped"] = dropped_by(stream.clone(), 0.3, expected["weights"]);
      expected.erase("output");
      check_run(compute, c.document, c.options, expected);
    }
  }
}

TEST_CASE("the output is of the dropped weights, with and without a matrix, and a second run draws the same",
          "[dropout]") {
  HeadsCase c({2, 4, 2, 40, 70, 4, 3}, rank4);
  RandomStream stream(Generator::torch, 3);
  stream.rand({5}, DType::f32);  // runs begin where the stream stands
  c.options.pipeline.dropout = {.p = 0.5, .stream = &stream};
  const Expected expected = c.expected();
  const Array dropped = dropped_by(stream.clone(), 0.5, expected.at("weights"));
  Array output = expected.at("output");
  for (std::size_t row = 0; row < 2 * 4 * 40; ++row) {
    const std::size_t kv = row / 160 * 2 + row / 40 % 4 / 2;
    for (std::size_t d = 0; d < 3; ++d) {
      double sum = 0;
      for (std::size_t j = 0; j < 70; ++j)
        sum += dropped.values[row * 70 + j] * c.document.tensors.at("value").values[(kv * 70 + j) * 3 + d];
      output.values[row * 3 + d] = sum;
    }
  }
  for (int run = 0; run < 2; ++run) {
    CHECK(difference(&static_cast<const Tensor&>(output_of(c, {Stage::output})), output) <= 1e-12);
    CHECK(difference(&static_cast<const Tensor&>(output_of(c, {Stage::weights, Stage::output})), output) <= 1e-12);
  }
}

TEST_CASE("some queries of a run keep what the whole run keeps of them", "[dropout]") {
  const Dims dims{.batch = 2, .heads = 3, .queries = 7, .keys = 11};
  const RandomStream stream(Generator::torch, 21);
  const Dropout dropout{.p = 0.5, .stream = &stream};
  const RowWindow all{0, 7, 7}, some{2, 3, 7};
  const auto whole_bits = draw_dropout(dropout, dims, all), part_bits = draw_dropout(dropout, dims, some);
  const KeptWeights whole = kept_weights(dropout, dims, all, whole_bits);
  const KeptWeights part = kept_weights(dropout, dims, some, part_bits);
  for (std::size_t b = 0; b < 2; ++b)
    for (std::size_t h = 0; h < 3; ++h)
      for (std::size_t i = 0; i < 3; ++i)
        for (std::size_t j = 0; j < 11; ++j)
          REQUIRE(part.has(part.row(b, h, i) + j) == whole.has(whole.row(b, h, i + 2) + j));
}

TEST_CASE("multihead drops the weights of its heads, and projects what is left", "[dropout]") {
  Document document;
  document.num_heads = 2;
  document.tensors["embeddings"] = random_array({5, 4}, 1);
  unsigned seed = 2;
  for (const char* name : {"W_q", "W_k", "W_v", "W_o"}) document.projections[name] = random_array({4, 4}, seed++);
  const RandomStream stream(Generator::torch, 8);
  AttentionOptions options;
  options.execution.dtype = DType::f64;
  options.wanted.emit = {Stage::value, Stage::weights, Stage::dropped, Stage::concat};
  const Input input = document.input(DType::f64);
  const Result plain = multihead(input, options);
  CHECK(difference(plain.find("dropped"), array_of(*plain.find("weights"))) == 0);
  options.pipeline.dropout = {.p = 0.5, .stream = &stream};
  const Result result = multihead(input, options);
  const Array weights = array_of(*plain.find("weights")), dropped = dropped_by(stream.clone(), 0.5, weights);
  CHECK(difference(result.find("weights"), weights) == 0);
  CHECK(difference(result.find("dropped"), dropped) <= 1e-15);
  const Array value = array_of(*plain.find("value"));
  for (std::size_t i = 0; i < 5; ++i)
    for (std::size_t c = 0; c < 4; ++c) {
      double sum = 0;
      for (std::size_t j = 0; j < 5; ++j)
        sum += dropped.values[(c / 2 * 5 + i) * 5 + j] * value.values[(c / 2 * 5 + j) * 2 + c % 2];
      CHECK(result.find("concat")->values<double>()[i * 4 + c] == Approx(sum).margin(1e-13));
    }
}

TEST_CASE("pooled pictures are of the weights before dropout", "[dropout]") {
  HeadsCase c({1, 1, 1, 20, 30, 4, 3}, rank2);
  const RandomStream stream(Generator::torch, 3);
  std::vector<Tensor> cells;
  for (const KernelSet* set : supported_kernel_sets()) {
    for (const double p : {0.0, 0.5}) {
      PictureRequest request;
      request.plan = [](const WeightsShape&) {
        PooledMatrix picture;
        picture.batch.indices = picture.head.indices = {0};
        picture.rows = 4;
        picture.columns = 5;
        std::vector<PooledMatrix> pictures;
        pictures.push_back(std::move(picture));
        return pictures;
      };
      request.again = [](std::vector<PooledMatrix>&) { return false; };
      c.options.execution.kernels = set;
      c.options.wanted.emit = {Stage::output};
      c.options.wanted.pictures = &request;
      c.options.pipeline.dropout = {.p = p, .stream = &stream};
      cells.push_back(compute(c.document.input(DType::f32), c.options).pooled.at(0).cells.clone());
    }
    CHECK(difference(&cells.back(), array_of(cells[cells.size() - 2])) == 0);
  }
}

TEST_CASE("metadata name the probability, the seed and whose draws they are", "[dropout]") {
  HeadsCase c({1, 1, 1, 2, 2, 3, 2}, rank2);
  const RandomStream stream(Generator::numpy, 17);
  const auto result = [&](double p, bool own) {
    c.options.pipeline.dropout = {.p = p, .stream = &stream, .own_stream = own};
    return compute(c.document.input(DType::f32), c.options);
  };
  const Result shared = result(0.25, false), own = result(0.25, true), none = result(0, true);
  CHECK(*metadata(shared, "dropout") == MetadataValue(0.25));
  CHECK(*metadata(shared, "seed") == MetadataValue(std::int64_t{17}));
  CHECK(*metadata(shared, "rng") == MetadataValue(std::string("numpy")));
  CHECK(*metadata(own, "dropout_seed") == MetadataValue(std::int64_t{17}));
  CHECK(metadata(own, "seed") == nullptr);
  for (const char* name : {"dropout", "seed", "dropout_seed", "rng"}) CHECK(metadata(none, name) == nullptr);
}
