// The TABLE of names under which projections are stored, and the checks of their shapes.
#include "attention/document/projections.hpp"

#include <array>
#include <vector>

#include "attn/error.hpp"
#include "core/nearest.hpp"
#include "core/option_name.hpp"
#include "core/text.hpp"

namespace attn {
namespace {

// packed: query, key and value, one above the other; single: neither weight nor bias of a projection
enum class Slot { query, key, value, output, packed, single };

struct Name {
  std::string_view name;
  Slot slot;
  bool is_bias;
  bool transposed;  // (out, in), used as x·Wᵀ
};

// W_q … as (in, out); the names of torch.nn.Linear and torch.nn.MultiheadAttention as (out, in).
// Those of keras.layers.MultiHeadAttention are (in, out) too, or have heads apart: see `heads_of_kernel`.
constexpr std::array<Name, 33> names{{
    {"W_q", Slot::query, false, false},
    {"W_k", Slot::key, false, false},
    {"W_v", Slot::value, false, false},
    {"W_o", Slot::output, false, false},
    {"b_q", Slot::query, true, false},
    {"b_k", Slot::key, true, false},
    {"b_v", Slot::value, true, false},
    {"b_o", Slot::output, true, false},
    {"q_proj.weight", Slot::query, false, true},
    {"k_proj.weight", Slot::key, false, true},
    {"v_proj.weight", Slot::value, false, true},
    {"out_proj.weight", Slot::output, false, true},
    {"q_proj.bias", Slot::query, true, true},
    {"k_proj.bias", Slot::key, true, true},
    {"v_proj.bias", Slot::value, true, true},
    {"out_proj.bias", Slot::output, true, true},
    {"q_proj_weight", Slot::query, false, true},
    {"k_proj_weight", Slot::key, false, true},
    {"v_proj_weight", Slot::value, false, true},
    {"in_proj_weight", Slot::packed, false, true},
    {"in_proj_bias", Slot::packed, true, true},
    {"query/kernel", Slot::query, false, false},
    {"key/kernel", Slot::key, false, false},
    {"value/kernel", Slot::value, false, false},
    {"attention_output/kernel", Slot::output, false, false},
    {"query/bias", Slot::query, true, false},
    {"key/bias", Slot::key, true, false},
    {"value/bias", Slot::value, true, false},
    {"attention_output/bias", Slot::output, true, false},
    {"q_norm.weight", Slot::single, true, false},
    {"k_norm.weight", Slot::single, true, false},
    {"bias_k", Slot::single, true, false},
    {"bias_v", Slot::single, true, false},
}};

constexpr std::array<std::string_view, 4> slot_names{"query", "key", "value", "output"};

template <class T>
class Finder {
 public:
  explicit Finder(const Input& input) : input_(input) {}

  Projections<T> run() {
    for (const auto& [name, tensor] : input_.projections) place(name, tensor);
    for (const std::size_t slot : {0U, 1U, 2U})
      if (matrices_[slot] == nullptr)
        throw data_error(input_.where("projections"),
                         "there is no " + std::string(slot_names[slot]) + " projection (" +
                             std::string(names[slot].name) + " or " + std::string(names[slot + 8].name) + ")" +
                             (input_.projections.empty() ? "; " + option_name("init") + " draws them, " +
                                                               option_name("weights") + " reads them"
                                                         : ""));
    for (const std::size_t slot : {0U, 1U, 2U, 3U}) check_bias_apart(slot, heads_of_kernel(slot));
    Projections<T> found{.query = make(0), .key = make(1), .value = make(2)};
    if (matrices_[3] != nullptr) {
      found.output = make(3);
    } else if (biases_[3] != nullptr) {
      throw data_error(biases_[3]->where, "there is a bias but no weight of the output projection");
    }
    find_heads(found);
    found.query_norm = single("q_norm.weight", 0);
    found.key_norm = single("k_norm.weight", 0);
    found.bias_key = single("bias_k", found.key.out());
    found.bias_value = single("bias_v", found.value.out());
    if ((found.bias_key == nullptr) != (found.bias_value == nullptr))
      throw data_error((found.bias_key != nullptr ? found.bias_key : found.bias_value)->where,
                       "bias_k and bias_v go together");
    return found;
  }

 private:
  void place(const std::string& name, const SourcedTensor& tensor) {
    std::vector<std::string_view> known;
    for (const Name& row : names) {
      known.push_back(row.name);
      if (row.name != name) continue;
      if (row.slot == Slot::single) return;
      if (row.slot == Slot::packed) return split(tensor, row.is_bias);
      return set(static_cast<std::size_t>(row.slot), row, tensor);
    }
    throw data_error(tensor.where, "unknown projection" + did_you_mean(name, known));
  }

  void set(std::size_t slot, const Name& row, const SourcedTensor& tensor) {
    const std::size_t rank = row.is_bias ? 1 : 2, own = tensor.tensor.rank();
    // Weights as (in, out) may have the heads apart, and so may their biases, but that of the output projection.
    const bool may_be_apart = !row.transposed && !(row.is_bias && slot == 3);
    if (own != rank && !(may_be_apart && own == rank + 1))
      throw data_error(tensor.where, "a " + std::string(row.is_bias ? "bias" : "weight") + " has rank " +
                                         std::to_string(rank) + ", not the shape " + shape_text(tensor.tensor.shape()));
    const SourcedTensor*& place = row.is_bias ? biases_[slot] : matrices_[slot];
    if (place != nullptr) throw data_error(tensor.where, "this projection is also given at " + place->where);
    place = &tensor;
    if (!row.is_bias) transposed_[slot] = row.transposed;
  }

