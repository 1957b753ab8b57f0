// Rows of fields to a tensor with labels.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "attn/error.hpp"
#include "attn/stages.hpp"
#include "core/leading_axes.hpp"
#include "core/number.hpp"
#include "core/option_name.hpp"
#include "core/progress.hpp"
#include "core/utf8.hpp"
#include "io/arrays/csv.hpp"
#include "io/arrays/csv_advice.hpp"
#include "io/arrays/csv_scanner.hpp"
#include "io/files/mapping.hpp"
#include "io/numbers/decimal.hpp"
#include "io/numbers/number_buffer.hpp"

namespace attn::io {
namespace {

// The fields before the numbers of a row of a labelled file.
struct RowLabels {
  std::array<std::size_t, 3> axes{};  // layer, batch and head, as far as there are such columns
  std::string query;
  std::size_t line = 0;
};

bool counts_from_zero(const std::vector<std::string>& labels) {
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (labels[i] != std::to_string(i)) return false;
  return true;
}

// Whether the next field is one; the scanner is a copy.
bool is_number(CsvScanner scanner) {
  try {
    return csv_number(scanner.text()).has_value();
  } catch (const Error&) {
    return false;
  }
}

template <class T>
class CsvReader {
 public:
  CsvReader(const FileBytes& file, char separator, const ReadOptions& options)
      : scanner_(file, separator),
        passed_(file.owner(), file.bytes().data()),
        place_(file.place()),
        bytes_(file.bytes().size()),
        options_(options),
        budget_(options.max_memory),
        values_(budget_, place_) {}

  LabelledTensor read() {
    if (options_.reads) options_.reads("csv");
    if (!scanner_.next_row()) throw data_error(place_, "is empty; rows of numbers are expected");
    // Whether the file has labels shows in its first field, which is a number otherwise.
    scanner_.next_field();
    const std::string first = CsvScanner(scanner_).text();
    labelled_ = options_.csv_header != CsvHeader::no &&
                (first.empty() || first == "layer" || first == "batch" || first == "head" || first == "query");
    if (labelled_) {
      read_header();
    } else if (options_.csv_header == CsvHeader::yes) {
      read_names();
      look_below_names();
    } else {
      if (options_.csv_header == CsvHeader::automatic) look_at_first_line();
      read_numbers(true);
    }
    Progress progress("reading", bytes_, WorkUnit::bytes);
    while (scanner_.next_row()) {
      scanner_.next_field();
      passed_.pass(scanner_.raw().data());
      progress.set(bytes_ - scanner_.left());
      if (labelled_) {
        read_row_labels();
      } else {
        read_numbers(true);
      }
    }
    constexpr bool is_mask = std::is_same_v<T, std::uint8_t>;  // of 0 and 1 anyway
    if (!is_mask && counts_ && rows_ > 1 && options_.note)
      options_.note(place_ + ": the first line, 0 to " + std::to_string(columns_ - 1) +
                    ", is read as numbers, although pandas writes such names of columns; " + option_name("csv_header") +
                    " yes leaves it out, no says that it is numbers");
    return labelled_ ? with_labels() : without_labels();
  }

  /// The axes before the rows, as the header names them.
  const std::vector<Axis>& leading() const { return leading_; }

 private:
  // Of a line that has no label: whether it only counts its columns, or names them.
  void look_at_first_line() {
    CsvScanner ahead = scanner_;
    const std::string first = CsvScanner(scanner_).text();
    std::size_t fields = 0;
    if (is_number(scanner_)) {
      // A line may be the whole file: it is left where it stops to count.
      while (ahead.text() == std::to_string(fields++))
        if (!ahead.next_field()) {
          counts_ = fields > 1;
          return;
        }
      return;
    }
    if (is_several_numbers(first, scanner_.separator())) return;
    std::size_t words = 0;
    do {
      if (!is_number(ahead)) ++words;
      ahead.text();
      ++fields;
      if (words != 1 && words != fields) return;
    } while (ahead.next_field());
    const std::string what = not_a_number(first);
    CsvScanner below = ahead;
    if (words == fields && rows_have(ahead, 0, fields))
      scanner_.fail(what + option_name("csv_header") + " yes takes this line for names of the columns");
    if (words == fields && have_labels(ahead, fields)) scanner_.fail(what + above_labels());
    if (words == 1 && fields > 1 && (!below.next_row() || rows_have(ahead, 1, fields - 1)))
      scanner_.fail(what + "labels of rows have a line of names above them whose first field is empty" + example());
  }

