// CSV and TSV: reading, writing, and both in turn.
#include <cmath>
#include <limits>

#include "io/support.hpp"

using namespace attn;
using namespace attn::test;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
using Labels = std::vector<std::string>;

Tensor csv(const std::string& text, const ReadOptions& options = {}) {
  return labelled_of(text, "csv", "", options).tensor;
}
std::string csv_error(const std::string& text, const ReadOptions& options = {}) {
  return error_of([&] { labelled_of(text, "csv", "", options); });
}
std::string csv_of(const Tensor& tensor, const Labels& rows, const Labels& columns, char separator = ',') {
  StringSink sink;
  write_csv(rows_of(tensor), {rows, columns}, separator, sink);
  return sink.text;
}
Tensor tensor_of(Shape shape, const std::vector<float>& values) {
  return Tensor::of<float>(std::move(shape), std::span<const float>(values));
}

}  // namespace

TEST_CASE("rows of numbers are a matrix, a column of numbers is a vector") {
  CHECK(csv("1,2\n3,4\n").shape() == Shape{2, 2});
  CHECK(values_of<float>(csv("1,-2.5e1\r\n\r\n nan ,inf\n-inf,+.5\n\"7\",8.")).size() == 8);
  const auto values = values_of<float>(csv("1,-2.5e1\r\n\r\n 4 ,inf\n-inf,+.5\n\"7\",8."));
  CHECK(values == std::vector<float>{1, -25, 4, infinity, -infinity, 0.5, 7, 8});
  CHECK(std::isnan(csv("nan").values<float>()[0]));
  CHECK(csv("1\n2\n3").shape() == Shape{3});
  CHECK(csv("\xEF\xBB\xBF"
            "1,2")
            .shape() == Shape{1, 2});
  CHECK(std::signbit(csv("-0").values<float>()[0]));
  CHECK(csv("1e-400").values<float>()[0] == 0);
  CHECK(csv(".1e-400").values<float>()[0] == 0);
  CHECK(csv("0.1", {DType::f64, 0}).values<double>()[0] == 0.1);
}

TEST_CASE("a CSV is labelled if its first field is empty, batch, head or query") {
  const LabelledTensor matrix = labelled_of(",a,\"b,\"\"\n\"\nx,1,2\n\"y\nz\",3,4\n", "csv");
  CHECK(matrix.tensor.shape() == Shape{2, 2});
  CHECK(matrix.row_labels == Labels{"x", "y\nz"});
  CHECK(matrix.column_labels == Labels{"a", "b,\"\n"});
  const LabelledTensor indexed = labelled_of("query,0,1\n0,1,2\n1,3,4\n", "csv");
  CHECK(indexed.row_labels.empty());
  CHECK(indexed.column_labels.empty());
  const LabelledTensor heads = labelled_of("head,query,a,b\n0,x,1,2\n0,y,3,4\n1,x,5,6\n1,y,7,8\n", "csv");
  CHECK(heads.tensor.shape() == Shape{2, 2, 2});
  CHECK(heads.row_labels == Labels{"x", "y"});
  CHECK(labelled_of("batch,head,query,0\n0,0,0,1\n0,1,0,2\n1,0,0,3\n1,1,0,4\n", "csv").tensor.shape() ==
        Shape{2, 2, 1, 1});
  CHECK(labelled_of("batch,query,0\n0,0,1\n1,0,2\n", "csv").tensor.shape() == Shape{2, 1, 1, 1});
  // What is no picture has the axes that are there.
  const FileBytes file = FileBytes::of("batch,query,0\n0,0,1\n1,0,2\n", "in.csv");
  CHECK(read_tensors(file, *format_of_name("csv"), {"x"}, {}).tensors.front().tensor.shape() == Shape{2, 1, 1});
  CHECK(labelled_of("\ta\nx\t1\n", "tsv").column_labels == Labels{"a"});
}

TEST_CASE("as input a CSV is embeddings, and its row labels are tokens") {
  const Input input = input_of(",0,1\nThe,1,2\ncat,3,4\n", "csv");
  CHECK(input.tokens == Labels{"The", "cat"});
  CHECK(input.tensors.at("embeddings").tensor.shape() == Shape{2, 2});
  CHECK(input.tensors.at("embeddings").where == "in.csv");
  CHECK(input_of("1\n2\n", "csv").tensors.at("embeddings").tensor.shape() == Shape{2, 1});
}

