// Pooled pictures against the plain definition, applied to the weights of the same kernel set's own matrix.
#include <cstring>
#include <random>

#include "attention/bf16_sets.hpp"
#include "attention/task_case.hpp"
#include "attn/attention.hpp"
#include "attn/error.hpp"
#include "support/catch.hpp"
#include "support/special_values.hpp"

using namespace attn;
using namespace attn::test;

namespace {

using Kind = AxisSelection::Kind;

// Random operands without gaps between rows.
TaskCase problem(TaskSizes sizes) {
  sizes.padding = 0;
  TaskCase c(sizes);
  c.k = random_matrix(c.k.shape(0), sizes.depth, 2);
  c.v = random_matrix(c.v.shape(0), sizes.value_depth, 3);
  c.scale = 0.7;
  return c;
}

Mask parsed(const std::string& expression) { return Mask::parse(expression, "--mask"); }

// The weights as a whole, rows of (B, H, L).
template <class T>
Matrix weights_of(const TaskCase& c, const KernelSet& set) {
  c.pool<T>(set, {});  // no pictures are nothing to do
  return c.run<T>(set, TaskWants::weights).weights;
}

template <class T>
void pool(TaskCase c, const KernelSet& set, std::size_t threads, std::span<PooledMatrix> pictures) {
  c.threads = threads;
  c.pool<T>(set, pictures);
}

// One number out of several; NaN if one of them is.
double reduced(Kind kind, const std::vector<double>& values) {
  double sum = 0, most = -inf, least = inf, spread = 0;
  for (const double x : values) {
    if (std::isnan(x)) return x;
    sum += x;
    most = std::max(most, x);
    least = std::min(least, x);
  }
  const double n = static_cast<double>(values.size()), mean = sum / n;
  for (const double x : values) spread += (x - mean) * (x - mean);
  switch (kind) {
    case Kind::mean: return mean;
    case Kind::max: return most;
    case Kind::min: return least;
    case Kind::std: return std::sqrt(spread / n);
    case Kind::indices: break;
  }
  return values.at(0);
}

std::vector<std::size_t> members(const AxisSelection& axis, std::size_t extent) {
  if (axis.kind == Kind::indices) return axis.indices;
  std::vector<std::size_t> all(extent);
  for (std::size_t i = 0; i < extent; ++i) all[i] = i;
  return all;
}

// The matrix that a picture is of.
std::vector<double> matrix_of(const PooledMatrix& picture, const TaskSizes& s, const Matrix& weights) {
  std::vector<double> matrix;
  for (std::size_t at = 0; at < s.queries * s.keys; ++at) {
    std::vector<double> of_batch;
    for (const std::size_t b : members(picture.batch, s.batch)) {
      std::vector<double> of_heads;
      for (const std::size_t h : members(picture.head, s.heads))
        of_heads.push_back(weights.data()[(b * s.heads + h) * s.queries * s.keys + at]);
      of_batch.push_back(reduced(picture.head.kind, of_heads));
    }
    matrix.push_back(reduced(picture.batch.kind, of_batch));
  }
  return matrix;
}

// How much of cell `i` lies in the box-th of `boxes` equal parts of `extent`, in 1/boxes of a cell.
std::size_t overlap(std::size_t i, std::size_t box, std::size_t extent, std::size_t boxes) {
  const std::size_t from = std::max(i * boxes, box * extent), to = std::min((i + 1) * boxes, (box + 1) * extent);
  return to > from ? to - from : 0;
}

double pooled_cell(const std::vector<double>& matrix, const TaskSizes& s, const PooledMatrix& picture, std::size_t row,
                   std::size_t column) {
  double sum = 0, area = 0, most = -inf;
  const auto end = [](std::size_t box, std::size_t extent, std::size_t boxes) {
    return std::min(extent, (box + 1) * extent / boxes + 1);
  };
  for (std::size_t i = row * s.queries / picture.rows; i < end(row, s.queries, picture.rows); ++i)
    for (std::size_t j = column * s.keys / picture.columns; j < end(column, s.keys, picture.columns); ++j) {
      const double part =
          static_cast<double>(overlap(i, row, s.queries, picture.rows) * overlap(j, column, s.keys, picture.columns));
      const double x = matrix[i * s.keys + j];
      if (part == 0 || !std::isfinite(x)) continue;
      sum += part * x;
      area += part;
      most = std::max(most, x);
    }
  if (area == 0) return std::numeric_limits<double>::quiet_NaN();
  return picture.pooling == Pooling::mean ? sum / area : most;
}

void check_picture(const PooledMatrix& picture, const TaskSizes& s, const Matrix& weights, double tolerance) {
  const std::vector<double> matrix = matrix_of(picture, s, weights);
  ValueRange range;
  for (const double x : matrix)
    if (std::isfinite(x)) range.include(x);
  REQUIRE(picture.cells.shape() == Shape{picture.rows, picture.columns});
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < picture.rows; ++i)
    for (std::size_t j = 0; j < picture.columns; ++j) {
      const double expected = pooled_cell(matrix, s, picture, i, j);
      const double cell = static_cast<double>(picture.cells.values<float>()[i * picture.columns + j]);
      if (std::isnan(expected) ? !std::isnan(cell) : !(std::abs(cell - expected) <= tolerance)) ++wrong;
    }
  CHECK(wrong == 0);
  const auto near = [&](double a, double b) { return a == b || std::abs(a - b) <= tolerance; };
  CHECK(near(picture.range.least, range.least));
  CHECK(near(picture.range.greatest, range.greatest));
  CHECK(near(picture.range.least_positive, range.least_positive));
}

