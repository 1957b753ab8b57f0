// What the tests of input and output share: messages of errors, temporary folders, shorthands for reading.
#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "attn/error.hpp"
#include "attn/io.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

namespace attn::test {

/// "WHERE: WHAT" of the error that `run` throws; "no error" if it throws none.
template <class Run>
std::string error_of(Run run) {
  try {
    run();
  } catch (const Error& error) {
    return error.where() + ": " + error.what();
  }
  return "no error";
}

inline std::string data_path(const std::string& name) { return std::string(ATTN_TEST_DATA) + "/io/" + name; }

inline std::string slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

inline void spit(const std::string& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

inline Input input_of(const std::string& bytes, const std::string& format, const ReadOptions& options = {}) {
  return read_input(FileBytes::of(bytes, "in." + format), *format_of_name(format), options);
}
inline Input json_input(const std::string& text, const ReadOptions& options = {}) {
  return input_of(text, "json", options);
}
inline std::string json_error(const std::string& text, const ReadOptions& options = {}) {
  return error_of([&] { json_input(text, options); });
}
inline LabelledTensor labelled_of(const std::string& bytes, const std::string& format,
                                  const std::string& name = "weights", const ReadOptions& options = {}) {
  return read_labelled(FileBytes::of(bytes, "in." + format), *format_of_name(format), name, options);
}

template <class T>
std::vector<T> values_of(const Tensor& tensor) {
  const auto values = tensor.values<T>();
  return {values.begin(), values.end()};
}

/// 0, 0.5, 1, …: what the files of make_io_data.py hold.
inline std::vector<float> halves(std::size_t count, float step = 0.5F) {
  std::vector<float> values;
  for (std::size_t i = 0; i < count; ++i) values.push_back(step * static_cast<float>(i));
  return values;
}

}  // namespace attn::test
