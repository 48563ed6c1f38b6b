// How many submissions run at the same time, who waits for a turn and whose it is, and who has had enough.
#pragma once

#include "base/deadline.hpp"
#include "broker/admission/fair_queue.hpp"
#include "broker/admission/key_quotas.hpp"
#include "broker/admission/owner.hpp"
#include "broker/api/priority.hpp"
#include "config/config.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

namespace sallyport::broker {

/// Why a submission was not let in.
struct AdmissionRefusal {
  enum class Reason {
    full,              ///< The queue has no place left; refused at once.
    timed_out,         ///< Its turn did not come in time.
    stopped,           ///< The caller's stop token: nobody waits for it any more.
    user_rate,         ///< The user has sent too many in a minute.
    key_rate,          ///< All users of the key have.
    user_queue,        ///< The user has as many waiting as one may have.
    user_concurrency,  ///< The user has as many running as one may have, and there is no place to wait.
    key_quota,         ///< All users of the key have, within 24 hours.
    displaced          ///< The queue was full, and its owner had more of it than the one who came then.
  };
  static constexpr std::size_t kReasons = 9;

  Reason reason = Reason::full;
  int retry_after_seconds = 1;  ///< When a try is likely to be let in.

  /// Whether it is the owner's own doing (429), not the broker's state (503).
  [[nodiscard]] bool over_quota() const {
    return reason != Reason::full && reason != Reason::timed_out && reason != Reason::stopped;
  }
};

/// "user_rate": for metrics and answers.
[[nodiscard]] std::string_view to_string(AdmissionRefusal::Reason reason);

/// A bounded queue before a fixed number of places, fair to keys, to their users and to priorities
/// (FairQueue). A submission holds its place by a permit; dropping the permit hands the place to the next in
/// the queue. One user can fill neither the places, if `limits.max_concurrent_per_user` is set, nor the
/// queue: when that is full, who has less of it than another takes the place of that other's newest.
///
/// Thread-safety: the executor's one thread. Permits may outlive the admission.
class Admission {
  struct State;

 public:
  using Now = std::function<base::Clock::time_point()>;

  /// One place. Frees it when destroyed.
  class Permit {
   public:
    Permit(Permit&& other) noexcept;
    Permit& operator=(Permit&& other) noexcept;
    Permit(const Permit&) = delete;
    Permit& operator=(const Permit&) = delete;
    ~Permit();

   private:
    friend class Admission;
    Permit(std::shared_ptr<State> state, FairQueue::Account& account);
    void release();

    std::shared_ptr<State> state_;
    FairQueue::Account* account_;
    base::Clock::time_point since_;
  };

  using Result = std::variant<Permit, AdmissionRefusal>;

  /// `now` is for tests; deadlines of waits go by the real clock.
  Admission(boost::asio::any_io_executor executor, config::Admission config, config::Limits limits = {},
            Now now = base::Clock::now);

  /// Counts a request against the owner's and the key's rate, or says that there were too many. Asked once a
  /// request, before any work is done for it; one that is refused is not counted.
  [[nodiscard]] std::optional<AdmissionRefusal> check_rate(const Owner& owner);

  /// As KeyQuotas has them, of the keys' own quotas.
  [[nodiscard]] std::vector<QuotaCount> take_untold();
  void give_back(const std::vector<QuotaCount>& untold);
  void adopt(const QuotaCount& total);

  /// Waits for a place, at most `queue_timeout_seconds` and within `bounds`. A place that falls free at the
  /// moment of a time-out or a stop is granted.
  boost::asio::awaitable<Result> enter(Owner owner, Priority priority, base::CallBounds bounds);

  [[nodiscard]] std::uint64_t running() const;
  [[nodiscard]] std::uint64_t queued() const;
  [[nodiscard]] std::uint64_t queued(Priority priority) const;

  /// For the metrics.
  struct Counts {
    std::array<std::uint64_t, AdmissionRefusal::kReasons> refused{};  ///< By reason.
    std::uint64_t owners = 0;          ///< Owners with something waiting, or running.
    std::uint64_t rate_buckets = 0;    ///< Rates that are being counted.
    std::uint64_t shared_bucket = 0;   ///< Requests that were counted together for want of a bucket.
    double seconds_between_turns = 0;  ///< The measured pace of the queue.
  };
  [[nodiscard]] Counts counts() const;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace sallyport::broker
