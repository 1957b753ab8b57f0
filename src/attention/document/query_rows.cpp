// Ranges of queries: checked against their number, and cut out of what has a row for each.
#include "attention/document/query_rows.hpp"

#include <cstring>

#include "attn/error.hpp"
#include "core/option_name.hpp"
#include "core/text.hpp"

namespace attn {

std::vector<std::string> QueryRows::of(std::vector<std::string> labels) const {
  if (labels.empty() || are_all()) return labels;
  const auto begin = labels.begin() + static_cast<std::ptrdiff_t>(first);
  return {begin, begin + static_cast<std::ptrdiff_t>(count)};
}

QueryRows query_rows(const AttentionOptions& options, std::size_t queries) {
  if (!options.wanted.query_range) return {0, queries, queries};
  const QueryRange& asked = *options.wanted.query_range;
  const auto refuse = [&](const std::string& what) {
    throw usage_error(option_name("query_range"),
                      what + ", but there " + (queries == 1 ? "is " : "are ") + counted(queries, "query", "queries"));
  };
  const auto forwards = [&](std::size_t place, bool backwards, const char* what) {
    if (backwards && place > queries) refuse(what + (" at -" + std::to_string(place)));
    return backwards ? queries - place : place;
  };
  const std::size_t begin = forwards(asked.begin, asked.begins_backwards, "begins"),
                    end = asked.end ? forwards(*asked.end, asked.ends_backwards, "ends") : queries;
  if (end > queries) refuse("ends at " + std::to_string(end));
  if (begin >= end && !asked.end) refuse("begins at " + std::to_string(begin));
  if (begin >= end)
    throw usage_error(option_name("query_range"),
                      "the range " + std::to_string(begin) + ":" + std::to_string(end) + " holds no query");
  return {begin, end - begin, queries};
}

Tensor cut_rows(const Tensor& tensor, const QueryRows& rows) {
  if (rows.are_all()) return tensor.clone();
  Shape shape = tensor.shape();
  shape[shape.size() - 2] = rows.count;
  Tensor cut(tensor.dtype(), std::move(shape));
  const std::size_t row_bytes = tensor.extent(-1) * dtype_size(tensor.dtype());
  if (cut.bytes() == 0) return cut;
  const char* from = static_cast<const char*>(tensor.data()) + rows.first * row_bytes;
  char* to = static_cast<char*>(cut.data());
  const std::size_t part = rows.count * row_bytes;
  for (std::size_t done = 0; done < cut.bytes(); done += part, from += rows.all * row_bytes, to += part)
    std::memcpy(to, from, part);
  return cut;
}

}  // namespace attn
