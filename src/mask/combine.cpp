// And, or and not on rows of ranges and of bits; they fold constants away when they are bound.
#include "mask/combine.hpp"

#include <algorithm>
#include <utility>

#include "mask/bits.hpp"
#include "mask/ranges.hpp"

namespace attn::mask_detail {
namespace {

class Constant : public Atom {
 public:
  explicit Constant(bool attend) : Atom(attend ? "all" : "none", attend ? Form::all : Form::none) {}

  void append_row(const Row& /*row*/, KeyRange limit, std::vector<KeyRange>& out) const override {
    if (form() == Form::all) append_range(out, limit);
  }
};

// A term as an operand: in parentheses where it binds less tightly than what it stands in.
std::string operand_text(const Node& operand, bool loose_disjunction, bool loose_conjunction) {
  const bool loose = (operand.form() == Form::disjunction && loose_disjunction) ||
                     (operand.form() == Form::conjunction && loose_conjunction);
  std::string text = operand.text();
  return loose ? text.insert(0, 1, '(') + ')' : text;
}

// What conjunctions and disjunctions share: a list of terms.
class Terms : public Node {
 public:
  Terms(Form form, std::vector<NodePtr> terms) : Node(form), terms_(std::move(terms)) {}

  const std::vector<NodePtr>& terms() const { return terms_; }

  bool varies_by_batch(const MaskShape& shape) const override {
    return any([&shape](const NodePtr& term) { return term->varies_by_batch(shape); });
  }
  bool varies_by_head() const override {
    return any([](const NodePtr& term) { return term->varies_by_head(); });
  }
  bool scattered() const override {
    return any([](const NodePtr& term) { return term->scattered(); });
  }

  double ranges_a_row(const MaskShape& shape) const override {
    double sum = 0, most = 0;
    for (const NodePtr& term : terms_) {
      const double ranges = term->ranges_a_row(shape);
      sum += ranges;
      most = std::max(most, ranges);
    }
    // How much of it other terms leave is not known; bits never cost much.
    return form() == Form::disjunction ? sum : most;
  }

  void visit_atoms(const std::function<void(const Node& atom)>& visit) const override {
    for (const NodePtr& term : terms_) term->visit_atoms(visit);
  }
  std::string text() const override {
    const bool product = form() == Form::conjunction;
    std::string text;
    for (const NodePtr& term : terms_)
      text += (text.empty() ? "" : product ? " & " : " | ") + operand_text(*term, product, false);
    return text;
  }

 protected:
  // The bound terms without those of form `neutral`; `decided` tells whether one is of form `decisive`.
  std::vector<NodePtr> bind_terms(const MaskShape& shape, Form neutral, Form decisive, bool& decided) const {
    std::vector<NodePtr> bound;
    decided = false;
    for (const NodePtr& term : terms_) {
      NodePtr node = term->bind(term, shape);  // every term, so that each is checked
      if (node->form() == decisive) decided = true;
      if (node->form() != neutral) bound.push_back(std::move(node));
    }
    return bound;
  }

 private:
  template <class Predicate>
  bool any(Predicate predicate) const {
    return std::any_of(terms_.begin(), terms_.end(), predicate);
  }

  std::vector<NodePtr> terms_;
};

class Conjunction : public Terms {
 public:
  explicit Conjunction(std::vector<NodePtr> terms) : Terms(Form::conjunction, std::move(terms)) {}

  void append_row(const Row& row, KeyRange limit, std::vector<KeyRange>& out) const override {
    ScratchRanges left;
    left->push_back(limit);
    narrow(row, terms().size() - 1, *left);
    for (const KeyRange range : *left) terms().back()->append_row(row, range, out);
  }

  // Terms with few ranges come first when a conjunction is bound: the scattered ones see only what these leave.
  void set_row_bits(const Row& row, KeyRange limit, Word* bits) const override {
    std::size_t unscattered = 0;
    while (unscattered < terms().size() && !terms()[unscattered]->scattered()) ++unscattered;
    ScratchRanges left;
    left->push_back(limit);
    narrow(row, unscattered, *left);
    if (left->empty()) return;
    if (unscattered == terms().size())
      for (const KeyRange range : *left) set_bits(range, bits);
    if (unscattered + 1 == terms().size())
      for (const KeyRange range : *left) terms().back()->set_row_bits(row, range, bits);
    if (unscattered + 1 < terms().size()) set_common_bits(row, unscattered, *left, bits);
  }

  NodePtr bind(const NodePtr& /*self*/, const MaskShape& shape) const override {
    bool decided = false;
    std::vector<NodePtr> bound = bind_terms(shape, Form::all, Form::none, decided);
    if (decided) return no_keys();
    if (bound.empty()) return all_keys();
    std::stable_partition(bound.begin(), bound.end(), [](const NodePtr& term) { return !term->scattered(); });
    return conjunction(bound);
  }

