// A table of what each flag acts on, and of what is said where that is missing.
#include "cli/flags/unused_flags.hpp"

#include <algorithm>
#include <string_view>

#include "core/text.hpp"

namespace attn::cli {
namespace {

using Set = RunHas::Set;
constexpr Set any_picture = RunHas::picture | RunHas::page | RunHas::drawing, any_file = RunHas::picture | RunHas::page,
              any_text = RunHas::tables | RunHas::readings;
constexpr std::string_view no_picture = "no output is a picture", no_picture_or_text = "no output is a picture or text",
                           no_picture_file = "no output is a picture of PNG, SVG or HTML",
                           no_colors = "no output is a picture with colours",
                           no_labels = "no output names rows or columns", no_draws = "nothing is drawn at random",
                           no_dropped = "no output comes after dropout";

// A flag; what it acts on, of which anything will do; what is said where there is nothing of it. What a page alone has
// no use for, PictureFlags::page_note says.
struct FlagUse {
  std::string_view flag;
  Set acts_on;
  std::string_view otherwise;
};
constexpr FlagUse uses[] = {
    {"--head", any_picture | any_text | RunHas::numbers, no_picture_or_text},
    {"--batch", any_picture | any_text | RunHas::numbers, no_picture_or_text},
    {"--layer", RunHas::layers, "there is one layer"},
    {"--cmap", any_file | RunHas::colors, no_colors},
    {"--center", any_file | RunHas::colors, no_colors},
    {"--annot", any_picture, no_picture},
    {"--fmt", RunHas::page | RunHas::annotations, "--annot writes the numbers that it is the format of"},
    {"--title", any_picture, no_picture},
    {"--xlabel", any_file, no_picture_file},
    {"--ylabel", any_file, no_picture_file},
    {"--colorbar-label", any_picture, no_picture},
    {"--vmin", any_picture, no_picture},
    {"--vmax", any_picture, no_picture},
    {"--scale-per", any_picture, no_picture},
    {"--robust", any_picture, no_picture},
    {"--log", any_picture, no_picture},
    {"--pool", any_picture, no_picture},
    {"--theme", any_file, no_picture_file},
    {"--size", any_file, no_picture_file},
    {"--dpi", any_file, no_picture_file},
    {"--font", any_file, no_picture_file},
    {"--grid-columns", any_picture, no_picture},
    {"--page-precision", RunHas::page, "no output is an HTML page"},
    {"--max-labels", any_file, no_picture_file},
    {"--merge-words", any_picture | RunHas::readings | RunHas::numbers, no_picture},
    {"--rows", any_picture | RunHas::readings | RunHas::numbers, no_picture},
    {"--cols", any_picture | RunHas::numbers, no_picture},
    {"--renormalize", any_picture | RunHas::numbers, no_picture},
    {"--reshape", any_picture, no_picture},
    {"--titles", any_picture, no_picture},
    {"--overlay", any_file, no_picture_file},
    {"--precision", RunHas::tables, "no output is text"},
    {"--emit", RunHas::all_tensors, "every output is of one tensor"},
    {"--as", RunHas::cells, "no output has the mask's numbers in that form"},
    {"--tokens", RunHas::labels, no_labels},
    {"--text", RunHas::labels, no_labels},
    {"--seed", RunHas::seeded, no_draws},
    {"--seed-skip", RunHas::seeded, no_draws},
    {"--rng", RunHas::drawn, no_draws},
    {"--dropout", RunHas::dropped, no_dropped},
    {"--dropout-seed", RunHas::dropped, no_dropped},
    {"--csv-header", RunHas::csv, "no CSV is read"},
    {"--json-nan", RunHas::json, "no JSON is read"},
    {"--mask-means", RunHas::stored_mask, "there is no mask of a document or of --mask-file"},
    {"--tensor", RunHas::named_tensors, "the input is one tensor without a name"},
    {"--prefix-lengths", RunHas::prefix, "the mask has no atom 'prefix'"},
    {"--no-output-projection", RunHas::output, "the tensor 'output' is not among the results"},
    {"--mask-of", RunHas::mask_on_cache, "there are no masks that are read, or no cached keys"},
};

Set output_of(const Target& target, Set text, bool is_colored) {
  const Set all = has_if(target.tensor.empty(), RunHas::all_tensors);
  switch (target.kind) {
    case OutputKind::picture: return RunHas::labels | (is_page(target) ? RunHas::page : RunHas::picture);
    case OutputKind::text:
    case OutputKind::markdown:
      return RunHas::labels | text | has_if(text == RunHas::drawing && is_colored, RunHas::colors) |
             has_if(text != RunHas::drawing, all);
    case OutputKind::document: return RunHas::cells | all | has_if(target.format->is_json, RunHas::labels);
    case OutputKind::tensor: return RunHas::cells | has_if(target.format->separator != '\0', RunHas::labels);
  }
  return 0;
}

}  // namespace

Set draws_of(const Environment& environment) {
  const auto given = [&](std::string_view flag) { return environment.was_given(flag); };
  const bool inputs = given("--random") || given("--embed");
  return has_if(inputs || given("--init") || given("--dropout"), RunHas::drawn) |
         has_if(
             inputs || (given("--init") && !given("--init-seed")) || (given("--dropout") && !given("--dropout-seed")),
             RunHas::seeded);
}

Set outputs_of(const Environment& environment, const std::vector<Target>& targets, Set text,
               const std::function<bool(const Target&)>& is_colored) {
  Set has = 0;
  for (const Target& target : targets) has |= output_of(target, text, is_colored && is_colored(target));
  if (environment.was_given("--annot") && (has & any_picture) != 0) has |= RunHas::annotations;
  return has;
}

void note_unused_flags(Environment& environment, Set has) {
  const auto is_unused = [&](const FlagUse& use) {
    return (use.acts_on & has) == 0 && environment.was_given(use.flag);
  };
  std::vector<std::string_view> told;
  for (const FlagUse& first : uses) {
    if (!is_unused(first) || std::count(told.begin(), told.end(), first.otherwise) != 0) continue;
    told.push_back(first.otherwise);
    std::vector<std::string_view> flags;
    for (const FlagUse& use : uses)
      if (use.otherwise == first.otherwise && is_unused(use)) flags.push_back(use.flag);
    const std::string names = listed(flags, [](std::string_view flag) { return std::string(flag); });
    environment.note(names + (flags.size() == 1 ? " changes" : " change") +
                     " nothing here: " + std::string(first.otherwise));
  }
}

}  // namespace attn::cli
