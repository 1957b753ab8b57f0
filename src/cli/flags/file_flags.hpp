// How files are read that say less, or more, than their formats allow for.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "attn/read_options.hpp"
#include "cli/flags/flag_set.hpp"
#include "cli/flags/unused_flags.hpp"

namespace attn::cli {

class FileFlags {
 public:
  void add(FlagSet& flags);
  /// `note` takes what a reader should know; it may be null. Throws Error (usage).
  ReadOptions options(DType dtype, std::uint64_t max_memory, std::function<void(const std::string&)> note) const;
  /// What was read with these options.
  RunHas::Set read() const { return *read_; }

 private:
  std::shared_ptr<RunHas::Set> read_ = std::make_shared<RunHas::Set>();
  std::optional<std::string> csv_header_;
  bool json_nan_ = false;
};

}  // namespace attn::cli
