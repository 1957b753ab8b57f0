// What can be shared among runs: the rows of one document's results.
#include "cli/flags/shared_flags.hpp"

#include "attn/error.hpp"

namespace attn::cli {

void SharedFlags::add(FlagSet& flags) {
  FlagGroup group = flags.group("Output");
  group.toggle("--shared", shared_,
               "Write the rows of --query-part K/N into -o [TENSOR=]FILE.npy, of which other runs write the others; it "
               "has its name when all are there");
  group.toggle("--missing", missing_,
               "List the parts that the files of --shared still lack, a line K/N each, and compute nothing");
}

void SharedFlags::check(const AttentionOptions& options, const ExpectFlags& expect, bool runs_model) const {
  if (!shared_) return;
  if (!options.wanted.query_part)
    throw usage_error("--shared", "needs --query-part K/N: the part that this run writes");
  if (expect.given()) throw usage_error("--expect", "does not go with --shared, whose file others write as well");
  if (runs_model) refuse_models();
}

void SharedFlags::refuse_models() {
  throw usage_error("--shared", "is not for whole models: each part would run all of the model");
}

}  // namespace attn::cli
