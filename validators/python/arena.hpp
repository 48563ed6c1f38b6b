// Memory for one tree: bump allocation, freed at once. Nothing in it has a destructor that runs.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace sallyport::validators::python {

// Not thread-safe: one tree is built by one thread. What it hands out lives as long as the arena; moving the
// arena leaves it where it is.
class Arena {
 public:
  Arena() = default;
  Arena(Arena&&) = default;
  Arena& operator=(Arena&&) = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena() = default;

  template <class T, class... Arguments>
  T* make(Arguments&&... arguments) {
    static_assert(std::is_trivially_destructible_v<T>);
    void* const memory = allocate(sizeof(T), alignof(T));
    // NOLINTNEXTLINE(cppcoreguidelines-owning-memory): the arena owns it.
    return ::new (memory) T(std::forward<Arguments>(arguments)...);
  }

  // A copy of the list.
  template <class T>
  std::span<T const> copy(std::span<T const> list) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (list.empty()) {
      return {};
    }
    auto* const memory = static_cast<T*>(allocate(list.size_bytes(), alignof(T)));
    std::memcpy(static_cast<void*>(memory), list.data(), list.size_bytes());
    return {memory, list.size()};
  }

  std::string_view copy(std::string_view text) {
    if (text.empty()) {
      return {};
    }
    auto* const memory = static_cast<char*>(allocate(text.size(), 1));
    std::memcpy(memory, text.data(), text.size());
    return {memory, text.size()};
  }

  // Room for `count` of them, with no values yet.
  template <class T>
  T* make_list_for_overwrite(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T> && std::is_trivially_copyable_v<T>);
    return static_cast<T*>(allocate(count * sizeof(T), alignof(T)));
  }

  // Frees all that it has handed out, and keeps the memory for what comes: the system charges for new pages.
  void clear() {
    in_use_ = 0;
    next_ = end_ = 0;
  }

  // Bytes taken from the system so far.
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

 private:
  static constexpr std::size_t first_block = 16 * 1024;
  static constexpr std::size_t largest_block = 8 * 1024 * 1024;

  void* allocate(std::size_t size, std::size_t alignment) {
    const auto start = (next_ + alignment - 1) & ~(alignment - 1);
    if (start + size > end_ || next_ == 0) {
      return allocate_from_new_block(size, alignment);
    }
    next_ = start + size;
    return reinterpret_cast<void*>(start);  // NOLINT(performance-no-int-to-ptr): the bump pointer
  }

  void* allocate_from_new_block(std::size_t size, std::size_t alignment) {
    const auto fitting = std::find_if(blocks_.begin() + static_cast<std::ptrdiff_t>(in_use_), blocks_.end(),
                                      [&](const Block& block) { return block.size >= size + alignment; });
    if (fitting != blocks_.end()) {
      std::swap(*fitting, blocks_[in_use_]);
    } else {
      const auto block = std::max(size + alignment, std::clamp(capacity_, first_block, largest_block));
      blocks_.push_back({std::make_unique_for_overwrite<std::byte[]>(block), block});
      std::swap(blocks_.back(), blocks_[in_use_]);
      capacity_ += block;
    }
    next_ = reinterpret_cast<std::uintptr_t>(blocks_[in_use_].memory.get());
    end_ = next_ + blocks_[in_use_].size;
    ++in_use_;
    const auto start = (next_ + alignment - 1) & ~(alignment - 1);
    next_ = start + size;
    return reinterpret_cast<void*>(start);  // NOLINT(performance-no-int-to-ptr): the bump pointer
  }

  struct Block {
    std::unique_ptr<std::byte[]> memory;
    std::size_t size;
  };

  std::vector<Block> blocks_;
  std::size_t in_use_ = 0;  // of the blocks
  std::uintptr_t next_ = 0;
  std::uintptr_t end_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace sallyport::validators::python
