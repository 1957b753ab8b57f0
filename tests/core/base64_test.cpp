// Base64: the vectors of RFC 4648, and every byte.
#include "core/base64.hpp"

#include <array>

#include "support/catch.hpp"

using namespace attn;

TEST_CASE("base64 of the RFC's own examples") {
  CHECK(base64(std::string_view("")).empty());
  CHECK(base64(std::string_view("f")) == "Zg==");
  CHECK(base64(std::string_view("fo")) == "Zm8=");
  CHECK(base64(std::string_view("foo")) == "Zm9v");
  CHECK(base64(std::string_view("foob")) == "Zm9vYg==");
  CHECK(base64(std::string_view("fooba")) == "Zm9vYmE=");
  CHECK(base64(std::string_view("foobar")) == "Zm9vYmFy");
}

TEST_CASE("base64 takes any byte") {
  CHECK(base64(std::string_view("\0\xFF\xFB\xEF\xBE\x7F", 6)) == "AP/7775/");
  const std::array<float, 1> one{1};
  CHECK(base64(std::as_bytes(std::span(one))) == "AACAPw==");
}
