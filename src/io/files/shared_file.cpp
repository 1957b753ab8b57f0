// A folder that is renamed into its place, writes at offsets of their own, and an entry for what has reached the disk.
#include "io/files/shared_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

#include "attn/error.hpp"
#include "core/digest.hpp"
#include "core/progress.hpp"
#include "io/files/beside.hpp"
#include "io/files/durable.hpp"

namespace attn::io {
namespace {

constexpr std::string_view array_name = "/array", facts_name = "/problem.txt";
constexpr std::string_view parts_fact = "number of parts", size_fact = "bytes", head_size_fact = "bytes of the header",
                           head_fact = "header";

[[noreturn]] void fail(const std::string& path, int error) {
  throw data_error(path, "cannot be shared: " + std::string(std::strerror(error)));
}

// What begins to say what is wrong with a file in the folder, or with the folder.
std::string in_folder(const std::string& what) { return "cannot be shared: " + what; }

}  // namespace

SharedFile::SharedFile(std::string path) : path_(std::move(path)) {
  if (path_.empty()) fail(path_, ENOENT);
  struct stat status {};
  if (lstat(path_.c_str(), &status) != 0) {
    if (errno != ENOENT) fail(path_, errno);
    return;
  }
  // What all parts together replace is a name.
  if (!S_ISREG(status.st_mode)) throw data_error(path_, "cannot be shared: it is no regular file");
  if (access(path_.c_str(), W_OK) != 0) fail(path_, errno);
}

SharedFile::~SharedFile() = default;
SharedFile::SharedFile(SharedFile&&) noexcept = default;

std::string SharedFile::contents() const { return folder() + std::string(array_name); }

std::string SharedFile::entry(std::size_t part) const {
  return folder() + "/" + std::to_string(part) + "-of-" + std::to_string(parts_);
}

void SharedFile::fail_damaged(const std::string& what) const {
  throw data_error(path_, what + "; to begin anew, remove the folder " + folder());
}

// False if there is no folder yet.
bool SharedFile::read_facts(std::string& text) const {
  const int error = read_start(Descriptor(folder() + std::string(facts_name), O_RDONLY), text);
  if (error != 0 && error != ENOENT) fail(path_, error);
  return error == 0;
}

void SharedFile::take_layout(const Facts& facts) {
  const auto number = [&facts](std::string_view name) -> std::uint64_t {
    const std::string* const text = find_fact(facts, name);
    return text == nullptr ? 0 : std::strtoull(text->c_str(), nullptr, 10);
  };
  const std::string* const head = find_fact(facts, head_fact);
  parts_ = number(parts_fact);
  size_ = number(size_fact);
  head_size_ = number(head_size_fact);
  if (parts_ == 0 || size_ == 0 || head_size_ == 0 || head == nullptr)
    fail_damaged(in_folder(folder()) + " does not say what is in it");
  head_ = *head;
}

// All is in the folder before it gets its name, which a second one cannot get: who joins finds it whole.
void SharedFile::make(const Plan& plan) const {
  TemporaryFolder folder(this->folder(), {array_name, facts_name});
  if (folder.path().empty()) fail(path_, errno);
  if (!put_file(folder.path() + std::string(array_name), plan.head, plan.size) ||
      !put_file(folder.path() + std::string(facts_name), text_of(plan.facts), 0))
    fail(path_, errno);
  sync_folder(folder.path());
  // Over NFS the answer to a rename that was done may be lost, and its repetition fails: what counts is what is there.
  if (std::rename(folder.path().c_str(), this->folder().c_str()) == 0) folder.release();
  sync_folder(split_path(path_).first);
}

void SharedFile::join(const Plan& plan) {
  Plan own = plan;
  own.facts.insert(own.facts.begin(), {std::string(parts_fact), std::to_string(plan.parts)});
  own.facts.emplace_back(size_fact, std::to_string(plan.size));
  own.facts.emplace_back(head_size_fact, std::to_string(plan.head.size()));
  own.facts.emplace_back(head_fact, digest(plan.head));
  std::string text;
  if (!read_facts(text)) {
    make(own);
    if (!read_facts(text)) throw data_error(path_, "cannot be shared: " + folder() + " is in its way");
  }
  const std::string difference = first_difference(facts_of(text), own.facts);
  if (!difference.empty()) fail_damaged("has parts of another problem: " + difference);
  take_layout(own.facts);
  check_unfinished();
}

void SharedFile::find() {
  std::string text;
  if (!read_facts(text)) {
    if (access(folder().c_str(), F_OK) == 0)
      throw data_error(path_, "cannot be shared: " + folder() + " is in its way");
    throw data_error(path_, "no part of it has begun: there is no " + folder());
  }
  take_layout(facts_of(text));
  check_unfinished();
}

bool SharedFile::has(std::size_t part) const { return access(entry(part).c_str(), F_OK) == 0; }

std::vector<std::size_t> SharedFile::missing() const {
  std::vector<std::size_t> parts;
  for (std::size_t part = 1; part <= parts_; ++part)
    if (!has(part)) parts.push_back(part);
  return parts;
}

// By its size alone, which reads no page: see `write`.
void SharedFile::check_unfinished() const {
  struct stat status {};
  if (stat(contents().c_str(), &status) == 0) {
    check_size(status.st_size, in_folder(contents()));
    return;
  }
  if (errno != ENOENT) fail(path_, errno);
  // With all parts it has its name. That is looked at after the file, which may have got it just now.
  const std::vector<std::size_t> parts = missing();
  if (parts.empty()) return;
  const bool is_named = access(path_.c_str(), F_OK) == 0;
  fail_damaged(is_named ? in_folder(entry(parts.front())) + " is gone, though the file is there"
                        : in_folder(contents()) + " is gone");
}

// The file is opened for writing alone, and never made here. Where an NFS client has read a page, it may write all of
// it back, and with it another host's rows as they were. And a run that comes late must not begin an empty file after
// the whole one has got its name: then another run has written the same part.
void SharedFile::write(const Blocks& blocks, std::string_view contents) {
  written_ = facts_of(blocks, contents);
  check_unfinished();
  array_ = std::make_unique<Descriptor>(this->contents(), O_WRONLY);
  if (array_->error() == ENOENT && missing().empty()) return;
  if (!array_->is_open()) fail(path_, array_->error());
  for (std::uint64_t i = 0; i < blocks.count; ++i)
    if (!write_at(array_->number(), blocks.begin + i * blocks.step, contents.substr(i * blocks.bytes, blocks.bytes)))
      fail(path_, errno);
}

void SharedFile::finish(std::size_t part) {
  if (array_ && array_->is_open() && (fsync(array_->number()) != 0 || !array_->close())) fail(path_, errno);
  put_entry(part);
  sync_folder(folder());
  settle(part);
}

// Whole or not at all. Two runs of one part write the same, so that it does not matter whose it is.
void SharedFile::put_entry(std::size_t part) const {
  const std::string path = entry(part), fresh = path + ".new";
  const TemporaryFile registered(fresh);
  const bool is_put = put_file(fresh, text_of(written_), 0) && std::rename(fresh.c_str(), path.c_str()) == 0;
  const int error = errno;
  if (is_put || has(part)) return;
  unlink(fresh.c_str());
  fail(path_, error);
}

void SharedFile::settle(std::optional<std::size_t> part) const {
  if (missing().empty() && !give_name()) check_whole(part);
}

void SharedFile::check_size(std::int64_t size, const std::string& what) const {
  if (static_cast<std::uint64_t>(size) != size_)
    fail_damaged(what + " has " + std::to_string(size) + " bytes in the place of " + std::to_string(size_));
}

void SharedFile::check_layout(const Descriptor& file, const std::string& what) const {
  struct stat status {};
  if (fstat(file.number(), &status) != 0) fail(path_, errno);
  check_size(status.st_size, what);
  std::string head;
  if (const int error = read_start(file, head, head_size_); error != 0) fail(path_, error);
  if (digest(head) != head_) fail_damaged(what + " has another header");
}

// False if another run has done it.
bool SharedFile::give_name() const {
  const Descriptor array(contents(), O_RDONLY);
  if (array.error() == ENOENT) return false;
  if (!array.is_open()) fail(path_, array.error());
  check_layout(array, in_folder(contents()));
  if (std::rename(contents().c_str(), path_.c_str()) != 0) {
    if (errno == ENOENT) return false;
    fail(path_, errno);
  }
  sync_folder(split_path(path_).first);
  return true;
}

// By what it holds: times and numbers of files change where it is copied or restored, and may stay where it is written.
void SharedFile::check_whole(std::optional<std::size_t> part) const {
  const Descriptor file(path_, O_RDONLY);
  if (file.error() == ENOENT) fail_damaged("all of its parts were finished, but it is gone");
  if (!file.is_open()) fail(path_, file.error());
  const std::string other = "is no longer what its parts made: it";
  check_layout(file, other);
  const Progress progress("checking", part ? 0 : size_, WorkUnit::bytes);
  const FileBytes bytes = FileBytes::from_descriptor(file.number(), path_);
  for (std::size_t k = part.value_or(1); k <= part.value_or(parts_); ++k) {
    std::string facts;
    if (const int error = read_start(Descriptor(entry(k), O_RDONLY), facts); error != 0) fail(path_, error);
    if (!holds(bytes, facts_of(facts)))
      fail_damaged(other + " has other rows of part " + std::to_string(k) + "/" + std::to_string(parts_));
  }
}

}  // namespace attn::io
