// Whole models from token ids, text or a picture: hidden states and attention of every layer against transformers'.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <numeric>

#include "attn/archive.hpp"
#include "attn/kernels.hpp"
#include "attn/output_file.hpp"
#include "attn/read.hpp"
#include "attn/write.hpp"
#include "cli/model_case.hpp"
#include "cli/session.hpp"
#include "support/small_model.hpp"

namespace attn::test {
namespace {

// Every folder of tests/data/models, and the runs of their goldens.
std::vector<std::string> all_families() {
  std::vector<std::string> families;
  for (const auto& entry : std::filesystem::directory_iterator(ATTN_TEST_DATA "/models"))
    if (entry.is_directory()) families.push_back(entry.path().filename().string());
  std::sort(families.begin(), families.end());
  return families;
}
const std::vector<std::string> runs_that_run{"", "bf16.", "f16.", "text.", "batch.", "pair."};

// Float32 on both sides, sums in different orders: of a weight, and of the greatest number of the states. The goldens
// themselves are up to 3e-6 off the same models in float64.
constexpr double weight_bound = 1e-5, hidden_bound = 1e-5;

std::vector<std::string> golden_names(const std::string& family) {
  const FileBytes file = FileBytes::open(golden_path(family));
  return Archive::open(file, *format_of_name("safetensors"), {})->names();
}

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Rows `begin` to `end` of the first axis.
Tensor part(const Tensor& tensor, std::size_t begin, std::size_t end) {
  Shape shape = tensor.shape();
  const std::size_t row = tensor.size() / shape[0];
  shape[0] = end - begin;
  return Tensor::of<double>(shape, tensor.values<double>().subspan(begin * row, (end - begin) * row));
}

// A tensor of one run's golden, and the axes that batch items and queries lie on.
struct Expected {
  const char* name;
  Tensor tensor;
  std::size_t batch_axis, query_axis;
  double bound;
  bool of_greatest;  // The bound is of the tensor's greatest number.
};

std::vector<Expected> expected_of(const std::string& family, const std::string& run) {
  const std::vector<std::string> names = golden_names(family);
  const Tensor hidden = golden(family, run + "hidden");
  const std::size_t layers = hidden.extent(0) - 1;
  Tensor last =
      has(names, run + "hidden_last") ? golden(family, run + "hidden_last") : part(hidden, layers, layers + 1);
  if (last.rank() == 4) last.reshape({hidden.extent(1), hidden.extent(2), hidden.extent(3)});
  std::vector<Expected> expected;
  expected.push_back({"hidden", part(hidden, 0, layers), 1, 2, hidden_bound, true});
  expected.push_back({"hidden_last", std::move(last), 0, 1, hidden_bound, true});
  expected.push_back({"weights", golden(family, run + "weights"), 1, 3, weight_bound, false});
  return expected;
}

// The place of element `i` on an axis.
std::size_t index_on(const Shape& shape, std::size_t axis, std::size_t i) {
  for (std::size_t last = shape.size(); --last > axis;) i /= shape[last];
  return i % shape[axis];
}

// The greatest difference at queries within their batch item's length; infinity if the shapes differ. The axis of batch
// items may be missing where there is one.
double difference(const Tensor& found, const Expected& expected, const std::vector<double>& lengths) {
  const Tensor& right = expected.tensor;
  const Shape& shape = right.shape();
  Shape alone = shape;
  if (shape[expected.batch_axis] == 1) alone.erase(alone.begin() + static_cast<std::ptrdiff_t>(expected.batch_axis));
  if (found.shape() != shape && found.shape() != alone) return std::numeric_limits<double>::infinity();
  double worst = 0, greatest = 0;
  for (std::size_t i = 0; i < right.size(); ++i) {
    const auto query = static_cast<double>(index_on(shape, expected.query_axis, i));
    if (!lengths.empty() && query >= lengths[index_on(shape, expected.batch_axis, i)]) continue;
    const double x = found.values<double>()[i], y = right.values<double>()[i];
    if (std::isnan(x)) return std::numeric_limits<double>::infinity();
    worst = std::max(worst, std::abs(x - y));
    greatest = std::max(greatest, std::abs(y));
  }
  return expected.of_greatest ? worst / greatest : worst;
}

Json id_rows(const Tensor& tensor) {
  Json rows = Json::array();
  for (std::size_t i = 0; i < tensor.size(); ++i) {
    if (i % tensor.extent(1) == 0) rows.push_back(Json::array());
    rows.back().push_back(static_cast<std::int64_t>(tensor.values<double>()[i]));
  }
  return rows;
}

std::vector<double> lengths_of(const std::string& family, const std::string& run) {
  if (!has(golden_names(family), run + "lengths")) return {};
  const Tensor lengths = golden(family, run + "lengths");
  return {lengths.values<double>().begin(), lengths.values<double>().end()};
}

// The tokenizer and the texts of the run `text.`.
Json text_of(const std::string& family) {
  std::ifstream in(small_model_data(family) + "/text.json");
  return parsed_json(in);
}

// What says to multihead what the golden run was given; documents go into the working directory.
Arguments input_of(const Folder& folder, const std::string& family, const std::string& run) {
  const std::vector<std::string> names = golden_names(family);
  if (has(names, "pixels")) return {"--image", family + "/image.png"};
  if (run == "text.") {
    const Json texts = text_of(family).at("texts");
    Arguments input{"--text", texts.at(0).get<std::string>()};
    if (texts.size() > 1) input = input + Arguments{"--text-pair", texts.at(1).get<std::string>()};
    return input;
  }
  const Json rows = id_rows(golden(family, run + "ids"));
  if (!has(names, run + "lengths") && !has(names, run + "types")) {
    std::string list;
    for (const Json& id : rows.at(0)) list += (list.empty() ? "" : ",") + id.dump();
    return {"--ids", list};
  }
  Json document = {{"token_ids", rows}};
  if (has(names, run + "types")) document["type_ids"] = id_rows(golden(family, run + "types"));
  const std::vector<double> lengths = lengths_of(family, run);
  for (const double length : lengths) document["key_lengths"].push_back(static_cast<std::int64_t>(length));
  folder.write("document.json", document.dump());
  return {"document.json"};
}

void check_outputs(const Arguments& arguments, const std::vector<Expected>& all, const std::vector<double>& lengths) {
  INFO(joined(arguments));
  const Outcome outcome = test::run(arguments);
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  for (const Expected& expected : all) {
    INFO(expected.name);
    const Tensor found =
        read_tensor(std::string("out.safetensors:") + expected.name, TensorKind::number, {.dtype = DType::f64});
    CHECK(difference(found, expected, lengths) < expected.bound);
  }
}

// The decoder beside the encoder: its own attention, and that to the encoder.
void check_decoder(const Arguments& encoder, const std::string& family, const std::string& run) {
  OutputFile ids("decoder_ids.npy");
  write_npy(golden(family, run + "decoder.ids"), ids);
  ids.commit();
  const Arguments arguments = encoder + Arguments{"--decoder-ids", "decoder_ids.npy"};
  std::vector<Expected> expected = expected_of(family, run + "decoder.");
  check_outputs(arguments, expected, {});
  check_outputs(arguments + Arguments{"--prefix", "decoder"}, expected, {});
  expected.back().tensor = golden(family, run + "cross.weights");
  check_outputs(arguments + Arguments{"--cross"}, expected, {});
}

void check_run(const Folder& folder, const std::string& family, const std::string& run,
               std::string_view kernels = "auto") {
  SmallModelFiles files;
  if (run == "bf16.") files.stored = StoredAs::bf16;
  if (run == "f16.") files.stored = StoredAs::f16;
  if (run == "text.") {
    const Json text = text_of(family);
    files.tokenizer = text.at("tokenizer").get<std::string>();
    files.vocabulary = text.at("vocabulary").get<std::size_t>();
  }
  write_small_model(family, family, files);
  const Arguments arguments = Arguments{"multihead", "--weights", family, "--layer", "all", "-q"} +
                              input_of(folder, family, run) +
                              Arguments{"--emit", "weights,hidden,hidden_last", "-o", "out.safetensors"} +
                              Arguments{"--kernel", std::string(kernels)};
  check_outputs(arguments, expected_of(family, run), lengths_of(family, run));
  if (has(golden_names(family), run + "decoder.hidden")) check_decoder(arguments, family, run);
}

}  // namespace

TEST_CASE("whole models give the states and the attention that transformers gives", "[models]") {
  const Folder folder;
  for (const std::string& family : all_families()) {
    const std::vector<std::string> names = golden_names(family);
    for (const std::string& run : runs_that_run)
      if (has(names, run + "hidden")) check_run(folder, family, run);
  }
}

TEST_CASE("whole models give the same with every kernel set", "[models]") {
  const Folder folder;
  for (const std::string& family : all_families())
    for (const KernelSet* set : supported_kernel_sets())
      if (set != &fastest_kernel_set()) check_run(folder, family, "", set->name);
}

TEST_CASE("goldens of whole models are whole", "[models]") {
  const std::vector<std::string> families = small_model_families();
  CHECK(families.size() > 8);
  for (const std::string& family : all_families()) CHECK(has(families, family));
  for (const std::string& family : families) {
    INFO(family);
    const Tensor hidden = golden(family, "hidden"), weights = golden(family, "weights");
    REQUIRE(hidden.rank() == 4);
    REQUIRE(weights.rank() == 5);
    CHECK(weights.extent(0) + 1 == hidden.extent(0));
    CHECK(weights.extent(3) == hidden.extent(2));
    const auto values = weights.values<double>();
    for (std::size_t row = 0; row < values.size(); row += weights.extent(4)) {
      const auto begin = values.begin() + static_cast<std::ptrdiff_t>(row);
      const double sum = std::accumulate(begin, begin + static_cast<std::ptrdiff_t>(weights.extent(4)), 0.0);
      if (sum > 1 + 1e-5 || (family != "gpt-oss" && sum < 1 - 1e-5)) FAIL("a row of weights sums to " << sum);
    }
  }
}

}  // namespace attn::test
