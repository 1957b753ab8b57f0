// Writes a tensor of up to five axes as CSV or TSV.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "attn/array_writers.hpp"
#include "attn/error.hpp"
#include "core/number.hpp"
#include "core/progress.hpp"
#include "core/text.hpp"
#include "core/utf8.hpp"

namespace attn {
namespace {

constexpr std::size_t piece = std::size_t{1} << 16;

void append_field(std::string& text, std::string_view field, char separator) {
  const bool is_bare = field.find_first_of("\"\r\n") == std::string_view::npos && !field.starts_with(byte_order_mark) &&
                       field.find(separator) == std::string_view::npos;
  if (is_bare) {
    text.append(field);
    return;
  }
  text.push_back('"');
  for (const char c : field) {
    if (c == '"') text.push_back('"');
    text.push_back(c);
  }
  text.push_back('"');
}

template <class T>
char* put_number(char* out, T value) {
  if constexpr (std::is_same_v<T, std::uint8_t>) {
    *out = value != 0 ? '1' : '0';
    return out + 1;
  } else {
    return format_shortest(out, value);
  }
}

void require_labels(const std::vector<std::string>& labels, std::size_t extent, const char* what) {
  if (!labels.empty() && labels.size() != extent)
    throw data_error("", counted(labels.size(), "label") + " for " + counted(extent, what));
}

class CsvWriter {
 public:
  CsvWriter(const TensorRows& tensor, const TensorLabels& labels, char separator, Sink& sink)
      : tensor_(tensor),
        labels_(labels),
        separator_(separator),
        sink_(sink),
        rank_(tensor.shape.size()),
        rows_(rank_ == 0   ? 1
              : rank_ == 1 ? tensor.shape[0]
                           : tensor.shape[rank_ - 2]),
        columns_(rank_ < 2 ? 1 : tensor.shape.back()) {
    if (rank_ > 5) throw data_error("", "a tensor of the shape " + shape_text(tensor.shape) + " has no form as CSV");
    if (rank_ > 2) {
      constexpr std::string_view all[] = {"layer", "batch", "head"};
      leading_ = labels.leading;
      if (leading_.empty()) leading_.assign(std::end(all) - static_cast<std::ptrdiff_t>(rank_ - 2), std::end(all));
      if (leading_.size() != rank_ - 2) throw std::logic_error("write_csv: a name for each leading axis is expected");
    }
    require_labels(labels.rows, rows_, "row");
    require_labels(labels.columns, columns_, "column");
  }

  void write() {
    const bool labelled = rank_ > 2 || (rank_ == 2 && !(labels_.rows.empty() && labels_.columns.empty()));
    if (labelled) put_header();
    switch (tensor_.dtype) {
      case DType::f32: put_rows<float>(labelled); break;
      case DType::f64: put_rows<double>(labelled); break;
      case DType::u8: put_rows<std::uint8_t>(labelled); break;
      case DType::f16:
      case DType::bf16: refuse_narrow(tensor_.dtype);
    }
    sink_.write(text_);
  }

 private:
  void put_header() {
    for (const std::string_view axis : leading_) put_lead(axis);
    text_.append(rank_ == 2 ? "" : "query");
    for (std::size_t j = 0; j < columns_; ++j) {
      text_.push_back(separator_);
      append_field(text_, labels_.columns.empty() ? std::to_string(j) : labels_.columns[j], separator_);
    }
    text_.push_back('\n');
  }

  void put_lead(std::string_view field) {
    append_field(text_, field, separator_);
    text_.push_back(separator_);
  }

  void put_row_labels(std::size_t row) {
    const std::size_t matrix = row / rows_, query = row % rows_;
    std::size_t inner = 1;
    for (std::size_t axis = 1; axis + 2 < rank_; ++axis) inner *= tensor_.shape[axis];
    for (std::size_t axis = 0; axis + 2 < rank_; ++axis) {
      const std::size_t place = matrix / inner % tensor_.shape[axis];
      put_lead(std::to_string(has_numbers(axis) ? labels_.numbers[axis][place] : static_cast<std::int64_t>(place)));
      if (axis + 3 < rank_) inner /= tensor_.shape[axis + 1];
    }
    append_field(text_, labels_.rows.empty() ? std::to_string(query) : labels_.rows[query], separator_);
    if (columns_ > 0) text_.push_back(separator_);
  }

  // Whether the places of an axis have numbers of their own.
  bool has_numbers(std::size_t axis) const {
    return axis < labels_.numbers.size() && labels_.numbers[axis].size() == tensor_.shape[axis];
  }

  template <class T>
  void put_rows(bool labelled) {
    std::size_t count = rows_;
    for (std::size_t axis = 0; axis + 2 < rank_; ++axis) count *= tensor_.shape[axis];
    for (std::size_t row = 0; row < count; ++row) {
      if (labelled) put_row_labels(row);
      put_numbers(std::span(static_cast<const T*>(tensor_.row(row)), columns_));
      text_.push_back('\n');
      count_progress(WorkUnit::numbers, columns_);
      if (text_.size() < piece) continue;
      sink_.write(text_);
      text_.clear();
    }
  }

  template <class T>
  void put_numbers(std::span<const T> row) {
    constexpr std::size_t most = 512;
    char numbers[most * (max_number_chars + 1)];
    for (std::size_t j = 0; j < row.size();) {
      char* out = numbers;
      for (const std::size_t stop = std::min(row.size(), j + most); j < stop; ++j) {
        if (j > 0) *out++ = separator_;
        out = put_number(out, row[j]);
      }
      text_.append(numbers, out);
    }
  }

  const TensorRows& tensor_;
  const TensorLabels& labels_;
  char separator_;
  Sink& sink_;
  std::size_t rank_;
  std::size_t rows_;
  std::size_t columns_;
  std::vector<std::string_view> leading_;
  std::string text_;
};

}  // namespace

void write_csv(const TensorRows& tensor, const TensorLabels& labels, char separator, Sink& sink) {
  CsvWriter(tensor, labels, separator, sink).write();
}

}  // namespace attn
