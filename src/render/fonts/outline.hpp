// Outlines of glyphs, and how much of each pixel they cover.
#pragma once

#include <cstddef>
#include <vector>

namespace attn {

/// A point of an outline, y upwards.
struct OutlinePoint {
  double x = 0;
  double y = 0;
};

/// Closed curves of cubic Bézier segments, each from the end of the one before; a straight one has its control points
/// on its thirds. What a curve winds around is filled.
class Outline {
 public:
  bool empty() const { return segments_.empty(); }

  /// Begins a curve, and closes the one before.
  void move_to(OutlinePoint to);
  void line_to(OutlinePoint to);
  void conic_to(OutlinePoint control, OutlinePoint to);
  void cubic_to(OutlinePoint first, OutlinePoint second, OutlinePoint to);
  void close();

  /// All points times a matrix, moved afterwards: x' = xx·x + xy·y + x0, y' = yx·x + yy·y + y0.
  struct Transform {
    double xx = 1, xy = 0, yx = 0, yy = 1, x0 = 0, y0 = 0;
  };
  void transform(const Transform& by);
  /// Adds the curves of another.
  void append(const Outline& other);

  /// Least and greatest coordinates of all points, those that steer curves included; of an empty outline, zeros.
  struct Bounds {
    double left = 0, bottom = 0, right = 0, top = 0;
  };
  Bounds bounds() const;

  struct Segment {
    OutlinePoint from, first, second, to;
  };
  const std::vector<Segment>& segments() const { return segments_; }

 private:
  std::vector<Segment> segments_;
  OutlinePoint start_, at_;
  bool is_open_ = false;
};

/// The share of each pixel that something covers, 0 to 255, row by row from the top.
struct Coverage {
  int left = 0;  ///< of the corner from the origin, pixels; y grows downwards
  int top = 0;
  int width = 0;
  int height = 0;
  std::vector<unsigned char> shares;
};

/// Of an outline in pixels. Exact for the polygon that is within 1/50 pixel of the curves, in plain double arithmetic:
/// the same everywhere.
Coverage coverage_of(const Outline& outline);

}  // namespace attn
