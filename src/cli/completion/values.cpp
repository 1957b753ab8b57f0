// Choices, lists, files, masks and the layers of a checkpoint.
#include "cli/completion/values.hpp"

#include <algorithm>

#include "attn/checkpoint.hpp"
#include "attn/error.hpp"
#include "attn/mask.hpp"

namespace attn::cli {
namespace {

Candidates choices(const std::vector<std::string>& names, const std::string& word) {
  Candidates some;
  for (const std::string& name : names)
    if (name.starts_with(word)) some.list.push_back({name, ""});
  return some;
}

Candidates with_prefix(const std::string& prefix, Candidates candidates) {
  for (Candidate& candidate : candidates.list) candidate.text.insert(0, prefix);
  return candidates;
}

// A list goes on with the names that it does not have yet.
Candidates list_elements(const std::vector<std::string>& names, const std::string& word) {
  const std::size_t comma = word.find_last_of(',');
  const std::string before = comma == std::string::npos ? "" : word.substr(0, comma + 1);
  std::vector<std::string> left;
  for (const std::string& name : names)
    if (("," + before).find("," + name + ",") == std::string::npos) left.push_back(name);
  return with_prefix(before, choices(left, word.substr(before.size())));
}

// Where an atom may be named, its forms are "block:N[:from-start]": a name, arguments, and words that may follow.
std::string name_of(std::string_view form) { return std::string(form.substr(0, form.find_first_of("[:"))); }

Candidates atom_options(std::string_view form, const std::string& atom) {
  const std::size_t colon = atom.find_last_of(':');
  Candidates options;
  for (std::size_t at = form.find("[:"); at != std::string_view::npos; at = form.find("[:", at + 1)) {
    const std::string option(form.substr(at + 2, form.find(']', at) - at - 2));
    const bool is_word = option.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == std::string::npos;
    if (is_word && option.starts_with(atom.substr(colon + 1)))
      options.list.push_back({atom.substr(0, colon + 1) + option, ""});
  }
  return options;
}

// Outputs go to files, and where the command gives several tensors to TENSOR=FILE.
Candidates outputs(const ValueType& type, const std::string& word, const ValueContext& context) {
  if (!type.text.starts_with("[TENSOR=]")) return files_of(word, type.names);
  std::vector<std::string> tensors;
  for (const FlagInfo& flag : context.flags)
    if (flag.name == "--emit")
      for (const std::string& name : flag.value.names) tensors.push_back(name + "=");
  const std::size_t equals = word.find('=');
  const std::string before = equals == std::string::npos ? "" : word.substr(0, equals + 1);
  if (std::count(tensors.begin(), tensors.end(), before) != 0)
    return with_prefix(before, files_of(word.substr(before.size()), type.names));
  Candidates all = files_of(word, type.names), named = word.empty() ? Candidates() : choices(tensors, word);
  all.list.insert(all.list.end(), named.list.begin(), named.list.end());
  return all;
}

// "0,3" and "0:3" go on with a number too.
Candidates layers(const std::string& word, const ValueContext& context) {
  const auto weights = context.given.find("--weights"), arch = context.given.find("--arch");
  if (weights == context.given.end()) return {};
  const std::size_t separator = word.find_last_of(",:");
  const std::string before = separator == std::string::npos ? "" : word.substr(0, separator + 1);
  CheckpointChoice choice;
  if (arch != context.given.end()) choice.architecture = arch->second;
  Candidates numbers;
  try {
    for (const CheckpointGroup& group : Checkpoint::open(weights->second, {}).groups(choice)) {
      for (const std::int64_t layer : group.layers)
        if (const std::string text = before + std::to_string(layer); text.starts_with(word))
          numbers.list.push_back({text, group.architecture});
    }
  } catch (const Error&) {
    return {};
  }
  if (std::string("all").starts_with(word)) numbers.list.push_back({"all", "of a whole model"});
  return numbers;
}

}  // namespace

Candidates mask_candidates(const std::string& expression) {
  const std::size_t end = expression.find_last_of(" &|!(");
  const std::string before = end == std::string::npos ? "" : expression.substr(0, end + 1),
                    atom = expression.substr(before.size());
  const std::string name = atom.substr(0, atom.find(':'));
  Candidates atoms;
  for (const MaskAtomHelp& help : mask_atoms()) {
    const std::string own = name_of(help.form);
    const bool needs_arguments = help.form.substr(own.size()).starts_with(':');
    if (name.size() == atom.size()) {
      if (own.starts_with(name))
        atoms.list.push_back(
            {own + (needs_arguments ? ":" : ""), std::string(help.form) + ": " + std::string(help.meaning)});
    } else if (own == name) {
      atoms = own == "file" ? with_prefix("file:", files_of(atom.substr(name.size() + 1), {}))
                            : atom_options(help.form, atom);
      break;
    }
  }
  return with_prefix(before, std::move(atoms));
}

Candidates values_of(const ValueType& type, const std::string& word, const ValueContext& context) {
  switch (type.kind) {
    case ValueType::Kind::any: return {};
    case ValueType::Kind::choice: return choices(type.names, word);
    case ValueType::Kind::list: return list_elements(type.names, word);
    case ValueType::Kind::file: return files_of(word, type.names);
    case ValueType::Kind::output: return outputs(type, word, context);
    case ValueType::Kind::mask: return mask_candidates(word);
    case ValueType::Kind::layer: return layers(word, context);
  }
  return {};
}

}  // namespace attn::cli
