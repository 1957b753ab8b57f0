// What is drawn instead of read: operands or embeddings, and the stream that all draws of a run come from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "attn/document.hpp"
#include "attn/random.hpp"
#include "attn/read_options.hpp"
#include "cli/flags/flag_set.hpp"

namespace attn::cli {

class DrawFlags {
 public:
  /// What --random draws: query, key and value, or in multihead the embeddings.
  enum class Draws { operands, embeddings };
  void add(FlagSet& flags, Draws draws);
  /// Throws Error (usage) for what does not go together. `embeddings_given`: --embeddings is.
  void check(bool embeddings_given) const;

  /// For --random: the heads that the last axis is to be split into, or that a rank-4 key has.
  void set_heads(std::optional<std::int64_t> heads, std::optional<std::int64_t> kv_heads) {
    heads_ = heads;
    kv_heads_ = kv_heads;
  }
  bool is_random() const { return random_.has_value(); }
  bool embeds() const { return embed_.has_value(); }
  bool orders() const { return embed_order_.has_value(); }
  const char* flag() const { return random_ ? "--random" : "--embed"; }

  /// Puts drawn tensors into the document, whose tokens are there. Throws Error (usage) for shapes that cannot be, and
  /// for --embed without tokens; (data, "--max-memory") for too large ones.
  void draw(Input& input, const ReadOptions& options);
  /// From now on `draw` leaves the numbers to `draw_rest`, so that others are drawn before them; shapes are there.
  void leave_the_numbers() { last_ = true; }
  void draw_rest(Input& input);

  /// The stream of --seed and --rng, after what --seed-skip says was drawn before, and after the draws so far.
  RandomStream& stream();
  /// Begins the stream anew, if it has begun.
  void begin_anew();
  /// A wrong value is an error even if nothing is drawn.
  void check_stream();
  /// The seed that it began with.
  std::uint64_t seed() const;
  /// --seed-skip; empty if there is none.
  std::string skipped() const { return skip_.value_or(""); }

 private:
  // A tensor that is to be drawn; `rows` of it in turn, if there are any, are what the document gets.
  struct Drawing {
    std::string member;
    Shape shape;
    std::vector<std::size_t> rows;
  };

  std::vector<Drawing> operands() const;
  Drawing embedding(const Input& input) const;
  Tensor drawn(const Drawing& drawing);
  void note_replaced(const Input& input, const std::vector<Drawing>& drawings, const ReadOptions& options);
  void skip(RandomStream& stream) const;

  Draws draws_ = Draws::operands;
  std::optional<std::string> random_, keys_, d_value_, embed_, embed_order_, seed_, skip_, rng_;
  std::optional<std::int64_t> heads_, kv_heads_;
  bool self_ = false, last_ = false, has_noted_ = false;
  DType dtype_ = DType::f32;
  std::vector<Drawing> rest_;  // that `draw` has left
  std::optional<RandomStream> stream_;
};

}  // namespace attn::cli
