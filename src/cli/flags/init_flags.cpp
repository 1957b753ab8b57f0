// Widths from flags, document and inputs; then one initialiser's draws.
#include "cli/flags/init_flags.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "attn/error.hpp"
#include "cli/flags/values.hpp"

namespace attn::cli {
namespace {

constexpr std::size_t most_width = std::size_t{1} << 60;

// Where a number of heads comes from, and the number.
struct Count {
  std::size_t number = 1;
  std::string where;
  ErrorKind kind = ErrorKind::usage;

  Error error(const std::string& message) const { return {kind, where, message}; }
};

Count count_of(const std::optional<std::int64_t>& option, const char* flag, const std::optional<std::int64_t>& member,
               const std::string& where, std::size_t otherwise) {
  if (!option && !member) return {otherwise, flag, ErrorKind::usage};
  const Count place{otherwise, option ? flag : where, option ? ErrorKind::usage : ErrorKind::data};
  const std::int64_t number = option ? *option : *member;
  if (number < 1) throw place.error("the number of heads must be 1 or more, not " + std::to_string(number));
  return {static_cast<std::size_t>(number), place.where, place.kind};
}

// What is projected: the member, or the embeddings in its place. Null if there is neither, or a tensor without columns.
const SourcedTensor* projected(const Input& input, const char* name) {
  for (const char* member : {name, "embeddings"})
    if (const auto found = input.tensors.find(member); found != input.tensors.end())
      return found->second.tensor.rank() == 0 ? nullptr : &found->second;
  return nullptr;
}

void check_memory(const ProjectionSpec& spec, const AttentionOptions& options) {
  const double width = static_cast<double>(spec.heads) * static_cast<double>(spec.head_dim);
  const double kv_width = static_cast<double>(spec.kv_heads) * static_cast<double>(spec.head_dim);
  double numbers = width * static_cast<double>(spec.d_query) +
                   kv_width * (static_cast<double>(spec.d_key) + static_cast<double>(spec.d_value));
  if (spec.out_projection && !spec.stacked) numbers += width * static_cast<double>(spec.d_out);
  if (options.execution.max_memory != 0 && numbers * static_cast<double>(dtype_size(options.execution.dtype)) >
                                               static_cast<double>(options.execution.max_memory))
    throw data_error("--max-memory", "--init draws more than the limit allows");
}

// What a generator's library draws in: products are rounded as there.
DType drawn_dtype(Generator generator) {
  return generator == Generator::torch || generator == Generator::torch_mkl ? DType::f32 : DType::f64;
}

// As tensor * scale in PyTorch and NumPy, whose numbers keep their type.
Tensor multiplied(const Tensor& tensor, double scale, DType dtype) {
  Tensor product = tensor.clone();
  if (product.dtype() == DType::f32) {
    for (float& value : product.values<float>()) value *= static_cast<float>(scale);
  } else {
    for (double& value : product.values<double>()) value *= scale;
  }
  return product.dtype() == dtype ? std::move(product) : product.as(dtype);
}

}  // namespace

void InitFlags::add(FlagSet& flags) {
  FlagGroup group = flags.group("Drawn projections");
  group.text(
      "--init", init_, one_of("NAME", names_of(initialisers(), &Initialiser::name)),
      "Draw the projections, after the inputs and from the same seed: " + joined(initialisers(), &Initialiser::name));
  group.text("--init-seed", init_seed_, "N", "Draw them from a seed of their own");
  group.text("--draw-order", order_, one_of("ORDER", {"inputs,weights", "weights,inputs"}),
             "What is drawn first of --random or --embed and --init: inputs,weights or weights,inputs (default: "
             "inputs,weights)");
  group.text("--init-scale", scale_, "X", "Multiply the drawn numbers by X (torch-rand, torch-randn)");
  group.text("--head-dim", head_dim_, "N", "Width of a head (default: --d-out / heads)");
  group.text("--d-out", d_out_, "N", "Width of all heads together, and of the output (default: the query's)");
  group.toggle("--qkv-bias", qkv_bias_, "Draw biases of query, key and value too (torch-linear)");
  group.toggle("--stacked", stacked_, "Draw single heads, one after the other, without an output projection");
  group.toggle("--add-bias-kv", add_bias_kv_, "Draw a key and a value that are appended to all others (torch-mha)");
}

void InitFlags::check(DrawFlags& inputs) const {
  if (init_) {
    initialiser_of(*init_, "--init");
    if (init_seed_) parse_whole(*init_seed_, "--init-seed", 0);
    if (scale_) parse_number(*scale_, "--init-scale");
    if (scale_ && *init_ != "torch-rand" && *init_ != "torch-randn")
      throw usage_error("--init-scale", "goes with torch-rand and torch-randn: " + *init_ + " has bounds of its own");
    if (!order_) return;
    if (!inputs.is_random() && !inputs.embeds())
      throw usage_error("--draw-order", "goes with --random or --embed, which draw the inputs");
    if (parse_choice(*order_, "--draw-order", {"inputs,weights", "weights,inputs"}) == 1) inputs.leave_the_numbers();
    return;
  }
  const std::pair<const char*, bool> given[] = {{"--init-seed", init_seed_.has_value()},
                                                {"--draw-order", order_.has_value()},
                                                {"--init-scale", scale_.has_value()},
                                                {"--head-dim", head_dim_.has_value()},
                                                {"--d-out", d_out_.has_value()},
                                                {"--qkv-bias", qkv_bias_},
                                                {"--stacked", stacked_},
                                                {"--add-bias-kv", add_bias_kv_}};
  for (const auto& [flag, is_given] : given)
    if (is_given) throw usage_error(flag, "goes with --init");
}

std::optional<ProjectionSpec> InitFlags::spec_for(const Input& input, const AttentionOptions& options) const {
  const SourcedTensor *query = projected(input, "query"), *key = projected(input, "key"),
                      *value = projected(input, "value");
  if (query == nullptr || key == nullptr || value == nullptr) return std::nullopt;
  for (const SourcedTensor* tensor : {query, key, value})
    if (tensor->tensor.extent(-1) == 0) throw data_error(tensor->where, "has no columns to draw projections for");
  const Count heads = count_of(options.heads.query, "--heads", input.num_heads, input.where("num_heads"), 1);
  const Count kv_heads =
      count_of(options.heads.key_value, "--kv-heads", input.num_kv_heads, input.where("num_kv_heads"), heads.number);
  if (heads.number % kv_heads.number != 0)
    throw kv_heads.error(std::to_string(kv_heads.number) + " key/value heads do not divide " +
                         std::to_string(heads.number) + " query heads");
  const std::size_t width = query->tensor.extent(-1);
  std::size_t head_dim = 0, d_out = d_out_ ? static_cast<std::size_t>(parse_whole(*d_out_, "--d-out", 1)) : width;
  const std::string of = d_out_ ? "--d-out " + *d_out_ : "the width " + std::to_string(width) + " of " + query->where;
  if (head_dim_) {
    head_dim = static_cast<std::size_t>(parse_whole(*head_dim_, "--head-dim", 1));
    if (head_dim > most_width / heads.number) throw usage_error("--head-dim", "is more than attn can count");
    if (d_out_ && heads.number * head_dim != d_out)
      throw usage_error("--head-dim",
                        std::to_string(heads.number) + " heads of width " + *head_dim_ + " do not make " + of);
    d_out = heads.number * head_dim;
  } else if (d_out % heads.number != 0) {
    throw heads.error(std::to_string(heads.number) + " heads do not divide " + of);
  } else {
    head_dim = d_out / heads.number;
  }
  return ProjectionSpec{.d_query = width,
                        .d_key = key->tensor.extent(-1),
                        .d_value = value->tensor.extent(-1),
                        .heads = heads.number,
                        .kv_heads = kv_heads.number,
                        .head_dim = head_dim,
                        .d_out = d_out,
                        .qkv_bias = qkv_bias_,
                        .out_projection = options.layer.output_projection,
                        .stacked = stacked_,
                        .add_bias_kv = add_bias_kv_};
}

void InitFlags::draw(Input& input, const AttentionOptions& options, DrawFlags& inputs) {
  if (!init_) return;
  if (!input.projections.empty())
    throw usage_error("--init", "draws projections, but there are some at " + input.where("projections"));
  const std::optional<ProjectionSpec> spec = spec_for(input, options);
  if (!spec) return;
  check_memory(*spec, options);
  generator_ = inputs.stream().generator();
  seed_ = init_seed_ ? static_cast<std::uint64_t>(parse_whole(*init_seed_, "--init-seed", 0)) : inputs.seed();
  skipped_ = init_seed_ ? "" : inputs.skipped();
  std::optional<RandomStream> own;
  if (init_seed_) own.emplace(generator_, seed_, "--init-seed");
  const DType dtype = options.execution.dtype;
  for (NamedTensor& named : initialiser_of(*init_, "--init")
                                .draw(*spec, own ? *own : inputs.stream(), scale_ ? drawn_dtype(generator_) : dtype)) {
    if (scale_) named.tensor = multiplied(named.tensor, parse_number(*scale_, "--init-scale"), dtype);
    input.projections[named.name] = {std::move(named.tensor), "--init"};
  }
  inputs.draw_rest(input);
  note_on(*spec);
}

// nn.Linear has biases unless it is told not to.
void InitFlags::note_on(const ProjectionSpec& spec) {
  if (*init_ != "torch-linear" || qkv_bias_) return;
  const std::size_t heads = spec.stacked ? 1 : spec.heads, kv_heads = spec.stacked ? 1 : spec.kv_heads;
  std::vector<std::string> layers;
  for (const auto& [in, out] : {std::pair{spec.d_query, heads}, {spec.d_key, kv_heads}, {spec.d_value, kv_heads}}) {
    std::string layer =
        "nn.Linear(" + std::to_string(in) + ", " + std::to_string(out * spec.head_dim) + ", bias=False)";
    if (std::find(layers.begin(), layers.end(), layer) == layers.end()) layers.push_back(std::move(layer));
  }
  note_ = "--init torch-linear: query, key and value are " + listed(layers) + (spec.stacked ? ", for each head" : "") +
          "; PyTorch's default is a bias, which --qkv-bias draws as well";
}

void InitFlags::describe(Result& result) const {
  if (!init_) return;
  result.metadata.emplace_back("init", *init_);
  result.metadata.emplace_back("init_seed", static_cast<std::int64_t>(seed_));
  result.metadata.emplace_back("init_rng", std::string(generator_names()[static_cast<std::size_t>(generator_)]));
  if (qkv_bias_) result.metadata.emplace_back("qkv_bias", true);
  if (stacked_) result.metadata.emplace_back("stacked", true);
  if (scale_) result.metadata.emplace_back("init_scale", parse_number(*scale_, "--init-scale"));
  if (order_) result.metadata.emplace_back("draw_order", *order_);
  if (!skipped_.empty()) result.metadata.emplace_back("seed_skip", skipped_);
  if (!note_.empty()) result.notes.push_back(note_);
}

}  // namespace attn::cli
