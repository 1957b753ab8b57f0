// NPY against files that numpy wrote, and headers that must be refused.
#include <cmath>
#include <cstdint>
#include <limits>

#include "io/support.hpp"

using namespace attn;
using namespace attn::test;

namespace {

Tensor npy(const std::string& name, const ReadOptions& options = {}) {
  return read_tensor(data_path(name), TensorKind::number, options);
}

// An NPY of version 1.0 with any header and data.
std::string with_header(const std::string& header, const std::string& data = "") {
  std::string bytes("\x93NUMPY\1\0", 8);
  bytes.push_back(static_cast<char>(header.size() & 0xFFU));
  bytes.push_back(static_cast<char>(header.size() >> 8U));
  return bytes + header + data;
}
std::string npy_error(const std::string& bytes, const ReadOptions& options = {}) {
  return error_of([&] { input_of(bytes, "npy", options); });
}
std::string header_error(const std::string& header) { return npy_error(with_header(header)); }

std::string npy_of(const Tensor& tensor) {
  StringSink sink;
  write_npy(tensor, sink);
  return sink.text;
}

}  // namespace

TEST_CASE("every type that numpy writes is read, whatever its byte order") {
  for (const char* name : {"le_f2", "le_f4", "le_f8", "be_f2", "be_f4", "be_f8", "fortran", "version2", "version3"}) {
    INFO(name);
    const Tensor tensor = npy(std::string(name) + ".npy");
    CHECK(tensor.shape() == Shape{2, 3, 4});
    CHECK(values_of<float>(tensor) == halves(24));
    const Tensor wide = npy(std::string(name) + ".npy", {DType::f64, 0});
    CHECK(wide.values<double>()[23] == 11.5);
  }
  for (const char* name : {"i1", "le_i2", "be_i4", "le_i8", "u1", "be_u2", "le_u4", "le_u8"}) {
    INFO(name);
    CHECK(values_of<float>(npy(std::string(name) + ".npy")) == halves(24, 1));
  }
  CHECK(read_tensor(data_path("b1.npy"), TensorKind::result, {}).values<float>()[1] == 1);
  CHECK(npy("scalar.npy").shape().empty());
  CHECK(npy("scalar.npy").values<float>()[0] == 2.5F);
  CHECK(npy("empty.npy").shape() == Shape{0, 4});
}

TEST_CASE("half precision keeps zeros, subnormals, infinities and NaN") {
  const auto values = values_of<float>(npy("special_f2.npy"));
  CHECK(std::signbit(values[1]));
  CHECK(std::vector<float>(values.begin() + 2, values.begin() + 8) ==
        std::vector<float>{0x1p-24F, -0x1p-24F, 0x1p-14F, 65504, std::numeric_limits<float>::infinity(),
                           -std::numeric_limits<float>::infinity()});
  CHECK(std::isnan(values[8]));
}

TEST_CASE("what already has the dtype is not copied") {
  const FileBytes file = FileBytes::open(data_path("le_f4.npy"));
  const auto inside = [&file](const Tensor& tensor) {
    const char* const data = static_cast<const char*>(tensor.data());
    return data >= file.bytes().data() && data < file.bytes().data() + file.bytes().size();
  };
  const Format& format = *format_of_name("npy");
  CHECK(inside(read_input(file, format, {}).tensors.at("embeddings").tensor));
  CHECK_FALSE(inside(read_input(file, format, {DType::f64, 0}).tensors.at("embeddings").tensor));
  CHECK(read_input(file, format, {DType::f32, 1}).tensors.size() == 1);
  CHECK(error_of([&] { read_input(file, format, {DType::f64, 100}); }).find("`max_memory`") != std::string::npos);
}

TEST_CASE("masks are 0 and 1 of any type") {
  CHECK(read_tensor(data_path("b1.npy"), TensorKind::mask, {}).values<std::uint8_t>()[1] == 1);
  CHECK(error_of([] { read_tensor(data_path("le_f4.npy"), TensorKind::mask, {}); }) ==
        data_path("le_f4.npy") + ": 0.5 at [0,0,1] is neither 0 nor 1; numbers to add to the scores go in 'bias'");
  CHECK(error_of([] { read_tensor(data_path("i1.npy"), TensorKind::mask, {}); }).find(": 2 at [0,0,2] is") !=
        std::string::npos);
}

TEST_CASE("a float64 past float32 is refused, unless it is infinite") {
  const std::vector<double> values{INFINITY, 1e39};
  const std::string bytes = npy_of(Tensor::of<double>({2}, values));
  CHECK(npy_error(bytes) ==
        "in.npy: 1e+39 at [1] is outside float32, which ends at 3.4028235e38; `dtype` f64 reads it");
  CHECK(npy_error(bytes, {DType::f64, 0}) == "no error");
}

TEST_CASE("types that are no numbers are refused by name") {
  const auto error = [](const char* name) { return error_of([&] { npy(name); }).substr(data_path(name).size() + 2); };
  CHECK(error("object.npy") == "holds Python objects ('|O'); numbers or booleans are expected");
  CHECK(error("structured.npy") == "its NPY header describes records; an array of numbers is expected");
  CHECK(error("complex.npy") == "holds complex numbers ('<c8'); numbers or booleans are expected");
  CHECK(error("strings.npy") == "holds strings ('<U2'); numbers or booleans are expected");
  CHECK(error("dates.npy") == "holds dates ('<M8[s]'); numbers or booleans are expected");
  CHECK(header_error("{'descr': '|f4', 'fortran_order': False, 'shape': ()}") ==
        "in.npy: its type '|f4' lacks a byte order");
  CHECK(header_error("{'descr': '', 'fortran_order': False, 'shape': ()}") ==
        "in.npy: holds values of another type (''); numbers or booleans are expected");
}

