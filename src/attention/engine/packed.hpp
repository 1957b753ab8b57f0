// Keys and values in the form that the tile kernels read: packed once for each key/value head.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "attention/engine/narrow.hpp"
#include "attention/engine/scratch.hpp"
#include "attn/task.hpp"
#include "core/parallel.hpp"
#include "kernels/tile.hpp"

namespace attn {

/// The right factors of both products for one key/value head.
template <class T>
struct PackedHead {
  std::int64_t first_key = 0;               ///< the key that the panels begin with
  const TileKernels<T>* kernels = nullptr;  ///< whose form the factors have
  const T* keys = nullptr;                  ///< panels of Kᵀ: [⌈S/panel⌉][D][panel]
  const T* values = nullptr;                ///< V in place, or its panels
  NarrowElements narrow_values;             ///< instead: V in place, of 16 bits, its rows of whole vectors
  std::ptrdiff_t value_stride = 0;          ///< between rows within a panel
  std::ptrdiff_t value_panel_stride = 0;    ///< between panels
  std::size_t value_tail = 0;               ///< last columns that are not among them
  const T* tail_values = nullptr;           ///< but here, packed as a tail
  /// Keys (counted from 0, not from `first_key`) whose value row holds NaN or infinity, in order. Then `values` has
  /// zeros in their place, so that they cannot reach rows that may not attend them: 0 · NaN would.
  std::vector<std::size_t> non_finite_keys;
  /// `values` are by 2^−value_exponent: 0 unless sums of them, not yet divided by the sum of the weights, could
  /// overflow.
  int value_exponent = 0;
  bool values_huge = false;  ///< sums of the values could overflow, and they are not scaled
  bool values_seen = false;  ///< false: in place and not looked at, so that `values` may hold anything

  /// Leaves the last columns of `product`, which has D_v of them and begins at a key, to the tail, if there is one.
  void use_tail(Product<T>& product, std::int64_t begin) const;
  /// Ends rows of `columns` that are sums of such products.
  void sum_tails(const TileKernels<T>& of, T* rows, std::ptrdiff_t stride, std::size_t count,
                 std::size_t columns) const;
  /// Where in such a row, before that, a column may be added to.
  std::size_t place_of(const TileKernels<T>& of, std::size_t column, std::size_t columns) const;
};

/// True if no element is NaN or infinite.
template <class T>
bool all_finite(const T* row, std::size_t n);

/// Sets a head's values without a look at them: in place, or packed for kernels that read packed values only. Returns
/// false if their rows are neither whole vectors nor such with a tail, and sets nothing. Values that are huge or not
/// finite then show in outputs that are not finite. The tail goes to `packed`; beside one, rows that lie in place begin
/// within cache lines: with `aligns` they are copied there too, which pays where many queries read them.
template <class T>
bool set_values_unseen(PackedHead<T>& head, MatrixView<const T> values, Scratch<T>& packed,
                       const TileKernels<T>& kernels, bool aligns = false);
/// Sets a head's values: as set_values_unseen does where every one is finite and not huge; else packed into
/// `packed`, which is made larger if need be. `values` begins with the head's `first_key`.
/// With `scales` huge values are scaled. Without, sums of them may overflow, which shows in the output; but tiny values
/// beside them keep their bits.
template <class T>
void pack_values(PackedHead<T>& head, MatrixView<const T> values, Scratch<T>& packed, const TileKernels<T>& kernels,
                 bool scales, bool aligns = false);

/// Sets a head's values in place, of 16 bits, without a look at them. Returns false if their rows are not whole
/// vectors, or for kernels that read packed values only, and sets nothing.
template <class T>
bool set_narrow_values(PackedHead<T>& head, const NarrowRows& values, const TileKernels<T>& kernels);

/// All heads of a task, (B, K) in C order. They are there when the tasks of `packing` have run.
template <class T>
class PackedHeads {
 public:
  /// `see_values`: look at all values ahead, and not only at those of heads for which `with_values_seen` is called.
  /// `lent`: memory for the keys, which is made larger if need be; for many short tasks, whose own would cost as much
  /// as their packing.
  PackedHeads(const AttentionTask<T>& task, const TileKernels<T>& kernels, bool see_values, Scratch<T>* lent = nullptr);

  /// The work of packing; the object stays where it is until that is done.
  Phase packing();

  const PackedHead<T>& at(std::size_t b, std::size_t kv_head) const { return heads_[b * kv_heads_ + kv_head]; }
  /// The greatest length of a head's keys; infinite if one is not finite, or where it is not known.
  T key_length(std::size_t b, std::size_t kv_head) const;
  /// The same head, its values looked at, and scaled if they are huge and `scales`; any thread may ask for it.
  const PackedHead<T>& with_values_seen(std::size_t b, std::size_t kv_head, bool scales);

 private:
  // Values of a head as numbers of T: in place, or widened into `wide`.
  struct HeadValues {
    Scratch<T> packed{0}, wide{0};
  };
  void pack(std::size_t head, std::size_t chunk);
  T pack_keys(std::size_t head, std::size_t first, std::size_t count);
  void pack_values_of(PackedHead<T>& head, HeadValues& memory, std::size_t place, bool sees, bool scales);

  const AttentionTask<T>& task_;
  const TileKernels<T>& kernels_;
  bool see_values_;
  std::size_t kv_heads_;
  std::size_t chunks_;       // tasks a head
  std::size_t keys_a_head_;  // elements
  Scratch<T> own_keys_;      // where none is lent
  T* keys_;
  std::vector<T> key_lengths_;  // (heads, chunks): the greatest of each
  std::vector<PackedHead<T>> heads_;
  std::vector<HeadValues> values_;  // one a head, used where V cannot be read in place
  struct SeenHead {
    PackedHead<T> head;
    HeadValues values;  // its own: other threads may still read the head as it was
  };
  std::mutex seeing_;                                      // guards the next member while it grows
  std::map<std::pair<std::size_t, bool>, SeenHead> seen_;  // by the head's place in `heads_`, and whether scaled
};

}  // namespace attn
