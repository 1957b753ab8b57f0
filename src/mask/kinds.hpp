// The table of atoms.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "mask/arguments.hpp"
#include "mask/node.hpp"

namespace attn::mask_detail {

/// One kind of atom.
struct AtomKind {
  std::string_view form;     ///< how it is written: `window:L,R[:bottom-right]`
  std::string_view meaning;  ///< which keys k a query at position p may attend
  /// Checks the arguments and makes the node.
  NodePtr (*make)(Arguments& arguments);
  bool takes_path = false;  ///< its argument is a path, perhaps in quotes

  std::string_view name() const { return form.substr(0, form.find_first_of(":[")); }
};

/// Every kind, in the order of the documentation.
std::span<const AtomKind> atom_kinds();
/// By name; null if there is none.
const AtomKind* find_atom_kind(std::string_view name);
/// All names.
std::vector<std::string_view> atom_names();

}  // namespace attn::mask_detail
