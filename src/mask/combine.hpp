// Nodes that combine others: and, or, not; and the two constants.
#pragma once

#include <vector>

#include "mask/node.hpp"

namespace attn::mask_detail {

/// Every key, and no key.
NodePtr all_keys();
NodePtr no_keys();

/// The intersection and the union of at least one term. Terms of the same form are taken in, so that
/// long chains stay flat.
NodePtr conjunction(const std::vector<NodePtr>& terms);
NodePtr disjunction(const std::vector<NodePtr>& terms);
/// The keys that `operand` leaves out.
NodePtr negation(const NodePtr& operand);

}  // namespace attn::mask_detail