PooledMatrix picture(AxisSelection batch, AxisSelection head, std::size_t rows, std::size_t columns,
                     Pooling pooling = Pooling::mean) {
  PooledMatrix wanted;
  wanted.batch = std::move(batch);
  wanted.head = std::move(head);
  wanted.rows = rows;
  wanted.columns = columns;
  wanted.pooling = pooling;
  return wanted;
}

AxisSelection only(std::size_t index) { return {Kind::indices, {index}}; }

template <class T>
void check_as(const TaskCase& p, const KernelSet& set, double tolerance) {
  const TaskSizes& s = p.sizes;
  const Matrix weights = weights_of<T>(p, set);
  std::vector<PooledMatrix> pictures;
  const AxisSelection last_item = only(s.batch - 1), last_head = only(s.heads - 1);
  for (const Pooling pooling : {Pooling::mean, Pooling::max})
    pictures.push_back(picture(last_item, last_head, (s.queries + 1) / 2, (s.keys + 2) / 3, pooling));
  pictures.push_back(picture(only(0), last_head, s.queries, s.keys));
  pictures.push_back(picture(only(0), last_head, std::min<std::size_t>(s.queries, 7), 1));
  pool<T>(p, set, 2, pictures);
  for (const PooledMatrix& made : pictures) check_picture(made, s, weights, tolerance);
}

// Every reduction over heads, and over batch items after the heads.
template <class T>
void check_reductions_as(const TaskCase& p, const KernelSet& set, double tolerance) {
  const TaskSizes& s = p.sizes;
  const Matrix weights = weights_of<T>(p, set);
  std::vector<PooledMatrix> pictures;
  for (const Kind kind : {Kind::mean, Kind::max, Kind::min, Kind::std}) {
    pictures.push_back(picture(only(s.batch - 1), {kind, {}}, (s.queries + 1) / 2, std::min<std::size_t>(s.keys, 5)));
    pictures.push_back(picture({kind, {}}, only(0), (s.queries + 4) / 5, (s.keys + 1) / 2, Pooling::max));
    pictures.push_back(picture({Kind::mean, {}}, {kind, {}}, 3, (s.keys + 2) / 3));
  }
  pool<T>(p, set, 2, pictures);
  for (const PooledMatrix& made : pictures) check_picture(made, s, weights, tolerance);
}

void check(const TaskCase& p, const std::string& what) {
  for (const KernelSet* set : supported_kernel_sets()) {
    INFO(what << ", " << set->name);
    check_as<float>(p, *set, 3e-6);
    check_as<double>(p, *set, 1e-7);  // cells are float32
  }
  for (const KernelSet& set : bf16_sets()) {
    INFO(what << ", bf16 " << set.name);
    check_as<float>(p, set, 3e-6);
  }
}

void check_reductions(const TaskCase& p, const std::string& what) {
  for (const KernelSet* set : supported_kernel_sets()) {
    INFO(what << ", " << set->name);
    check_reductions_as<float>(p, *set, 3e-6);
    check_reductions_as<double>(p, *set, 1e-7);
  }
}

}  // namespace

TEST_CASE("a pooled picture is what pooling the whole weights gives, at odd sizes", "[pooled]") {
  for (const TaskSizes& s : {TaskSizes{1, 1, 4, 3},
                             {5, 300, 7, 3, 1, 2, 1},
                             {37, 41, 8, 3, 2, 4, 2},
                             {200, 260, 5, 3},
                             {195, 33, 16, 3, 2, 2, 2},
                             {390, 17, 3, 3, 1, 3, 1}})
    check(problem(s), std::to_string(s.queries) + " x " + std::to_string(s.keys));
}

TEST_CASE("a pooled picture is of heads and batch items that are reduced first", "[pooled]") {
  TaskCase p = problem({37, 41, 8, 3, 2, 4, 2});
  p.mask = parsed("causal");
  check_reductions(p, "causal");
  TaskCase spoilt = problem({20, 300, 4, 3, 2, 3, 1});
  spoilt.q(7, 0) = std::nan("");
  spoilt.mask = parsed("window:5,200 & !window:3,-1");
  for (const EmptyRow rule : {EmptyRow::zero, EmptyRow::nan, EmptyRow::uniform}) {
    spoilt.empty_row = rule;
    check_reductions(spoilt, "NaN in a query of one head");
  }
}

