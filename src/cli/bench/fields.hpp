// The members of results and stages, once for every format of documents.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "cli/bench/report.hpp"

namespace attn::cli {

/// What a member holds; nothing is `null`, or an empty field.
using FieldValue = std::variant<std::monostate, bool, std::uint64_t, double, std::string, std::span<const double>>;

struct ResultField {
  std::string_view name;
  FieldValue (*of)(const BenchReport& report, const BenchResult& result);
  bool in_csv = true;
};
std::span<const ResultField> result_fields();

struct StageField {
  std::string_view name;
  FieldValue (*of)(const StageResult& stage);
};
std::span<const StageField> stage_fields();

std::string_view status_name(BenchResult::Status status);

}  // namespace attn::cli
