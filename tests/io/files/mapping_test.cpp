// Pages of a mapped file that are given back.
#include "io/files/mapping.hpp"

#include "io/support.hpp"

using namespace attn;
using namespace attn::test;

namespace {

char* writable(const FileBytes& file) { return const_cast<char*>(file.bytes().data()); }

}  // namespace

TEST_CASE("dropped pages come from the file again, and those that lie partly in the bytes stay") {
  const std::size_t page = 4096;
  const TemporaryFolder folder;
  spit(folder / "pages", std::string(4 * page, 'a'));
  const FileBytes file = FileBytes::open(folder / "pages");
  for (std::size_t i = 0; i < 4; ++i) writable(file)[i * page] = 'b';
  io::drop_pages(file.owner(), file.bytes().substr(10, 3 * page));
  CHECK(file.bytes()[0] == 'b');
  CHECK(file.bytes()[page] == 'a');
  CHECK(file.bytes()[2 * page] == 'a');
  CHECK(file.bytes()[3 * page] == 'b');
}

TEST_CASE("bytes that are of no mapped file stay as they are") {
  const FileBytes file = FileBytes::of(std::string(65536, 'a'), "text");
  io::drop_pages(file.owner(), file.bytes());
  CHECK(file.bytes() == std::string(65536, 'a'));
}
