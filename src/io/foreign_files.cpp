// TABLE of what files are that are no data: images, pickles, containers.
#include "io/foreign_files.hpp"

#include <array>
#include <string>
#include <string_view>

#include "attn/error.hpp"
#include "attn/formats.hpp"

namespace attn::io {
namespace {

using namespace std::string_view_literals;

struct Mark {
  std::string_view bytes;
  std::string_view what;
};

constexpr std::string_view pickle = "a pickle of Python or PyTorch";

constexpr std::array<Mark, 14> marks{{
    {"\x89PNG\r\n\x1a\n"sv, "a PNG image"},
    {"\xFF\xD8\xFF"sv, "a JPEG image"},
    {"GIF8"sv, "a GIF image"},
    {"%PDF-"sv, "a PDF"},
    {"\x89HDF\r\n\x1a\n"sv, "an HDF5 file"},
    {"MATLAB 5.0"sv, "a MATLAB file"},
    {"PAR1"sv, "a Parquet file"},
    {"\x1F\x8B"sv, "compressed by gzip"},
    {"\x28\xB5\x2F\xFD"sv, "compressed by zstd"},
    {"\xFD"
     "7zXZ"sv,
     "compressed by xz"},
    {"\x80\2"sv, pickle},
    {"\x80\3"sv, pickle},
    {"\x80\4"sv, pickle},
    {"\x80\5"sv, pickle},
}};

// torch.save writes a ZIP whose first member is NAME/data.pkl.
bool is_saved_by_torch(std::string_view bytes) {
  constexpr std::size_t header = 30;
  constexpr std::string_view member = "/data.pkl";
  if (!bytes.starts_with("PK\3\4") || bytes.size() < header) return false;
  const auto byte = [&](std::size_t at) { return std::size_t{static_cast<unsigned char>(bytes[at])}; };
  const std::size_t length = byte(26) | byte(27) << 8U;
  return bytes.substr(header, length).ends_with(member);
}

std::string_view kind_of(std::string_view bytes) {
  if (is_saved_by_torch(bytes)) return pickle;
  for (const Mark& mark : marks)
    if (bytes.starts_with(mark.bytes)) return mark.what;
  return "";
}

}  // namespace

void refuse_foreign(const FileBytes& file) {
  const std::string_view what = kind_of(file.bytes());
  if (what == pickle)
    throw data_error(file.place(), "is " + std::string(what) +
                                       ", which is not read; safetensors.torch.save_file writes tensors that are");
  if (!what.empty())
    throw data_error(file.place(), "is " + std::string(what) + ", which is not read; " + format_titles() + " is");
}

}  // namespace attn::io