 private:
  // Each of the first terms is asked for the ranges that the terms before it left, and for no more.
  void narrow(const Row& row, std::size_t count, std::vector<KeyRange>& left) const {
    ScratchRanges next;
    for (std::size_t t = 0; t < count && !left.empty(); ++t) {
      next->clear();
      for (const KeyRange range : left) terms()[t]->append_row(row, range, *next);
      left.swap(*next);
    }
  }

  // What the terms from `first` on have in common within some ranges.
  void set_common_bits(const Row& row, std::size_t first, const std::vector<KeyRange>& left, Word* bits) const {
    const KeyRange hull{left.front().begin, left.back().end};
    ScratchBits common(hull);
    for (const KeyRange range : left) terms()[first]->set_row_bits(row, range, common.data());
    for (std::size_t t = first + 1; t < terms().size(); ++t) {
      ScratchBits own(hull);
      for (const KeyRange range : left) terms()[t]->set_row_bits(row, range, own.data());
      for_words(hull, [&](std::size_t w, Word) { common.data()[w] &= own.data()[w]; });
    }
    for_words(hull, [&](std::size_t w, Word mask) { bits[w] |= common.data()[w] & mask; });
  }
};

class Disjunction : public Terms {
 public:
  explicit Disjunction(std::vector<NodePtr> terms) : Terms(Form::disjunction, std::move(terms)) {}

  void append_row(const Row& row, KeyRange limit, std::vector<KeyRange>& out) const override {
    ScratchRanges sum, term_ranges, next;
    for (const NodePtr& term : terms()) {
      term_ranges->clear();
      term->append_row(row, limit, *term_ranges);
      if (term_ranges->empty()) continue;
      next->clear();
      append_union(*sum, *term_ranges, *next);
      sum->swap(*next);
      if (sum->front() == limit) break;
    }
    out.insert(out.end(), sum->begin(), sum->end());
  }

  void set_row_bits(const Row& row, KeyRange limit, Word* bits) const override {
    for (const NodePtr& term : terms()) term->set_row_bits(row, limit, bits);
  }

  NodePtr bind(const NodePtr& /*self*/, const MaskShape& shape) const override {
    bool decided = false;
    const std::vector<NodePtr> bound = bind_terms(shape, Form::none, Form::all, decided);
    if (decided) return all_keys();
    return bound.empty() ? no_keys() : disjunction(bound);
  }
};

class Negation : public Node {
 public:
  explicit Negation(NodePtr operand) : Node(Form::negation), operand_(std::move(operand)) {}

  const NodePtr& operand() const { return operand_; }

  void append_row(const Row& row, KeyRange limit, std::vector<KeyRange>& out) const override {
    ScratchRanges ranges;
    operand_->append_row(row, limit, *ranges);
    append_complement(*ranges, limit, out);
  }

  void set_row_bits(const Row& row, KeyRange limit, Word* bits) const override {
    ScratchBits own(limit);
    operand_->set_row_bits(row, limit, own.data());
    for_words(limit, [&](std::size_t w, Word mask) { bits[w] |= ~own.data()[w] & mask; });
  }

  NodePtr bind(const NodePtr& /*self*/, const MaskShape& shape) const override {
    const NodePtr bound = operand_->bind(operand_, shape);
    if (bound->form() == Form::all) return no_keys();
    if (bound->form() == Form::none) return all_keys();
    return negation(bound);
  }

  bool varies_by_batch(const MaskShape& shape) const override { return operand_->varies_by_batch(shape); }
  bool varies_by_head() const override { return operand_->varies_by_head(); }
  bool scattered() const override { return operand_->scattered(); }
  double ranges_a_row(const MaskShape& shape) const override { return operand_->ranges_a_row(shape); }
  void visit_atoms(const std::function<void(const Node& atom)>& visit) const override { operand_->visit_atoms(visit); }
  std::string text() const override { return operand_text(*operand_, true, true).insert(0, 1, '!'); }

 private:
  NodePtr operand_;
};

std::vector<NodePtr> flattened(Form form, const std::vector<NodePtr>& terms) {
  std::vector<NodePtr> flat;
  for (const NodePtr& term : terms) {
    if (term->form() == form) {
      const auto& inner = static_cast<const Terms&>(*term).terms();
      flat.insert(flat.end(), inner.begin(), inner.end());
    } else {
      flat.push_back(term);
    }
  }
  return flat;
}

}  // namespace

NodePtr all_keys() { return std::make_shared<Constant>(true); }
NodePtr no_keys() { return std::make_shared<Constant>(false); }

NodePtr conjunction(const std::vector<NodePtr>& terms) {
  if (terms.size() == 1) return terms.front();
  return std::make_shared<Conjunction>(flattened(Form::conjunction, terms));
}

NodePtr disjunction(const std::vector<NodePtr>& terms) {
  if (terms.size() == 1) return terms.front();
  return std::make_shared<Disjunction>(flattened(Form::disjunction, terms));
}

NodePtr negation(const NodePtr& operand) {
  if (operand->form() == Form::negation) return static_cast<const Negation&>(*operand).operand();
  return std::make_shared<Negation>(operand);
}

}  // namespace attn::mask_detail
