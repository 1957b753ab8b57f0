// The order of axes of arrays that have heads: attn's own, or that of kernels for packed and cached tokens.
#pragma once

#include <optional>
#include <string>

#include "attn/document.hpp"
#include "cli/flags/flag_set.hpp"
#include "cli/flags/output_flags.hpp"

namespace attn::cli {

class LayoutFlags {
 public:
  void add(FlagSet& flags);

  bool given() const { return layout_.has_value(); }
  /// Puts queries, keys and values, cached ones too, into attn's own order, (B, H, L, D). Throws Error (usage, at
  /// `--layout`) for a document without any, (data) for arrays without an axis of heads.
  void read(Input& input);
  /// What a result's metadata say of it.
  void describe(Result& result) const;
  /// Puts a result's queries, keys, values and outputs into the order that the target has: files of arrays and
  /// documents have that of the input, while pictures and what names its axes have attn's own.
  void arrange(Result& result, const Target& target) { arrange(result, follows(target)); }
  /// The same for what is compared, which has the input's.
  void arrange(Result& result) { arrange(result, true); }

 private:
  static bool follows(const Target& target);
  void arrange(Result& result, bool as_input);
  Shape batched(Shape shape) const;

  std::optional<std::string> layout_;
  bool heads_last_ = false;  // but one: (B, L, H, D)
  bool has_batch_ = true;    // in the input
  bool is_as_input_ = false;
};

}  // namespace attn::cli
