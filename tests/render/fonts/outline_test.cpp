// Coverage of pixels by outlines, against areas that are known.
#include "render/fonts/outline.hpp"

#include <catch2/catch.hpp>
#include <numbers>
#include <numeric>

using namespace attn;

namespace {

Outline rectangle(double left, double bottom, double right, double top) {
  Outline outline;
  outline.move_to({left, bottom});
  outline.line_to({right, bottom});
  outline.line_to({right, top});
  outline.line_to({left, top});
  return outline.close(), outline;
}

double area(const Coverage& coverage) {
  return std::accumulate(coverage.shares.begin(), coverage.shares.end(), 0.0) / 255;
}

}  // namespace

TEST_CASE("a rectangle covers what it covers of each pixel") {
  const Coverage coverage = coverage_of(rectangle(1, 2, 2.5, 4.25));
  CHECK(coverage.left == 1);
  CHECK(coverage.top == -5);
  CHECK(coverage.width == 2);
  CHECK(coverage.height == 3);
  CHECK(coverage.shares == std::vector<unsigned char>{64, 32, 255, 128, 255, 128});
}

TEST_CASE("a curve that runs the other way round within another is a hole, one that runs the same way is not") {
  Outline ring = rectangle(0, 0, 10, 10), full = ring;
  Outline hole;
  hole.move_to({2, 2});
  hole.line_to({2, 8});
  hole.line_to({8, 8});
  hole.line_to({8, 2});
  hole.close();
  ring.append(hole);
  full.append(rectangle(2, 2, 8, 8));
  CHECK(area(coverage_of(ring)) == Approx(64));
  CHECK(area(coverage_of(full)) == Approx(100));
}

TEST_CASE("slanted edges cover the area between them") {
  Outline triangle;
  triangle.move_to({0.3, 0.1});
  triangle.line_to({20.7, 3.4});
  triangle.line_to({5.2, 11.9});
  triangle.close();
  const double expected = 0.5 * std::abs((20.7 - 0.3) * (11.9 - 0.1) - (5.2 - 0.3) * (3.4 - 0.1));
  CHECK(area(coverage_of(triangle)) == Approx(expected).epsilon(0.002));
}

TEST_CASE("a circle of curves has a circle's area") {
  constexpr double kappa = 0.5522847498, r = 20;
  Outline circle;
  circle.move_to({r, 0});
  circle.cubic_to({r, kappa * r}, {kappa * r, r}, {0, r});
  circle.cubic_to({-kappa * r, r}, {-r, kappa * r}, {-r, 0});
  circle.cubic_to({-r, -kappa * r}, {-kappa * r, -r}, {0, -r});
  circle.cubic_to({kappa * r, -r}, {r, -kappa * r}, {r, 0});
  CHECK(area(coverage_of(circle)) == Approx(std::numbers::pi * r * r).epsilon(0.003));
}

TEST_CASE("a conic curve is the parabola of its three points") {
  Outline bow;  // between the chord and the curve: two thirds of the triangle
  bow.move_to({0, 0});
  bow.conic_to({15, 30}, {30, 0});
  bow.close();
  CHECK(area(coverage_of(bow)) == Approx(2.0 / 3 * 450).epsilon(0.003));
}

TEST_CASE("what covers nothing is empty") {
  CHECK(coverage_of({}).shares.empty());
  Outline line;
  line.move_to({0.5, 0.5});
  line.line_to({3.5, 0.5});
  line.close();
  CHECK(area(coverage_of(line)) == 0);
}
