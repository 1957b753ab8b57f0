// What fuzz targets share: the function that each defines, and how it says what is wrong.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Takes any bytes and returns 0, or ends the process: with a message, or with that of a sanitizer. Each target defines
/// it, as libFuzzer wants it (https://llvm.org/docs/LibFuzzer.html); the build gives each a name of its own.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace attn::fuzz {

/// Says what is wrong and aborts, so that the input is kept.
[[noreturn]] void fail(const std::string& what);
inline void require(bool is_right, const std::string& what) {
  if (!is_right) fail(what);
}

inline std::string text_of(const std::uint8_t* data, std::size_t size) {
  return size == 0 ? std::string() : std::string(reinterpret_cast<const char*>(data), size);
}

/// Fails if the message of an Error is none, or longer than a line.
void check_message(const std::string& where, const std::string& what);

/// Runs it and says whether it came to its end. An Error is a good answer, if it says something; no other exception is.
bool attempt(void (*run)(const void*), const void* context);
template <class Run>
bool attempt(const Run& run) {
  return attempt([](const void* context) { (*static_cast<const Run*>(context))(); }, &run);
}

/// Small numbers drawn from bytes, front to back; zeros when these are used up.
class Draw {
 public:
  Draw(const std::uint8_t* data, std::size_t size) : data_(data), left_(size) {}

  std::size_t byte() {
    if (left_ == 0) return 0;
    --left_;
    return *data_++;
  }
  /// 0 … bound − 1; a bound of more than 256 takes two bytes.
  std::size_t below(std::size_t bound) {
    const std::size_t low = byte();
    return (bound > 256 ? low + 256 * byte() : low) % bound;
  }
  std::int64_t from(std::int64_t least, std::int64_t most) {
    return least + static_cast<std::int64_t>(below(static_cast<std::size_t>(most - least + 1)));
  }
  bool truth() { return (byte() & 1U) != 0; }
  bool is_done() const { return left_ == 0; }
  std::string rest() const { return text_of(data_, left_); }

 private:
  const std::uint8_t* data_;
  std::size_t left_;
};

/// The folder of this process for files that targets need, made when it is first asked for and gone at the end. The
/// working directory is there from then on.
const std::string& scratch_folder();
/// Replaces a file of it.
void write_scratch(const std::string& name, std::string_view bytes);
/// Removes all of it but what is listed.
void clear_scratch_but(const std::vector<std::string>& kept);

}  // namespace attn::fuzz
