// The interface of a mask expression's nodes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attn/mask.hpp"

namespace attn::mask_detail {

/// Numbers in an expression, offsets and extents are at most this large, so that sums of a few of
/// them cannot overflow.
inline constexpr std::int64_t largest_number = std::int64_t{1} << 60;

class Node;
using NodePtr = std::shared_ptr<const Node>;

/// One row of a grid: query `i` of batch item `b` and head `h`, which stands at position `p` among
/// the keys (possibly before the first or past the last).
struct Row {
  const MaskShape& shape;
  std::size_t b;
  std::size_t h;
  std::int64_t i;
  std::int64_t p;
};

/// What a node is to those who combine it.
enum class Form { all, none, atom, negation, conjunction, disjunction };

/// Immutable, and safe to read from many threads at once.
class Node {
 public:
  explicit Node(Form form) : form_(form) {}
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  virtual ~Node() = default;

  Form form() const { return form_; }

  /// Appends the keys within `limit` (not empty) that the row may attend, in sorted ranges that are
  /// disjoint and do not touch. Whatever `out` already holds ends before `limit` begins, and does not
  /// touch it. Only for what `bind` returned.
  virtual void append_row(const Row& row, KeyRange limit, std::vector<KeyRange>& out) const = 0;

  /// Sets the bits of the same keys (see bits.hpp), and leaves all others as they are.
  virtual void set_row_bits(const Row& row, KeyRange limit, std::uint64_t* bits) const;

  /// Checks this node (`self`) against a grid. Returns what stands for it there: itself, or a node
  /// that is prepared or simpler.
  virtual NodePtr bind(const NodePtr& self, const MaskShape& /*shape*/) const { return self; }

  /// True if rows may differ between the batch items (heads) of a grid.
  virtual bool varies_by_batch(const MaskShape& /*shape*/) const { return false; }
  virtual bool varies_by_head() const { return false; }

  /// True if a row may have many ranges, or takes time for every key: a conjunction asks it last.
  virtual bool scattered() const { return false; }
  /// About how many ranges a row has, for the choice between ranges and bits.
  virtual double ranges_a_row(const MaskShape& /*shape*/) const { return 1; }

  /// Calls visit(atom) for the node, if it is an atom, or for each that it combines.
  virtual void visit_atoms(const std::function<void(const Node& atom)>& visit) const = 0;
  /// How the atom was read on a grid where it can be read in two ways; `all` are the atoms that it stands among.
  virtual std::string note(const MaskShape& /*shape*/, const std::vector<std::string>& /*all*/) const { return ""; }
  /// The node in the mask language.
  virtual std::string text() const = 0;

 private:
  Form form_;
};

/// A node that is written as one word.
class Atom : public Node {
 public:
  explicit Atom(std::string text, Form form = Form::atom) : Node(form), text_(std::move(text)) {}
  void visit_atoms(const std::function<void(const Node& atom)>& visit) const override { visit(*this); }
  std::string text() const override { return text_; }

 private:
  std::string text_;
};

}  // namespace attn::mask_detail
