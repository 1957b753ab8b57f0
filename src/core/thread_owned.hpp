// Objects of which each thread has its own.
#pragma once

#include <pthread.h>

#include <memory>
#include <new>

namespace attn {

/// This thread's own T, made when it is first asked for and destroyed when the thread ends. Throws std::bad_alloc;
/// a thread_local object with a destructor would end the process where there is no memory to note it.
template <class T>
T& thread_owned() {
  thread_local T* own = nullptr;
  if (own != nullptr) return *own;
  static const pthread_key_t key = [] {
    pthread_key_t made{};
    if (pthread_key_create(&made, [](void* object) { delete static_cast<T*>(object); }) != 0) throw std::bad_alloc();
    return made;
  }();
  auto made = std::make_unique<T>();
  if (pthread_setspecific(key, made.get()) != 0) throw std::bad_alloc();
  own = made.release();
  return *own;
}

}  // namespace attn
