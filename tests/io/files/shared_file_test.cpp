// Files in parts: joined by many at once, named when whole, refused to other problems.
#include "io/files/shared_file.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include "attn/error.hpp"
#include "io/support.hpp"
#include "support/catch.hpp"

using attn::io::Blocks;
using attn::io::SharedFile;
using attn::test::TemporaryFolder;
namespace fs = std::filesystem;

namespace {

SharedFile::Plan plan_of(std::size_t parts) { return {{{"mask", "causal"}}, parts, "head:", 5 + parts}; }

// Part k is one byte.
void write_part(const std::string& path, std::size_t part, std::size_t parts) {
  SharedFile file(path);
  file.join(plan_of(parts));
  file.write(Blocks{4 + part, 1, 1, 1}, std::string(1, static_cast<char>('a' + part)));
  file.finish(part);
}

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string message_of(const std::string& path, const SharedFile::Plan& plan) {
  try {
    SharedFile(path).join(plan);
  } catch (const attn::Error& error) {
    CHECK(error.kind() == attn::ErrorKind::data);
    CHECK(error.where() == path);
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a file in parts has its name when all are there", "[shared]") {
  const TemporaryFolder scratch;
  const std::string path = scratch / "whole";
  write_part(path, 3, 3);
  CHECK_FALSE(fs::exists(path));
  SharedFile file(path);
  file.find();
  CHECK(file.parts() == 3);
  CHECK(file.missing() == std::vector<std::size_t>{1, 2});
  write_part(path, 1, 3);
  CHECK(file.missing() == std::vector<std::size_t>{2});
  CHECK_FALSE(fs::exists(path));
  write_part(path, 2, 3);
  CHECK(bytes_of(path) == "head:bcd");
  CHECK(file.missing().empty());
  CHECK_NOTHROW(file.settle());
  // The folder stays, and nothing else.
  CHECK(std::distance(fs::directory_iterator(scratch.path()), {}) == 2);
}

TEST_CASE("a part that is not finished is not there", "[shared]") {
  const TemporaryFolder scratch;
  const std::string path = scratch / "whole";
  write_part(path, 1, 2);
  {
    SharedFile killed(path);
    killed.join(plan_of(2));
    killed.write({6, 1, 1, 1}, "x");
  }
  SharedFile file(path);
  file.find();
  CHECK(file.missing() == std::vector<std::size_t>{2});
  CHECK_FALSE(fs::exists(path));
  write_part(path, 2, 2);
  CHECK(bytes_of(path) == "head:bc");
}

TEST_CASE("a run that was killed before the file got its name leaves that to others", "[shared]") {
  const TemporaryFolder scratch;
  const std::string path = scratch / "whole";
  for (const std::size_t part : {1U, 2U}) write_part(path, part, 2);
  fs::rename(path, path + ".parts/array");
  SharedFile(path).join(plan_of(2));
  SharedFile file(path);
  file.find();
  file.settle();
  CHECK(bytes_of(path) == "head:bc");
  // Whoever comes late, or again, begins no second one.
  file.settle();
  file.write({5, 1, 1, 1}, "x");
  CHECK_FALSE(fs::exists(path + ".parts/array"));
  CHECK(bytes_of(path) == "head:bc");
  fs::remove(path);
  CHECK_THROWS_WITH(file.settle(), "all of its parts were finished, but it is gone; to begin anew, remove the folder " +
                                       path + ".parts");
}

TEST_CASE("many processes begin and end one file", "[shared]") {
  constexpr std::size_t parts = 24;
  const TemporaryFolder scratch;
  const std::string path = scratch / "whole";
  std::vector<pid_t> children;
  for (std::size_t part = 1; part <= parts; ++part) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      int code = 1;
      try {
        write_part(path, part, parts);
        code = 0;
      } catch (const std::exception&) {
      }
      _exit(code);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(status == 0);
  }
  CHECK(bytes_of(path) == "head:bcdefghijklmnopqrstuvwxy");
  CHECK(std::distance(fs::directory_iterator(scratch.path()), {}) == 2);
}

TEST_CASE("parts of other problems are refused, with what differs", "[shared]") {
  const TemporaryFolder scratch;
  const std::string path = scratch / "whole";
  write_part(path, 1, 3);
  const std::string begin = "has parts of another problem: ";
  const std::string end = "; to begin anew, remove the folder " + path + ".parts";
  SharedFile::Plan other = plan_of(3);
  other.facts[0].second = "all\nof it";
  CHECK(message_of(path, other) == begin + "their mask is 'causal', and this run's 'all of it'" + end);
  CHECK(message_of(path, plan_of(4)) == begin + "their number of parts is '3', and this run's '4'" + end);
  other = plan_of(3);
  other.facts.emplace_back("scale", "2");
  CHECK(message_of(path, other) == begin + "they have no scale, and this run's is '2'" + end);
  other.facts.clear();
  CHECK(message_of(path, other) == begin + "their mask is 'causal', and this run has none" + end);
  CHECK(message_of(path, plan_of(3)) == "");
  // The advice works.
  fs::remove_all(path + ".parts");
  CHECK(message_of(path, plan_of(4)) == "");
}

TEST_CASE("what cannot be a file in parts is refused before any work", "[shared]") {
  const TemporaryFolder scratch;
  CHECK(message_of((scratch / "none/whole"), plan_of(1)).find("cannot be shared: ") == 0);
  fs::create_directory((scratch / "folder"));
  CHECK(message_of((scratch / "folder"), plan_of(1)) == "cannot be shared: it is no regular file");
  fs::create_symlink("elsewhere", (scratch / "link"));
  CHECK(message_of((scratch / "link"), plan_of(1)) == "cannot be shared: it is no regular file");
  fs::create_directory((scratch / "mine.parts"));
  std::ofstream((scratch / "mine.parts/thing")).flush();
  CHECK(message_of((scratch / "mine"), plan_of(1)) ==
        "cannot be shared: " + (scratch / "mine.parts") + " is in its way");
  CHECK_THROWS_WITH(SharedFile(scratch / "mine").find(),
                    "cannot be shared: " + (scratch / "mine.parts") + " is in its way");
  CHECK(fs::exists((scratch / "mine.parts/thing")));
  SharedFile nobody((scratch / "nobody"));
  CHECK_THROWS_WITH(nobody.find(), "no part of it has begun: there is no " + (scratch / "nobody.parts"));
  // Nothing is left of the folders that were being made.
  CHECK(std::distance(fs::directory_iterator(scratch.path()), {}) == 3);
}

TEST_CASE("what is damaged before the file has its name is noticed, and the advice works", "[shared]") {
  const TemporaryFolder scratch;
  const std::string path = scratch / "whole", folder = path + ".parts", array = folder + "/array";
  const std::string end = "; to begin anew, remove the folder " + folder;
  const auto begin = [&] {
    fs::remove_all(folder);
    for (const std::size_t part : {1U, 3U}) write_part(path, part, 3);
  };
  const auto check = [&](const std::string& message) {
    CHECK(message_of(path, plan_of(3)) == message + end);
    CHECK_THROWS_WITH(SharedFile(path).find(), message + end);
    CHECK_FALSE(fs::exists(path));
  };
  begin();
  fs::resize_file(array, 0);
  check("cannot be shared: " + array + " has 0 bytes in the place of 8");
  fs::resize_file(array, 9);
  check("cannot be shared: " + array + " has 9 bytes in the place of 8");
  fs::remove(array);
  check("cannot be shared: " + array + " is gone");
  // A folder that lacks an entry, beside a file that has its name.
  std::ofstream(path).flush();
  CHECK_THROWS_WITH(SharedFile(path).find(),
                    "cannot be shared: " + folder + "/2-of-3 is gone, though the file is there" + end);
  fs::remove(path);
  // While the last part is computed.
  begin();
  SharedFile late(path);
  late.join(plan_of(3));
  fs::resize_file(array, 0);
  CHECK_THROWS_WITH(late.write({6, 1, 1, 1}, "c"),
                    "cannot be shared: " + array + " has 0 bytes in the place of 8" + end);
  CHECK_FALSE(late.has(2));
  // A header is looked at when all parts are there.
  begin();
  std::ofstream(array, std::ios::in | std::ios::out).write("HEAD", 4).flush();
  CHECK_THROWS_WITH(write_part(path, 2, 3), "cannot be shared: " + array + " has another header" + end);
  CHECK_FALSE(fs::exists(path));
  SharedFile again(path);
  again.find();
  CHECK_THROWS_WITH(again.settle(), "cannot be shared: " + array + " has another header" + end);
  begin();
  write_part(path, 2, 3);
  CHECK(bytes_of(path) == "head:bcd");
  // A folder that says too little.
  fs::resize_file(folder + "/problem.txt", 10);
  CHECK_THROWS_WITH(again.find(), "cannot be shared: " + folder + " does not say what is in it" + end);
}

TEST_CASE("a file that became another after it got its name is noticed, and copies are not others", "[shared]") {
  const TemporaryFolder scratch;
  const std::string path = scratch / "whole", folder = path + ".parts";
  const std::string begin = "is no longer what its parts made: it has ";
  const std::string end = "; to begin anew, remove the folder " + folder;
  for (const std::size_t part : {1U, 2U, 3U}) write_part(path, part, 3);
  const auto settle = [&](std::optional<std::size_t> part = {}) {
    SharedFile file(path);
    file.find();
    file.settle(part);
  };
  const auto put = [&](const std::string& bytes) { std::ofstream(path, std::ios::trunc) << bytes; };
  CHECK_NOTHROW(settle());
  put("garbage");
  CHECK_THROWS_WITH(settle(), begin + "7 bytes in the place of 8" + end);
  CHECK_THROWS_WITH(settle(1), begin + "7 bytes in the place of 8" + end);
  put("");
  CHECK_THROWS_WITH(settle(), begin + "0 bytes in the place of 8" + end);
  put("HEAD:bcd");
  CHECK_THROWS_WITH(settle(2), begin + "another header" + end);
  put("head:bxd");
  CHECK_THROWS_WITH(settle(), begin + "other rows of part 2/3" + end);
  CHECK_THROWS_WITH(settle(2), begin + "other rows of part 2/3" + end);
  CHECK_NOTHROW(settle(1));
  // The same contents, written anew, copied or with another time.
  put("head:bcd");
  CHECK_NOTHROW(settle());
  fs::copy_file(path, scratch / "copy");
  fs::rename(scratch / "copy", path);
  CHECK_NOTHROW(settle());
  fs::last_write_time(path, fs::file_time_type{});
  CHECK_NOTHROW(settle());
  fs::copy_file(path, scratch / "other");
  fs::copy(folder, scratch / "other.parts", fs::copy_options::recursive);
  SharedFile copy(scratch / "other");
  copy.join(plan_of(3));
  for (const std::size_t part : {1U, 2U, 3U}) CHECK_NOTHROW(copy.settle(part));
  put("head:bcx");
  CHECK_THROWS_WITH(settle(), begin + "other rows of part 3/3" + end);
  // An entry that says nothing vouches for nothing.
  put("head:bcd");
  fs::resize_file(folder + "/3-of-3", 0);
  CHECK_THROWS_WITH(settle(3), begin + "other rows of part 3/3" + end);
}
