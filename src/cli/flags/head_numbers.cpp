// Reads sinks, slopes, scales and positions.
#include "cli/flags/head_numbers.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>

#include "attn/error.hpp"
#include "attn/formats.hpp"
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

// A name of a file has an ending, or leads to one.
void refuse_no_numbers(const std::string& text, const std::string& flag) {
  const std::string file = split_member(text).first;
  if (access(file.c_str(), F_OK) != 0 && errno == ENOENT && format_of_path(file) == nullptr)
    throw usage_error(flag, "'" + text + "' is neither numbers, as in 1,2, nor the name of a file");
}

std::vector<double> read_head_numbers(const std::string& text, const std::string& where, const ReadOptions& read) {
  std::vector<double> numbers;
  if (is_list(text)) {
    for (const std::string& number : split(text, ',')) numbers.push_back(parse_number(number, where));
    return numbers;
  }
  refuse_no_numbers(text, where);
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
  if (!is_list(text)) {
    refuse_no_numbers(text, flag);
    return {read_tensor(text, TensorKind::number, {.dtype = DType::f64}), where};
  }
  const std::vector<std::string> parts = split(text, ',');
  Tensor list(DType::f64, {parts.size()});
  std::transform(parts.begin(), parts.end(), list.values<double>().begin(),
                 [&flag](const std::string& part) { return parse_number(part, flag); });
  return {std::move(list), where};
}

}  // namespace attn::cli
