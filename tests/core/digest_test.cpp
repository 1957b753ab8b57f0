// Digests: the same for the same bytes, others for others.
#include "core/digest.hpp"

#include <set>

#include "support/catch.hpp"

using attn::digest;

TEST_CASE("a digest is of all bytes, and of their number", "[digest]") {
  std::string bytes(100, 'x');
  std::set<std::string> seen{digest(bytes)};
  CHECK(digest(bytes) == *seen.begin());
  CHECK(seen.begin()->size() == 16);
  CHECK(seen.begin()->find_first_not_of("0123456789abcdef") == std::string::npos);
  // One bit of any byte, wherever it is.
  for (char& c : bytes) {
    c ^= 1;
    CHECK(seen.insert(digest(bytes)).second);
    c ^= 1;
  }
  // Zeros at the end, and two words that change places.
  for (std::size_t size = 0; size < 70; ++size) CHECK(seen.insert(digest(std::string(size, '\0'))).second);
  const std::string one(8, 'a'), two(8, 'b'), rest(16, 'c');
  CHECK(digest(one + two + rest) != digest(two + one + rest));
  CHECK(digest(rest + rest + one) != digest(one + rest + rest));
}

TEST_CASE("a digest does not depend on where the bytes lie", "[digest]") {
  const std::string bytes = "0123456789abcdefghijklmnopqrstuvwxyz0123456789", shifted = "." + bytes;
  CHECK(digest(bytes) == digest(std::string_view(shifted).substr(1)));
}
