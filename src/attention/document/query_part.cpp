// The work of queries: the keys of the tiles that they touch, and what every query costs besides.
#include "attention/document/query_part.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "attention/document/document_mask.hpp"
#include "attn/error.hpp"
#include "core/option_name.hpp"
#include "core/parallel.hpp"
#include "core/rounding.hpp"
#include "core/text.hpp"

namespace attn {
namespace {

// Engines do whole tiles of keys, so that a key here and there costs as much as all of them.
constexpr std::int64_t tile_keys = 64;
// A query that attends nothing is read and written all the same.
constexpr std::uint64_t work_of_any_query = 64;
// So many queries are looked at, at most. The others are taken to cost what the nearest of these does, as neighbours
// mostly do: a mask of millions of queries then takes no time beside the attention itself.
constexpr std::size_t most_samples = std::size_t{1} << 14;

// The grid of scores, from the operands as the document has them.
Dims grid_of(const Input& input, const Operands& operands, const HeadSplit& split) {
  const Tensor& query = operands.query->tensor;
  const std::size_t rank = query.rank();
  Dims dims;
  dims.batch = rank > 2 ? query.extent(0) : 1;
  if (rank == 4)
    dims.heads = query.extent(1);
  else if (split.heads)
    dims.heads = split.heads->number;
  dims.queries = query.extent(-2);
  dims.keys = operands.key->tensor.extent(-2);
  if (const SourcedTensor* past = find_tensor(input, "past_key"); past != nullptr && past->tensor.rank() >= 2)
    dims.past = past->tensor.extent(-2);
  dims.keys += dims.past;
  dims.axes = {.batch = rank > 2, .heads = rank == 4 || split.heads.has_value(), .projects = split.projects};
  return dims;
}

// Keys of the tiles that the ranges touch; those of a tile count once.
std::uint64_t touched(const std::vector<KeyRange>& ranges, std::int64_t keys) {
  std::int64_t sum = 0, done = 0;
  for (const KeyRange& range : ranges) {
    const std::int64_t begin = std::max(done, range.begin / tile_keys * tile_keys);
    const std::int64_t end = std::min(keys, (range.end + tile_keys - 1) / tile_keys * tile_keys);
    if (end > begin) sum += end - begin;
    done = std::max(done, end);
  }
  return static_cast<std::uint64_t>(sum);
}

// The work of one query of each group of neighbours, summed over batch items and heads that differ.
std::vector<std::uint64_t> sampled_work(const BoundMask& mask, std::size_t group, std::uint64_t of_any,
                                        std::size_t threads) {
  const MaskShape& shape = mask.shape();
  const std::size_t items = mask.varies_by_batch() ? shape.batch : 1, heads = mask.varies_by_head() ? shape.heads : 1;
  std::vector<std::uint64_t> work(divide_up(shape.queries, group));
  constexpr std::size_t samples_a_task = 64;
  const std::size_t tasks = divide_up(work.size(), samples_a_task);
  parallel_for(tasks, std::max<std::size_t>(1, std::min(threads, tasks)), [&](std::size_t task, std::size_t) {
    std::vector<KeyRange> ranges;
    for (std::size_t n = task * samples_a_task; n < std::min((task + 1) * samples_a_task, work.size()); ++n) {
      const std::size_t first = n * group, last = std::min(first + group, shape.queries);
      for (std::size_t b = 0; b < items; ++b)
        for (std::size_t h = 0; h < heads; ++h) {
          mask.row(b, h, first + (last - first) / 2, ranges);
          work[n] += touched(ranges, static_cast<std::int64_t>(shape.keys)) + of_any;
        }
    }
  });
  return work;
}

// Where the shares of the work begin: query after query is taken until the shares before are full, but each part has
// one at least.
class Shares {
 public:
  Shares(std::vector<std::uint64_t> work, std::size_t group, std::size_t queries)
      : work_(std::move(work)), group_(group), queries_(queries) {
    for (std::size_t n = 0; n < work_.size(); ++n) total_ += work_[n] * size_of(n);
  }

  // Of the first `part` parts of so many: how many queries are theirs.
  std::size_t end_of(std::size_t part, std::size_t parts) const {
    std::size_t end = 0, group = 0;
    std::uint64_t before = 0;  // the work of all groups before this one
    for (std::size_t k = 1; k <= part; ++k) {
      const std::uint64_t wanted = total_ / parts * k + total_ % parts * k / parts;
      while (group < work_.size() && before + work_[group] * size_of(group) <= wanted) {
        before += work_[group] * size_of(group);
        ++group;
      }
      const std::size_t within = group == work_.size() ? 0 : static_cast<std::size_t>((wanted - before) / work_[group]);
      const std::size_t even = std::min(group * group_ + within, queries_);
      end = std::min(std::max(even, end + 1), queries_ - (parts - k));
    }
    return end;
  }

 private:
  std::size_t size_of(std::size_t n) const { return std::min(group_, queries_ - n * group_); }

  std::vector<std::uint64_t> work_;
  std::size_t group_, queries_;
  std::uint64_t total_ = 0;
};

}  // namespace

QueryRows part_rows(const Input& input, const AttentionOptions& options, const HeadSplit& heads) {
  const QueryPart part = *options.wanted.query_part;
  const Operands operands = find_operands(input);
  const Dims dims = grid_of(input, operands, heads);
  if (part.parts > dims.queries)
    throw usage_error(option_name("query_part"), std::to_string(part.parts) + " parts, but there " +
                                                     (dims.queries == 1 ? "is " : "are ") +
                                                     counted(dims.queries, "query", "queries"));
  const DocumentMask mask = document_mask(input, dims, options);
  const std::size_t group = divide_up(dims.queries, most_samples);
  // A projection of a query and one of its output take as long as one key for each column.
  const std::uint64_t of_any = work_of_any_query + (heads.projects ? operands.query->tensor.extent(-1) : 0);
  const Shares shares(sampled_work(mask.bound, group, of_any, options.execution.threads), group, dims.queries);
  const std::size_t first = shares.end_of(part.number - 1, part.parts);
  return {first, shares.end_of(part.number, part.parts) - first, dims.queries};
}

}  // namespace attn
