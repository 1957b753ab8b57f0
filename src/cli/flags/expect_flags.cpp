// Reads what is expected, chooses tolerances, and reports.
#include "cli/flags/expect_flags.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>

#include "attention/document/row_stats.hpp"
#include "attn/error.hpp"
#include "attn/stages.hpp"
#include "cli/flags/file_endings.hpp"
#include "cli/flags/input_flags.hpp"
#include "cli/flags/values.hpp"
#include "core/nearest.hpp"
#include "core/number.hpp"
#include "io/arrays/result_arrays.hpp"
#include "io/members.hpp"
#include "render/number_format.hpp"

namespace attn::cli {
namespace {

// Tolerances by type, as torch.testing.assert_close has them; it has none of 8 bits, whose relative ones are a unit in
// the last place of 1, and absolute ones half the least number.
struct TypeTolerance {
  std::string_view dtype;
  Tolerance tolerance;
};
constexpr std::array<TypeTolerance, 6> tolerances{{
    {"f64", {1e-7, 1e-7}},
    {"f32", {1.3e-6, 1e-5}},
    {"f16", {1e-3, 1e-5}},
    {"bf16", {1.6e-2, 1e-5}},
    {"f8_e4m3", {0.125, 1e-3}},
    {"f8_e5m2", {0.25, 1e-5}},
}};

Tolerance tolerance_of(std::string_view dtype) {
  for (const TypeTolerance& row : tolerances)
    if (row.dtype == dtype) return row.tolerance;
  return {};
}

double parse_tolerance(const std::string& text, const std::string& where) {
  const double number = parse_number(text, where);
  if (number < 0) throw usage_error(where, "must be 0 or more");
  return number;
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// The first of many.
std::string some_of(std::vector<std::string> names) {
  constexpr std::size_t most = 20;
  if (const std::size_t all = names.size(); all > most) {
    names.resize(most);
    names.push_back(std::to_string(all - most) + " more");
  }
  return listed(names);
}

std::string listed_or_nothing(const std::vector<std::string>& names) {
  return names.empty() ? "no tensor" : some_of(names);
}

Error nothing_in_common(const std::string& path, const std::vector<std::string>& members) {
  return data_error(path, "holds no tensor that this run can give; it has " + listed_or_nothing(members));
}

Error no_member(const std::string& path, const std::string& name, const std::vector<std::string>& members) {
  return data_error(path, "holds no '" + name + "'; it has " + listed_or_nothing(members) +
                              did_you_mean(name, {members.begin(), members.end()}));
}

Error only_inputs(const std::string& path) {
  return data_error(path, "is INPUT as well, and holds no tensor besides its inputs that this run can give");
}

// Of `q`, the name that its tensor has in a result: `query`.
std::string name_in_result(const std::string& name) {
  const io::Member* const member = io::find_member(name);
  return member == nullptr ? name : std::string(member->means);
}

// The names that tensors of these names have in files: an input's other name is one as well.
std::vector<std::string> names_in_files(std::vector<std::string> names) {
  for (const std::string other : {"q", "k", "v"})
    if (contains(names, name_in_result(other))) names.push_back(other);
  return names;
}

bool is_same_file(const std::string& path, const std::optional<std::string>& other) {
  std::error_code ignored;
  return other && std::filesystem::equivalent(path, *other, ignored);
}

Shape without_ones(Shape shape) {
  shape.erase(std::remove(shape.begin(), shape.end(), std::size_t{1}), shape.end());
  return shape;
}

// Whether or not this run gives them.
Shape weights_shape(const Result& result) {
  const RunSummary& run = result.summary;
  const QueryRange rows = run.query_range.value_or(QueryRange{0, run.queries});
  Shape shape;
  for (const Axis axis : stage_info(Stage::weights).axes_in(run.axes))
    shape.push_back(axis == Axis::layer   ? result.layers.size()
                    : axis == Axis::batch ? run.batch
                    : axis == Axis::head  ? run.heads
                    : axis == Axis::query ? rows.end.value_or(run.queries) - rows.begin
                                          : run.keys);
  return shape;
}

// An element that came from a float is 0.1, not 0.10000000149011612.
std::string element_text(double value, bool is_float) {
  return is_float ? shortest(static_cast<float>(value)) : shortest(value);
}

// Three digits are enough for the size of a difference.
std::string short_text(double value) {
  static const NumberFormat three_digits = NumberFormat::parse(".3g", "");
  return three_digits(value);
}

}  // namespace

void ExpectFlags::add(FlagSet& flags) {
  FlagGroup group = flags.group("Output");
  group.repeatable("--expect", files_, ValueType("[TENSOR=]FILE", ValueType::Kind::output, read_endings()),
                   "Compare with FILE; the exit status is 3 if a tensor is not as expected (repeatable)");
  group.text("--rtol", rtol_, "R", "With --expect: relative tolerance (default: by the types; 1.3e-6 for f32)");
  group.text("--atol", atol_, "A", "With --expect: absolute tolerance (default: by the types; 1e-5 for f32)");
}

void ExpectFlags::read(const std::vector<std::string_view>& tensors, std::string_view nameless, Arithmetic arithmetic,
                       const ReadOptions& options, const std::optional<std::string>& input) {
  nameless_ = nameless.empty() ? stage_name(nameless_stage) : nameless;
  for (const auto& [flag, value] : {std::pair{"--rtol", &rtol_}, std::pair{"--atol", &atol_}})
    if (*value && !given()) throw usage_error(flag, "goes with --expect");
  if (rtol_) relative_ = parse_tolerance(*rtol_, "--rtol");
  if (atol_) absolute_ = parse_tolerance(*atol_, "--atol");
  arithmetic_ = arithmetic;
  std::vector<std::string> names(tensors.begin(), tensors.end());
  for (const RowStat& stat : row_stat_table) names.push_back(std::string(stats_prefix).append(stat.name));
  for (const std::string& file : files_) read_file(file, names, options, input);
}

void ExpectFlags::read_file(const std::string& argument, const std::vector<std::string>& names,
                            const ReadOptions& options, const std::optional<std::string>& input) {
  const std::size_t equals = argument.find('=');
  const bool picks = equals != std::string::npos && contains(names, name_in_result(argument.substr(0, equals)));
  const std::string path = picks ? argument.substr(equals + 1) : argument;
  if (const std::string why = refusal_of_file(path, false); !why.empty()) throw usage_error("--expect", why);
  const auto [file_name, member] = split_member(path);
  const std::string name = name_in_result(picks ? argument.substr(0, equals) : member);
  if (!name.empty() && !contains(names, name))
    throw usage_error("--expect", "'" + name + "' is no tensor of a result; write which one it is expected of, as in " +
                                      nameless_ + "=" + path);
  const FileBytes file = FileBytes::open(file_name);
  const Format& format = format_of(file);
  ReadOptions exact = options;
  exact.dtype = DType::f64;
  // What the tensor is called in the file; empty: all that both have.
  const std::string in_file = member.empty() ? name : member;
  const bool is_input = format.holds_documents() && is_same_file(file_name, input);
  holds_input_ = holds_input_ || is_input;
  std::vector<std::string> wanted = in_file.empty() ? names : std::vector{in_file};
  if (member.empty()) wanted = names_in_files(std::move(wanted));
  if (in_file.empty() && is_input)
    std::erase_if(wanted, [](const std::string& one) { return io::find_member(one) != nullptr; });
  TensorsRead read = read_tensors(file, format, wanted, exact);
  if (is_input) std::erase_if(read.others, [](const std::string& other) { return !io::is_of_result(other); });
  bool is_found = false;
  for (auto& [of_file, tensor] : read.tensors) {
    if (of_file.empty() && !member.empty()) continue;  // a bare list has no members
    Expectation next{.path = argument,
                     .name = !name.empty()     ? name
                             : of_file.empty() ? nameless_
                                               : name_in_result(of_file),
                     .tensor = std::move(tensor),
                     .dtype = stored_dtype(file, format, of_file, exact)};
    next.is_nameless = name.empty() && of_file.empty();
    next.is_table = format.separator != '\0';
    next.nulls = format.null_is_nan;
    next.is_text = format.is_text;
    // A decimal is the nearest number of the run's type, as it would be read as input.
    if (next.is_text && tensor_dtype(arithmetic_) == DType::f32) next.tensor = next.tensor.as(DType::f32);
    expected_.push_back(std::move(next));
    is_found = true;
  }
  if (!is_found && in_file.empty() && is_input) throw only_inputs(file_name);
  if (!is_found)
    throw in_file.empty() ? nothing_in_common(file_name, read.others) : no_member(file_name, in_file, read.others);
  if (in_file.empty() && !read.others.empty() && options.note)
    options.note(argument + ": " + some_of(read.others) + (read.others.size() == 1 ? " is" : " are") + " not compared");
}

std::vector<std::string> ExpectFlags::tensors() const {
  std::vector<std::string> names;
  for (const Expectation& expected : expected_)
    if (!expected.is_stat()) names.push_back(expected.name);
  return names;
}

bool ExpectFlags::wants_stats() const {
  return std::any_of(expected_.begin(), expected_.end(),
                     [](const Expectation& expected) { return expected.is_stat(); });
}

// The looser of what the run's arithmetic and the file's type allow. An output of rounded weights or values is off by a
// share of what was summed, and so of the output's usual size: an element may be far smaller (attn-numerics.7, "bf16").
Tolerance ExpectFlags::tolerance(const Expectation& expected) const {
  const Tolerance here = tolerance_of(dtype_name(arithmetic_)), there = tolerance_of(expected.dtype);
  double absolute = std::max(here.absolute, there.absolute);
  if ((arithmetic_ == Arithmetic::bf16 || arithmetic_ == Arithmetic::f16) &&
      (expected.name == stage_name(Stage::output) || expected.name == stage_name(Stage::concat)))
    absolute = std::max(absolute, here.relative * root_mean_square(expected.tensor));
  return {relative_.value_or(std::max(here.relative, there.relative)), absolute_.value_or(absolute)};
}

bool ExpectFlags::check(Environment& environment, const Result& result, bool quiet) const {
  bool all_met = true;
  const std::vector<io::ResultArray> arrays = io::result_arrays(result);
  for (const Expectation& expected : expected_) {
    const auto actual = std::find_if(arrays.begin(), arrays.end(),
                                     [&](const io::ResultArray& array) { return array.name == expected.name; });
    if (actual == arrays.end()) throw data_error("--expect", "this run gives no '" + expected.name + "'");
    all_met = check_one(environment, expected, result, *actual->tensor, quiet) && all_met;
  }
  return all_met;
}

bool ExpectFlags::check_one(Environment& environment, const Expectation& expected, const Result& result,
                            const Tensor& actual, bool quiet) const {
  Tensor alike = Tensor::view_of(expected.tensor, expected.tensor.shape());
  if (expected.is_table && without_ones(alike.shape()) == without_ones(actual.shape())) alike.reshape(actual.shape());
  const Tolerance limit = tolerance(expected);
  const Difference found = difference_of(actual, alike, limit, expected.nulls);
  const std::string start = "attn: expect: " + expected.path + ": " + expected.name + ": ";
  if (found.met()) {
    if (!quiet) environment.err.write(start + "ok, greatest difference " + short_text(found.greatest) + "\n");
    return true;
  }
  const std::string_view weights = stage_name(Stage::weights);
  std::string choice;
  if (expected.is_nameless) {
    const Shape of_weights = weights_shape(result), own = expected.tensor.shape();
    const bool may_be_weights = expected.is_table ? without_ones(own) == without_ones(of_weights) : own == of_weights;
    choice = start + "an array without a name is compared with '" + expected.name + "'" +
             (may_be_weights && expected.name != weights
                  ? "; --expect " + std::string(weights) + "=" + expected.path + " compares the weights"
                  : "") +
             "\n";
  }
  if (!found.same_shape) {
    environment.err.write(start + "the shape is " + shape_text(actual.shape()) + ", expected " +
                          shape_text(alike.shape()) + "\n" + choice);
    return false;
  }
  const bool expects_floats = alike.dtype() == DType::f32 || (!expected.dtype.empty() && expected.dtype != "f64");
  std::string text = start + std::to_string(found.differing) + " of " + std::to_string(found.count) +
                     (found.differing == 1 ? " elements differs" : " elements differ") + " by more than " +
                     short_text(limit.absolute) + " + " + shortest(limit.relative) + "·|expected|\n";
  const auto pair_text = [&](const Deviation& one) {
    return " at " + index_text(one.index, actual.shape()) + ": " +
           element_text(one.actual, actual.dtype() == DType::f32) + ", expected " +
           element_text(one.expected, expects_floats) + "\n";
  };
  text += start + "first difference" + pair_text(found.first);
  for (const auto& [kind, worst] : {std::pair{"absolute", &found.absolute}, std::pair{"relative", &found.relative}})
    text += start + "greatest " + kind + " difference " + short_text(worst->amount) + pair_text(*worst);
  environment.err.write(text + choice);
  return false;
}

}  // namespace attn::cli
