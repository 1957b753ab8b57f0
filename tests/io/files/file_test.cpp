// Files: whole or not at all, links, modes, pipes, and what cannot be read or written.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "io/files/temporary_files.hpp"
#include "io/support.hpp"

using namespace attn;
using namespace attn::test;

namespace {

mode_t mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

void write_file(const std::string& path, const std::string& bytes) {
  OutputFile file(path);
  file.write(bytes);
  file.commit();
}

}  // namespace

TEST_CASE("a file's bytes are read, mapped or not") {
  const TemporaryFolder folder;
  spit(folder / "a", "hello");
  spit(folder / "empty", "");
  CHECK(FileBytes::open(folder / "a").bytes() == "hello");
  CHECK(FileBytes::open(folder / "empty").bytes().empty());
  CHECK_FALSE(FileBytes::open("/proc/self/status").bytes().empty());
  std::istringstream stream(std::string(300000, 'x'));
  const FileBytes streamed = FileBytes::read(stream, "-");
  CHECK(streamed.bytes() == std::string(300000, 'x'));
  CHECK(streamed.name() == "-");
}

TEST_CASE("a large file is written whole, whatever the pieces it comes in") {
  const TemporaryFolder folder;
  std::string bytes;
  for (std::size_t i = 0; bytes.size() < 5'000'000; ++i) bytes += std::to_string(i * 7919) + ",";
  for (const std::size_t piece :
       {std::size_t{1000}, std::size_t{1} << 16U, std::size_t{1} << 20U, std::size_t{3'333'333}, bytes.size()}) {
    OutputFile file(folder / "large");
    for (std::size_t at = 0; at < bytes.size(); at += piece) file.write(std::string_view(bytes).substr(at, piece));
    file.commit();
    CHECK(slurp(folder / "large") == bytes);
  }
}

TEST_CASE("an array lies in the mapped file, and changing it leaves the file alone") {
  const TemporaryFolder folder;
  std::vector<float> numbers(50'000);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<float>(i) / 8;
  StringSink sink;
  write_npy(Tensor::of<float>({100, 500}, numbers), sink);
  spit(folder / "a.npy", sink.text);
  Tensor tensor = read_tensor(folder / "a.npy", TensorKind::number, {});
  CHECK(values_of<float>(tensor) == numbers);
  tensor.values<float>()[0] = 5;
  CHECK(tensor.values<float>()[0] == 5);
  CHECK(slurp(folder / "a.npy") == sink.text);
}

TEST_CASE("a pipe is read to its end") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  REQUIRE(write(ends[1], "abc", 3) == 3);
  close(ends[1]);
  CHECK(FileBytes::from_descriptor(ends[0], "-").bytes() == "abc");
  close(ends[0]);
}

TEST_CASE("an open file is read from where it is") {
  const TemporaryFolder folder;
  spit(folder / "a", "hello");
  const int descriptor = open((folder / "a").c_str(), O_RDONLY);
  CHECK(FileBytes::from_descriptor(descriptor, "-").bytes() == "hello");
  REQUIRE(lseek(descriptor, 2, SEEK_SET) == 2);
  CHECK(FileBytes::from_descriptor(descriptor, "-").bytes() == "llo");
  close(descriptor);
}

TEST_CASE("mapped bytes outlive the FileBytes through their owner, and changes to them stay private") {
  const TemporaryFolder folder;
  spit(folder / "a", "hello");
  std::shared_ptr<const void> owner;
  char* bytes = nullptr;
  {
    const FileBytes file = FileBytes::open(folder / "a");
    owner = file.owner();
    bytes = const_cast<char*>(file.bytes().data());
  }
  bytes[0] = 'J';
  CHECK(std::string(bytes, 5) == "Jello");
  CHECK(slurp(folder / "a") == "hello");
}

TEST_CASE("a file that cannot be read says why") {
  const TemporaryFolder folder;
  const auto error = [](const std::string& path) { return error_of([&] { FileBytes::open(path); }); };
  CHECK(error(folder / "none") == (folder / "none") + ": cannot be read: No such file or directory");
  CHECK(error(folder.path()) == folder.path() + ": cannot be read: Is a directory");
  CHECK(error(std::string("a\0b", 3)) == "a: cannot be read: Invalid argument");
  if (geteuid() != 0) {  // root reads everything
    spit(folder / "secret", "x");
    chmod((folder / "secret").c_str(), 0);
    CHECK(error(folder / "secret") == (folder / "secret") + ": cannot be read: Permission denied");
  }
}

TEST_CASE("an output file appears with commit, and not before") {
  const TemporaryFolder folder;
  {
    OutputFile file(folder / "out.json");
    file.write("half");
    CHECK(folder.names().size() == 1);
    CHECK(folder.names()[0].starts_with(".out.json.attn-"));
    CHECK(file.path() == folder / "out.json");
  }
  CHECK(folder.names().empty());
  write_file(folder / "out.json", "whole");
  CHECK(folder.names() == std::vector<std::string>{"out.json"});
  CHECK(slurp(folder / "out.json") == "whole");
}

