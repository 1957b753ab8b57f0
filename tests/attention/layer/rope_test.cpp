// Rotary positions: against the paper's complex numbers in long double, and by what they leave unchanged.
#include "attention/layer/rope.hpp"

#include <complex>

#include "attention/document/result.hpp"
#include "attention/document_case.hpp"

using namespace attn;
using namespace attn::test;

namespace {

using Complex = std::complex<long double>;

// One row, each pair times e^(i·position·frequency).
std::vector<double> turned(std::vector<double> row, const Rope& rope, long double position) {
  const std::size_t dims = rope.dims == 0 ? row.size() : rope.dims;
  for (std::size_t i = 0; i < dims / 2; ++i) {
    const std::size_t x = rope.interleaved ? 2 * i : i, y = rope.interleaved ? 2 * i + 1 : i + dims / 2;
    const long double frequency = rope.frequencies.empty()
                                      ? std::pow(static_cast<long double>(rope.theta),
                                                 -2 * static_cast<long double>(i) / static_cast<long double>(dims))
                                      : static_cast<long double>(rope.frequencies[i]);
    const Complex z = Complex(row[x], row[y]) * std::polar<long double>(1, position * frequency);
    row[x] = static_cast<double>(z.real() * static_cast<long double>(rope.magnitude));
    row[y] = static_cast<double>(z.imag() * static_cast<long double>(rope.magnitude));
  }
  return row;
}

// Two heads side by side, three rows, by Rotation and by the paper.
void check_rotation(const Rope& rope, std::int64_t first, double tolerance) {
  constexpr std::size_t width = 8, rows = 40, heads = 2;
  const Array array = random_array({rows, heads * width}, 5);
  Tensor tensor = array.tensor(DType::f64);
  const HeadsView<double> view{tensor.values<double>().data(), 1,     heads,        rows, width,
                               rows * heads * width,           width, heads * width};
  Rotation(rope, width).apply(view, first, {}, 2);
  double worst = 0;
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t h = 0; h < heads; ++h) {
      const auto from = array.values.begin() + static_cast<long>((i * heads + h) * width);
      const std::vector<double> wanted = turned(
          {from, from + width}, rope, static_cast<long double>(first + rope.offset) + static_cast<long double>(i));
      for (std::size_t c = 0; c < width; ++c) worst = std::max(worst, std::abs(view.at(0, h).row(i)[c] - wanted[c]));
    }
  CHECK(worst <= tolerance);
}

Array identity(std::size_t width) {
  Array eye{{width, width}, std::vector<double>(width * width)};
  for (std::size_t i = 0; i < width; ++i) eye.values[i * width + i] = 1;
  return eye;
}

// Five tokens of width 8 that are their own queries, keys and values, in two heads.
Document plain_document() {
  Document document;
  document.tensors["embeddings"] = random_array({5, 8}, 3);
  document.projections = {{"W_q", identity(8)}, {"W_k", identity(8)}, {"W_v", identity(8)}};
  return document;
}

AttentionOptions with_rope(const Rope& rope) {
  AttentionOptions options;
  options.heads.query = 2;
  options.layer.rope = rope;
  return options;
}

Array run_for(const Document& document, AttentionOptions options, Stage stage) {
  options.wanted.emit = {stage};
  options.execution.dtype = DType::f64;
  return array_of(multihead(document.input(DType::f64), options).tensors.at(0).tensor);
}

void check_refused(const Rope& rope, std::size_t width, const std::string& where, const std::string& what) {
  attn::test::check_error([&] { Rotation(rope, width); }, ErrorKind::usage, where, what);
}

}  // namespace

TEST_CASE("pairs turn by position times frequency, in both layouts") {
  for (const bool interleaved : {false, true}) {
    check_rotation({.interleaved = interleaved}, 0, 1e-14);
    check_rotation({.theta = 500000, .interleaved = interleaved}, 7, 1e-14);
    check_rotation({.interleaved = interleaved, .dims = 4}, 3, 1e-14);
    check_rotation({.interleaved = interleaved, .frequencies = {1, 0.5, 0.25, 0}}, 3, 1e-14);
    check_rotation({.interleaved = interleaved, .magnitude = 1.25}, 3, 1e-14);
    check_rotation({.interleaved = interleaved, .offset = 11}, 3, 1e-14);
  }
}