TEST_CASE("what is wrong with a CSV is told with line and column") {
  CHECK(csv_error("") == "in.csv: is empty; rows of numbers are expected");
  CHECK(csv_error("1,2\n3\n") == "in.csv:2:2: is ragged: the row has 1 numbers, the first row has 2");
  CHECK(csv_error("1,2\n3,4,5\n") == "in.csv:2:5: is ragged: the row has more than 2 numbers, the first row has 2");
  CHECK(csv_error(",a\nx,1,2\n") == "in.csv:2:5: is ragged: the row has more than 1 numbers, the header has 1");
  CHECK(csv_error("1,2\n3,ü\n") == "in.csv:2:3: 'ü' is not a number");
  CHECK(csv_error("1;2\n") == "in.csv:1:1: '1;2' is not a number; fields are separated by ','");
  CHECK(csv_error("1\t2\n") == "in.csv:1:1: '1\u24092' is not a number; a file with tabs is named .tsv");
  CHECK(csv_error("1,\n") == "in.csv:1:3: is empty where a number is expected");
  CHECK(csv_error("1,1e999\n") == "in.csv:1:3: 1e999 is outside float64");
  CHECK(csv_error("1,.1e999\n") == "in.csv:1:3: .1e999 is outside float64");
  CHECK(csv_error("1,1e39\n") ==
        "in.csv:1:3: 1e+39 is outside float32, which ends at 3.4028235e38; `dtype` f64 reads it");
  CHECK(csv_error("1,1e39\n", {DType::f64, 0}) == "no error");
  CHECK(csv_error(",\"a\nx,1\n") == "in.csv:1:2: the quoted field that begins here does not end");
  CHECK(csv_error(",\"a\"b\nx,1\n") == "in.csv:1:2: text after the closing quote of a field");
  CHECK(csv_error(",a\"b\nx,1\n") == "in.csv:1:2: a quote inside a field that does not begin with one");
  CHECK(csv_error(",\xFF\nx,1\n") == "in.csv:1:2: is not valid UTF-8");
  CHECK(csv_error("1\r2\n") == "in.csv:1:2: a carriage return that does not end the line");
  CHECK(csv_error("head,a\n0,1\n") == "in.csv:1:6: 'a' where 'query' is expected");
  CHECK(csv_error("head\n") == "in.csv:1:5: the header ends where 'query' is expected");
  CHECK(csv_error("head,query,a\nx,0,1\n") == "in.csv:2:1: 'x' is not a number");
  CHECK(csv_error("head,query,a\n-1,0,1\n") == "in.csv:2:1: an index from 0 is expected here");
  CHECK(csv_error("head,query,a\n0\n") == "in.csv:2:2: the row ends where its query is expected");
  CHECK(csv_error("head,query,a\n0,0,1\n0,1,1\n1,0,1\n") ==
        "in.csv: does not have the same number of rows for each head and batch item");
  CHECK(csv_error("head,query,a\n0,0,1\n1,0,1\n0,1,1\n1,1,1\n") ==
        "in.csv:3: is out of order: rows count through the queries of a head, then heads, then batch items, then "
        "layers");
  CHECK(csv_error("head,query,a\n4000000000,0,1\n").starts_with("in.csv: does not have the same number"));
}

TEST_CASE("a CSV stays within the memory that is allowed") {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "1\n";
  CHECK(csv_error(text, {DType::f32, 20000}) == "no error");
  CHECK(csv_error(text, {DType::f32, 19999}).find("`max_memory`") != std::string::npos);
}

TEST_CASE("a mask in a CSV is 0 and 1") {
  const TemporaryFolder folder;
  spit(folder / "m.csv", "1,0\n1.0,1\n");
  CHECK(values_of<std::uint8_t>(read_tensor(folder / "m.csv", TensorKind::mask, {})) ==
        std::vector<std::uint8_t>{1, 0, 1, 1});
  spit(folder / "m.csv", "1,0.5\n");
  CHECK(error_of([&] { read_tensor(folder / "m.csv", TensorKind::mask, {}); }) ==
        (folder / "m.csv") + ":1:3: 0.5 is neither 0 nor 1; numbers to add to the scores go in 'bias'");
}