  // Of a weight with heads apart, as Keras has them: (d_model, heads, columns), or (heads, columns, d_out) of the
  // output. 0: it has no such axis.
  std::size_t heads_of_kernel(std::size_t slot) const {
    if (matrices_[slot] == nullptr || matrices_[slot]->tensor.rank() != 3) return 0;
    return matrices_[slot]->tensor.extent(slot == 3 ? 0 : 1);
  }

  // The numbers of heads that kernels say, which must agree.
  void find_heads(Projections<T>& found) const {
    for (const std::size_t slot : {0U, 3U, 1U, 2U}) {
      KernelHeads& heads = slot == 0 || slot == 3 ? found.heads : found.kv_heads;
      const SourcedTensor* const kernel = matrices_[slot];
      const std::size_t number = heads_of_kernel(slot);
      if (kernel == nullptr || kernel->tensor.rank() != 3) continue;
      if (number == 0)
        throw data_error(kernel->where, "the kernel " + shape_text(kernel->tensor.shape()) + " has no heads");
      if (heads.kernel != nullptr && heads.number != number)
        throw data_error(kernel->where, "the kernel " + shape_text(kernel->tensor.shape()) + " has " +
                                            counted(number, "head") + ", but " + heads.kernel->where + " has " +
                                            std::to_string(heads.number));
      if (heads.kernel == nullptr) heads = {number, kernel};
    }
  }

  // A bias with heads apart is (heads, columns) of a kernel that has them so too.
  void check_bias_apart(std::size_t slot, std::size_t heads) const {
    const SourcedTensor* const bias = biases_[slot];
    if (bias == nullptr || bias->tensor.rank() != 2) return;
    const Shape expected = heads == 0 ? Shape{} : Shape{heads, matrices_[slot]->tensor.extent(2)};
    if (bias->tensor.shape() != expected)
      throw data_error(bias->where, "the bias " + shape_text(bias->tensor.shape()) + " does not go with the weight " +
                                        shape_text(matrices_[slot]->tensor.shape()));
  }

  void split(const SourcedTensor& tensor, bool is_bias) {
    if (tensor.tensor.rank() != (is_bias ? 1U : 2U) || tensor.tensor.extent(0) % 3 != 0)
      throw data_error(tensor.where, "the shape " + shape_text(tensor.tensor.shape()) +
                                         " is not that of three projections one above the other");
    const Name row{"", Slot::packed, is_bias, true};
    for (const std::size_t slot : {0U, 1U, 2U}) {
      set(slot, row, tensor);
      (is_bias ? bias_part_ : matrix_part_)[slot] = slot + 1;
    }
  }

  // One row of numbers, of any rank; `width` of them unless that is 0.
  const SourcedTensor* single(const std::string& name, std::size_t width) const {
    const auto found = input_.projections.find(name);
    if (found == input_.projections.end()) return nullptr;
    const Tensor& tensor = found->second.tensor;
    if (tensor.rank() == 0 || tensor.size() != tensor.extent(-1))
      throw data_error(found->second.where, "the shape " + shape_text(tensor.shape()) + " is not that of one row");
    if (width != 0 && tensor.size() != width)
      throw data_error(found->second.where,
                       std::to_string(tensor.size()) + " columns, but the projection gives " + std::to_string(width));
    return &found->second;
  }

  // With heads side by side: the numbers lie as those of (in, out) do.
  Shape matrix_shape(std::size_t slot) const {
    const Shape& shape = matrices_[slot]->tensor.shape();
    if (shape.size() == 2) return shape;
    return slot == 3 ? Shape{shape[0] * shape[1], shape[2]} : Shape{shape[0], shape[1] * shape[2]};
  }

  Projection<T> make(std::size_t slot) const {
    const SourcedTensor& source = *matrices_[slot];
    const Shape shape = matrix_shape(slot);
    Projection<T> projection;
    projection.where = source.where;
    projection.transposed = transposed_[slot];
    const std::size_t part = matrix_part_[slot];
    const std::size_t rows = part == 0 ? shape[0] : shape[0] / 3;
    projection.weight = {source.tensor.values<T>().data() + (part == 0 ? 0 : (part - 1) * rows * shape[1]), rows,
                         shape[1], static_cast<std::ptrdiff_t>(shape[1])};
    if (const SourcedTensor* bias = biases_[slot]; bias != nullptr) {
      const std::size_t size = bias_part_[slot] == 0 ? bias->tensor.size() : bias->tensor.size() / 3;
      if (size != projection.out())
        throw data_error(bias->where, "a bias of " + std::to_string(size) + " for a projection to " +
                                          std::to_string(projection.out()) + " columns");
      projection.bias = bias->tensor.values<T>().data() + (bias_part_[slot] == 0 ? 0 : (bias_part_[slot] - 1) * size);
    }
    return projection;
  }

  const Input& input_;
  std::array<const SourcedTensor*, 4> matrices_{}, biases_{};
  std::array<bool, 4> transposed_{};
  std::array<std::size_t, 4> matrix_part_{}, bias_part_{};  // 0: the whole tensor; 1, 2, 3: that third
};

}  // namespace

template <class T>
Projections<T> find_projections(const Input& input) {
  return Finder<T>(input).run();
}

template Projections<float> find_projections(const Input&);
template Projections<double> find_projections(const Input&);

}  // namespace attn