TEST_CASE("positions up to 2^31 and beyond are exact") {
  // What is left is the rounding of the frequencies and angles: 2^-52 of 2^31 radians.
  check_rotation({}, (1LL << 31) - 20, 2e-6);
  check_rotation({.frequencies = {1, 0.5, 0.25, 0.125}}, (1LL << 31) - 20, 1e-14);
  check_rotation({.frequencies = {1, 0.5, 0.25, 0.125}, .offset = (1LL << 40)}, 1, 1e-14);
}

TEST_CASE("multihead turns queries and keys by head, and not values") {
  for (const bool interleaved : {false, true}) {
    const Rope rope{.theta = 100, .interleaved = interleaved, .offset = 2};
    const Document document = plain_document();
    const Array& x = document.tensors.at("embeddings");
    Array turned_heads{{2, 5, 4}, {}}, heads = turned_heads;
    for (std::size_t h = 0; h < 2; ++h)
      for (std::size_t i = 0; i < 5; ++i) {
        const auto from = x.values.begin() + static_cast<long>(i * 8 + h * 4);
        const std::vector<double> row{from, from + 4};
        const std::vector<double> wanted = turned(row, rope, static_cast<long double>(i + 2));
        turned_heads.values.insert(turned_heads.values.end(), wanted.begin(), wanted.end());
        heads.values.insert(heads.values.end(), row.begin(), row.end());
      }
    AttentionOptions options = with_rope(rope);
    options.wanted.emit = {Stage::query, Stage::key, Stage::value};
    check_run(multihead, document, options, {{"query", turned_heads}, {"key", turned_heads}, {"value", heads}});
  }
}

TEST_CASE("scores depend on the distance of query and key alone") {
  const Document document = plain_document();
  const Array scores = run_for(document, with_rope({}), Stage::scores);
  const Array plain = run_for(document, with_rope({.frequencies = {0, 0}}), Stage::scores);
  const Tensor turned_scores = scores.tensor(DType::f64);
  CHECK(difference(&turned_scores, plain) > 0.1);
  for (const std::int64_t offset : {1000, -3}) {
    const Array moved = run_for(document, with_rope({.offset = offset}), Stage::scores);
    CHECK(difference(&turned_scores, moved) < 1e-12);
  }
  for (std::size_t h = 0; h < 2; ++h)
    for (std::size_t i = 0; i < 5; ++i)  // a token's score with itself is not turned
      CHECK(std::abs(scores.values[h * 25 + i * 6] - plain.values[h * 25 + i * 6]) < 1e-14);
}

TEST_CASE("after a cache of turned keys, new tokens stand where they would in the whole") {
  const Document whole = plain_document();
  AttentionOptions options = with_rope({.interleaved = true});
  options.pipeline.mask = Mask::causal();
  const Array keys = run_for(whole, options, Stage::key), values = run_for(whole, options, Stage::value),
              output = run_for(whole, options, Stage::output);
  const auto cached = [](const Array& heads) {
    Array part{{2, 3, 4}, {}};
    for (std::size_t h = 0; h < 2; ++h)
      part.values.insert(part.values.end(), heads.values.begin() + static_cast<long>(h * 20),
                         heads.values.begin() + static_cast<long>(h * 20 + 12));
    return part;
  };
  Document rest = whole;
  const std::vector<double>& x = whole.tensors.at("embeddings").values;
  rest.tensors["embeddings"] = {{2, 8}, {x.begin() + 24, x.end()}};
  rest.tensors["past_key"] = cached(keys);
  rest.tensors["past_value"] = cached(values);
  options.wanted.emit = {Stage::present_key, Stage::output};
  check_run(multihead, rest, options,
            {{"present_key", keys}, {"output", {{2, 8}, {output.values.begin() + 24, output.values.end()}}}});
}

TEST_CASE("a range of queries turns by the positions of the whole, beside appended keys too") {
  Document document = plain_document();
  document.tensors["bias"] = random_array({5, 5}, 8);
  AttentionOptions options = with_rope({.offset = 1});
  options.layer.add_zero_attn = true;
  options.pipeline.mask = Mask::causal();
  for (const Stage stage : {Stage::query, Stage::weights}) {
    options.wanted.query_range.reset();
    const Array whole = run_for(document, options, stage);
    options.wanted.query_range = QueryRange{2, 4};
    const Array part = run_for(document, options, stage);
    const std::size_t width = whole.shape[2];
    Array wanted{{2, 2, width}, {}};
    for (std::size_t h = 0; h < 2; ++h)
      wanted.values.insert(wanted.values.end(), whole.values.begin() + static_cast<long>((h * 5 + 2) * width),
                           whole.values.begin() + static_cast<long>((h * 5 + 4) * width));
    CHECK(part.shape == wanted.shape);
    CHECK(part.values == wanted.values);
  }
}

