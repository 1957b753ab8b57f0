// Flags of multihead for what the decoder of a whole model reads.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "attn/document.hpp"
#include "attn/model.hpp"
#include "attn/tokenizer.hpp"
#include "cli/flags/flag_set.hpp"

namespace attn::cli {

class DecoderFlags {
 public:
  void add(FlagSet& flags);
  bool given() const { return text_.has_value() || ids_.has_value(); }
  /// Throws Error (usage) for both at once, and unless a whole model is run.
  void check(bool runs_model) const;
  /// Gives a document the ids and labels of the decoder's text: the model's first id, and what the tokenizer makes of
  /// the text but for special tokens at its end, as labels are shifted right for training. `tokenizer` is asked for
  /// where there is a text, or where the document has labels.
  void complete(Input& input, const Model& model, bool with_special_tokens,
                const std::function<const Tokenizer&(const std::string& where)>& tokenizer) const;

 private:
  std::optional<std::string> text_, ids_;
};

}  // namespace attn::cli
