// Q, K and V of a document: which tensors they are, and how their axes are laid out.
#include <algorithm>

#include "attention/document/problem.hpp"
#include "core/option_name.hpp"

namespace attn {

const SourcedTensor* find_tensor(const Input& input, const std::string& name) {
  const auto found = input.tensors.find(name);
  return found == input.tensors.end() ? nullptr : &found->second;
}

void refuse_shape(const SourcedTensor& tensor, const std::string& what) {
  throw data_error(tensor.where, "the shape " + shape_text(tensor.tensor.shape()) + " " + what);
}

namespace {

const SourcedTensor* find_operand(const Input& input, const std::string& name) {
  if (const SourcedTensor* own = find_tensor(input, name); own != nullptr) return own;
  if (const SourcedTensor* shared = find_tensor(input, "embeddings"); shared != nullptr) return shared;
  if (input.token_ids || input.text)
    throw data_error(input.token_ids ? input.token_ids->where : input.text_where,
                     "is for a whole model; a layer by itself takes embeddings");
  const bool any = input.tensors.contains("query") || input.tensors.contains("key") || input.tensors.contains("value");
  throw data_error(input.source,
                   any ? "there is no '" + name + "', and no 'embeddings' to take its place"
                       : "there is neither 'embeddings' nor 'query', 'key' and 'value'" +
                             (input.tokens.empty() ? std::string()
                                                   : "; " + option_name("embed") + " D draws a vector for each token"));
}

[[noreturn]] void refuse_unlike(const SourcedTensor& tensor, const std::string& quantity, const SourcedTensor& other,
                                const std::string& advice = "") {
  refuse_shape(tensor,
               "has another " + quantity + " than " + shape_text(other.tensor.shape()) + " of " + other.where + advice);
}

// Of keys and values that are not equally many, it is the keys that are wrong if their width is no query's: heads that
// share keys make it a part of that, and projections anything. Other shapes are checked when the heads are known.
void refuse_key_of_other_width(const Operands& operands, bool projects) {
  const Tensor &query = operands.query->tensor, &key = operands.key->tensor, &value = operands.value->tensor;
  const std::size_t width = query.extent(-1), own = key.extent(-1);
  if (own == width) return;
  const bool is_transposed = key.extent(-2) == width && own == value.extent(-2);
  if (is_transposed || (!projects && (own == 0 || width % own != 0)))
    refuse_unlike(*operands.key, "width", *operands.query, is_transposed ? "; is it transposed?" : "");
}

// The number of heads that an option gives, else the document.
std::optional<HeadCount> head_count(const std::optional<std::int64_t>& option, const char* name,
                                    const std::optional<std::int64_t>& member, const std::string& where) {
  if (!option && !member) return std::nullopt;
  HeadCount count;
  count.where = option ? option_name(name) : where;
  count.kind = option ? ErrorKind::usage : ErrorKind::data;
  const std::int64_t number = option ? *option : *member;
  if (number < 1) throw count.error("the number of heads must be 1 or more, not " + std::to_string(number));
  count.number = static_cast<std::size_t>(number);
  return count;
}

}  // namespace

Operands find_operands(const Input& input) {
  const Operands operands{find_operand(input, "query"), find_operand(input, "key"), find_operand(input, "value")};
  const SourcedTensor& query = *operands.query;
  for (const SourcedTensor* tensor : {operands.query, operands.key, operands.value}) {
    const std::size_t rank = tensor->tensor.rank();
    if (rank < 2 || rank > 4) refuse_shape(*tensor, "is none of (L, d), (B, L, d) and (B, H, L, d)");
    if (rank != query.tensor.rank()) refuse_unlike(*tensor, "rank", query);
    if (rank > 2 && tensor->tensor.extent(0) != query.tensor.extent(0)) refuse_unlike(*tensor, "batch size", query);
  }
  if (operands.value->tensor.extent(-2) != operands.key->tensor.extent(-2)) {
    refuse_key_of_other_width(operands, !input.projections.empty());
    refuse_unlike(*operands.value, "number of keys", *operands.key);
  }
  return operands;
}

void HeadCount::check_divides(const std::string& what, std::size_t width, const std::string& of) const {
  if (width % number != 0)
    throw error(std::to_string(number) + " " + what + " do not divide the width " + std::to_string(width) + " of " +
                of);
}

std::size_t Dims::extent(Axis axis) const {
  switch (axis) {
    case Axis::layer:
    case Axis::width: break;  // of whole models: no tensor of a problem has these
    case Axis::batch: return batch;
    case Axis::head: return heads;
    case Axis::kv_head: return kv_heads;
    case Axis::query: return queries;
    case Axis::key: return keys;
    case Axis::new_key: return keys - past;
    case Axis::present_key: return keys - appended;
    case Axis::depth: return depth;
    case Axis::value_depth: return value_depth;
  }
  return 0;
}

Shape Dims::shape_of(Stage stage) const {
  const StageInfo& info = stage_info(stage);
  const std::vector<Axis> present = info.axes_in(axes);
  Shape shape;
  for (const Axis axis : present) shape.push_back(extent(axis));
  // Heads without an axis lie side by side in the last one.
  for (const Axis axis : info.axes)
    if ((axis == Axis::head || axis == Axis::kv_head) && std::count(present.begin(), present.end(), axis) == 0)
      shape.back() *= extent(axis);
  return shape;
}

HeadSplit head_split(const Input& input, const AttentionOptions& options, bool projects) {
  HeadSplit split{head_count(options.heads.query, "heads", input.num_heads, input.where("num_heads")),
                  head_count(options.heads.key_value, "kv_heads", input.num_kv_heads, input.where("num_kv_heads")),
                  projects};
  if (projects && !split.heads) split.heads = HeadCount{1, option_name("heads")};
  return split;
}

const KernelSet& kernels_of(const AttentionOptions& options) {
  return options.execution.kernels != nullptr ? *options.execution.kernels : fastest_kernel_set();
}

namespace {

// Sizes and strides alone.
template <class T>
HeadsView<const T> laid_out(const Shape& shape, std::size_t heads) {
  const std::size_t rank = shape.size();
  const std::ptrdiff_t width = static_cast<std::ptrdiff_t>(shape[rank - 1]);
  const std::ptrdiff_t rows = static_cast<std::ptrdiff_t>(shape[rank - 2]);
  HeadsView<const T> view{.rows = shape[rank - 2]};
  if (rank == 4) {
    view.batch = shape[0];
    view.heads = shape[1];
    view.cols = shape[3];
    view.row_stride = width;
    view.head_stride = rows * width;
    view.batch_stride = static_cast<std::ptrdiff_t>(shape[1]) * rows * width;
  } else {
    view.batch = rank == 3 ? shape[0] : 1;
    view.heads = heads;
    view.cols = shape[rank - 1] / heads;
    view.row_stride = width;
    view.head_stride = static_cast<std::ptrdiff_t>(view.cols);
    view.batch_stride = rows * width;
  }
  return view;
}

}  // namespace

template <class T>
HeadsView<const T> heads_view(const Tensor& tensor, std::size_t heads) {
  HeadsView<const T> view = laid_out<T>(tensor.shape(), heads);
  view.data = tensor.values<T>().data();
  return view;
}

template <class T>
HeadsView<const T> stored_view(const Tensor& tensor, std::size_t heads, NarrowElements& narrow) {
  narrow = {};
  if (!is_narrow(tensor.dtype())) return heads_view<T>(tensor, heads);
  narrow = {static_cast<const std::uint16_t*>(tensor.data()), tensor.dtype()};
  return laid_out<T>(tensor.shape(), heads);
}

template <class T>
HeadsView<T> heads_of(Tensor& tensor, std::size_t heads) {
  const HeadsView<const T> view = heads_view<T>(tensor, heads);
  return {tensor.values<T>().data(), view.batch,       view.heads,     view.rows, view.cols,
          view.batch_stride,         view.head_stride, view.row_stride};
}

template <class T>
HeadsView<T> dense_view(Tensor& tensor, const Dims& dims, std::size_t heads, std::size_t rows, std::size_t cols) {
  const std::ptrdiff_t size = static_cast<std::ptrdiff_t>(rows * cols);
  return {.data = tensor.values<T>().data(),
          .batch = dims.batch,
          .heads = heads,
          .rows = rows,
          .cols = cols,
          .batch_stride = static_cast<std::ptrdiff_t>(heads) * size,
          .head_stride = size,
          .row_stride = static_cast<std::ptrdiff_t>(cols)};
}

template HeadsView<const float> heads_view(const Tensor&, std::size_t);
template HeadsView<const double> heads_view(const Tensor&, std::size_t);
template HeadsView<const float> stored_view(const Tensor&, std::size_t, NarrowElements&);
template HeadsView<const double> stored_view(const Tensor&, std::size_t, NarrowElements&);
template HeadsView<float> heads_of(Tensor&, std::size_t);
template HeadsView<double> heads_of(Tensor&, std::size_t);
template HeadsView<float> dense_view(Tensor&, const Dims&, std::size_t, std::size_t, std::size_t);
template HeadsView<double> dense_view(Tensor&, const Dims&, std::size_t, std::size_t, std::size_t);

}  // namespace attn
