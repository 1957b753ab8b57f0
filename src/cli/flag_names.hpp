// Messages of the library in the command line's words: it names options, a user of attn gives flags.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace attn::cli {

/// The flags of a command by the names that the library has for their options.
class FlagNames {
 public:
  /// `flag` as it is added: "--query-range", or "-o,--output", of which messages show the first.
  /// Its option is named like its long form without dashes, query_range, and `other` too where that is not empty.
  void add(std::string_view flag, std::string_view other = {});

  /// The message with a flag in the place of each option's name (see core/option_name.hpp). A name that is no option
  /// of this command stays as it is; a message that ends by advising one, "...; `dtype` f64 reads it", ends before
  /// that.
  std::string translated(std::string_view message) const;

 private:
  std::map<std::string, std::string, std::less<>> flags_;
};

}  // namespace attn::cli
