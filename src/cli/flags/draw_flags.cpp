// Draw flags: shapes, vocabularies, and the numbers that were drawn before.
#include "cli/flags/draw_flags.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <string_view>
#include <utility>

#include "attn/error.hpp"
#include "cli/flags/values.hpp"
#include "core/progress.hpp"
#include "core/text.hpp"

namespace attn::cli {
namespace {

// Some minutes of drawing.
constexpr std::int64_t most_skipped = std::int64_t{1} << 36;
constexpr std::string_view skip_normals = "randn:";

Tensor rows_of(const Tensor& table, const std::vector<std::size_t>& rows) {
  Tensor picked(table.dtype(), {rows.size(), table.extent(1)});
  const std::size_t bytes = table.extent(1) * dtype_size(table.dtype());
  for (std::size_t i = 0; i < rows.size(); ++i)
    std::memcpy(static_cast<std::byte*>(picked.data()) + i * bytes,
                static_cast<const std::byte*>(table.data()) + rows[i] * bytes, bytes);
  return picked;
}

}  // namespace

void DrawFlags::add(FlagSet& flags, Draws draws) {
  draws_ = draws;
  FlagGroup group = flags.group("Input");
  group.text("--random", random_, "SHAPE",
             draws == Draws::operands ? "Draw query, key and value of this shape: L,D or B,L,D or B,H,L,D"
                                      : "Draw embeddings of this shape: L,D or B,L,D");
  if (draws == Draws::operands) {
    group.text("--keys", keys_, "S", "With --random: number of keys (default: as queries)");
    group.text("--d-value", d_value_, "N", "With --random: width of the values (default: D)");
    group.toggle("--self", self_, "With --random: one tensor as query, key and value");
  }
  group.text("--embed", embed_, "[N,]D",
             "Draw a vector of width D for each different token, as nn.Embedding(N, D) does (default: N as needed)");
  group.text("--embed-order", embed_order_, one_of("ORDER", {"seen", "sorted"}),
             "With --embed: tokens have the vectors in the order seen or sorted (default: seen)");
  group.text("--seed", seed_, "N", "Seed of all random draws (default: 0)");
  group.text(
      "--seed-skip", skip_, "LIST",
      "What was drawn from the seed before: N uniform numbers, or randn:N for a call of randn; several by commas");
  group.text("--rng", rng_, one_of("NAME", names_of(generator_names())),
             "Draw as torch, torch-mkl, numpy or numpy-pcg64 does (default: torch)");
}

void DrawFlags::check(bool embeddings_given) const {
  for (const auto& [flag, value] : {std::pair{"--keys", &keys_}, std::pair{"--d-value", &d_value_}})
    if (*value && !random_) throw usage_error(flag, "goes with --random");
  if (self_ && !random_) throw usage_error("--self", "goes with --random");
  if (self_ && (keys_ || d_value_))
    throw usage_error("--self", "draws one tensor: it goes with neither --keys nor --d-value");
  if (random_ && embeddings_given && draws_ != Draws::embeddings && !self_)
    throw usage_error("--embeddings", "stands for nothing: --random draws query, key and value");
  if (embed_order_ && !embed_) throw usage_error("--embed-order", "goes with --embed");
  if (embed_ && random_) throw usage_error("--embed", "goes without --random");
  if (embed_ && embeddings_given) throw usage_error("--embed", "goes without --embeddings");
}

RandomStream& DrawFlags::stream() {
  if (stream_) return *stream_;
  stream_.emplace(rng_ ? generator_of(*rng_, "--rng") : Generator::torch, seed(), "--seed");
  skip(*stream_);
  return *stream_;
}

void DrawFlags::begin_anew() {
  if (!stream_) return;
  stream_.reset();
  stream();
}

void DrawFlags::check_stream() {
  if (seed_ || rng_ || skip_) stream();
}

std::uint64_t DrawFlags::seed() const {
  return seed_ ? static_cast<std::uint64_t>(parse_whole(*seed_, "--seed", 0)) : 0;
}

void DrawFlags::skip(RandomStream& stream) const {
  if (!skip_) return;
  for (const std::string& part : split(*skip_, ',')) {
    const bool normals = part.starts_with(skip_normals);
    const std::int64_t count = parse_whole(normals ? part.substr(skip_normals.size()) : part, "--seed-skip", 0);
    if (count > most_skipped) throw usage_error("--seed-skip", "must be " + std::to_string(most_skipped) + " or less");
    if (normals) {
      stream.skip_normal(static_cast<std::uint64_t>(count));
    } else {
      stream.skip_uniform(static_cast<std::uint64_t>(count));
    }
  }
}

std::vector<DrawFlags::Drawing> DrawFlags::operands() const {
  Shape shape;
  for (const std::int64_t extent : parse_whole_list(*random_, "--random", 0))
    shape.push_back(static_cast<std::size_t>(extent));
  const std::size_t most = draws_ == Draws::operands ? 4 : 3;
  if (shape.size() < 2 || shape.size() > most)
    throw usage_error("--random", most == 4 ? "a shape is L,D or B,L,D or B,H,L,D" : "a shape is L,D or B,L,D");
  if (draws_ == Draws::embeddings || self_) return {{"embeddings", shape, {}}};
  Shape key = shape;
  if (keys_) key[key.size() - 2] = static_cast<std::size_t>(parse_whole(*keys_, "--keys", 0));
  if (kv_heads_ && key.size() == 4) key[1] = static_cast<std::size_t>(*kv_heads_);
  if (kv_heads_ && heads_ && key.size() < 4)
    key.back() = key.back() / static_cast<std::size_t>(*heads_) * static_cast<std::size_t>(*kv_heads_);
  Shape value = key;
  if (d_value_) value.back() = static_cast<std::size_t>(parse_whole(*d_value_, "--d-value", 0));
  return {{"query", shape, {}}, {"key", key, {}}, {"value", value, {}}};
}

DrawFlags::Drawing DrawFlags::embedding(const Input& input) const {
  const bool sorted = embed_order_ && parse_choice(*embed_order_, "--embed-order", {"seen", "sorted"}) == 1;
  if (input.tokens.empty())
    throw usage_error("--embed", "draws a vector for each token, and there are none: --text or --tokens names them");
  const std::vector<std::int64_t> sizes = parse_whole_list(*embed_, "--embed", 1);
  if (sizes.size() > 2) throw usage_error("--embed", "is D or N,D, as in nn.Embedding(N, D)");
  std::map<std::string_view, std::size_t> vocabulary;
  for (const std::string& token : input.tokens) vocabulary.emplace(token, vocabulary.size());
  // By code point, as Python's sorted has them.
  if (std::size_t place = 0; sorted)
    for (auto& [token, row] : vocabulary) row = place++;
  const std::size_t rows = sizes.size() == 2 ? static_cast<std::size_t>(sizes[0]) : vocabulary.size();
  if (rows < vocabulary.size())
    throw usage_error("--embed",
                      "has " + counted(rows, "vector") + " for " + counted(vocabulary.size(), "different token"));
  Drawing drawing{"embeddings", {rows, static_cast<std::size_t>(sizes.back())}, {}};
  for (const std::string& token : input.tokens) drawing.rows.push_back(vocabulary.at(token));
  return drawing;
}

void DrawFlags::draw(Input& input, const ReadOptions& options) {
  rest_.clear();
  if (!random_ && !embed_) return;
  dtype_ = options.dtype;
  std::vector<Drawing> drawings = random_ ? operands() : std::vector{embedding(input)};
  double bytes = 0;
  for (const Drawing& drawing : drawings) {
    double size = static_cast<double>(dtype_size(options.dtype));
    for (const std::size_t extent : drawing.shape) size *= static_cast<double>(extent);
    bytes += size;
  }
  if (options.max_memory != 0 && bytes > static_cast<double>(options.max_memory))
    throw data_error("--max-memory",
                     std::string(flag()) + " " + (random_ ? *random_ : *embed_) + " draws more than the limit allows");
  note_replaced(input, drawings, options);
  for (const Drawing& drawing : drawings) {
    Shape shape = drawing.shape;
    if (!drawing.rows.empty()) shape[0] = drawing.rows.size();
    input.tensors[drawing.member] = {last_ ? Tensor::zeros(dtype_, std::move(shape)) : drawn(drawing), flag()};
  }
  if (last_) rest_ = std::move(drawings);
}

// Embeddings stand for what is not given, and nothing then asks for them either.
void DrawFlags::note_replaced(const Input& input, const std::vector<Drawing>& drawings, const ReadOptions& options) {
  if (has_noted_ || !options.note) return;
  std::vector<std::string> replaced;
  for (const char* const member : {"embeddings", "query", "key", "value"}) {
    const auto is_it = [&](const Drawing& drawing) { return drawing.member == std::string_view(member); };
    const bool is_drawn = std::any_of(drawings.begin(), drawings.end(), is_it) || drawings.size() > 2;
    if (is_drawn && input.tensors.contains(member)) replaced.push_back("'" + std::string(member) + "'");
  }
  if (replaced.empty()) return;
  has_noted_ = true;
  options.note(std::string(flag()) + " takes the place of " + listed(replaced) + " of " + input.source);
}

void DrawFlags::draw_rest(Input& input) {
  for (const Drawing& drawing : rest_) {
    SourcedTensor& there = input.tensors[drawing.member];
    Tensor tensor = drawn(drawing);  // in any case: others may be drawn after it
    if (there.where == flag()) there.tensor = std::move(tensor);
  }
  rest_.clear();
}

Tensor DrawFlags::drawn(const Drawing& drawing) {
  const Progress progress("drawing numbers");
  Tensor tensor = stream().randn(drawing.shape, dtype_);
  return drawing.rows.empty() ? std::move(tensor) : rows_of(tensor, drawing.rows);
}

}  // namespace attn::cli
