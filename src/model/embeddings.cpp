// The sum of the tables' rows, and what happens to it before the first block.
#include "model/embeddings.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "attn/error.hpp"
#include "core/text.hpp"
#include "model/arithmetic.hpp"
#include "model/block.hpp"

namespace attn::model {
namespace {

std::vector<std::int64_t> positions_of(const Family& family, const io::Config& config, const TokenIds& ids) {
  std::vector<std::int64_t> positions;
  const Embeddings& row = family.embeddings;
  if (row.position_ids != Positions::after_padding) {
    const bool from_start = row.position_ids == Positions::after_start || ids.counts_from_start;
    // Nobody attends padding, but it needs a row of the table.
    const std::int64_t of_padding = row.position_ids == Positions::after_start ? -1 : 0;
    for (std::size_t b = 0; b < ids.batch; ++b) {
      const std::int64_t start = from_start && !ids.starts.empty() ? ids.starts[b] : 0;
      for (std::int64_t i = 0; i < static_cast<std::int64_t>(ids.length); ++i)
        positions.push_back((i < start ? of_padding : i - start) + row.position_offset);
    }
    return positions;
  }
  const std::int64_t padding = config.integer(row.padding_name).value_or(row.padding);
  for (std::size_t b = 0; b < ids.batch; ++b) {
    std::int64_t count = padding;
    for (std::size_t i = 0; i < ids.length; ++i)
      positions.push_back(ids.ids[b * ids.length + i] == padding ? padding : ++count);
  }
  return positions;
}

// Texts past the table are too long for the model.
void check_length(const ModelTensors& tensors, const std::string& table, const std::vector<std::int64_t>& positions,
                  const TokenIds& ids) {
  const Shape shape = tensors.files().entry(table).shape;
  std::int64_t most = 0;
  for (const std::int64_t position : positions) most = std::max(most, position);
  if (shape.empty() || static_cast<std::uint64_t>(most) < shape[0]) return;
  const std::size_t used = static_cast<std::size_t>(most) + 1, before = used - std::min(used, ids.length);
  throw data_error(ids.where, "has " + counted(ids.length, "token") + ", and the model has " +
                                  counted(shape[0] - std::min(before, shape[0]), "position"));
}

}  // namespace

Tensor embed(ModelTensors& tensors, const Family& family, const io::Config& config, const TokenIds& ids,
             const Execution& execution) {
  const Embeddings& row = family.embeddings;
  Tensor x = tensors.rows(tensors.need(row.words), ids.ids, ids.where);
  const auto project = [&] {
    const std::size_t width = x.extent(-1);
    const bool same = config.integer("hidden_size").value_or(0) == static_cast<std::int64_t>(width);
    if (row.projection.empty() || (same && !row.projects_always)) return;
    const Bias bias = row.projects_words ? Bias::none : Bias::needed;
    x = apply(tensors.linear(row.projection, {.bias = bias}, width), x, execution);
  };
  if (row.projects_words) project();
  const std::size_t width = x.extent(-1);
  if (!row.multiplier.empty())
    if (const std::optional<double> factor = config.number(row.multiplier)) multiply(x, *factor);
  // The library rounds the root to the type that it computes in.
  const bool times_root =
      row.root_width_switch.empty() ? row.times_root_width : config.truth(row.root_width_switch).value_or(false);
  if (times_root) multiply(x, std::sqrt(static_cast<double>(width)));
  const auto add_rows = [&](std::string_view names, const std::vector<std::int64_t>& at, const std::string& where) {
    const std::string table = tensors.need(names);
    const Tensor rows = tensors.rows(table, at, where);
    if (rows.extent(-1) != width)
      throw data_error(tensors.files().where(table), "has rows of width " + std::to_string(rows.extent(-1)) +
                                                         ", but words are of width " + std::to_string(width));
    add(x, rows);
  };
  const std::string& types_where = ids.types_where.empty() ? ids.where : ids.types_where;
  if (!row.types.empty()) {
    add_rows(row.types, ids.types.empty() ? std::vector<std::int64_t>(ids.ids.size(), 0) : ids.types, types_where);
  } else if (!ids.types_where.empty() &&
             std::any_of(ids.types.begin(), ids.types.end(), [](auto t) { return t != 0; })) {
    throw data_error(types_where, "the model has no token types");
  }
  if (row.position_ids != Positions::none) {
    const std::vector<std::int64_t> positions = positions_of(family, config, ids);
    check_length(tensors, tensors.need(row.positions), positions, ids);
    add_rows(row.positions, positions, ids.where);
  }
  x.reshape({ids.batch, ids.length, width});
  if (!row.norm.empty())
    normalise(x, tensors.norm(row.norm, norm_kind(family, config), norm_epsilon(family, config), width),
              tensors.files().name(), execution.threads);
  if (!row.projects_words) project();
  return x;
}

}  // namespace attn::model