  // Whether what was taken for names of columns stands above labels of rows.
  void look_below_names() {
    CsvScanner below = scanner_;
    if (!below.next_row() || !below.next_field() || is_number(below) || !have_labels(scanner_, columns_)) return;
    if (const std::string label = below.text(); !label.empty()) below.fail(not_a_number(label) + above_labels());
  }

  static std::string not_a_number(std::string_view field) {
    return "'" + printable(field.substr(0, 40)) + "' is not a number; ";
  }
  std::string above_labels() const { return "above labels of rows, the first field is empty" + example(); }
  std::string example() const { return scanner_.separator() == ',' ? ", as in ',a,b'" : ""; }

  // Whether all rows are labels and numbers below a line of so many names, the labels' name among them or not.
  bool have_labels(const CsvScanner& rows, std::size_t names) {
    return (names > 1 && rows_have(rows, 1, names - 1)) || rows_have(rows, 1, names);
  }

  // Whether there are rows, and each has so many labels and numbers.
  bool rows_have(CsvScanner rows, std::size_t labels, std::size_t numbers) {
    std::size_t count = 0;
    try {
      for (; rows.next_row(); ++count) {
        std::size_t fields = 0;
        for (; rows.next_field(); ++fields) {
          if (fields < labels) {
            rows.text();
          } else {
            converted(rows.number());
          }
        }
        if (fields != labels + numbers) return false;
      }
    } catch (const Error&) {
      return false;
    }
    return count > 0;
  }

  // Names of columns, in a file without labels of rows.
  void read_names() {
    do column_labels_.push_back(scanner_.text());
    while (scanner_.next_field());
    columns_ = column_labels_.size();
    columns_known_ = true;
  }

  // The header says which columns are labels: [layer,][batch,][head,]query or an empty name.
  void read_header() {
    std::string name = scanner_.text();
    for (const Axis axis : {Axis::layer, Axis::batch, Axis::head}) {
      if (name != axis_name(axis)) continue;
      leading_.push_back(axis);
      if (!scanner_.next_field()) scanner_.fail("the header ends where 'query' is expected");
      name = scanner_.text();
    }
    if (name != "query" && !(name.empty() && leading_.empty()))
      scanner_.fail("'" + printable(name) + "' where 'query' is expected");
    while (scanner_.next_field()) column_labels_.push_back(scanner_.text());
    columns_ = column_labels_.size();
    columns_known_ = true;
  }

  void read_row_labels() {
    RowLabels labels;
    labels.line = scanner_.line();
    for (std::size_t axis = 0; axis < leading_.size(); ++axis) {
      const double index = scanner_.number();
      if (!(index >= 0 && index < 0x1p32 && std::trunc(index) == index))
        scanner_.fail("an index from 0 is expected here");
      labels.axes[axis] = leading_[axis] == Axis::layer ? layer_index(static_cast<std::int64_t>(index))
                                                        : static_cast<std::size_t>(index);
      if (!scanner_.next_field()) scanner_.fail("the row ends where its query is expected");
    }
    labels.query = scanner_.text();
    row_labels_.push_back(std::move(labels));
    read_numbers(false);
  }

  // Layers bear the model's numbers: an index counts those that have come.
  std::size_t layer_index(std::int64_t number) {
    const auto found = std::find(layers_.rbegin(), layers_.rend(), number);
    if (found != layers_.rend()) return static_cast<std::size_t>(layers_.rend() - found) - 1;
    if (!layers_.empty() && number < layers_.back()) scanner_.fail("layers are expected in ascending order");
    layers_.push_back(number);
    return layers_.size() - 1;
  }

  // `at_field`: the first number's field has been moved to.
  void read_numbers(bool at_field) {
    std::size_t count = 0;
    while (at_field || scanner_.next_field()) {
      at_field = false;
      if (columns_known_ && count == columns_) ragged("more than " + std::to_string(columns_));
      values_.push(converted(scanner_.number()));
      ++count;
    }
    if (!columns_known_) columns_ = count;
    columns_known_ = true;
    if (count < columns_) ragged(std::to_string(count));
    ++rows_;
  }

  [[noreturn]] void ragged(const std::string& there) const {
    scanner_.fail("is ragged: the row has " + there + " numbers, " +
                  (column_labels_.empty() ? "the first row" : "the header") + " has " + std::to_string(columns_));
  }

  T converted(double value) {
    if constexpr (std::is_same_v<T, std::uint8_t>) {
      if (value != 0 && value != 1)
        scanner_.fail(shortest(value) + " is neither 0 nor 1; numbers to add to the scores go in 'bias'");
    } else if constexpr (std::is_same_v<T, float>) {
      if (std::abs(value) >= past_float32 && std::isfinite(value))
        scanner_.fail(shortest(value) + " is outside float32, which ends at 3.4028235e38; " + option_name("dtype") +
                      " f64 reads it");
    }
    return static_cast<T>(value);
  }

