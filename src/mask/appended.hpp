// Keys after a grid's own that every query may attend.
#pragma once

#include "mask/node.hpp"

namespace attn::mask_detail {

/// What `bound`, prepared for `shape`, lets a row attend, and all keys from `shape.keys` on.
NodePtr with_appended(const NodePtr& bound, const MaskShape& shape);

}  // namespace attn::mask_detail
