// Where visualize's weights come from: documents, bare tensors, or a file for each layer or step.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "attn/file_bytes.hpp"
#include "attn/read.hpp"
#include "cli/environment.hpp"
#include "cli/flags/flag_set.hpp"

namespace attn::cli {

class WeightInputs {
 public:
  void add(FlagSet& flags);

  /// INPUT, and the files after it as further layers or steps. Throws Error (data) for what does not go together.
  LabelledTensor read(Environment& environment, const ReadOptions& options) const;
  /// Another FILE, or FILE:NAME, with the same --tensor and --tokens.
  LabelledTensor read_other(const std::string& path, const ReadOptions& options) const;
  /// INPUT's name, for messages and titles.
  std::string name() const;
  /// The name of the tensor that was read, as results have it: the weights' where it has none of those.
  std::string tensor_of(const LabelledTensor& read) const;
  /// Whether --tensor could choose, in what was read.
  bool have_names() const { return have_names_; }

 private:
  void label(LabelledTensor& read) const;
  LabelledTensor read_file(const FileBytes& file, const std::string& wanted, const ReadOptions& options) const;
  LabelledTensor read_unlabelled(const FileBytes& file, const std::string& name, const ReadOptions& options) const;
  std::string wanted_of(const std::string& member) const;

  std::vector<std::string> paths_;
  std::optional<std::string> tensor_, tokens_;
  mutable bool have_names_ = false;
};

}  // namespace attn::cli
