// The node that a mask becomes when keys are appended to its grid.
#include "mask/appended.hpp"

#include <algorithm>
#include <utility>

#include "mask/grid_shape.hpp"
#include "mask/ranges.hpp"

namespace attn::mask_detail {
namespace {

class Appended : public Node {
 public:
  Appended(NodePtr bound, MaskShape shape)
      : Node(Form::disjunction), bound_(std::move(bound)), shape_(std::move(shape)) {}

  void append_row(const Row& row, KeyRange limit, std::vector<KeyRange>& out) const override {
    const std::int64_t own = key_count(shape_);
    const KeyRange within = overlap(limit, {0, own});
    if (within.begin < within.end) bound_->append_row({shape_, row.b, row.h, row.i, row.p}, within, out);
    append_range(out, {std::max(limit.begin, own), limit.end});
  }

  bool varies_by_batch(const MaskShape& /*shape*/) const override { return bound_->varies_by_batch(shape_); }
  bool varies_by_head() const override { return bound_->varies_by_head(); }
  bool scattered() const override { return bound_->scattered(); }
  void visit_atoms(const std::function<void(const Node& atom)>& visit) const override { bound_->visit_atoms(visit); }
  std::string text() const override { return bound_->text(); }

 private:
  NodePtr bound_;
  MaskShape shape_;  // as the mask was bound
};

}  // namespace

NodePtr with_appended(const NodePtr& bound, const MaskShape& shape) { return std::make_shared<Appended>(bound, shape); }

}  // namespace attn::mask_detail