TEST_CASE("every batch item has the same positions") {
  Document document = plain_document();
  const Array one = run_for(document, with_rope({}), Stage::query);
  Array& x = document.tensors["embeddings"];
  x.shape = {2, 5, 8};
  x.values.insert(x.values.end(), x.values.begin(), x.values.begin() + 40);
  document.key_lengths = {{5, 3}};
  const Array two = run_for(document, with_rope({}), Stage::query);
  CHECK(std::vector<double>(two.values.begin(), two.values.begin() + 40) == one.values);
  CHECK(std::vector<double>(two.values.begin() + 40, two.values.end()) == one.values);
}

TEST_CASE("rotation gives the same bytes for any number of threads") {
  Document document;
  document.tensors["embeddings"] = random_array({1500, 96}, 3);
  document.projections = {{"W_q", identity(96)}, {"W_k", identity(96)}, {"W_v", identity(96)}};
  AttentionOptions options = with_rope({});
  options.layer.qk_norm.emplace();
  const Array one = run_for(document, options, Stage::query);
  options.execution.threads = 3;
  CHECK(run_for(document, options, Stage::query).values == one.values);
}

TEST_CASE("metadata names theta, layout, columns and what is not the default") {
  using Rows = std::vector<std::pair<std::string, MetadataValue>>;
  const auto rows_of = [](const Rope& rope, std::size_t head_dim) {
    RunSummary summary;
    summary.layer.emplace().rope = Rotation(rope, head_dim).rope();
    Rows rows = metadata_of(summary);
    rows.erase(rows.begin(), std::find_if(rows.begin(), rows.end(),
                                          [](const auto& row) { return row.first.substr(0, 5) == "rope_"; }));
    return rows;
  };
  CHECK(rows_of({}, 8) ==
        Rows{{"rope_theta", 10000.0}, {"rope_layout", std::string("half")}, {"rope_dims", std::int64_t{8}}});
  CHECK(rows_of({.theta = 5, .interleaved = true, .dims = 4, .magnitude = 2, .offset = -1}, 8) ==
        Rows{{"rope_theta", 5.0},
             {"rope_layout", std::string("interleaved")},
             {"rope_dims", std::int64_t{4}},
             {"rope_magnitude", 2.0},
             {"rope_offset", std::int64_t{-1}}});
  const Result result = multihead(plain_document().input(DType::f32), with_rope({}));
  CHECK(std::count_if(result.metadata.begin(), result.metadata.end(),
                      [](const auto& row) { return row.first == "rope_theta"; }) == 1);
}

TEST_CASE("a result's summary says what the run did") {
  AttentionOptions options = with_rope({.theta = 500});
  options.wanted.query_range = QueryRange{.begin = 1, .end = std::nullopt};
  options.layer.add_zero_attn = true;
  const RunSummary summary = multihead(plain_document().input(DType::f32), options).summary;
  CHECK(summary.command == "multihead");
  CHECK(summary.queries == summary.keys - 1);
  CHECK(summary.appended_keys == 1);
  CHECK(summary.first_query() == 1);
  CHECK(summary.query_range->end == summary.queries);
  CHECK_FALSE(summary.softcap.has_value());
  REQUIRE(summary.layer.has_value());
  CHECK(summary.layer->appended_zeros);
  REQUIRE(summary.layer->rope.has_value());
  CHECK(summary.layer->rope->theta == 500);
  CHECK(summary.layer->rope->dims == 2 * summary.layer->rope->frequencies.size());
}

TEST_CASE("rotations that a head has no columns for are refused") {
  check_refused({.theta = 0}, 8, "`rope`", "theta must be more than 0");
  check_refused({.theta = -1}, 8, "`rope`", "theta must be more than 0");
  check_refused({.theta = NAN}, 8, "`rope`", "theta must be more than 0");
  check_refused({.theta = infinity}, 8, "`rope`", "theta must be more than 0");
  check_refused({}, 7, "`rope`", "turns pairs of columns, but the heads have 7; `rope_dims` turns fewer");
  check_refused({.dims = 3}, 8, "`rope_dims`", "must be even, not 3");
  check_refused({.dims = 10}, 8, "`rope_dims`", "10 columns, but the heads have 8");
  check_refused({.frequencies = {1, 2, 3}}, 8, "`rope`", "3 frequencies for 4 pairs of columns");
  check_refused({.offset = (1LL << 52) + 1}, 8, "`rope_offset`", "positions past 2^52 are not exact");
}
