// Shapes and numbers of scales and positions, checked.
#include "attention/document/place_numbers.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "attn/error.hpp"
#include "core/option_name.hpp"
#include "core/text.hpp"

namespace attn {
namespace {

constexpr double most_position = 4503599627370496;  // 2^52: whole numbers past it are not all exact

const SourcedTensor* find(const Input& input, const std::string& name) {
  const auto found = input.numbers.find(name);
  return found == input.numbers.end() ? nullptr : &found->second;
}

// Shapes that numbers may have, and which of them they have.
class Reader {
 public:
  Reader(const SourcedTensor& source, const PlacesWanted& wanted, std::vector<std::size_t> places, std::size_t axes)
      : source_(source), shape_(source.tensor.shape()), wanted_(wanted), places_(std::move(places)), axes_(axes) {}

  NumbersOfPlaces read(double most) {
    numbers_.where = source_.where;
    if (shape_.empty() || std::count(places_.begin(), places_.end(), shape_.back()) == 0 || !take_axes()) refuse();
    numbers_.places = shape_.back();
    const auto values = source_.tensor.values<double>();
    numbers_.values.assign(values.begin(), values.end());
    for (std::size_t i = 0; i < numbers_.values.size(); ++i)
      if (!(std::abs(numbers_.values[i]) <= most))
        throw data_error(source_.where, "number " + std::to_string(i) + " is not finite, or past what is exact");
    return std::move(numbers_);
  }

 private:
  bool is_batch(std::size_t extent) const { return extent == 1 || (wanted_.has_batch_axis && extent == wanted_.batch); }

  // Of the axes before the last. A batch and axes of positions of one extent are told apart by a third axis.
  bool take_axes() {
    if (shape_.size() == 1) return true;
    if (shape_.size() == 2) {
      const bool items = is_batch(shape_[0]), several = axes_ > 1 && shape_[0] == axes_;
      if (items && several)
        throw data_error(source_.where, "the shape " + shape_text(shape_) + " may be one of batch items or of axes: (" +
                                            std::to_string(axes_) + ", 1, " + std::to_string(shape_[1]) + ") tells");
      (several ? numbers_.axes : numbers_.batch) = shape_[0];
      return items || several;
    }
    if (shape_.size() != 3 || axes_ == 1 || shape_[0] != axes_ || !is_batch(shape_[1])) return false;
    numbers_.axes = axes_;
    numbers_.batch = shape_[1];
    return true;
  }

  [[noreturn]] void refuse() const {
    std::vector<std::string> fitting;
    for (const std::size_t places : places_) {
      const auto add = [&](Shape shape) {
        shape.push_back(places);
        if (std::string text = shape_text(shape); std::count(fitting.begin(), fitting.end(), text) == 0)
          fitting.push_back(std::move(text));
      };
      add({});
      if (wanted_.has_batch_axis) add({wanted_.batch});
      if (axes_ > 1) add(wanted_.has_batch_axis ? Shape{axes_, wanted_.batch} : Shape{axes_});
    }
    const bool of_axes = axes_ == 1 && shape_.size() == (wanted_.has_batch_axis ? 3U : 2U);
    throw data_error(source_.where,
                     "the shape " + shape_text(shape_) + " does not fit; " + joined(fitting, {}, " or ") +
                         (fitting.size() == 1 ? " does" : " do") +
                         (of_axes ? "; " + option_name("rope_sections") + " gives positions several axes" : ""));
  }

  const SourcedTensor& source_;
  const Shape& shape_;
  const PlacesWanted& wanted_;
  std::vector<std::size_t> places_;
  std::size_t axes_;
  NumbersOfPlaces numbers_;
};

}  // namespace

NumbersOfPlaces find_query_scales(const Input& input, const PlacesWanted& wanted) {
  const SourcedTensor* const source = find(input, "scale_by");
  if (source == nullptr) return {};
  return Reader(*source, wanted, {wanted.queries}, 1).read(std::numeric_limits<double>::max());
}

DocumentPositions find_positions(const Input& input, const PlacesWanted& wanted, std::size_t axes) {
  const SourcedTensor *const queries = find(input, "position_ids"), *const keys = find(input, "key_position_ids");
  DocumentPositions found;
  if (queries == nullptr && keys == nullptr) return found;
  if (queries == nullptr) throw data_error(keys->where, "goes with position_ids, which the queries have");
  found.queries = Reader(*queries, wanted, {wanted.queries}, axes).read(most_position);
  const std::size_t fresh = wanted.keys - wanted.past;
  if (keys == nullptr) {
    if (fresh != wanted.queries)
      throw data_error(queries->where, "there are " + counted(wanted.queries, "query", "queries") + " and " +
                                           counted(fresh, "key") + ": key_position_ids has the positions of the keys");
    found.keys = found.queries;
  } else {
    std::vector<std::size_t> places{wanted.keys};
    if (wanted.past != 0) places.push_back(fresh);
    found.keys = Reader(*keys, wanted, places, axes).read(most_position);
  }
  found.all_keys = found.keys.places == wanted.keys;
  return found;
}

std::vector<double> find_head_scales(const Input& input, const PipelineOptions& pipeline, std::size_t heads) {
  const SourcedTensor* const source = find(input, "scale");
  const bool of_options = !pipeline.head_scales.empty();
  if (!of_options && (source == nullptr || pipeline.scale)) return {};
  std::vector<double> scales = pipeline.head_scales;
  const auto refuse = [&](const std::string& what) {
    if (of_options) throw usage_error(option_name("scale"), what);
    throw data_error(source->where, what);
  };
  if (!of_options) {
    const Shape& shape = source->tensor.shape();
    if (shape.size() != 1) refuse("the shape " + shape_text(shape) + " is not that of one number a head");
    const auto values = source->tensor.values<double>();
    scales.assign(values.begin(), values.end());
  }
  for (const double scale : scales)
    if (!std::isfinite(scale)) refuse("a number of a head must be finite");
  if (scales.size() != heads && scales.size() != 1)
    refuse(counted(scales.size(), "scale") + " for " + counted(heads, "head"));
  scales.resize(heads, scales.front());
  return scales;
}

}  // namespace attn
