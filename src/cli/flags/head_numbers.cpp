// Reads sinks, slopes, scales and positions.
#include "cli/flags/head_numbers.hpp"

#include <algorithm>
#include <cmath>

#include "attn/error.hpp"
#include "attn/read.hpp"
#include "cli/flags/values.hpp"
#include "core/option_name.hpp"

namespace attn::cli {
namespace {

bool is_list(const std::string& text) {
  if (text.find_first_not_of("0123456789+-.,eE") == std::string::npos) return true;
  // Not finite: to be refused as such, and not to be looked for as files.
  const std::vector<std::string> parts = split(text, ',');
  return std::all_of(parts.begin(), parts.end(), [](const std::string& part) {
    return part == "nan" || part == "inf" || part == "-inf" || part == "+inf" ||
           part.find_first_not_of("0123456789+-.eE") == std::string::npos;
  });
}

}  // namespace

std::vector<double> read_head_numbers(const std::string& text, const std::string& where, const ReadOptions& read) {
  std::vector<double> numbers;
  if (is_list(text)) {
    for (const std::string& number : split(text, ',')) numbers.push_back(parse_number(number, where));
    return numbers;
  }
  ReadOptions exact = read;
  exact.dtype = DType::f64;
  const Tensor tensor = read_tensor(text, TensorKind::number, exact);
  const Shape& shape = tensor.shape();
  const auto longer = std::count_if(shape.begin(), shape.end(), [](std::size_t extent) { return extent != 1; });
  if (longer > 1 || tensor.size() == 0)
    throw data_error(text, "the shape " + shape_text(shape) + " is not that of one number a head");
  for (const double number : tensor.values<double>()) {
    if (!std::isfinite(number)) throw data_error(text, "a number of a head must be finite");
    numbers.push_back(number);
  }
  return numbers;
}

SourcedTensor read_place_numbers(const std::string& text, const std::string& flag, const std::string& option) {
  const std::string where = option_name(option);
  if (!is_list(text)) return {read_tensor(text, TensorKind::number, {.dtype = DType::f64}), where};
  const std::vector<std::string> parts = split(text, ',');
  Tensor list(DType::f64, {parts.size()});
  std::transform(parts.begin(), parts.end(), list.values<double>().begin(),
                 [&flag](const std::string& part) { return parse_number(part, flag); });
  return {std::move(list), where};
}

}  // namespace attn::cli
