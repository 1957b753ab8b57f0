// Numbers of a document that differ from place to place or from head to head: scales and positions.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "attn/attention.hpp"

namespace attn {

/// Numbers of queries or keys: (axes, batch or 1, places), C order.
struct NumbersOfPlaces {
  std::vector<double> values;
  std::size_t axes = 1, batch = 1, places = 0;
  std::string where;  ///< the place that they were read from, for messages

  bool given() const { return places != 0 || !where.empty(); }
  /// Of the first axis.
  const double* of(std::size_t b) const { return values.data() + (batch == 1 ? 0 : b) * places; }
};

/// Where queries and keys stand. Nothing is given: they are counted.
struct DocumentPositions {
  NumbersOfPlaces queries;
  NumbersOfPlaces keys;  ///< of the new keys, or with `all_keys` of all
  bool all_keys = false;
};

/// What numbers are for.
struct PlacesWanted {
  std::size_t batch = 1;  ///< of the document
  bool has_batch_axis = false;
  std::size_t queries = 0;         ///< of the whole document
  std::size_t keys = 0, past = 0;  ///< `keys` counts the `past` cached ones
};

/// `scale_by`: (L) or (B, L). Throws Error (data) at it for another shape, and for what is not finite.
NumbersOfPlaces find_query_scales(const Input& input, const PlacesWanted& wanted);

/// `position_ids` and `key_position_ids`: (L) or (B, L), and of `axes` positions also (axes, L) or (axes, B, L). Keys
/// have those of the queries, where they have none of their own. Throws Error (data) at them for another shape, and for
/// what is not finite or past 2^52.
DocumentPositions find_positions(const Input& input, const PlacesWanted& wanted, std::size_t axes);

/// `scale` of the options or of the document, where it is a list: (H), or one for all. Empty: it is none. Throws Error
/// (usage or data) for another number.
std::vector<double> find_head_scales(const Input& input, const PipelineOptions& pipeline, std::size_t heads);

}  // namespace attn
