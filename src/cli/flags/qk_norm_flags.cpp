// Norms of queries and keys, to AttentionOptions.
#include "cli/flags/qk_norm_flags.hpp"

#include "attn/error.hpp"
#include "cli/flags/values.hpp"

namespace attn::cli {
namespace {

constexpr double least_length = 1e-12;  // as in torch.nn.functional.normalize

}  // namespace

void QkNormFlags::add(FlagSet& flags, bool multihead) {
  FlagGroup group = flags.group("Attention");
  group.text("--norm-qk", kind_, "l2|rms",
             std::string("Norm each head's queries and keys: l2 divides them by their Euclidean lengths (cosine "
                         "attention), rms by the roots of their mean squares") +
                 (multihead ? ", before RoPE" : ""));
  if (multihead) group.toggle("--qk-norm", rms_, "The same as --norm-qk rms (weights of both: the document's, else 1)");
  group.text("--qk-norm-epsilon", epsilon_, "X",
             "Of rms: add X to the mean square (default: 1e-6); of l2: divide by X at least (default: 1e-12)");
}

void QkNormFlags::set(AttentionOptions& options) const {
  const bool l2 = kind_ && parse_choice(*kind_, "--norm-qk", {"l2", "rms"}) == 0;
  if (l2 && rms_) throw usage_error("--norm-qk", "l2 does not go with --qk-norm, which is --norm-qk rms");
  if (kind_ || rms_ || epsilon_) options.layer.qk_norm.emplace();
  if (l2) {
    options.layer.qk_norm->euclidean = true;
    options.layer.qk_norm->epsilon = least_length;
  }
  if (epsilon_) options.layer.qk_norm->epsilon = parse_number(*epsilon_, "--qk-norm-epsilon");
  if (epsilon_ && options.layer.qk_norm->epsilon < 0) throw usage_error("--qk-norm-epsilon", "must be 0 or more");
}

}  // namespace attn::cli