TEST_CASE("a pooled picture follows every mask, empty tiles and rows included", "[pooled]") {
  for (const char* mask : {"causal", "window:3,0", "padding:20", "none", "causal & !window:2,-1", "block:50",
                           "documents:100,23,147 & causal", "!window:40,40", "sink:2 | window:9,0"}) {
    TaskCase p = problem({210, 270, 6, 3});
    p.mask = parsed(mask);
    for (const EmptyRow rule : {EmptyRow::zero, EmptyRow::nan, EmptyRow::uniform}) {
      p.empty_row = rule;
      check(p, std::string(mask) + ", rule " + std::to_string(static_cast<int>(rule)));
    }
  }
}

TEST_CASE("a pooled picture goes through softcap, bias, ALiBi, sink and offset", "[pooled]") {
  const auto varied = [](const std::string& what, auto change) {
    TaskCase p = problem({70, 280, 6, 3, 2, 2, 1});
    p.mask = parsed("causal");
    p.shape.offsets = {100, 210};
    change(p);
    check(p, what);
  };
  varied("softcap", [](TaskCase& p) { p.softcap = 1.5; });
  varied("ALiBi", [](TaskCase& p) { p.slopes = {0.125, 0.125}; });
  varied("scales of heads and queries", [](TaskCase& p) {
    p.head_scales = {0.5, -2};
    for (std::size_t i = 0; i < 70; ++i) p.query_scales.push_back(static_cast<double>(i) / 16);
  });
  varied("ALiBi by positions", [](TaskCase& p) {
    p.slopes = {0.125, 0.25};
    for (std::size_t i = 0; i < 70; ++i) p.query_positions.push_back(static_cast<double>(i / 2));
    for (std::size_t j = 0; j < 280; ++j) p.key_positions.push_back(static_cast<double>(j / 3));
  });
  varied("sink", [](TaskCase& p) { p.sinks = {0.5, 9}; });
  varied("sink and empty rows", [](TaskCase& p) {
    p.sinks = {0.5, 9};
    p.mask = parsed("causal & !window:4,-1");
    p.shape.offsets = {0};
    p.empty_row = EmptyRow::nan;
  });
  varied("bias", [](TaskCase& p) {
    p.bias = random_matrix(70, 280, 9);
    for (std::size_t at = 0; at < p.bias.size(); at += 3) p.bias.data()[at] = -inf;
    p.bias.fill_row(5, -inf);
    p.empty_row = EmptyRow::uniform;
  });
}

TEST_CASE("NaN and infinite scores spoil in a pooled picture what they spoil in the weights", "[pooled]") {
  const double nan = std::nan("");
  const auto spoilt = [](const std::string& what, auto change) {
    TaskCase p = problem({200, 270, 4, 3});
    p.mask = parsed("window:100,100");
    change(p);
    check(p, what);
  };
  spoilt("a query", [nan](TaskCase& p) { p.q(17, 2) = nan; });
  spoilt("a key", [nan](TaskCase& p) { p.k(150, 0) = nan; });
  spoilt("an infinite key", [](TaskCase& p) { p.k(150, 0) = inf; });
  spoilt("a row of minus infinity", [](TaskCase& p) {
    p.mask = parsed("window:0,0");
    for (std::size_t c = 0; c < 4; ++c) p.q(3, c) = c == 0 ? -inf : 0, p.k(3, c) = c == 0 ? 1 : 0;
  });
  spoilt("and a bias masks it", [nan](TaskCase& p) {
    p.q(17, 0) = nan;
    p.bias = Matrix::zeros(200, 270);
    for (std::size_t at = 0; at < p.bias.size(); at += 2) p.bias.data()[at] = -inf;
  });
}

TEST_CASE("scores too large for the digits of their log-sum-exp still give weights that sum to 1", "[pooled]") {
  TaskCase p = problem({30, 600, 2, 3});
  p.k.fill(3e4);
  p.q.fill(3e4);
  check(p, "all scores are 1e9 and equal");
  TaskCase wide = problem({30, 600, 2, 3});
  for (double& x : wide.q) x *= 100;
  check(wide, "scores of hundreds");
}

TEST_CASE("the cells are the same to the bit for any number of threads", "[pooled]") {
  TaskCase p = problem({500, 700, 8, 3, 1, 2, 1});
  p.mask = parsed("causal | window:9,30");
  for (const KernelSet* set : supported_kernel_sets()) {
    std::vector<std::vector<PooledMatrix>> runs(3);
    for (std::size_t run = 0; run < runs.size(); ++run) {
      for (const AxisSelection& head : {only(1), AxisSelection{Kind::std, {}}})
        runs[run].push_back(picture(only(0), head, 99, 131));
      pool<float>(p, *set, 2 * run + 1, runs[run]);
      for (std::size_t k = 0; k < runs[run].size(); ++k) {
        CHECK(std::memcmp(runs[0][k].cells.data(), runs[run][k].cells.data(), runs[0][k].cells.bytes()) == 0);
        CHECK(runs[0][k].range.least == runs[run][k].range.least);
        CHECK(runs[0][k].range.greatest == runs[run][k].range.greatest);
      }
    }
  }
}
