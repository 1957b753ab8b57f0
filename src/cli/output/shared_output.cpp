// NPY files in parts: a header, and the rows of some queries of every matrix.
#include "cli/output/shared_output.hpp"

#include <algorithm>
#include <set>

#include "attn/error.hpp"
#include "core/text.hpp"
#include "io/arrays/npy.hpp"

namespace attn::cli {
namespace {

const StageInfo& stage_of_target(const Target& target) {
  return stage_info(target.tensor.empty() ? shown_stage : stage_of(target.tensor, "-o"));
}

std::string part_text(std::size_t part, std::size_t parts) {
  return std::to_string(part) + "/" + std::to_string(parts);
}

DType dtype_of(const StageInfo& info, const RunSummary& summary) { return info.is_mask ? DType::u8 : summary.dtype; }

// The axis of queries.
std::size_t row_axis(const StageInfo& info, std::size_t rank) { return rank - (info.has_columns() ? 2 : 1); }

Shape whole_shape(const StageInfo& info, Shape shape, std::size_t queries) {
  shape[row_axis(info, shape.size())] = queries;
  return shape;
}

}  // namespace

SharedOutput::SharedOutput(const std::vector<Target>& targets, QueryPart part) : part_(part) {
  for (const Target& target : targets) files_.push_back({stage_of_target(target), io::SharedFile(target.place)});
}

bool SharedOutput::join(const RunAhead& ahead, const io::Facts& facts) {
  bool lacks_part = false;
  for (Whole& whole : files_) {
    const auto emitted = std::find_if(ahead.emitted.begin(), ahead.emitted.end(),
                                      [&](const auto& one) { return one.first == whole.info.stage; });
    const Shape shape = whole_shape(whole.info, emitted->second, ahead.summary.queries);
    const DType dtype = dtype_of(whole.info, ahead.summary);
    io::SharedFile::Plan plan{.facts = {{"tensor", std::string(whole.info.name)}, {"shape", shape_text(shape)}},
                              .parts = part_.parts,
                              .head = io::npy_header(io::npy_descr(dtype), shape)};
    plan.size = plan.head.size() + checked_size(shape, dtype_size(dtype), whole.file.path()) * dtype_size(dtype);
    plan.facts.insert(plan.facts.end(), facts.begin(), facts.end());
    whole.file.join(plan);
    whole.had_part = whole.file.has(part_.number);
    // A run that was killed may have been the last one, and at its end.
    if (whole.had_part) whole.file.settle(part_.number);
    lacks_part = lacks_part || !whole.had_part;
  }
  return lacks_part;
}

void SharedOutput::write(const Result& result) {
  for (Whole& whole : files_) {
    if (whole.had_part) continue;
    write_rows(whole, *result.find(std::string(whole.info.name)), result.summary.first_query(), result.summary.queries);
    whole.file.finish(part_.number);
  }
}

// The rows of each matrix lie side by side, in the file as in memory.
void SharedOutput::write_rows(Whole& whole, const Tensor& rows, std::size_t first, std::size_t all) {
  const std::size_t axis = row_axis(whole.info, rows.rank()), count = rows.shape()[axis];
  const std::size_t row_bytes = (axis + 1 < rows.rank() ? rows.shape()[axis + 1] : 1) * dtype_size(rows.dtype());
  const std::string head = io::npy_header(io::npy_descr(rows.dtype()), whole_shape(whole.info, rows.shape(), all));
  io::Blocks blocks{.begin = head.size() + first * row_bytes, .bytes = count * row_bytes, .step = all * row_bytes};
  blocks.count = blocks.bytes == 0 ? 0 : rows.bytes() / blocks.bytes;
  whole.file.write(blocks, {static_cast<const char*>(rows.data()), rows.bytes()});
}

std::vector<std::string> SharedOutput::notes() const {
  std::vector<std::string> notes;
  for (const Whole& whole : files_) {
    const std::size_t missing = whole.file.missing().size(), parts = part_.parts;
    std::string note = "part " + part_text(part_.number, parts) + " is in " + whole.file.path() +
                       (whole.had_part ? " already" : "") + ", which ";
    note += missing == 0 ? "has all of its " + counted(parts, "part")
                         : "gets its name when " + counted(missing, "other") + " of " + std::to_string(parts) +
                               (missing == 1 ? " is" : " are") + " there too";
    notes.push_back(std::move(note));
  }
  return notes;
}

int list_missing_parts(Environment& environment, const std::vector<Target>& targets) {
  std::set<std::pair<std::size_t, std::size_t>> missing;
  for (const Target& target : targets) {
    io::SharedFile file(target.place);
    file.find();
    for (const std::size_t part : file.missing()) missing.emplace(file.parts(), part);
    file.settle();
  }
  for (const auto& [parts, part] : missing) environment.print(part_text(part, parts) + "\n");
  return 0;
}

}  // namespace attn::cli