TEST_CASE("CSV is written as documented") {
  const Tensor matrix = tensor_of({2, 2}, {1, 0.1F, -0.0F, std::nanf("")});
  CHECK(csv_of(matrix, {}, {}) == "1,0.1\n-0,nan\n");
  CHECK(csv_of(tensor_of({2}, {infinity, -infinity}), {}, {}) == "inf\n-inf\n");
  CHECK(csv_of(tensor_of({1}, {-std::nanf("")}), {}, {}) == "nan\n");
  CHECK(csv_of(matrix, {"a,b", "c\"d"}, {"x", "\n"}) == ",x,\"\n\"\n\"a,b\",1,0.1\n\"c\"\"d\",-0,nan\n");
  CHECK(csv_of(matrix, {"a,b", "c"}, {}, '\t') == "\t0\t1\na,b\t1\t0.1\nc\t-0\tnan\n");
  const Tensor heads = tensor_of({2, 1, 2}, {1, 2, 3, 4});
  CHECK(csv_of(heads, {"q"}, {"k", "l"}) == "head,query,k,l\n0,q,1,2\n1,q,3,4\n");
  CHECK(csv_of(heads, {}, {}) == "head,query,0,1\n0,0,1,2\n1,0,3,4\n");
  StringSink batches;
  write_csv(rows_of(heads), {{}, {}, {"batch"}}, ',', batches);
  CHECK(batches.text == "batch,query,0,1\n0,0,1,2\n1,0,3,4\n");
  CHECK(csv_of(tensor_of({2, 2, 1, 1}, {1, 2, 3, 4}), {}, {}) ==
        "batch,head,query,0\n0,0,0,1\n0,1,0,2\n1,0,0,3\n1,1,0,4\n");
  const std::vector<std::uint8_t> bits{1, 0};
  CHECK(csv_of(Tensor::of<std::uint8_t>({1, 2}, bits), {}, {}) == "1,0\n");
  CHECK(error_of([&] {
          csv_of(Tensor(DType::f32, {1, 1, 1, 1, 1, 1}), {}, {});
        }) == ": a tensor of the shape (1, 1, 1, 1, 1, 1) has no form as CSV");
  CHECK(error_of([&] { csv_of(matrix, {"a"}, {}); }) == ": 1 label for 2 rows");
}

TEST_CASE("layers of a CSV bear their numbers") {
  const Tensor tensor = tensor_of({2, 1, 2, 1, 1}, {1, 2, 3, 4});
  CHECK(csv_of(tensor, {"q"}, {"k"}) == "layer,batch,head,query,k\n0,0,0,q,1\n0,0,1,q,2\n1,0,0,q,3\n1,0,1,q,4\n");
  StringSink sink;
  write_csv(rows_of(tensor), {{"q"}, {"k"}, {"layer", "batch", "head"}, {{3, 5}}}, ',', sink);
  CHECK(sink.text == "layer,batch,head,query,k\n3,0,0,q,1\n3,0,1,q,2\n5,0,0,q,3\n5,0,1,q,4\n");
  const LabelledTensor again = labelled_of(sink.text, "csv");
  CHECK(again.tensor.shape() == tensor.shape());
  CHECK(again.layers == std::vector<std::int64_t>{3, 5});
  CHECK(again.row_labels == Labels{"q"});
  CHECK(labelled_of(csv_of(tensor, {"q"}, {"k"}), "csv").layers == std::vector<std::int64_t>{0, 1});
  const LabelledTensor states = labelled_of("layer,batch,query,0\n4,0,a,1\n4,0,b,2\n7,0,a,3\n7,0,b,4\n", "csv");
  CHECK(states.tensor.shape() == Shape{2, 1, 1, 2, 1});
  CHECK(states.layers == std::vector<std::int64_t>{4, 7});
  CHECK(csv_error("layer,query,a\n5,0,1\n3,0,1\n") == "in.csv:3:1: layers are expected in ascending order");
  CHECK(csv_error("layer,query,a\n3,0,1\n5,0,1\n3,1,1\n5,1,1\n") ==
        "in.csv:3: is out of order: rows count through the queries of a head, then heads, then batch items, then "
        "layers");
}

TEST_CASE("what is written as CSV reads back, labels and all") {
  const Labels rows{"The \"cat\"", "a,b\n"}, columns{"x", "\ty", "ü"};
  for (const Shape& shape : {Shape{2, 3}, Shape{2, 2, 3}, Shape{2, 2, 2, 3}, Shape{2, 1, 2, 2, 3}}) {
    Tensor tensor(DType::f32, shape);
    for (std::size_t i = 0; i < tensor.size(); ++i) tensor.values<float>()[i] = 0.1F * static_cast<float>(i);
    for (const bool tabs : {false, true}) {
      const LabelledTensor again = labelled_of(csv_of(tensor, rows, columns, tabs ? '\t' : ','), tabs ? "tsv" : "csv");
      CHECK(again.tensor.shape() == shape);
      CHECK(values_of<float>(again.tensor) == values_of<float>(tensor));
      CHECK(again.row_labels == rows);
      CHECK(again.column_labels == columns);
    }
  }
}
