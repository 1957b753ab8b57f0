// The TABLE of such flags.
#include "cli/data_flags.hpp"

#include <unistd.h>

#include <algorithm>

#include "attn/read.hpp"

namespace attn::cli {
namespace {

constexpr std::string_view data_flags[] = {
    "--random",         "--embed",    "--key-lengths",  "--key-starts",       "--tokens",
    "--prefix-lengths", "--scale-by", "--position-ids", "--key-position-ids", "--text"};

}  // namespace

bool is_data(std::string_view flag, const std::string& value, bool runs_model) {
  if (std::find(std::begin(data_flags), std::end(data_flags), flag) == std::end(data_flags)) return false;
  if (flag == "--text") return !runs_model;
  return access(split_member(value).first.c_str(), F_OK) != 0;
}

}  // namespace attn::cli
