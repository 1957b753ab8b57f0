// Flags of the pipeline, to AttentionOptions.
#include "cli/flags/attention_flags.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "attn/conventions.hpp"
#include "attn/error.hpp"
#include "attn/read.hpp"
#include "cli/flags/head_numbers.hpp"
#include "cli/flags/query_range.hpp"
#include "cli/flags/values.hpp"
#include "core/nearest.hpp"
#include "core/text.hpp"

namespace attn::cli {

Mask::Loader mask_loader(const ReadOptions& read) {
  return [read](const std::string& path) { return read_tensor(path, TensorKind::mask, read); };
}

void AttentionFlags::add(FlagSet& flags, bool multihead) {
  FlagGroup group = flags.group("Attention");
  group.text("--scale", scale_, "LIST|FILE|none",
             "Multiply QKᵀ by a number, or by one a head; none is 1 (default: 1/√d)");
  group.text(
      "--softcap", softcap_, "C|none",
      std::string("Cap the scores: C·tanh(scores / C)") + (multihead ? "; none lifts the checkpoint's cap" : ""));
  group.text(
      "--like", like_, one_of("LIBRARY", names_of(conventions(), &Conventions::name)),
      "Take the conventions of " + listed(conventions(), &Conventions::name, "or") + "; other options win over it");
  group.toggle("--causal", causal_, "Mask keys after the query: key ≤ query + offset");
  group.repeatable("--mask", masks_, ValueType("EXPR", ValueType::Kind::mask, {}),
                   "Mask by an expression, such as 'causal & window:3,0' (repeatable; see attn mask --help)");
  group.text("--mask-means", mask_means_, "keep|drop", "What true means in the input's mask (default: keep)");
  group.text("--mask-of", mask_of_, "all|new",
             "Keys that masks read from files and documents have: all, or those after the cached ones (default: all)");
  group.toggle("--alibi", alibi_, "Add ALiBi's −slope·|distance| to the scores");
  group.text("--alibi-slopes", alibi_slopes_, "LIST|FILE",
             "ALiBi with these slopes, one a head, instead of the paper's");
  group.text("--sink", sink_, "LIST|FILE",
             "A logit, or one a head, that joins each row's sum without a key; 0 is softmax1, \"softmax off by one\"",
             "sinks");
  group.text("--empty-row", empty_row_, one_of("RULE", {"zero", "nan", "uniform"}),
             "Rows that may attend nothing: zero, nan or uniform (default: zero)");
  group.text("--heads", heads_, "H",
             multihead ? "Number of heads (default: the document's num_heads, else 1)"
                       : "Split the last axis of rank 2 and 3 into H heads",
             "num_heads");
  group.text("--kv-heads", kv_heads_, "K",
             multihead ? "Number of key/value heads (default: what W_k's width gives)"
                       : "Number of key/value heads; K divides H (default: H)",
             "num_kv_heads");
  if (multihead) {
    group.toggle("--average", average_, "Give the mean of the weights over the heads, and of the dropped ones");
    group.toggle("--no-output-projection", no_output_projection_, "Leave the output projection out");
  }
  group.text("--query-range", query_range_, "A:B",
             "Compute only the rows of queries A … B-1, from 0; also A:, :B, and -2: for the last two");
  group.text("--query-part", query_part_, "K/N",
             "Compute only the rows of the K-th of N parts that cost equally much under the mask");
  stages_ = stages_of(multihead);
  group.text("--emit", emit_, list_of("LIST", names_of(stages_, stage_name)),
             "Tensors to give, of " + joined(stages_, stage_name) +
                 " (default: " + joined(default_stages(), stage_name, ",") + ")");
}

AttentionOptions AttentionFlags::options(const CommonFlags& common, const ReadOptions& read) const {
  AttentionOptions options;
  if (like_) apply_conventions(options, conventions_of(*like_, "--like"));
  if (scale_) set_scale(options.pipeline, read);
  if (softcap_) {
    const bool lifts = *softcap_ == "none";
    options.pipeline.softcap = lifts ? 0 : parse_number(*softcap_, "--softcap");
    if (!lifts && *options.pipeline.softcap <= 0)
      throw usage_error("--softcap", "must be more than 0; without --softcap, or with 'none', scores are not capped");
  }
  options.pipeline.causal = causal_;
  for (const std::string& expression : masks_)
    options.pipeline.mask = options.pipeline.mask & Mask::parse(expression, "--mask", mask_loader(read));
  if (mask_means_) options.pipeline.mask_means_drop = parse_choice(*mask_means_, "--mask-means", {"keep", "drop"}) == 1;
  if (mask_of_) options.pipeline.mask_of_new = parse_choice(*mask_of_, "--mask-of", {"all", "new"}) == 1;
  options.heads.query = heads();
  options.heads.key_value = kv_heads();
  options.pipeline.alibi = alibi_ || alibi_slopes_;
  if (alibi_slopes_) options.pipeline.alibi_slopes = read_head_numbers(*alibi_slopes_, "--alibi-slopes", read);
  if (sink_) options.pipeline.sinks = read_head_numbers(*sink_, "--sink", read);
  options.pipeline.notes_empty_rows = !empty_row_;
  if (empty_row_) {
    constexpr EmptyRow rules[] = {EmptyRow::zero, EmptyRow::nan, EmptyRow::uniform};
    options.pipeline.empty_row = rules[parse_choice(*empty_row_, "--empty-row", {"zero", "nan", "uniform"})];
  }
  options.wanted.average = average_;
  if (query_range_) options.wanted.query_range = parse_query_range(*query_range_, "--query-range");
  if (query_part_ && query_range_) throw usage_error("--query-part", "goes without --query-range");
  if (query_part_) options.wanted.query_part = parse_query_part(*query_part_, "--query-part");
  options.layer.output_projection = !no_output_projection_;
  options.execution.dtype = common.dtype();
  options.execution.bf16_operands = common.arithmetic() == Arithmetic::bf16;
  options.execution.f16_operands = common.arithmetic() == Arithmetic::f16;
  options.execution.kernels = &common.kernels();
  options.execution.threads = common.threads();
  options.execution.max_memory = common.max_memory();
  return options;
}

std::vector<Tensor> AttentionFlags::mask_files(const ReadOptions& read) const {
  std::vector<Tensor> masks;
  const Mask::Loader load = mask_loader(read);
  for (const std::string& expression : masks_)
    Mask::parse(expression, "--mask", [&](const std::string& path) {
      Tensor mask = load(path);
      masks.push_back(Tensor::view_of(mask, mask.shape()));
      return mask;
    });
  return masks;
}

// A word that names no file is meant for a number.
void AttentionFlags::set_scale(PipelineOptions& pipeline, const ReadOptions& read) const {
  std::error_code ignored;
  const bool is_word = scale_->find_first_of("./,:") == std::string::npos && !std::filesystem::exists(*scale_, ignored);
  if (*scale_ == "none" || is_word) {
    pipeline.scale = *scale_ == "none" ? 1 : parse_number(*scale_, "--scale");
    return;
  }
  std::vector<double> numbers = read_head_numbers(*scale_, "--scale", read);
  if (numbers.size() == 1)
    pipeline.scale = numbers.front();
  else
    pipeline.head_scales = std::move(numbers);
}

std::vector<Stage> AttentionFlags::emit() const {
  if (!emit_) return default_stages();
  std::vector<Stage> wanted;
  for (const std::string& name : split(*emit_, ',')) {
    const Stage stage = emitted_stage(name);
    if (std::find(wanted.begin(), wanted.end(), stage) == wanted.end()) wanted.push_back(stage);
  }
  return wanted;
}

std::string_view AttentionFlags::emitted_alone() const {
  const std::vector<Stage> emitted = emit();
  return emit_ && emitted.size() == 1 ? stage_name(emitted.front()) : std::string_view();
}

Stage AttentionFlags::emitted_stage(const std::string& name) const {
  std::vector<std::string_view> names;
  for (const Stage stage : stages_) {
    names.push_back(stage_name(stage));
    if (names.back() == name) return stage;
  }
  if (find_stage(name) != nullptr)
    throw usage_error("--emit", "'" + name + "' is a tensor of multihead, not of compute");
  const std::string near = did_you_mean(name, names);
  throw usage_error("--emit",
                    "there is no tensor '" + name + "'" + (near.empty() ? "; there are " + joined(names) : near));
}

std::optional<std::int64_t> AttentionFlags::heads() const {
  return heads_ ? std::optional(parse_whole(*heads_, "--heads", 1)) : std::nullopt;
}

std::optional<std::int64_t> AttentionFlags::kv_heads() const {
  return kv_heads_ ? std::optional(parse_whole(*kv_heads_, "--kv-heads", 1)) : std::nullopt;
}

}  // namespace attn::cli
