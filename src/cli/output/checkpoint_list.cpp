// --list: the layers and tensors of a checkpoint, as text and as JSON.
#include <algorithm>

#include "attn/json_writer.hpp"
#include "cli/flags/checkpoint_flags.hpp"
#include "cli/flags/checkpoint_text.hpp"
#include "cli/text_blocks.hpp"
#include "core/utf8.hpp"

namespace attn::cli {
namespace {

struct ListedTensor {
  std::string name, dtype;
  Shape shape;
};

struct ListedLayer {
  std::optional<std::int64_t> number;
  std::optional<AttentionLayer> plan;
  std::string problem;  ///< why it cannot be used as it is
  std::vector<ListedTensor> tensors;
  std::vector<ListedLayer> cross = {};  ///< of a decoder's layer, its attention to the encoder
};

struct ListedGroup {
  CheckpointGroup group;
  std::vector<ListedLayer> layers;
};

ListedTensor listed(const Checkpoint& checkpoint, const std::string& name) {
  Archive::Entry entry = checkpoint.entry(name);
  return {checkpoint.stored_name(name), std::move(entry.dtype), std::move(entry.shape)};
}

ListedLayer list_layer(const Checkpoint& checkpoint, const CheckpointGroup& group, CheckpointChoice choice,
                       const FlagNames& names) {
  ListedLayer layer;
  layer.number = choice.layer;
  choice.architecture = group.architecture;
  choice.prefix = group.attention;
  try {
    layer.plan = checkpoint.plan(choice);
    for (const std::string& name : layer.plan->tensors) layer.tensors.push_back(listed(checkpoint, name));
  } catch (const Error& error) {
    layer.problem = names.translated(error.where() + ": " + error.what());
    if (choice.cross) return layer;
    std::string path = group.attention;
    const std::size_t place = path.find(".N.");
    if (choice.layer && place != std::string::npos) path.replace(place + 1, 1, std::to_string(*choice.layer));
    for (const std::string& name : checkpoint.names())
      if (name.starts_with(path)) layer.tensors.push_back(listed(checkpoint, name));
  }
  if (group.attends_to_encoder && !choice.cross) {
    choice.cross = true;
    layer.cross.push_back(list_layer(checkpoint, group, choice, names));
  }
  return layer;
}

std::vector<ListedGroup> list_groups(const Checkpoint& checkpoint, const CheckpointChoice& choice,
                                     const FlagNames& names) {
  std::vector<ListedGroup> groups;
  for (CheckpointGroup& group : checkpoint.groups(choice)) {
    ListedGroup listed_group{std::move(group), {}};
    CheckpointChoice one = choice;
    if (listed_group.group.layers.empty())
      listed_group.layers.push_back(list_layer(checkpoint, listed_group.group, one, names));
    for (const std::int64_t number : listed_group.group.layers) {
      if (choice.layer && *choice.layer != number) continue;
      one.layer = number;
      listed_group.layers.push_back(list_layer(checkpoint, listed_group.group, one, names));
    }
    groups.push_back(std::move(listed_group));
  }
  const bool found =
      std::any_of(groups.begin(), groups.end(), [](const ListedGroup& group) { return !group.layers.empty(); });
  if (choice.layer && !groups.empty() && !found)
    throw usage_error("--layer", "there is no layer " + std::to_string(*choice.layer) + " in " + checkpoint.name() +
                                     "; --list without it shows those that there are");
  return groups;
}

// Where lines would be longer than a terminal's `width`, a tensor's type and shape stand below its name.
void append_table(std::string& text, const std::vector<ListedTensor>& tensors, const std::string& indent,
                  std::size_t width) {
  std::size_t name_width = 0, dtype_width = 0, shape_width = 0;
  for (const ListedTensor& tensor : tensors) {
    name_width = std::max(name_width, display_width(printable(tensor.name)));
    dtype_width = std::max(dtype_width, tensor.dtype.size());
    shape_width = std::max(shape_width, shape_text(tensor.shape).size());
  }
  if (width != 0 && indent.size() + name_width + dtype_width + shape_width + 4 > width) {
    for (const ListedTensor& tensor : tensors)
      text += indent + printable(tensor.name) + "\n" + indent + "  " + fit_width(tensor.dtype, dtype_width) + "  " +
              shape_text(tensor.shape) + "\n";
    return;
  }
  for (const ListedTensor& tensor : tensors)
    text += indent + fit_width(printable(tensor.name), name_width) + "  " + fit_width(tensor.dtype, dtype_width) +
            "  " + shape_text(tensor.shape) + "\n";
}

std::vector<ListedTensor> all_tensors(const Checkpoint& checkpoint) {
  std::vector<ListedTensor> tensors;
  for (const std::string& name : checkpoint.names()) tensors.push_back(listed(checkpoint, name));
  return tensors;
}

void append_layer(std::string& text, const ListedLayer& layer, std::size_t width) {
  std::string heading = (layer.number ? "layer " + std::to_string(*layer.number) : std::string("one layer"));
  if (layer.plan) {
    const std::string applied = conventions_text(*layer.plan, {}, false);
    heading += ", " + heading_text(*layer.plan) + (applied.empty() ? "" : "; " + applied) +
               (layer.plan->is_cross ? " (--cross)" : "") + "\n";
  } else {
    heading += ", not usable as it is: " + printable(layer.problem) + "\n";
  }
  text += folded(heading, width, 4);
  append_table(text, layer.tensors, "  ", width);
  for (const ListedLayer& cross : layer.cross) append_layer(text, cross, width);
}

std::string list_text(const Checkpoint& checkpoint, const std::vector<ListedGroup>& groups, std::size_t width) {
  if (groups.empty()) {
    std::string text = folded(checkpoint.name() + ": no attention layers under names that attn recognises\n", width, 4);
    append_table(text, all_tensors(checkpoint), "  ", width);
    return text;
  }
  std::string text;
  for (const ListedGroup& group : groups) {
    const std::string under = group.group.attention.empty() ? "" : " under '" + printable(group.group.attention) + "'";
    const std::string heading =
        checkpoint.name() + ": " + group.group.architecture + " (" + group.group.models + ")" + under + "\n";
    text += (text.empty() ? "" : "\n") + folded(heading, width, 4);
    for (const ListedLayer& layer : group.layers) append_layer(text, layer, width);
  }
  return text;
}

void write_tensors(JsonWriter& json, const std::vector<ListedTensor>& tensors) {
  json.key("tensors").begin_array();
  for (const ListedTensor& tensor : tensors) {
    json.begin_object().key("name").value(tensor.name).key("dtype").value(tensor.dtype).key("shape").begin_array();
    for (const std::size_t extent : tensor.shape) json.value(static_cast<std::uint64_t>(extent));
    json.end_array().end_object();
  }
  json.end_array();
}

void write_layer(JsonWriter& json, const ListedLayer& layer) {
  json.begin_object().key("layer");
  if (layer.number) {
    json.value(*layer.number);
  } else {
    json.null();
  }
  if (layer.plan) {
    const auto number = [&json](const char* name, const std::optional<std::int64_t>& value) {
      if (value) json.key(name).value(*value);
    };
    number("heads", layer.plan->heads);
    number("kv_heads", layer.plan->kv_heads);
    number("head_dim", layer.plan->head_dim);
    json.key("applied").value(conventions_text(*layer.plan, {}, false));
    json.key("input_norm").value(layer.plan->has_norm);
  } else {
    json.key("problem").value(layer.problem);
  }
  write_tensors(json, layer.tensors);
  for (const ListedLayer& cross : layer.cross) {
    json.key("cross");
    write_layer(json, cross);
  }
  json.end_object();
}

// {"file", "groups": [{"architecture", "attention", "layers": […]}]}, or all tensors if nothing is recognised.
void write_list(const Checkpoint& checkpoint, const std::vector<ListedGroup>& groups, Sink& sink) {
  JsonWriter json(sink);
  json.begin_object().key("file").value(checkpoint.name()).key("groups").begin_array();
  for (const ListedGroup& group : groups) {
    json.begin_object().key("architecture").value(group.group.architecture);
    json.key("attention").value(group.group.attention).key("layers").begin_array();
    for (const ListedLayer& layer : group.layers) write_layer(json, layer);
    json.end_array().end_object();
  }
  json.end_array();
  if (groups.empty()) write_tensors(json, all_tensors(checkpoint));
  json.end_object().finish();
}

}  // namespace

void CheckpointFlags::list(OutputFlags& outputs, const ReadOptions& read, const FlagNames& names) const {
  for (const Target& target : outputs.targets())
    if (target.kind != OutputKind::text && !is_json_document(target.format))
      throw usage_error("--list", "gives json or text");
  const Checkpoint checkpoint = Checkpoint::open(*path_, read);
  const std::vector<ListedGroup> groups = list_groups(checkpoint, choice_of_layer({}), names);
  outputs.write([&](Target& target) {
    if (target.kind == OutputKind::text) {
      target.sink->write(list_text(checkpoint, groups, target.width));
    } else {
      write_list(checkpoint, groups, *target.sink);
    }
  });
}

}  // namespace attn::cli
