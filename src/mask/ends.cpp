// Atoms that look at the key alone, at one end of the keys: prefixes and padding.
#include <algorithm>
#include <utility>

#include "attn/error.hpp"
#include "core/text.hpp"
#include "mask/atoms.hpp"
#include "mask/combine.hpp"
#include "mask/grid_shape.hpp"
#include "mask/ranges.hpp"

namespace attn::mask_detail {
namespace {

void check_items(const PerItem& items, const MaskShape& shape, const std::string& atom, const std::string& form) {
  const std::size_t count = items.numbers.size();
  if (count != 1 && count != shape.batch)
    throw usage_error(items.where, atom + ": " + counted(count, "number") + " for a batch of " +
                                       std::to_string(shape.batch) + "; the form is " + form +
                                       ", or one number for each batch item");
}

bool reaches_all(const MaskShape& shape, const std::vector<std::int64_t>& ends) {
  return std::all_of(ends.begin(), ends.end(), [&shape](std::int64_t end) { return end >= key_count(shape); });
}

// k < end, one for all batch items or one each.
class Below : public Atom {
 public:
  Below(std::string text, std::vector<std::int64_t> ends) : Atom(std::move(text)), ends_(std::move(ends)) {}

  void append_row(const Row& row, KeyRange limit, std::vector<KeyRange>& out) const override {
    append_range(out, overlap(limit, {0, of_item(ends_, row.b)}));
  }
  bool varies_by_batch(const MaskShape& /*shape*/) const override { return !all_equal(ends_); }

 private:
  std::vector<std::int64_t> ends_;
};

// k ≥ begin.
class From : public Atom {
 public:
  From(std::string text, std::vector<std::int64_t> begins) : Atom(std::move(text)), begins_(std::move(begins)) {}

  void append_row(const Row& row, KeyRange limit, std::vector<KeyRange>& out) const override {
    append_range(out, overlap(limit, {of_item(begins_, row.b), limit.end}));
  }
  bool varies_by_batch(const MaskShape& /*shape*/) const override { return !all_equal(begins_); }

 private:
  std::vector<std::int64_t> begins_;
};

NodePtr below(std::string text, const MaskShape& shape, std::vector<std::int64_t> ends) {
  if (reaches_all(shape, ends)) return all_keys();
  return std::make_shared<Below>(std::move(text), std::move(ends));
}

NodePtr from(std::string text, std::vector<std::int64_t> begins) {
  if (std::all_of(begins.begin(), begins.end(), [](std::int64_t begin) { return begin == 0; })) return all_keys();
  return std::make_shared<From>(std::move(text), std::move(begins));
}

// What has rows only once it is bound to a grid.
class Unbound : public Atom {
 public:
  using Atom::Atom;
  void append_row(const Row& /*row*/, KeyRange /*limit*/, std::vector<KeyRange>& /*out*/) const override {}
};

class Prefix : public Unbound {
 public:
  Prefix(std::string text, PerItem counts) : Unbound(std::move(text)), counts_(std::move(counts)) {}

  NodePtr bind(const NodePtr& /*self*/, const MaskShape& shape) const override {
    std::vector<std::int64_t> ends = counts_.numbers;
    if (ends.empty()) {
      if (shape.prefix_lengths.empty() && shape.batch > 0)
        throw usage_error(counts_.where,
                          "prefix: the input has no 'prefix_lengths', one for each batch item; prefix:N gives one for "
                          "all");
      ends = shape.prefix_lengths;
    } else {
      check_items(counts_, shape, "prefix", "prefix:N");
    }
    if (shape.positions == PositionsFrom::start && !shape.key_starts.empty()) {
      if (ends.size() == 1) ends.resize(shape.batch, ends.front());
      for (std::size_t b = 0; b < ends.size(); ++b) ends[b] += origin(shape, b);
    }
    return below(text(), shape, std::move(ends));
  }
  std::string note(const MaskShape& shape, const std::vector<std::string>& /*all*/) const override {
    return note_of_origin(shape, text());
  }

 private:
  PerItem counts_;
};

class Padding : public Unbound {
 public:
  Padding(std::string text, PerItem counts, bool left)
      : Unbound(std::move(text)), counts_(std::move(counts)), left_(left) {}

  NodePtr bind(const NodePtr& /*self*/, const MaskShape& shape) const override {
    check_items(counts_, shape, "padding", left_ ? "padding:N:left" : "padding:N");
    return left_ ? from(text(), counts_.numbers) : below(text(), shape, counts_.numbers);
  }

 private:
  PerItem counts_;
  bool left_;
};

class KeyLengths : public Unbound {
 public:
  KeyLengths() : Unbound("key_lengths") {}
  NodePtr bind(const NodePtr& /*self*/, const MaskShape& shape) const override {
    return below(text(), shape, shape.key_lengths);
  }
};

class KeyStarts : public Unbound {
 public:
  KeyStarts() : Unbound("key_starts") {}
  NodePtr bind(const NodePtr& /*self*/, const MaskShape& shape) const override {
    return from(text(), shape.key_starts);
  }
};

}  // namespace

NodePtr prefix(std::string text, PerItem counts) {
  return std::make_shared<Prefix>(std::move(text), std::move(counts));
}
NodePtr keys_below(std::string text, PerItem counts) {
  return std::make_shared<Padding>(std::move(text), std::move(counts), false);
}
NodePtr keys_from(std::string text, PerItem counts) {
  return std::make_shared<Padding>(std::move(text), std::move(counts), true);
}
NodePtr keys_below_lengths() { return std::make_shared<KeyLengths>(); }
NodePtr keys_from_starts() { return std::make_shared<KeyStarts>(); }

}  // namespace attn::mask_detail
