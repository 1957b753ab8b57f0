// The atom of packed documents that have other numbers of queries than of keys, as variable-length kernels take them.
#include <algorithm>
#include <utility>

#include "attn/error.hpp"
#include "mask/atoms.hpp"
#include "mask/cumulative.hpp"
#include "mask/grid_shape.hpp"
#include "mask/ranges.hpp"

namespace attn::mask_detail {
namespace {

// Where documents end that lie one after the other: the cu_seqlens of kernels, without their first 0.
std::vector<std::int64_t> ends_of(const std::vector<std::int64_t>& lengths) {
  std::vector<std::int64_t> ends;
  std::int64_t sum = 0;
  for (const std::int64_t length : lengths) ends.push_back(sum += length);
  return ends;
}

class PackedDocuments : public Atom {
 public:
  PackedDocuments(std::string text, std::string where, std::vector<std::int64_t> queries,
                  std::vector<std::int64_t> keys, bool causal)
      : Atom(std::move(text)),
        where_(std::move(where)),
        queries_(std::move(queries)),
        keys_(std::move(keys)),
        query_ends_(ends_of(queries_)),
        key_ends_(ends_of(keys_)),
        causal_(causal) {}

  void append_row(const Row& row, KeyRange limit, std::vector<KeyRange>& out) const override {
    const auto end = std::upper_bound(query_ends_.begin(), query_ends_.end(), row.i);
    const auto document = static_cast<std::size_t>(end - query_ends_.begin());
    KeyRange keys{document == 0 ? 0 : key_ends_[document - 1], key_ends_[document]};
    // The last query sees the last key.
    if (causal_) keys.end -= *end - 1 - row.i;
    append_range(out, overlap(limit, keys));
  }

  NodePtr bind(const NodePtr& self, const MaskShape& shape) const override {
    std::string advice;
    if (are_cumulative(queries_, query_count(shape)) && are_cumulative(keys_, key_count(shape)))
      advice = "; of these cumulative lengths it is documents:" + lengths_of_cumulative(queries_) + "/" +
               lengths_of_cumulative(keys_) + (causal_ ? ":causal" : "");
    check_sum(query_ends_, query_count(shape), "queries", advice);
    check_sum(key_ends_, key_count(shape), "keys", advice);
    return self;
  }

  std::string note(const MaskShape& /*shape*/, const std::vector<std::string>& all) const override {
    const auto counts_positions = [](const std::string& atom) {
      return atom.starts_with("causal") || atom.starts_with("window:");
    };
    const auto other = std::find_if(all.begin(), all.end(), counts_positions);
    if (queries_ == keys_ || causal_ || other == all.end()) return "";
    return *other + " counts positions over all documents of " + text() + ", not within each; " + text() +
           ":causal lets the last query of a document attend up to its last key";
  }

 private:
  void check_sum(const std::vector<std::int64_t>& ends, std::int64_t count, const std::string& of,
                 const std::string& advice) const {
    if (ends.back() != count)
      throw usage_error(where_, "documents: the lengths of " + of + " sum to " + std::to_string(ends.back()) +
                                    ", but the number of " + of + " is " + std::to_string(count) + advice);
  }

  std::string where_;
  std::vector<std::int64_t> queries_, keys_;  // lengths
  std::vector<std::int64_t> query_ends_, key_ends_;
  bool causal_;
};

}  // namespace

NodePtr packed_documents(std::string text, std::string where, std::vector<std::int64_t> queries,
                         std::vector<std::int64_t> keys, bool causal) {
  return std::make_shared<PackedDocuments>(std::move(text), std::move(where), std::move(queries), std::move(keys),
                                           causal);
}

}  // namespace attn::mask_detail
