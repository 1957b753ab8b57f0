// Runs of the program inside the test's process: arguments and standard input in, exit code and texts out.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/json.hpp"
#include "support/temporary_folder.hpp"

namespace attn::test {

using Arguments = std::vector<std::string>;

struct Outcome {
  int code = -1;
  std::string out, err;

  Json json() const;
  /// One for each line of the output.
  std::vector<Json> json_lines() const;
};

/// A pipe on both sides, or a terminal of 80 × 24.
enum class Device { pipe, terminal };

Outcome run(const Arguments& arguments, const std::string& input = "", Device device = Device::pipe);

/// The arguments of a and b, one after the other.
Arguments operator+(Arguments a, const Arguments& b);
/// A command's words; what stands between ' and ' is one. There are no empty ones.
Arguments words_of(const std::string& command);
/// For messages of a failed test.
std::string joined(const Arguments& arguments);

/// Whether the text has a part that reads so.
bool has(const std::string& text, const std::string& part);

/// The run failed: nothing on standard output, one line on standard error.
void check_error(const Outcome& outcome, int code, const std::string& message);

/// The names of a JSON object's members, in their order.
std::vector<std::string> members(const Json& object);
/// The extents of nested lists.
std::vector<std::size_t> shape(Json value);

/// The program's files go to a folder of their own, which is the working directory while this lives.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  void write(const std::string& name, const std::string& text) const;
  std::string read(const std::string& name) const;
  /// What is in it, hidden files included, sorted.
  std::vector<std::string> files() const;

 private:
  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path(), before_;
};

/// Sets an environment variable for as long as it lives.
class Variable {
 public:
  Variable(const char* name, const char* value);
  ~Variable();
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

/// Three tokens in three dimensions.
inline const std::string three_tokens =
    R"({"tokens":["Your","journey","starts"],"embeddings":[[0.43,0.15,0.89],[0.55,0.87,0.66],[0.57,0.85,0.64]]})";

}  // namespace attn::test
