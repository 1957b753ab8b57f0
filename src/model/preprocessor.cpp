// The types of processors, and the members that they read.
#include "model/preprocessor.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "attn/error.hpp"
#include "core/number.hpp"
#include "core/text.hpp"
#include "core/utf8.hpp"

namespace attn::model {
namespace {

using io::Config;

// What a processor does where its file does not say.
struct Processor {
  std::string_view name;  // the type without its ending
  Resampling resampling;
  bool crops;
  bool number_is_shortest;  // a size that is a number is that of the shortest edge
};
constexpr std::array<Processor, 7> processors{{{"ViT", Resampling::bilinear, false, false},
                                               {"DeiT", Resampling::bicubic, true, false},
                                               {"Bit", Resampling::bicubic, true, true},
                                               {"Beit", Resampling::bicubic, false, false},
                                               {"Blip", Resampling::bicubic, false, false},
                                               {"CLIP", Resampling::bicubic, true, true},
                                               {"Siglip", Resampling::bicubic, false, true}}};

constexpr std::array<std::string_view, 13> read_members{
    {"image_processor_type", "feature_extractor_type", "do_resize", "size", "default_to_square", "resample",
     "do_center_crop", "crop_size", "do_rescale", "rescale_factor", "do_normalize", "image_mean", "image_std"}};
// Of labels, of how results are handed over, and of padding, which itself is none of them.
constexpr std::array<std::string_view, 14> members_without_effect{
    {"_valid_processor_keys", "data_format", "device", "disable_grouping", "do_convert_rgb", "do_reduce_labels",
     "image_seq_length", "input_data_format", "model_input_names", "pad_size", "processor_class", "reduce_labels",
     "return_tensors", "transformers_version"}};

// The name of a type without its ending: that of another library's processor, or of before they were called so.
std::string_view short_name(std::string_view type) {
  for (const std::string_view library : {"Fast", "Pil"})
    if (type.ends_with(library)) type.remove_suffix(library.size());
  for (const std::string_view ending : {"ImageProcessor", "FeatureExtractor"})
    if (type.ends_with(ending)) return type.substr(0, type.size() - ending.size());
  return "";
}

const Processor& processor_of(const Config& config, std::string_view usual) {
  const char* const member = config.has("image_processor_type") ? "image_processor_type" : "feature_extractor_type";
  const std::optional<std::string> type = config.text(member);
  const std::string_view name = type ? short_name(*type) : usual;
  for (const Processor& row : processors)
    if (row.name == name) return row;
  throw data_error(config.where(member),
                   "'" + printable(*type) + "' is not known; those are " + listed(processors, [](const Processor& row) {
                     return std::string(row.name) + "ImageProcessor";
                   }));
}

// What is null or false says that something is not done.
void refuse_unknown(const Config& config) {
  for (const std::string& name : config.names()) {
    const auto is_name = [&name](std::string_view known) { return known == name; };
    if (std::any_of(read_members.begin(), read_members.end(), is_name) ||
        std::any_of(members_without_effect.begin(), members_without_effect.end(), is_name) || !config.has(name) ||
        (config.written(name) == "false" && !config.is_text(name)))
      continue;
    throw data_error(config.where(name), "is not supported: it may change the pixels that the model reads");
  }
}

// Null is no, and a number is yes unless it is 0, as in Python.
bool is_on(const Config& config, std::string_view name, bool otherwise) {
  if (config.is_null(name)) return false;
  if (config.is_number(name)) return config.number(name) != 0.0;
  return config.truth(name).value_or(otherwise);
}

Resampling resampling_of(const Config& config, Resampling otherwise) {
  constexpr const char* member = "resample";
  constexpr const char* numbers = "0 (nearest), 1 (lanczos), 2 (bilinear), 3 (bicubic), 4 (box) or 5 (hamming)";
  if (config.is_null(member)) throw data_error(config.where(member), "is missing");
  if (config.is_text(member))
    throw data_error(config.where(member),
                     "'" + printable(*config.text(member)) + "' is text, where a number is " + "expected: " + numbers);
  const std::optional<std::int64_t> number = config.integer(member);
  if (!number) return otherwise;
  if (*number < 0 || *number > 5)
    throw data_error(config.where(member), std::to_string(*number) + " is none of " + numbers);
  return static_cast<Resampling>(*number);
}

// A number is that of all channels.
std::array<double, 3> by_channel(const Config& config, std::string_view name) {
  if (config.is_number(name)) {
    const double number = *config.number(name);
    return {number, number, number};
  }
  const std::optional<std::vector<double>> numbers = config.numbers(name);
  if (!numbers || numbers->size() != 3)
    throw data_error(config.where(name),
                     numbers ? "has " + std::to_string(numbers->size()) + " numbers; 3 are expected" : "is missing");
  return {(*numbers)[0], (*numbers)[1], (*numbers)[2]};
}

}  // namespace

Preprocessor read_preprocessor(const Config& config, std::string_view usual, const Extent& image) {
  const Processor& processor = processor_of(config, usual);
  refuse_unknown(config);
  Preprocessor steps;
  if (is_on(config, "do_resize", true)) {
    steps.size = size_for(image, config, "size", !is_on(config, "default_to_square", !processor.number_is_shortest));
    steps.resampling = resampling_of(config, processor.resampling);
  }
  if (is_on(config, "do_center_crop", processor.crops)) steps.crop = fixed_size(config, "crop_size");
  if (is_on(config, "do_rescale", true)) {
    if (config.is_null("rescale_factor")) throw data_error(config.where("rescale_factor"), "is missing");
    steps.factor = config.number("rescale_factor").value_or(1.0 / 255);
  }
  if (is_on(config, "do_normalize", true)) {
    steps.mean = by_channel(config, "image_mean");
    steps.deviation = by_channel(config, "image_std");
    for (const double number : steps.deviation)
      if (!(number > 0)) throw data_error(config.where("image_std"), shortest(number) + " is not more than 0");
  }
  return steps;
}

}  // namespace attn::model
