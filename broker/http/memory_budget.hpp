// How much the bodies of all connections hold together.
#pragma once

#include <cstdint>

namespace sallyport::broker::http {

/// Counts the bytes of bodies that are received or handled, and of answers that are sent. Each of them is
/// bounded, and so is the number of connections, but the product of both is more than any machine has: slow
/// clients could fill the memory between them. While the budget is used up, requests with a body are refused.
///
/// Thread-safety: the executor's one thread. Must outlive its charges.
class MemoryBudget {
 public:
  explicit MemoryBudget(std::uint64_t limit) : limit_(limit) {}

  [[nodiscard]] bool used_up() const { return used_ >= limit_; }
  [[nodiscard]] std::uint64_t used() const { return used_; }

  /// What one request holds. Gives it back when destroyed.
  class Charge {
   public:
    explicit Charge(MemoryBudget& budget) : budget_(budget) {}
    ~Charge() { budget_.used_ -= bytes_; }
    Charge(const Charge&) = delete;
    Charge& operator=(const Charge&) = delete;

    void add(std::uint64_t bytes) {
      bytes_ += bytes;
      budget_.used_ += bytes;
    }

   private:
    MemoryBudget& budget_;
    std::uint64_t bytes_ = 0;
  };

 private:
  std::uint64_t limit_;
  std::uint64_t used_ = 0;
};

}  // namespace sallyport::broker::http
