// A library to preload (ld.so(8)): one call of the C library fails, as it does on a full disk or without memory.
//
// FAILING_CALL is CALL:N, of which the N-th call fails, counted from the program's first isatty(3), or CALL:N+, from
// which on all of them fail. CALL is write, fsync, rename, open, mmap, thread or malloc. The file FAILED_CALL is
// made when a call has failed.
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstddef>
#include <cstdlib>
#include <cstring>

extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* block, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
}

namespace {

std::atomic<long> calls{-1};  // of the chosen function; negative: the program has not begun

// Whether this call of `name` is to fail. Allocates nothing.
bool fails(const char* name) {
  if (calls.load(std::memory_order_relaxed) < 0) return false;
  const char* const chosen = std::getenv("FAILING_CALL");
  const std::size_t size = std::strlen(name);
  if (chosen == nullptr || std::strncmp(chosen, name, size) != 0 || chosen[size] != ':') return false;
  char* end = nullptr;
  const long wanted = std::strtol(chosen + size + 1, &end, 10), now = calls.fetch_add(1) + 1;
  if (*end == '+' ? now < wanted : now != wanted) return false;
  if (const char* const mark = std::getenv("FAILED_CALL"))
    if (const long file = syscall(SYS_openat, AT_FDCWD, mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0666); file >= 0)
      syscall(SYS_close, file);
  return true;
}

int opened(const char* path, int flags, int mode) {
  if (!fails("open")) return static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, flags, mode));
  errno = EMFILE;
  return -1;
}

template <class Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

int isatty(int descriptor) {
  static const auto real = next<int (*)(int)>("isatty");
  const int is_terminal = real(descriptor);
  long before_all = -1;
  calls.compare_exchange_strong(before_all, 0);
  return is_terminal;
}

ssize_t write(int descriptor, const void* bytes, std::size_t size) {
  // Messages get out.
  if (descriptor == STDERR_FILENO || !fails("write")) return syscall(SYS_write, descriptor, bytes, size);
  errno = ENOSPC;
  return -1;
}

int fsync(int descriptor) {
  if (!fails("fsync")) return static_cast<int>(syscall(SYS_fsync, descriptor));
  errno = EIO;
  return -1;
}

int rename(const char* from, const char* to) {
  if (!fails("rename")) return static_cast<int>(syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
  errno = EIO;
  return -1;
}

int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const int mode = (flags & O_CREAT) != 0 ? va_arg(rest, int) : 0;
  va_end(rest);
  return opened(path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const int mode = (flags & O_CREAT) != 0 ? va_arg(rest, int) : 0;
  va_end(rest);
  return opened(path, flags, mode);
}

void* mmap(void* at, std::size_t size, int protection, int flags, int descriptor, off_t offset) noexcept {
  if (!fails("mmap"))
    return reinterpret_cast<void*>(syscall(SYS_mmap, at, size, protection, flags, descriptor, offset));
  errno = ENOMEM;
  return MAP_FAILED;
}

void* mmap64(void* at, std::size_t size, int protection, int flags, int descriptor, off_t offset) noexcept
    __attribute__((alias("mmap")));

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*), void* argument) noexcept {
  static const auto real = next<decltype(&pthread_create)>("pthread_create");
  return fails("thread") ? EAGAIN : real(thread, attributes, run, argument);
}

void* malloc(std::size_t size) noexcept {
  if (!fails("malloc")) return __libc_malloc(size);
  errno = ENOMEM;
  return nullptr;
}

void* calloc(std::size_t count, std::size_t size) noexcept {
  if (!fails("malloc")) return __libc_calloc(count, size);
  errno = ENOMEM;
  return nullptr;
}

void* realloc(void* block, std::size_t size) noexcept {
  if (!fails("malloc")) return __libc_realloc(block, size);
  errno = ENOMEM;
  return nullptr;
}

void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  if (!fails("malloc")) return __libc_memalign(alignment, size);
  errno = ENOMEM;
  return nullptr;
}

}  // extern "C"
