// Heads of a layer, and the shapes that its tensors must then have.
#include "attn/error.hpp"
#include "core/option_name.hpp"
#include "io/checkpoints/config.hpp"
#include "io/checkpoints/layer.hpp"

namespace attn::io {
// Some tensors have a place for each head.
std::optional<std::int64_t> LayerReader::heads_by_tensors() const {
  const auto extent = [this](const std::string& name, std::size_t axis) -> std::optional<std::int64_t> {
    const Shape of = shape(name);
    return axis < of.size() && of[axis] > 0 ? std::optional(static_cast<std::int64_t>(of[axis])) : std::nullopt;
  };
  if (layer_.has_sinks) return extent(path("sinks"), 0);
  if (layer_.has_relative_bias) return extent(bias_table_, 1);
  if (layer_.has_qk_norm && row_.qk_norm.weighted && row_.layout == Layout::apart &&
      row_.qk_norm.of == QkNormOf::each_head) {
    const auto columns = extent(path(row_.qk_norm.query) + ".weight", 0),
               width = extent(path(row_.query) + ".weight", 0);
    if (columns && width && *width % *columns == 0) return *width / *columns;
  }
  return std::nullopt;
}

// A member of config.json that counts something.
std::optional<std::int64_t> LayerReader::config_number(std::string_view name) const {
  const auto number = config_ ? config_->integer(name) : std::nullopt;
  if (number && *number < 1) throw data_error(config_->where(name), "is less than 1");
  return number;
}

std::optional<std::int64_t> LayerReader::heads_in_config() const {
  const auto heads = config_number(row_.heads_name);
  if (config_) check_alias(*config_, row_.heads_name, row_.heads_alias);
  return heads ? heads : config_number(row_.heads_alias);
}

// An option may give what config.json does not say, and nothing else.
void LayerReader::check_flag(const char* option, std::optional<std::int64_t> given, std::optional<std::int64_t> there,
                             std::string_view member) const {
  if (given && there && *given != *there)
    throw usage_error(option_name(option), "is " + std::to_string(*given) + ", but " + config_->where(member) +
                                               " says " + std::to_string(*there));
}

void LayerReader::find_heads(const CheckpointChoice& choice) {
  layer_.heads = choice.heads;
  layer_.kv_heads = choice.kv_heads;
  // A module's own parameters say nothing of heads; the document may.
  if (row_.layout == Layout::torch || row_.layout == Layout::as_document) return;
  const std::optional<std::int64_t> heads_there = heads_in_config(), kv_heads_there = config_number(row_.kv_heads_name);
  if (is_of_row_) {
    check_flag("heads", choice.heads, heads_there, config_->has(row_.heads_name) ? row_.heads_name : row_.heads_alias);
    check_flag("kv_heads", choice.kv_heads, kv_heads_there, row_.kv_heads_name);
  }
  if (!layer_.heads) layer_.heads = heads_there;
  if (!layer_.heads) layer_.heads = heads_by_tensors();
  if (!layer_.heads)
    throw usage_error(option_name("heads"), config_ ? "is needed: " + config_->where(row_.heads_name) + " is missing"
                                                    : "is needed: there is no config.json beside " + layer_.source +
                                                          " that says the number of heads");
  if (*layer_.heads < 1) throw usage_error(option_name("heads"), "must be 1 or more");
  if (const auto stored = heads_by_tensors(); choice.heads && stored && *stored != *choice.heads)
    throw usage_error(option_name("heads"), std::to_string(*choice.heads) + " heads, but the layer's tensors are of " +
                                                std::to_string(*stored));
  if (row_.layout == Layout::latent) return find_latent_heads();
  const std::int64_t heads = *layer_.heads;
  const Shape query = shape(path(row_.query) + ".weight"), output = shape(path(row_.output) + ".weight");
  for (const std::string_view part : {row_.query, row_.key, row_.value, row_.output}) {
    const std::string weight = path(part) + ".weight";
    if (!part.empty() && shape(weight).size() != 2)
      throw data_error(files_.where(weight), "has the shape " + shape_text(shape(weight)) + "; a matrix is expected");
  }
  // All heads side by side are what the output projection takes.
  const std::size_t together = row_.layout == Layout::columns ? output[0] : output[1];
  if (together == 0 || together % size_of(heads) != 0)
    throw data_error(
        files_.where(path(row_.output) + ".weight"),
        "has the shape " + shape_text(output) + ", which is no multiple of " + std::to_string(heads) + " heads");
  layer_.head_dim = static_cast<std::int64_t>(together / size_of(heads));
  if (const auto columns = config_number(row_.head_dim_name); columns && !choice.heads && *columns != *layer_.head_dim)
    throw data_error(files_.where(path(row_.output) + ".weight"),
                     "has the shape " + shape_text(output) + ", but " + files_.config_name() + " says " +
                         std::to_string(heads) + " heads of " + std::to_string(*columns) + " columns");
  if (!layer_.kv_heads && (!choice.heads || is_of_row_)) layer_.kv_heads = kv_heads_there;
  if (!layer_.kv_heads) {
    const std::size_t columns = size_of(*layer_.head_dim);
    layer_.kv_heads = heads;
    if (row_.layout == Layout::apart)
      layer_.kv_heads = static_cast<std::int64_t>(shape(path(row_.key) + ".weight")[0] / columns);
    if ((row_.layout == Layout::rows || row_.layout == Layout::group_rows) && query[0] > together)
      layer_.kv_heads = static_cast<std::int64_t>((query[0] - together) / 2 / columns);
  }
  if (*layer_.kv_heads < 1 || heads % *layer_.kv_heads != 0)
    throw data_error(
        files_.where(path(row_.query) + ".weight"),
        std::to_string(*layer_.kv_heads) + " key/value heads do not divide " + std::to_string(heads) + " heads");
  check_widths();
}

void LayerReader::check(const std::string& tensor, const Shape& expected) const {
  const Shape found = shape(tensor);
  if (found == expected) return;
  throw data_error(files_.where(tensor), "has the shape " + shape_text(found) + ", but " +
                                             std::to_string(*layer_.heads) + " heads and " +
                                             std::to_string(*layer_.kv_heads) + " key/value heads of " +
                                             std::to_string(*layer_.head_dim) + " columns, in layers of width " +
                                             std::to_string(expected.back()) + ", need " + shape_text(expected));
}

void LayerReader::expect(const std::string& tensor, const Shape& expected) const {
  if (shape(tensor) != expected)
    throw data_error(files_.where(tensor),
                     "has the shape " + shape_text(shape(tensor)) + "; " + shape_text(expected) + " is expected");
}

void LayerReader::check_input_norm(std::size_t width) const {
  if (!layer_.has_norm || norm_kind_ == Norm::layer_unweighted) return;
  expect(norm_tensor(".weight"), {width});
  if (has_bias(norm_kind_)) expect(norm_tensor(".bias"), {width});
}

void LayerReader::check_widths() const {
  const std::size_t columns = size_of(*layer_.head_dim), query = size_of(*layer_.heads) * columns,
                    key = size_of(*layer_.kv_heads) * columns;
  const std::string fused = path(row_.query) + ".weight", output = path(row_.output) + ".weight";
  const bool by_columns = row_.layout == Layout::columns;
  const auto width_in_config = config_ ? config_->integer(row_.width_name) : std::nullopt;
  const std::size_t width =
      width_in_config && *width_in_config > 0 ? size_of(*width_in_config) : shape(fused)[by_columns ? 0 : 1];
  switch (row_.layout) {
    case Layout::apart:
      check(fused, {query, width});
      check(path(row_.key) + ".weight", {key, width});
      check(path(row_.value) + ".weight", {key, width});
      break;
    case Layout::columns:
      if (shape(fused) != Shape{width, 3 * query})
        throw data_error(files_.where(fused), "has the shape " + shape_text(shape(fused)) + "; " +
                                                  shape_text({width, 3 * query}) + " is expected");
      break;
    default: check(fused, {query + 2 * key, width});
  }
  if (shape(output) != (by_columns ? Shape{query, width} : Shape{width, query}))
    throw data_error(files_.where(output), "has the shape " + shape_text(shape(output)) +
                                               ", but the layer is of width " + std::to_string(width));
  if (layer_.has_sinks) expect(path("sinks"), {size_of(*layer_.heads)});
  check_input_norm(width);
  for (const std::string_view part : biased_)
    if (part != row_.output) expect(path(part) + ".bias", {shape(path(part) + ".weight")[by_columns ? 1 : 0]});
  if (layer_.has_relative_bias) {
    const Shape table = shape(bias_table_);
    const char* const member = "relative_attention_num_buckets";
    if (const auto buckets = config_number(member); buckets && !table.empty() && table[0] != size_of(*buckets))
      throw data_error(files_.where(bias_table_), "has the shape " + shape_text(table) + ", but " +
                                                      config_->where(member) + " says " + std::to_string(*buckets));
    if (table.size() != 2 || table[0] < 4 || table[1] != size_of(*layer_.heads))
      throw data_error(files_.where(bias_table_), "has the shape " + shape_text(table) + ", which is not (buckets, " +
                                                      std::to_string(*layer_.heads) + ") of 4 buckets or more");
  }
}

// Norms of queries and keys, of which only head 0's have been found where they are a tensor a head.
void LayerReader::check_qk_norm() {
  if (!layer_.has_qk_norm || !row_.qk_norm.weighted) return;
  const std::size_t columns = size_of(*layer_.head_dim);
  for (const auto& [name, count] :
       {std::pair{row_.qk_norm.query, *layer_.heads}, std::pair{row_.qk_norm.key, *layer_.kv_heads}}) {
    const bool is_apart = name.find('N') != std::string_view::npos;
    for (std::int64_t head = 0; head < (is_apart ? count : 1); ++head) {
      const std::string weight = path(numbered(name, head)) + ".weight";
      if (head > 0) need(weight, true);
      Shape expected{columns};
      if (row_.qk_norm.of == QkNormOf::all_heads) expected = {size_of(count) * columns};
      if (row_.qk_norm.of == QkNormOf::own_head && !is_apart) expected = {size_of(count), columns};
      expect(weight, expected);
      if (row_.qk_norm.kind == Norm::layer) expect(path(numbered(name, head)) + ".bias", expected);
    }
  }
}

}  // namespace attn::io
