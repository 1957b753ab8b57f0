// All readers of a format, one after the other.
#include "fuzz/readers.hpp"

#include <cmath>

#include "attn/io.hpp"
#include "fuzz/fuzz.hpp"

namespace attn::fuzz {
namespace {

constexpr std::uint64_t most_memory = std::uint64_t{1} << 24U;

// Every element is there to be read.
double sum_of(const Tensor& tensor) {
  require(checked_size(tensor.shape(), dtype_size(tensor.dtype()), "") == tensor.size(), "a shape of another size");
  double sum = 0;
  for (std::size_t i = 0; i < tensor.size(); ++i) {
    const double number = number_at(tensor, i);
    require(tensor.dtype() != DType::u8 || number == 0 || number == 1, "a mask of other numbers than 0 and 1");
    sum += number;
  }
  return sum;
}

void read_archive(const FileBytes& file, const Format& format, const ReadOptions& options) {
  std::unique_ptr<Archive> archive;
  if (!attempt([&] { archive = Archive::open(file, format, options); })) return;
  for (const std::string& name : archive->names()) {
    require(archive->contains(name), "a name is listed and not there");
    attempt([&] {
      const Archive::Entry entry = archive->entry(name);
      for (const TensorKind kind : {TensorKind::number, TensorKind::mask, TensorKind::bias, TensorKind::result})
        attempt([&] {
          const Tensor tensor = archive->read(name, kind, options);
          require(tensor.shape() == entry.shape, "a tensor of another shape than the list says");
          sum_of(tensor);
        });
    });
    attempt([&] { archive->texts(name); });
  }
}

}  // namespace

void read_all_ways(const std::string& bytes, std::string_view format_name) {
  const Format& format = *format_of_name(format_name);
  const FileBytes file = FileBytes::of(bytes, "in" + std::string(format.extension));
  for (const bool wide : {false, true}) {
    const ReadOptions options{.dtype = wide ? DType::f64 : DType::f32,
                              .max_memory = most_memory,
                              .csv_header = wide ? CsvHeader::automatic : CsvHeader::no,
                              .json_nan = wide,
                              .note = [](const std::string& note) { check_message("note", note); }};
    attempt([&] {
      for (const auto& [name, sourced] : read_input(file, format, options).tensors) sum_of(sourced.tensor);
    });
    for (const char* name : {"weights", ""})
      attempt([&] { sum_of(read_labelled(file, format, name, options).tensor); });
    attempt([&] {
      const std::vector<std::string> names{"weights", "query", "stats.entropy"};
      for (const NamedTensor& named : read_tensors(file, format, names, options).tensors) sum_of(named.tensor);
    });
    attempt([&] { stored_dtype(file, format, "weights", options); });
    if (format.is_archive) read_archive(file, format, options);
  }
  attempt([&] { format_of_bytes(file); });
  attempt([&] { read_labels(file); });
}

}  // namespace attn::fuzz
