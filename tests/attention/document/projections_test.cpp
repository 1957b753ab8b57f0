// The names under which a document may give its projections, and what is wrong with others.
#include "attention/document/projections.hpp"

#include "attention/document_case.hpp"

using namespace attn;
using namespace attn::test;

namespace {

using Named = std::map<std::string, Array>;

void check_projections_error(const Named& projections, const std::string& where, const std::string& what) {
  Document document;
  document.projections = projections;
  const Input input = document.input(DType::f32);
  check_error([&] { find_projections<float>(input); }, ErrorKind::data, "in.json#/projections" + where, what);
}

Array numbers(Shape shape, double first) {
  Array array{std::move(shape), {}};
  for (std::size_t i = 0; i < checked_size(array.shape, 8, ""); ++i)
    array.values.push_back(first + static_cast<double>(i));
  return array;
}

// W as (in, out), however it is stored, and its bias.
template <class T>
Array as_in_out(const Projection<T>& p) {
  Array w{{p.in(), p.out()}, {}};
  for (std::size_t i = 0; i < p.in(); ++i)
    for (std::size_t o = 0; o < p.out(); ++o)
      w.values.push_back(static_cast<double>(p.transposed ? p.weight.row(o)[i] : p.weight.row(i)[o]));
  return w;
}

}  // namespace

TEST_CASE("W_q, W_k, W_v and W_o are (in, out)") {
  Document document;
  document.projections = {{"W_q", numbers({2, 3}, 0)},  {"W_k", numbers({2, 3}, 10)}, {"W_v", numbers({2, 4}, 20)},
                          {"W_o", numbers({4, 5}, 30)}, {"b_v", numbers({4}, 1)},     {"b_o", numbers({5}, 7)}};
  const Input input = document.input(DType::f64);
  const auto p = find_projections<double>(input);
  CHECK(as_in_out(p.query).values == document.projections["W_q"].values);
  CHECK(as_in_out(p.key).values == document.projections["W_k"].values);
  CHECK(as_in_out(p.value).values == document.projections["W_v"].values);
  REQUIRE(p.output);
  CHECK(as_in_out(*p.output).values == document.projections["W_o"].values);
  CHECK(p.query.bias == nullptr);
  CHECK(p.key.bias == nullptr);
  CHECK(p.value.bias[3] == 4);
  CHECK(p.output->bias[4] == 11);
  CHECK(p.value.where == "in.json#/projections/W_v");
}

TEST_CASE("torch's names are (out, in)") {
  for (const bool linear_modules : {true, false}) {
    Document document;
    for (const char* slot : {"q", "k", "v"})
      document.projections[std::string(slot) + (linear_modules ? "_proj.weight" : "_proj_weight")] =
          numbers({3, 2}, *slot);
    document.projections["out_proj.weight"] = numbers({2, 3}, 5);
    const Input input = document.input(DType::f32);
    const auto p = find_projections<float>(input);
    CHECK(as_in_out(p.query).values == std::vector<double>{113, 115, 117, 114, 116, 118});
    CHECK(as_in_out(p.key).shape == Shape{2, 3});
    CHECK(as_in_out(p.value).values[1] == 120);
    CHECK(as_in_out(*p.output).values == std::vector<double>{5, 8, 6, 9, 7, 10});
  }
}

TEST_CASE("in_proj_weight and in_proj_bias hold query, key and value one above the other") {
  Document document;
  document.projections = {{"in_proj_weight", numbers({6, 2}, 0)}, {"in_proj_bias", numbers({6}, 50)}};
  const Input input = document.input(DType::f32);
  const auto p = find_projections<float>(input);
  CHECK(as_in_out(p.query).values == std::vector<double>{0, 2, 1, 3});
  CHECK(as_in_out(p.key).values == std::vector<double>{4, 6, 5, 7});
  CHECK(as_in_out(p.value).values == std::vector<double>{8, 10, 9, 11});
  CHECK(p.query.bias[0] == 50);
  CHECK(p.key.bias[0] == 52);
  CHECK(p.value.bias[1] == 55);
  CHECK_FALSE(p.output.has_value());
}

