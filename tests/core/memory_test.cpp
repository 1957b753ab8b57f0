// Sizes of memory as text.
#include "core/memory.hpp"

#include "attn/error.hpp"
#include "support/catch.hpp"

namespace attn::test {

TEST_CASE("sizes are read with binary units, in any case") {
  CHECK(parse_size("4096", "") == 4096);
  CHECK(parse_size("0", "") == 0);
  CHECK(parse_size("12b", "") == 12);
  CHECK(parse_size("1k", "") == 1024);
  CHECK(parse_size("512M", "") == 512ULL << 20);
  CHECK(parse_size("2GiB", "") == 2ULL << 30);
  CHECK(parse_size("2gb", "") == 2ULL << 30);
  CHECK(parse_size("1.5g", "") == 3ULL << 29);
  CHECK(parse_size("3T", "") == 3ULL << 40);
}

TEST_CASE("what is no size is refused at its flag") {
  for (const std::string text : {"", "M", "-1", "1X", "1 M", "1MM", "1.5.2G", ".", "1e3", "nan", "inf", "1Kx"}) {
    INFO(text);
    try {
      parse_size(text, "--max-memory");
      FAIL("no error");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::usage);
      CHECK(error.where() == "--max-memory");
      CHECK(std::string(error.what()) == std::string("'").append(text) + "' is not a size such as 512M or 2G");
    }
  }
}

TEST_CASE("sizes are written in the unit that suits them") {
  CHECK(size_text(0) == "0 bytes");
  CHECK(size_text(1023) == "1023 bytes");
  CHECK(size_text(1024) == "1.0 KiB");
  CHECK(size_text(3ULL << 29) == "1.5 GiB");
  CHECK(size_text(5ULL << 40) == "5.0 TiB");
  CHECK(size_text(5000ULL << 40) == "5000.0 TiB");
  // Just under a unit: rounded up into it, not to 1024.0 of the one below.
  CHECK(size_text((1ULL << 20) - 1) == "1.0 MiB");
  CHECK(size_text((1ULL << 30) - 1) == "1.0 GiB");
}

TEST_CASE("some memory is available") { CHECK(available_memory() > 1 << 20); }

}  // namespace attn::test