TEST_CASE("an output file that moves is committed once") {
  const TemporaryFolder folder;
  OutputFile first(folder / "a");
  OutputFile second = std::move(first);
  second.write("x");
  second.commit();
  CHECK(slurp(folder / "a") == "x");
}

TEST_CASE("a new file has the umask's mode, a replaced one keeps its own") {
  const TemporaryFolder folder;
  const mode_t before = umask(027);
  write_file(folder / "new", "x");
  umask(before);
  CHECK(mode_of(folder / "new") == 0640);
  chmod((folder / "new").c_str(), 0604);
  write_file(folder / "new", "y");
  CHECK(mode_of(folder / "new") == 0604);
  CHECK(slurp(folder / "new") == "y");
}

TEST_CASE("a symbolic link stays, and its target is written, also if there is none yet") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "sub");
  spit(folder / "sub/target", "old");
  std::filesystem::create_symlink("sub/target", folder / "link");
  std::filesystem::create_symlink("sub/later", folder / "dangling");
  write_file(folder / "link", "new");
  write_file(folder / "dangling", "made");
  CHECK(std::filesystem::is_symlink(folder / "link"));
  CHECK(slurp(folder / "sub/target") == "new");
  CHECK(slurp(folder / "sub/later") == "made");
  std::filesystem::create_symlink("loop", folder / "loop");
  CHECK(error_of([&] { OutputFile(folder / "loop"); }) ==
        (folder / "loop") + ": cannot be written: Too many levels of symbolic links");
}

TEST_CASE("devices and pipes are written in place") {
  write_file("/dev/null", "x");
  CHECK(error_of([] { write_file("/dev/full", "x"); }) == "/dev/full: cannot be written: No space left on device");
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  write_file("/dev/fd/" + std::to_string(ends[1]), "through");
  char got[16];
  CHECK(read(ends[0], got, sizeof got) == 7);
  close(ends[0]);
  close(ends[1]);
}

TEST_CASE("a pipe without a reader is told apart from other errors") {
  const auto before = signal(SIGPIPE, SIG_IGN);
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  close(ends[0]);
  StreamSink sink(ends[1], "pipe");
  CHECK_THROWS_AS(sink.write("x"), BrokenPipe);
  CHECK(error_of([&] { sink.write("x"); }) == "pipe: cannot be written: Broken pipe");
  close(ends[1]);
  signal(SIGPIPE, before);
}

TEST_CASE("what cannot be written is found when it is opened") {
  const TemporaryFolder folder;
  const auto error = [](const std::string& path) { return error_of([&] { OutputFile file(path); }); };
  CHECK(error(folder / "no/out") == (folder / "no/out") + ": cannot be written: No such file or directory");
  CHECK(error(folder.path()) == folder.path() + ": cannot be written: Is a directory");
  CHECK(error(folder / "new/") == (folder / "new/") + ": cannot be written: Is a directory");
  CHECK(error("") == ": cannot be written: No such file or directory");
  spit(folder / "file", "x");
  CHECK(error(folder / "file/out") == (folder / "file/out") + ": cannot be written: Not a directory");
  if (geteuid() != 0) {
    chmod((folder / "file").c_str(), 0444);
    CHECK(error(folder / "file") == (folder / "file") + ": cannot be written: Permission denied");
  }
}

TEST_CASE("a name as long as the system allows still has room for its temporary one") {
  const TemporaryFolder folder;
  const std::string longest(255, 'n');
  write_file(folder / longest, "x");
  CHECK(folder.names() == std::vector<std::string>{longest});
}

TEST_CASE("temporary files can be removed at once, as on a signal") {
  const TemporaryFolder folder;
  write_file(folder / "kept", "x");
  OutputFile first(folder / "a"), second(folder / "b");
  CHECK(folder.names().size() == 3);
  remove_temporary_files();
  CHECK(folder.names() == std::vector<std::string>{"kept"});
  CHECK(error_of([&] { first.commit(); }) == (folder / "a") + ": cannot be written: No such file or directory");
}

TEST_CASE("a temporary folder goes with the files in it that are registered, and stays with others") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "empty-later");
  std::filesystem::create_directory(folder / "full");
  spit(folder / "empty-later/file", "x");
  spit(folder / "full/kept", "x");
  // The folder comes first, as it is made first.
  const io::TemporaryFile gone(folder / "empty-later"), file(folder / "empty-later/file"), kept(folder / "full");
  remove_temporary_files();
  CHECK(folder.names() == std::vector<std::string>{"full"});
  CHECK(slurp(folder / "full/kept") == "x");
}
