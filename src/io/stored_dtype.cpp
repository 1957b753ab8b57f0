// The floating-point types of files of arrays, as they spell them.
#include <array>
#include <utility>

#include "attn/read.hpp"
#include "io/format_table.hpp"

namespace attn {
namespace {

// numpy's spelling follows a byte order.
constexpr std::array<std::pair<std::string_view, std::string_view>, 9> spellings{{
    {"f2", "f16"},
    {"f4", "f32"},
    {"f8", "f64"},
    {"F16", "f16"},
    {"BF16", "bf16"},
    {"F32", "f32"},
    {"F64", "f64"},
    {"F8_E4M3", "f8_e4m3"},
    {"F8_E5M2", "f8_e5m2"},
}};

}  // namespace

std::string_view stored_dtype(const FileBytes& file, const Format& format, const std::string& name,
                              const ReadOptions& options) {
  const auto spelling_of = io::row_of(format).reader.dtype;
  const std::string spelled = spelling_of == nullptr ? "" : spelling_of(file, name, options);
  const std::size_t order = spelled.find_first_of("<>=|") == 0 ? 1 : 0;
  for (const auto& [spelling, dtype] : spellings)
    if (std::string_view(spelled).substr(order) == spelling) return dtype;
  return "";
}

}  // namespace attn
