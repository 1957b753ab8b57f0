// File flags, to ReadOptions.
#include "cli/flags/file_flags.hpp"

#include <utility>

#include "cli/flags/values.hpp"

namespace attn::cli {

void FileFlags::add(FlagSet& flags) {
  FlagGroup group = flags.group("Input");
  group.text("--csv-header", csv_header_, "yes|no|auto",
             "Whether the first line of a CSV or TSV names its columns (default: auto, if its first field is empty)");
  group.toggle("--json-nan", json_nan_, "Read NaN, Infinity and -Infinity in JSON, as Python's json writes them");
}

ReadOptions FileFlags::options(DType dtype, std::uint64_t max_memory,
                               std::function<void(const std::string&)> note) const {
  ReadOptions options{.dtype = dtype, .max_memory = max_memory, .json_nan = json_nan_, .note = std::move(note)};
  if (csv_header_)
    options.csv_header = static_cast<CsvHeader>(parse_choice(*csv_header_, "--csv-header", {"auto", "yes", "no"}));
  options.reads = [read = read_](std::string_view format) { *read |= format == "csv" ? RunHas::csv : RunHas::json; };
  return options;
}

}  // namespace attn::cli
