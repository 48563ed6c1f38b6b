// How many submissions run at the same time, and how many wait for their turn.
#pragma once

#include "base/deadline.hpp"
#include "config/config.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <variant>

namespace sallyport::broker {

/// Why a submission was not let in.
struct AdmissionRefusal {
  enum class Reason {
    full,       ///< The queue has no place left; refused at once.
    timed_out,  ///< Its turn did not come in time.
    stopped     ///< The caller's stop token: nobody waits for it any more.
  };
  Reason reason = Reason::full;
  int retry_after_seconds = 1;  ///< When a try is likely to be let in.
};

/// A bounded queue, first come first served, before a fixed number of places. A submission holds its place by
/// a permit; dropping the permit hands the place to the next in the queue.
///
/// Thread-safety: the executor's one thread. Permits may outlive the admission.
class Admission {
  struct State;

 public:
  /// One place. Frees it when destroyed.
  class Permit {
   public:
    Permit(Permit&&) noexcept = default;
    Permit& operator=(Permit&& other) noexcept;
    Permit(const Permit&) = delete;
    Permit& operator=(const Permit&) = delete;
    ~Permit();

   private:
    friend class Admission;
    explicit Permit(std::shared_ptr<State> state);
    void release();

    std::shared_ptr<State> state_;
    base::Clock::time_point since_;
  };

  using Result = std::variant<Permit, AdmissionRefusal>;

  Admission(boost::asio::any_io_executor executor, config::Admission config);

  /// Waits for a place, at most `queue_timeout_seconds` and within `bounds`. A place that falls free at the
  /// moment of a time-out or a stop is granted.
  boost::asio::awaitable<Result> enter(base::CallBounds bounds);

  [[nodiscard]] std::uint64_t running() const;
  [[nodiscard]] std::uint64_t queued() const;

 private:
  std::shared_ptr<State> state_;
};

/// Seconds until a new submission would be let in: `ahead` submissions before it in the queue, `places` of
/// them served at a time, each for `mean`. Between 1 and 3600.
[[nodiscard]] int retry_after_seconds(std::chrono::duration<double> mean, std::uint64_t ahead,
                                      std::uint64_t places);

}  // namespace sallyport::broker
