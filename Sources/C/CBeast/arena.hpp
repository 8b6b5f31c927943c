// Memory for the fields of one message: given out from the front, taken back all at once.
#pragma once
#include <cstddef>
#include <memory>
#include <new>
#include <vector>

class Arena {
 public:
  ~Arena() { reset(); }

  void *allocate(size_t size) {
    size = (size + alignof(std::max_align_t) - 1) & ~(alignof(std::max_align_t) - 1);
    if (size <= sizeof block_ - used_) {
      void *place = block_ + used_;
      used_ += size;
      return place;
    }
    large_.push_back(nullptr);  // first, so that the pointer has its place whatever happens
    return large_.back() = ::operator new(size);
  }

  void reset() noexcept {
    used_ = 0;
    for (void *place : large_) ::operator delete(place);
    large_.clear();
  }

 private:
  // Twenty fields of a browser take 3 KiB in Beast's nodes.
  alignas(std::max_align_t) char block_[6144];
  size_t used_ = 0;
  std::vector<void *> large_;
};

// Arenas that wait for their next message, so that no request pays for a fresh one.
class Arenas {
 public:
  std::unique_ptr<Arena> take() {
    if (spare_.empty()) return std::make_unique<Arena>();
    auto arena = std::move(spare_.back());
    spare_.pop_back();
    return arena;
  }

  void give(std::unique_ptr<Arena> arena) {
    if (!arena || spare_.size() >= 64) return;
    arena->reset();
    spare_.push_back(std::move(arena));
  }

 private:
  std::vector<std::unique_ptr<Arena>> spare_;
};

template <class T>
struct ArenaAllocator {
  using value_type = T;
  Arena *arena;

  explicit ArenaAllocator(Arena *a) : arena(a) {}
  template <class U>
  ArenaAllocator(ArenaAllocator<U> const &other) : arena(other.arena) {}

  T *allocate(size_t count) { return static_cast<T *>(arena->allocate(count * sizeof(T))); }
  void deallocate(T *, size_t) noexcept {}
  bool operator==(ArenaAllocator const &) const = default;
};