  LabelledTensor without_labels() {
    LabelledTensor result;
    result.tensor = values_.release(columns_ == 1 ? Shape{rows_} : Shape{rows_, columns_});
    if (columns_ > 1 && !counts_from_zero(column_labels_)) result.column_labels = std::move(column_labels_);
    return result;
  }

  LabelledTensor with_labels() {
    // Extents of the axes before the query's: one more than the last row's indices, as rows come in C order.
    Shape shape;
    std::size_t outer = 1;
    for (std::size_t axis = 0; axis < leading_.size(); ++axis) {
      shape.push_back(row_labels_.empty() ? 0 : row_labels_.back().axes[axis] + 1);
      if (__builtin_mul_overflow(outer, shape.back(), &outer) || outer > rows_) incomplete();
    }
    if (outer == 0 ? rows_ != 0 : rows_ % outer != 0) incomplete();
    const std::size_t queries = outer == 0 ? 0 : rows_ / outer;
    for (std::size_t row = 0; row < rows_; ++row) check_row(row, shape, queries);
    shape.push_back(queries);
    shape.push_back(columns_);

    LabelledTensor result;
    result.tensor = values_.release(std::move(shape));
    for (std::size_t i = 0; i < queries; ++i) result.row_labels.push_back(std::move(row_labels_[i].query));
    result.column_labels = std::move(column_labels_);
    result.layers = std::move(layers_);
    if (counts_from_zero(result.row_labels)) result.row_labels.clear();
    if (counts_from_zero(result.column_labels)) result.column_labels.clear();
    return result;
  }

  void check_row(std::size_t row, const Shape& axes, std::size_t queries) const {
    std::size_t rest = row / queries;
    for (std::size_t axis = leading_.size(); axis-- > 0; rest /= axes[axis])
      if (row_labels_[row].axes[axis] != rest % axes[axis]) out_of_order(row);
    if (row_labels_[row].query != row_labels_[row % queries].query) out_of_order(row);
  }
  [[noreturn]] void out_of_order(std::size_t row) const {
    throw data_error(
        place_ + ":" + std::to_string(row_labels_[row].line),
        "is out of order: rows count through the queries of a head, then heads, then batch items, then layers");
  }
  [[noreturn]] void incomplete() const {
    throw data_error(place_, "does not have the same number of rows for each head and batch item");
  }

  CsvScanner scanner_;
  PassedPages passed_;
  std::string place_;
  std::size_t bytes_;
  const ReadOptions& options_;
  MemoryBudget budget_;
  NumberBuffer<T> values_;
  bool labelled_ = false;
  bool counts_ = false;  // the first line is 0,1,2,…
  std::vector<Axis> leading_;
  std::vector<std::int64_t> layers_;  // the numbers, as they come
  bool columns_known_ = false;
  std::size_t rows_ = 0;
  std::size_t columns_ = 0;
  std::vector<std::string> column_labels_;
  std::vector<RowLabels> row_labels_;
};

}  // namespace

LabelledTensor read_csv_labelled(const FileBytes& file, char separator, const ReadOptions& options) {
  const auto read = [](auto&& reader) {
    LabelledTensor labelled = reader.read();
    labelled.tensor.reshape(shape_for_pictures(reader.leading(), labelled.tensor.shape()));
    return labelled;
  };
  if (options.dtype == DType::f64 || options.keeps_wide) return read(CsvReader<double>(file, separator, options));
  return read(CsvReader<float>(file, separator, options));
}

LabelledTensor read_csv(const FileBytes& file, char separator, TensorKind kind, const ReadOptions& options) {
  if (kind == TensorKind::mask) return CsvReader<std::uint8_t>(file, separator, options).read();
  if (options.dtype == DType::f64) return CsvReader<double>(file, separator, options).read();
  return CsvReader<float>(file, separator, options).read();
}

Input read_csv_input(const FileBytes& file, char separator, const ReadOptions& options) {
  LabelledTensor labelled = read_csv(file, separator, TensorKind::number, options);
  if (labelled.tensor.rank() == 1) labelled.tensor.reshape({labelled.tensor.size(), 1});
  Input input;
  input.source = file.place();
  input.tokens = std::move(labelled.row_labels);
  input.tensors.emplace("embeddings", SourcedTensor{std::move(labelled.tensor), file.place()});
  return input;
}

}  // namespace attn::io
