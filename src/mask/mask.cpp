// Masks as callers see them: made, joined, written out, and bound to a grid.
#include "attn/mask.hpp"

#include <algorithm>
#include <utility>

#include "core/option_name.hpp"
#include "mask/atoms.hpp"
#include "mask/combine.hpp"
#include "mask/expression.hpp"
#include "mask/grid_shape.hpp"

namespace attn {

using mask_detail::Form;
using mask_detail::NodePtr;

Mask::Mask() = default;

// Unrestricted masks have no node, so that callers may skip them.
Mask::Mask(NodePtr node) : node_(node->form() == Form::all ? nullptr : std::move(node)) {}

Mask Mask::parse(std::string_view expression, const std::string& where, const Loader& load) {
  return Mask(mask_detail::parse_expression({expression, where, load}));
}

Mask Mask::stored(Tensor tensor, const std::string& where, bool of_all_keys) {
  return Mask(mask_detail::stored(where, std::move(tensor), of_all_keys));
}

Mask Mask::causal() { return Mask(mask_detail::window("causal", -1, 0, false)); }

Mask Mask::key_lengths() { return Mask(mask_detail::keys_below_lengths()); }

Mask Mask::key_starts() { return Mask(mask_detail::keys_from_starts()); }

Mask Mask::operator&(const Mask& other) const {
  if (unrestricted()) return other;
  if (other.unrestricted()) return *this;
  return Mask(mask_detail::conjunction({node_, other.node_}));
}

bool Mask::unrestricted() const { return node_ == nullptr; }

bool Mask::has_atom(std::string_view atom) const {
  bool found = false;
  if (!unrestricted()) node_->visit_atoms([&](const mask_detail::Node& node) { found = found || node.text() == atom; });
  return found;
}

std::vector<std::string> Mask::notes(const MaskShape& shape) const {
  std::vector<std::string> atoms, notes;
  if (shape.positions == PositionsFrom::start && shape.key_starts.empty())
    notes.push_back("positions from-start: there are no key starts, and positions count from key 0; " +
                    option_name("key_starts") + " or the member key_starts gives them");
  if (unrestricted()) return notes;
  node_->visit_atoms([&](const mask_detail::Node& node) { atoms.push_back(node.text()); });
  node_->visit_atoms([&](const mask_detail::Node& node) {
    std::string note = node.note(shape, atoms);
    if (!note.empty() && std::find(notes.begin(), notes.end(), note) == notes.end()) notes.push_back(std::move(note));
  });
  return notes;
}

std::string Mask::text() const { return unrestricted() ? "all" : node_->text(); }

BoundMask Mask::bind(MaskShape shape) const {
  mask_detail::check_shape(shape);
  NodePtr bound = unrestricted() ? nullptr : node_->bind(node_, shape);
  if (bound != nullptr && bound->form() == Form::all) bound = nullptr;
  return BoundMask(std::move(bound), std::move(shape));
}

}  // namespace attn