TEST_CASE("weights and biases may come under names of different kinds") {
  Document document;
  document.projections = {{"in_proj_weight", numbers({6, 2}, 0)}, {"b_k", numbers({2}, 3)}};
  const Input input = document.input(DType::f32);
  const auto p = find_projections<float>(input);
  CHECK(p.query.bias == nullptr);
  CHECK(p.key.bias[1] == 4);
}

TEST_CASE("a projection that is missing, unknown or given twice is named") {
  const Array w = numbers({2, 2}, 0), b = numbers({2}, 0);
  check_projections_error(
      {}, "", "there is no query projection (W_q or q_proj.weight); `init` draws them, `weights` reads them");
  check_projections_error({{"W_q", w}, {"W_v", w}}, "", "there is no key projection (W_k or k_proj.weight)");
  check_projections_error({{"W_q", w}, {"W_k", w}}, "", "there is no value projection (W_v or v_proj.weight)");
  check_projections_error({{"Wq", w}}, "/Wq", "unknown projection; did you mean 'W_q'?");
  check_projections_error({{"gate_up_weights", w}}, "/gate_up_weights", "unknown projection");
  check_projections_error({{"W_q", w}, {"q_proj.weight", w}}, "/q_proj.weight",
                          "this projection is also given at in.json#/projections/W_q");
  check_projections_error({{"in_proj_weight", numbers({6, 2}, 0)}, {"k_proj_weight", w}}, "/k_proj_weight",
                          "this projection is also given at in.json#/projections/in_proj_weight");
  check_projections_error({{"W_q", w}, {"W_k", w}, {"W_v", w}, {"b_o", b}}, "/b_o",
                          "there is a bias but no weight of the output projection");
}

TEST_CASE("weights are matrices, biases are as long as the projection is wide") {
  const Array w = numbers({2, 4}, 0), b = numbers({2}, 0);
  check_projections_error({{"W_q", b}}, "/W_q", "a weight has rank 2, not the shape (2,)");
  check_projections_error({{"q_proj.bias", w}}, "/q_proj.bias", "a bias has rank 1, not the shape (2, 4)");
  check_projections_error({{"b_o", w}}, "/b_o", "a bias has rank 1, not the shape (2, 4)");
  check_projections_error({{"q_proj.weight", numbers({2, 4, 1}, 0)}}, "/q_proj.weight",
                          "a weight has rank 2, not the shape (2, 4, 1)");
  check_projections_error({{"W_q", w}, {"W_k", w}, {"W_v", w}, {"b_q", w}}, "/b_q",
                          "the bias (2, 4) does not go with the weight (2, 4)");
  check_projections_error({{"W_q", numbers({2, 0, 1}, 0)}, {"W_k", w}, {"W_v", w}}, "/W_q",
                          "the kernel (2, 0, 1) has no heads");
  check_projections_error({{"W_q", w}, {"W_k", w}, {"W_v", w}, {"b_q", b}}, "/b_q",
                          "a bias of 2 for a projection to 4 columns");
  check_projections_error({{"q_proj.weight", w}, {"W_k", w}, {"W_v", w}, {"q_proj.bias", numbers({4}, 0)}},
                          "/q_proj.bias", "a bias of 4 for a projection to 2 columns");
  check_projections_error({{"in_proj_weight", numbers({6, 2}, 0)}, {"in_proj_bias", numbers({9}, 0)}}, "/in_proj_bias",
                          "a bias of 3 for a projection to 2 columns");
  const std::string thirds = " is not that of three projections one above the other";
  check_projections_error({{"in_proj_weight", numbers({7, 2}, 0)}}, "/in_proj_weight", "the shape (7, 2)" + thirds);
  check_projections_error({{"in_proj_weight", numbers({6}, 0)}}, "/in_proj_weight", "the shape (6,)" + thirds);
  check_projections_error({{"in_proj_bias", numbers({7}, 0)}}, "/in_proj_bias", "the shape (7,)" + thirds);
}
