// Names to tensors, with the checks of their shapes.
#include "model/tensors.hpp"

#include <algorithm>

#include "attn/error.hpp"
#include "core/nearest.hpp"
#include "core/text.hpp"
#include "core/utf8.hpp"
#include "io/checkpoints/match.hpp"
#include "io/files/mapping.hpp"
#include "model/narrow.hpp"

namespace attn::model {
namespace {

template <class T>
Tensor apply_as(const Linear& linear, const Tensor& x, const Execution& execution, const OutRows& rows) {
  const std::size_t end = rows.end.value_or(linear.out()), out = end - rows.begin;
  Shape shape = x.shape();
  const std::size_t width = shape.back();
  shape.back() = out;
  Tensor y(dtype_of<T>, std::move(shape));
  const std::size_t count = width == 0 ? 0 : x.size() / width, stride = linear.shape()[1];
  const T* const weight =
      linear.narrow ? nullptr
                    : linear.weight.values<T>().data() + (linear.transposed ? rows.begin * stride : rows.begin);
  const LinearTask<T> task{.x = {x.values<T>().data(), count, width, static_cast<std::ptrdiff_t>(width)},
                           .weight = {weight, linear.transposed ? out : width, linear.transposed ? width : out,
                                      static_cast<std::ptrdiff_t>(stride)},
                           .transposed = linear.transposed,
                           .bias = linear.bias.size() == 0 ? nullptr : linear.bias.values<T>().data() + rows.begin,
                           .y = {y.values<T>().data(), count, out, static_cast<std::ptrdiff_t>(out)},
                           .execution = execution};
  if (linear.narrow) {
    narrow_linear(task, *linear.narrow, rows.begin);
  } else {
    attn::linear(task);
  }
  return y;
}

}  // namespace

void Linear::refuse_empty() const {
  if (out() == 0) throw data_error(where, "has the shape " + shape_text(shape()) + ", which gives nothing");
}

Tensor apply(const Linear& linear, const Tensor& x, const Execution& execution, const OutRows& rows) {
  return x.dtype() == DType::f64 ? apply_as<double>(linear, x, execution, rows)
                                 : apply_as<float>(linear, x, execution, rows);
}

std::string numbered_all(std::string_view pattern, std::int64_t layer) {
  std::string names;
  for (const std::string& one : io::words(pattern)) names += (names.empty() ? "" : " ") + io::numbered(one, layer);
  return names;
}

std::optional<std::string> ModelTensors::find(std::string_view names) const {
  for (const std::string& name : io::words(names)) {
    const bool whole = name.starts_with('/');
    for (const char* const suffix : {".weight", ".gamma", ""}) {
      std::string tensor = (whole ? name.substr(1) : prefix_ + name) + suffix;
      if (files_.contains(tensor)) return tensor;
    }
  }
  return std::nullopt;
}

std::string ModelTensors::need(std::string_view names) const {
  if (std::optional<std::string> found = find(names)) return *found;
  const std::string first = io::words(names).front();
  const std::string tensor = (first.starts_with('/') ? first.substr(1) : prefix_ + first) + ".weight";
  const std::vector<std::string_view> known(files_.names().begin(), files_.names().end());
  throw data_error(files_.name(), "lacks '" + printable(tensor) + "'" + did_you_mean(tensor, known));
}

Tensor ModelTensors::read(const std::string& tensor) {
  use(tensor);
  return files_.read(tensor, budget_);
}

std::optional<io::RawArray> ModelTensors::narrow(const std::string& tensor) {
  std::optional<io::RawArray> array = files_.as_stored(tensor);
  if (!array || !can_stay_narrow(*array)) return std::nullopt;
  use(tensor);
  return array;
}

void ModelTensors::release() const {
  constexpr std::size_t worth_dropping = std::size_t{64} << 20;
  std::size_t bytes = 0;
  std::vector<io::RawArray> arrays;
  for (const std::string& tensor : used_)
    if (auto array = files_.as_stored(tensor)) {
      bytes += array->bytes.size();
      arrays.push_back(std::move(*array));
    }
  if (bytes < worth_dropping) return;
  for (const io::RawArray& array : arrays) io::drop_pages(array.owner, array.bytes);
}

Tensor ModelTensors::rows(const std::string& tensor, std::span<const std::int64_t> ids, const std::string& where) {
  use(tensor);
  const Shape shape = files_.entry(tensor).shape;
  if (shape.size() != 2)
    throw data_error(files_.where(tensor), "has the shape " + shape_text(shape) + "; a matrix is expected");
  for (const std::int64_t id : ids)
    if (id < 0 || static_cast<std::uint64_t>(id) >= shape[0])
      throw data_error(where, std::to_string(id) + " is none of the " + counted(shape[0], "row") + " of '" +
                                  printable(tensor) + "'");
  return files_.read_rows(tensor, ids, budget_);
}

std::string ModelTensors::beside(const std::string& weight, std::string_view suffix) {
  for (const auto& [own, other] :
       {std::pair{".weight", std::string(suffix)}, std::pair{".gamma", std::string(".beta")}})
    if (weight.ends_with(own)) {
      std::string name = weight.substr(0, weight.size() - std::string_view(own).size()) + other;
      if (files_.contains(name)) return name;
    }
  return "";
}

Tensor ModelTensors::part(const std::string& tensor, std::size_t number) {
  used_.insert(tensor);
  const auto row = static_cast<std::int64_t>(number);
  Tensor one = files_.read_rows(tensor, {&row, 1}, budget_);
  Shape shape = files_.entry(tensor).shape;
  shape.erase(shape.begin());
  one.reshape(std::move(shape));
  return one;
}

void ModelTensors::refuse_without_bias(const std::string& weight) const {
  throw data_error(files_.name(), "lacks the bias beside '" + printable(weight) + "'");
}

Linear ModelTensors::linear(std::string_view names, const Stored& stored, std::size_t width) {
  const std::string weight = need(names);
  Linear linear;
  linear.transposed = !stored.columns;
  linear.where = files_.where(weight);
  if (linear.transposed && !stored.is_convolution) linear.narrow = narrow(weight);
  if (!linear.narrow) linear.weight = read(weight);
  if (const Shape shape = linear.weight.shape(); stored.is_convolution && shape.size() == 4)
    linear.weight.reshape({shape[0], shape[1] * shape[2] * shape[3]});
  if (linear.shape().size() != 2 || linear.in() != width)
    throw data_error(linear.where, "has the shape " + shape_text(linear.shape()) + ", but takes vectors of width " +
                                       std::to_string(width));
  linear.refuse_empty();
  const std::string bias = stored.bias == Bias::none ? "" : beside(weight, ".bias");
  if (bias.empty() && stored.bias == Bias::needed) refuse_without_bias(weight);
  if (!bias.empty()) {
    linear.bias = read(bias);
    if (linear.bias.shape() != Shape{linear.out()})
      throw data_error(files_.where(bias), "has the shape " + shape_text(linear.bias.shape()) + "; " +
                                               shape_text({linear.out()}) + " is expected");
  }
  return linear;
}

std::vector<double> ModelTensors::numbers(const std::string& tensor, std::size_t width, double add) {
  const Tensor wide = read(tensor).as(DType::f64);
  if (wide.shape() != Shape{width})
    throw data_error(files_.where(tensor), "has the shape " + shape_text(wide.shape()) +
                                               ", but the layers are of width " + std::to_string(width));
  std::vector<double> values(wide.values<double>().begin(), wide.values<double>().end());
  for (double& value : values) value += add;
  return values;
}

InputNorm ModelTensors::norm(std::string_view names, Norm kind, double epsilon, std::size_t width) {
  InputNorm norm = io::norm_of(kind, epsilon);
  if (kind == Norm::layer_unweighted) {
    norm.weight.assign(width, 1);
    return norm;
  }
  const std::string weight = need(names);
  norm.weight = numbers(weight, width, kind == Norm::rms_less_one ? 1 : 0);
  if (kind != Norm::layer) return norm;
  const std::string bias = beside(weight, ".bias");
  if (bias.empty()) refuse_without_bias(weight);
  norm.bias = numbers(bias, width);
  return norm;
}

}  // namespace attn::model
