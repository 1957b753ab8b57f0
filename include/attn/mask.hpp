// Masks: which keys each query may attend, as an expression that compiles to key ranges.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attn/pooled.hpp"
#include "attn/positions.hpp"
#include "attn/tensor.hpp"

namespace attn {

/// Keys begin … end-1.
struct KeyRange {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  bool operator==(const KeyRange&) const = default;
};

/// The grid of scores that a mask is laid over, and what atoms may depend on.
struct MaskShape {
  std::size_t batch = 1;
  std::size_t heads = 1;
  std::size_t queries = 0;  ///< L
  std::size_t keys = 0;     ///< S, cached keys included
  /// Position of query 0 among the keys, one for all batch items or one each.
  std::vector<std::int64_t> offsets{0};
  /// Keys past it are padding; one per batch item, or empty.
  std::vector<std::int64_t> key_lengths;
  /// Keys before it are padding; one per batch item, or empty.
  std::vector<std::int64_t> key_starts;
  /// Where `block`, `global`, `grid`, `prefix` and `sink` count positions from: `start` is the item's key start.
  PositionsFrom positions = PositionsFrom::unsaid;
  /// What `prefix` without a number attends; one per batch item, or empty.
  std::vector<std::int64_t> prefix_lengths;
  /// Ids of the keys' documents, (S), (B, S) in C order, or empty; query i has the id at i + offset.
  std::vector<std::int64_t> segments;
  /// The first of the keys, which are cached.
  std::size_t cached_keys = 0;
  /// Stored masks have no column for the cached keys, which every query may attend.
  bool masks_are_of_new_keys = false;
  /// Stored masks of rank 3 are (B, L, S) rather than (H, L, S): the scores have no head axis.
  bool rank3_is_batch = false;
};

namespace mask_detail {
class Node;
}

class BoundMask;

/// An immutable mask expression. Cheap to copy.
class Mask {
 public:
  /// Every query may attend every key.
  Mask();

  /// Reads the mask language (`causal & window:3,0 | padding:9`); `where` names the flag in messages.
  /// `load` reads the file of a `file:` atom as a u8 tensor, which is taken as `stored` takes it.
  /// Throws Error (usage) that says the column and suggests the nearest atom.
  using Loader = std::function<Tensor(const std::string& path)>;
  static Mask parse(std::string_view expression, const std::string& where, const Loader& load = {});

  /// A stored u8 mask (1 may attend), which broadcasts from the right to (B, H, L, S);
  /// see MaskShape::rank3_is_batch for rank 3. `of_all_keys`: whatever MaskShape::masks_are_of_new_keys says.
  static Mask stored(Tensor tensor, const std::string& where, bool of_all_keys = false);

  /// Causal, upper left: key ≤ query + offset.
  static Mask causal();
  /// Keys below the batch item's key length.
  static Mask key_lengths();
  /// Keys from the batch item's key start on.
  static Mask key_starts();

  Mask operator&(const Mask& other) const;

  /// True if nothing restricts the keys.
  bool unrestricted() const;

  /// True if the atom that is written so, such as "causal", stands in the expression, wherever it does.
  bool has_atom(std::string_view atom) const;

  /// The expression, with single spaces around operators and no parentheses that are not needed.
  /// `parse` reads it back, unless it holds `key_lengths` or `key_starts`, which come with an input and are no atoms.
  std::string text() const;

  /// Checks the expression against a grid and prepares it. Throws Error (data) at the stored mask's
  /// place if its shape does not fit, (usage) if an atom cannot apply: documents, segments and tree must
  /// have one entry a key, grid a place for each, and no query may lie past the last of them.
  BoundMask bind(MaskShape shape) const;

  /// How it was read on a grid where it can be read in two ways, a line each.
  std::vector<std::string> notes(const MaskShape& shape) const;

 private:
  explicit Mask(std::shared_ptr<const mask_detail::Node> node);
  std::shared_ptr<const mask_detail::Node> node_;  // null: unrestricted
};

/// Counts of rows×columns tiles by what a kernel has to do with them.
struct TileCounts {
  std::size_t full = 0;     ///< every score may be attended: no masking
  std::size_t partial = 0;  ///< some may
  std::size_t empty = 0;    ///< none may: skipped
};

/// What `attn mask --stats` reports.
struct MaskStats {
  std::uint64_t attended = 0;  ///< scores that may be attended
  double density = 0;          ///< attended / (B·H·L·S); 0 for an empty grid
  std::size_t empty_rows = 0;  ///< queries that may attend nothing
  std::size_t tile_rows = 0;
  std::size_t tile_columns = 0;
  TileCounts tiles;
};

/// A mask laid over one grid. Safe to read from many threads at once.
class BoundMask {
 public:
  BoundMask() = default;
  BoundMask(std::shared_ptr<const mask_detail::Node> node, MaskShape shape);

  /// The same mask on a grid of more keys: those after its own may be attended by every query.
  BoundMask with_appended(std::size_t keys) const;

  const MaskShape& shape() const { return shape_; }
  /// True if every key of every row may be attended (then `row` need not be asked).
  bool unrestricted() const { return node_ == nullptr; }
  /// The keys that query `i` of batch item `b` and head `h` may attend: sorted, disjoint, not
  /// touching, within [0, S). `ranges` is overwritten.
  void row(std::size_t b, std::size_t h, std::size_t i, std::vector<KeyRange>& ranges) const;
  /// True if rows differ between batch items (heads).
  bool varies_by_batch() const;
  bool varies_by_head() const;

  /// The matrix of one batch item and head as (L, S) bytes of 0 and 1.
  void fill(std::size_t b, std::size_t h, std::span<std::uint8_t> matrix) const;
  /// The rows of queries `first` … `first + count - 1` of it, (count, S).
  void fill_rows(std::size_t b, std::size_t h, std::size_t first, std::size_t count,
                 std::span<std::uint8_t> rows) const;
  /// Counts over the whole (B, H, L, S) grid in O(threads·S) memory; matrices that cannot differ are visited
  /// once. Tiles have rows×columns scores, fewer at the edges. Throws Error (usage) for a tile of nothing.
  MaskStats stats(std::size_t tile_rows, std::size_t tile_columns, std::size_t threads = 1) const;
  /// Queries that may attend nothing, over all batch items and heads.
  std::size_t empty_rows(std::size_t threads = 1) const;
  /// The matrix of one batch item and head as (rows, columns) cells of a picture, rows ≤ L and columns ≤ S, of float32:
  /// the share of each cell's area that may be attended, or with Pooling::max 1 where any of it may. The matrix is
  /// never made: memory is O(cells + threads·S).
  Tensor pool(std::size_t b, std::size_t h, std::size_t rows, std::size_t columns, Pooling pooling,
              std::size_t threads = 1) const;

 private:
  class Rows;

  std::shared_ptr<const mask_detail::Node> node_;
  MaskShape shape_;
};

/// One line of `attn mask --help`: an atom's form and what it lets a query attend.
struct MaskAtomHelp {
  std::string_view form;
  std::string_view meaning;
};
/// Every atom of the language, in the order of the documentation.
std::vector<MaskAtomHelp> mask_atoms();

}  // namespace attn