TEST_CASE("cut and foreign files are refused") {
  CHECK(npy_error("") == "in.npy: is empty; an NPY file is expected");
  CHECK(npy_error("\x93NUMPX....") == "in.npy: is not an NPY file: it does not begin with \\x93NUMPY");
  CHECK(npy_error("\x93NUMPY\1") == "in.npy: ends inside its NPY header");
  CHECK(npy_error(std::string("\x93NUMPY\1\0\x40\0{", 11)) == "in.npy: ends inside its NPY header");
  CHECK(npy_error(std::string("\x93NUMPY\4\0\1\0{", 11)) == "in.npy: is NPY version 4.0; 1.0, 2.0 and 3.0 can be read");
  const std::string whole = slurp(data_path("le_f4.npy"));
  CHECK(npy_error(whole.substr(0, whole.size() - 1)) ==
        "in.npy: its shape (2, 3, 4) of '<f4' takes 96 bytes, and 95 follow the header");
  CHECK(npy_error(whole + "x") == "in.npy: its shape (2, 3, 4) of '<f4' takes 96 bytes, and 97 follow the header");
  CHECK(npy_error(with_header("{'descr': '|b1', 'fortran_order': False, 'shape': (1,)}", "\2")) ==
        "in.npy: holds booleans that are neither 0 nor 1");
}

TEST_CASE("a header is exactly a dict of descr, fortran_order and shape") {
  const std::string malformed = "in.npy: its NPY header is not a Python dict of descr, fortran_order and shape";
  CHECK(header_error("") == malformed);
  CHECK(header_error("[]") == malformed);
  CHECK(header_error("{'descr': '<f4', 'fortran_order': 0, 'shape': ()}") == malformed);
  CHECK(header_error("{'descr': '<f4', 'fortran_order': False, 'shape': (2)}") == malformed);
  CHECK(header_error("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}") == malformed);
  CHECK(header_error("{'descr': '<f4, 'fortran_order': False}") == malformed);
  CHECK(header_error("{'descr': '<f4', 'shape': ()}") ==
        "in.npy: its NPY header lacks one of descr, fortran_order and shape");
  CHECK(header_error("{'descr': '<f4', 'descr': '<f4'}") == "in.npy: its NPY header names 'descr' twice");
  CHECK(header_error("{'x': 1}") ==
        "in.npy: its NPY header has a member 'x'; descr, fortran_order and shape are allowed");
  CHECK(header_error("{'descr': '<f4', 'fortran_order': False, 'shape': ()} x") ==
        "in.npy: its NPY header goes on after its end");
  CHECK(header_error("{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1)}") ==
        "in.npy: its NPY header gives more than 8 axes");
}

TEST_CASE("shapes that overflow are refused before memory is asked for") {
  const auto error = [](const std::string& shape) {
    return header_error("{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + "}");
  };
  CHECK(error("(99999999999999999999,)") == "in.npy: its NPY header gives a shape that is larger than any memory");
  CHECK(error("(4294967296, 4294967296)") ==
        "in.npy: the shape (4294967296, 4294967296) has more elements than memory can hold");
  CHECK(error("(4611686018427387904,)") ==
        "in.npy: the shape (4611686018427387904,) has more bytes than memory can hold");
  CHECK(error("(0, 4294967296, 4294967296)").find("has more elements") != std::string::npos);
  CHECK(error("(1000000000,)") ==
        "in.npy: its shape (1000000000,) of '<f4' takes 4000000000 bytes, and 0 follow the header");
}

TEST_CASE("written files are those of numpy to the byte") {
  CHECK(npy_of(npy("le_f4.npy")) == slurp(data_path("le_f4.npy")));
  CHECK(npy_of(npy("le_f8.npy", {DType::f64, 0})) == slurp(data_path("le_f8.npy")));
  CHECK(npy_of(npy("scalar.npy", {DType::f64, 0})) == slurp(data_path("scalar.npy")));
  CHECK(npy_of(npy("empty.npy")) == slurp(data_path("empty.npy")));
  CHECK(npy_of(npy("fortran.npy")) == slurp(data_path("le_f4.npy")));
  std::vector<std::uint8_t> bytes;
  for (std::uint8_t i = 0; i < 24; ++i) bytes.push_back(i);
  CHECK(npy_of(Tensor::of<std::uint8_t>({2, 3, 4}, bytes)) == slurp(data_path("u1.npy")));
}

TEST_CASE("elements that float32 cannot hold are float64 where these are kept") {
  const auto dtype_of_file = [](const char* name) {
    return read_labelled(FileBytes::open(data_path(name)), *format_of_name("npy"), "", {.keeps_wide = true})
        .tensor.dtype();
  };
  for (const char* name : {"le_f8.npy", "be_f8.npy", "be_i4.npy", "le_i8.npy", "le_u4.npy", "le_u8.npy"})
    CHECK(dtype_of_file(name) == DType::f64);
  for (const char* name : {"le_f4.npy", "le_f2.npy", "le_i2.npy", "be_u2.npy", "u1.npy", "b1.npy"})
    CHECK(dtype_of_file(name) == DType::f32);
}
