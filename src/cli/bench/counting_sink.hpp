// A sink that keeps nothing but the number of bytes: encoding without a disk.
#pragma once

#include <cstdint>
#include <string_view>

#include "attn/sink.hpp"

namespace attn::cli {

class CountingSink : public Sink {
 public:
  void write(std::string_view bytes) override { bytes_ += bytes.size(); }
  std::uint64_t bytes() const { return bytes_; }

 private:
  std::uint64_t bytes_ = 0;
};

}  // namespace attn::cli
