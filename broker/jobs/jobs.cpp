#include "broker/jobs/jobs.hpp"

#include "base/event.hpp"
#include "broker/jobs/job_events.hpp"
#include "broker/jobs/job_view.hpp"
#include "broker/jobs/receipt_json.hpp"
#include "broker/jobs/stored_error.hpp"
#include "broker/jobs/watches.hpp"
#include "broker/reply_text.hpp"
#include "broker/stream/event_recorder.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <exception>
#include <map>
#include <stop_token>
#include <utility>

namespace sallyport::broker {

namespace asio = boost::asio;
using base::CallBounds;
using base::Clock;
using base::Deadline;
using store::JobState;

namespace {

/// How often the store is looked at for what others have done with it: another broker's jobs, cancellations.
constexpr std::chrono::milliseconds kLook{1000};
/// While somebody waits for a job that another broker may be running.
constexpr std::chrono::milliseconds kWaitLook{500};
constexpr std::chrono::milliseconds kSweepPause{5000};
/// Steps of one sweep, so that what was left over a long pause is no burst.
constexpr int kSweepSteps = 50;
/// A store that failed is tried again after so long, doubling.
constexpr std::chrono::milliseconds kFirstRetry{100};
constexpr std::chrono::milliseconds kLongestRetry{5000};
/// A job that was not served is tried again after so long at most.
constexpr int kLongestPauseSeconds = 30;
/// For runs to end after their stop token was triggered.
constexpr std::chrono::seconds kStopTime{10};

ApiError failure(int status, std::string message) {
  ApiError error;
  error.status = status;
  error.error_type = error_type_of(status);
  error.message = std::move(message);
  return error;
}

/// What may be otherwise later, through no doing of the submission.
bool may_be_served_later(const ApiError& error) {
  return error.status == 429 || error.status == 503 || error.status == 499;
}

std::int64_t milliseconds(double seconds) {
  return static_cast<std::int64_t>(std::llround(seconds * 1000));
}

/// What admission's queue takes of a user's turns, too.
std::int64_t turn_cost(Priority priority) {
  switch (priority) {
    case Priority::high:
      return 1;
    case Priority::normal:
      return 4;
    case Priority::low:
      break;
  }
  return 16;
}

}  // namespace

class Jobs::Impl : public std::enable_shared_from_this<Jobs::Impl> {
 public:
  Impl(asio::any_io_executor executor, JobsParts parts)
      : executor_(std::move(executor)),
        parts_(std::move(parts)),
        watches_(executor_),
        wake_(executor_),
        all_ended_(executor_) {}

  void start() {
    spawn(take_jobs(shared_from_this()));
    spawn(keep_house(shared_from_this()));
  }

  asio::awaitable<ApiResult<Receipt>> accept(std::vector<BatchItem> items,
                                             std::shared_ptr<const Caller> caller,
                                             std::optional<IdempotencyKey> key, Way way) {
    if (draining_) co_return shutting_down();
    const bool batch = way == Way::batch;
    Receipt receipt;
    store::Submission submission;
    submission.now_ms = parts_.now_ms();
    submission.run_now = way == Way::at_once;
    submission.lease_until_ms = lease_end();
    std::vector<ExecutionRequest> requests;
    for (BatchItem& item : items) {
      auto* const checked = std::get_if<CheckedRequest>(&item);
      std::optional<ApiError> refusal;
      if (checked == nullptr) {
        refusal = std::move(std::get<ApiError>(item));
      } else {
        refusal = parts_.pipeline.refusal(checked->request);
      }
      if (refusal && !batch) co_return std::move(*refusal);
      if (refusal) {
        receipt.items.emplace_back(std::move(*refusal));
        continue;
      }
      submission.jobs.push_back(new_job(*checked, *caller, submission.now_ms));
      receipt.items.emplace_back(submission.jobs.back().id);
      requests.push_back(std::move(checked->request));
    }
    if (key) submission.idempotency = record_of(*key, *caller, receipt, submission.now_ms);
    if (submission.jobs.empty() && !key) co_return receipt;

    const std::size_t jobs = submission.jobs.size();
    auto accepted = co_await parts_.store.accept(std::move(submission));
    if (accepted.has_error()) co_return told(accepted.error());
    if (accepted->earlier) co_return earlier_receipt(*accepted->earlier, *key);
    counts_.accepted += jobs;
    if (draining_ && way == Way::at_once) {
      // Nobody would wait for the run's end any more; the next start takes it, and the key tells of it.
      for (store::Claim& claim : accepted->claims) {
        const auto ignored = co_await parts_.store.release(std::move(claim), 0);
        static_cast<void>(ignored);
      }
      co_return shutting_down();
    }
    for (std::size_t i = 0; i < accepted->claims.size(); ++i) {
      auto job = std::make_shared<Running>();
      job->claim = std::move(accepted->claims[i]);
      job->request = std::move(requests[i]);
      job->idempotency_key = key ? key->key : std::string();
      job->at_once = true;
      job->owner_key = caller->key_id;
      begin(std::move(job));
    }
    wake_.set();
    co_return receipt;
  }

  asio::awaitable<ApiResult<store::StoredJob>> wait(std::string id, std::string owner_key,
                                                    CallBounds bounds) {
    for (;;) {
      // Before the look, so that nothing comes between.
      const Watches::Pointer watch = watches_.watch(id);
      auto found = co_await parts_.store.find(id, owner_key);
      if (found.has_error()) co_return told(found.error());
      if (watch->not_served) co_return *watch->not_served;
      if (!*found) co_return failure(410, "the reply to this request is no longer kept");
      if (store::has_ended((*found)->job.state)) co_return std::move(**found);
      CallBounds look(bounds.deadline.at_most(kWaitLook), bounds.stop);
      co_await watch->ended.wait(std::move(look));
      if (watch->not_served) co_return *watch->not_served;
      if (bounds.stop.stop_requested()) co_return failure(499, "the client went away while its job ran");
      if (bounds.deadline.expired()) {
        ApiError late = failure(503, "the job has not ended yet; ask for it again");
        late.retry_after_seconds = 1;
        co_return late;
      }
    }
  }

  asio::awaitable<ApiResult<store::StoredJob>> find(std::string id, std::string owner_key) {
    auto found = co_await parts_.store.find(std::move(id), std::move(owner_key));
    if (found.has_error()) co_return told(found.error());
    if (!*found) co_return unknown();
    co_return std::move(**found);
  }

  asio::awaitable<ApiResult<std::vector<store::Job>>> list(store::ListQuery query) {
    auto found = co_await parts_.store.list(std::move(query));
    if (found.has_error()) co_return told(found.error());
    co_return std::move(*found);
  }

  asio::awaitable<ApiResult<store::Job>> cancel(std::string id, std::string owner_key) {
    const std::int64_t now_ms = parts_.now_ms();
    auto job = co_await parts_.store.cancel(id, owner_key, now_ms);
    if (job.has_error()) co_return told(job.error());
    if (!*job) co_return unknown();
    if ((*job)->state == JobState::cancelled) {
      lose(id);
      end_cancelled(owner_key, id);
      // The clock tells whether it was this call.
      if ((*job)->ended_ms == now_ms) count_end(JobState::cancelled);
    }
    watches_.ended(id);
    co_return std::move(**job);
  }

  [[nodiscard]] JobCounts counts() const {
    JobCounts counts = counts_;
    counts.running = running_.size();
    return counts;
  }

  void stop_taking() {
    if (draining_) return;
    draining_ = true;
    stop_loops_.request_stop();
    if (running_.empty()) end_house_.request_stop();
    if (tasks_ == 0) all_ended_.set();
  }

  static asio::awaitable<void> shut_down(std::shared_ptr<Impl> self, Deadline deadline) {
    self->stop_taking();
    CallBounds patience(deadline);
    co_await self->all_ended_.wait(std::move(patience));
    self->give_up_.request_stop();
    // A copy, since a job that is stopped may end at once.
    const std::map<std::string, RunningPointer> rest = self->running_;
    for (const auto& [id, job] : rest) job->stop.request_stop();
    CallBounds last(Deadline::after(kStopTime));
    const auto ended = co_await self->all_ended_.wait(std::move(last));
    if (ended != base::WaitStatus::ready) {
      self->parts_.log.write(
          Severity::error, "jobs_shutdown_incomplete",
          std::to_string(self->running_.size()) + " jobs have not ended; the next start takes them");
    }
  }

 private:
  struct Running {
    store::Claim claim;
    std::optional<ExecutionRequest> request;  // Else it is read from the text.
    std::string request_json;
    std::string owner_key;
    std::uint64_t interruptions = 0;
    std::string idempotency_key;
    bool at_once = false;
    bool lost = false;  // Somebody else decides about it: it was cancelled, or another broker has it.
    std::shared_ptr<ExecutionEvents> events;  // May be null.
    std::stop_source stop;
  };
  using RunningPointer = std::shared_ptr<Running>;

  [[nodiscard]] std::int64_t lease_end() const {
    return parts_.now_ms() + milliseconds(parts_.config.lease_seconds);
  }

  static ApiError unknown() { return failure(404, "there is no such execution, or it is no longer kept"); }

  void count_end(JobState state, std::uint64_t jobs = 1) {
    counts_.ended.at(static_cast<std::size_t>(state)) += jobs;
  }

  ApiError told(const store::StoreError& error) {
    if (error.kind != store::StoreError::Kind::full) ++counts_.store_errors;
    if (error.kind != store::StoreError::Kind::full) {
      parts_.log.write(Severity::error, "store_failed", error.message);
    }
    return store_answer(error);
  }

  store::NewJob new_job(CheckedRequest& checked, const Caller& caller, std::int64_t now_ms) const {
    store::NewJob job;
    job.id = parts_.new_id();
    job.owner_key = caller.key_id;
    job.user_json = user_json(checked.request.user_id);
    job.turn_cost = turn_cost(checked.request.priority);
    job.request_json = std::move(checked.body);
    job.callback_url = checked.request.callback_url;
    job.callback_form = std::move(checked.callback_form);
    job.wait_until_ms = now_ms + milliseconds(parts_.config.max_wait_seconds);
    checked.request.execution_id = job.id;
    return job;
  }

  [[nodiscard]] store::IdempotencyRecord record_of(const IdempotencyKey& key, const Caller& caller,
                                                   const Receipt& receipt, std::int64_t now_ms) const {
    store::IdempotencyRecord record;
    record.owner_key = caller.key_id;
    record.key = key.key;
    record.fingerprint = key.fingerprint;
    record.payload = receipt_json(receipt);
    record.expires_ms = now_ms + milliseconds(parts_.config.idempotency_seconds);
    return record;
  }

  static ApiResult<Receipt> earlier_receipt(const store::IdempotencyRecord& earlier,
                                            const IdempotencyKey& key) {
    if (earlier.fingerprint != key.fingerprint) {
      return failure(422, "this Idempotency-Key was used for another request");
    }
    auto receipt = receipt_from_json(earlier.payload);
    if (!receipt) return failure(410, "the reply to this request is no longer kept");
    return std::move(*receipt);
  }

  void lose(const std::string& id) {
    const auto found = running_.find(id);
    if (found == running_.end()) return;
    found->second->lost = true;
    found->second->stop.request_stop();
  }

  void spawn(asio::awaitable<void> task) {
    ++tasks_;
    asio::co_spawn(executor_, guard(shared_from_this(), std::move(task)), asio::detached);
  }

  /// Counts the task out, whatever ends it.
  static asio::awaitable<void> guard(std::shared_ptr<Impl> self, asio::awaitable<void> task) {
    try {
      co_await std::move(task);
    } catch (const std::exception& fault) {
      self->parts_.log.write(Severity::error, "job_fault", fault.what());
    }
    --self->tasks_;
    if (self->tasks_ == 0 && self->draining_) self->all_ended_.set();
  }

  void begin(RunningPointer job) {
    lose(job->claim.id);  // Its lease has ended unnoticed, and the store has given it to us again.
    running_[job->claim.id] = job;
    if (parts_.events != nullptr) job->events = parts_.events->open(job->claim.id, job->owner_key);
    if (!job->at_once) ++taken_;
    spawn(run(shared_from_this(), std::move(job)));
  }

  // --- the loops

  static asio::awaitable<void> take_jobs(std::shared_ptr<Impl> self) {
    std::chrono::milliseconds pause = kFirstRetry;
    while (!self->draining_) {
      self->wake_ = base::Event(self->executor_);
      Clock::duration rest = kLook;
      if (self->taken_ < self->parts_.max_running) {
        const std::size_t most = self->parts_.max_running - self->taken_;
        auto claimed = co_await self->parts_.store.claim(most, self->parts_.now_ms(), self->lease_end());
        if (claimed.has_error()) {
          // One line an episode.
          if (pause == kFirstRetry) self->told(claimed.error());
          rest = pause;
          pause = std::min(pause * 2, kLongestRetry);
        } else {
          pause = kFirstRetry;
          for (store::ClaimedJob& next : *claimed) self->begin_claimed(std::move(next));
        }
      }
      CallBounds bounds(Deadline::after(rest), self->stop_loops_.get_token());
      base::Event wake = self->wake_;
      co_await wake.wait(std::move(bounds));
    }
  }

  void begin_claimed(store::ClaimedJob claimed) {
    auto job = std::make_shared<Running>();
    job->claim = std::move(claimed.claim);
    job->request_json = std::move(claimed.request_json);
    job->owner_key = std::move(claimed.job.owner_key);
    job->interruptions = claimed.interruptions;
    begin(std::move(job));
  }

  static asio::awaitable<void> keep_house(std::shared_ptr<Impl> self) {
    const auto third = std::chrono::milliseconds(milliseconds(self->parts_.config.lease_seconds) / 3);
    const Clock::duration pause = std::min<Clock::duration>(third, kLook);
    Clock::time_point next_sweep = Clock::now();
    // What runs while the broker shuts down keeps its leases.
    while (!self->draining_ || !self->running_.empty()) {
      if (Clock::now() >= next_sweep && !self->draining_) {
        co_await self->sweep();
        const auto load = co_await self->parts_.store.load();
        if (!load.has_error()) self->counts_.queued = load->queued;
        next_sweep = Clock::now() + kSweepPause;
      }
      co_await self->renew();
      CallBounds bounds(Deadline::after(pause), self->end_house_.get_token());
      const auto slept = co_await base::sleep(std::move(bounds));
      if (slept == base::WaitStatus::stopped) break;
    }
  }

  asio::awaitable<void> renew() {
    std::vector<store::Claim> claims;
    claims.reserve(running_.size());
    for (const auto& [id, job] : running_) {
      if (!job->lost) claims.push_back(job->claim);
    }
    if (claims.empty()) co_return;
    const auto lost = co_await parts_.store.renew(claims, lease_end());
    if (lost.has_error()) co_return;  // Whoever finishes, or claims, tells of it.
    for (const std::string& id : *lost) {
      const auto found = running_.find(id);
      const auto same = [&](const store::Claim& claim) {
        return claim.id == id && found->second->claim.token == claim.token;
      };
      // It may have ended, or begun anew, since it was asked about.
      if (found != running_.end() && std::any_of(claims.begin(), claims.end(), same)) lose(id);
    }
  }

  asio::awaitable<void> sweep() {
    store::SweepBounds bounds;
    for (int step = 0; step < kSweepSteps && !draining_; ++step) {
      bounds.now_ms = parts_.now_ms();
      bounds.ended_before_ms = bounds.now_ms - milliseconds(parts_.config.result_seconds);
      bounds.max_kept_bytes = parts_.config.max_result_bytes;
      const auto swept = co_await parts_.store.sweep(bounds);
      if (swept.has_error()) co_return;
      count_end(JobState::expired, swept->expired);
      counts_.reclaimed += swept->reclaimed;
      if (swept->reclaimed > 0) {
        parts_.log.write(
            Severity::warning, "jobs_reclaimed",
            std::to_string(swept->reclaimed) + " jobs whose broker has fallen silent are queued again");
        wake_.set();
      }
      if (!swept->more) co_return;
    }
  }

  // --- one job

  /// What is to be done with a job whose run has ended.
  struct Fate {
    enum class What {
      finish,
      release,   ///< Back into the queue.
      withdraw,  ///< As if it had not come.
      nothing    ///< Somebody else has decided.
    };
    What what = What::finish;
    JobState state = JobState::failed;
    std::string result_json;
    std::string error_type;  // Of the result.
    std::optional<ApiError> error;
    int pause_seconds = 0;
  };

  static Fate failed(ApiError error) {
    Fate fate;
    fate.error = std::move(error);
    return fate;
  }

  /// What a submission has no part in is tried again, or told to whoever waits.
  [[nodiscard]] Fate not_served(const Running& job, ApiError error) const {
    Fate fate;
    fate.what = job.at_once && error.status != 499 ? Fate::What::withdraw : Fate::What::release;
    const bool stopped = error.status == 499;
    fate.pause_seconds = stopped ? 0 : std::clamp(error.retry_after_seconds, 1, kLongestPauseSeconds);
    fate.error = std::move(error);
    return fate;
  }

  static asio::awaitable<void> run(std::shared_ptr<Impl> self, RunningPointer job) {
    // As a synchronous request would be answered, if a fault of the broker ends it.
    Fate fate = failed(failure(500, "a fault of the broker; its log says more"));
    try {
      fate = co_await self->execute(*job);
    } catch (const std::exception& fault) {
      self->parts_.log.write(Severity::error, "job_fault", job->claim.id + ": " + fault.what());
    }
    std::optional<ApiError> untold;
    if (fate.what == Fate::What::withdraw) untold = fate.error;
    co_await self->settle(*job, std::move(fate));

    const auto place = self->running_.find(job->claim.id);
    if (place != self->running_.end() && place->second == job) self->running_.erase(place);
    if (!job->at_once) --self->taken_;
    if (self->draining_ && self->running_.empty()) self->end_house_.request_stop();
    self->watches_.ended(job->claim.id, std::move(untold));
    self->wake_.set();
  }

  asio::awaitable<Fate> execute(Running& job) {
    if (draining_ && !job.at_once) co_return not_served(job, failure(499, "the broker shuts down"));
    if (job.interruptions > parts_.config.max_interruptions) {
      co_return failed(failure(503, "the broker ended " + std::to_string(job.interruptions) +
                                        " times while this job ran; it is not tried again"));
    }
    ExecutionRequest request;
    if (job.request) {
      request = std::move(*job.request);
    } else {
      auto read = read_stored(job);
      if (read.has_error() && read.error().status == 503) co_return not_served(job, read.error());
      if (read.has_error()) co_return failed(read.error());
      request = std::move(*read);
    }
    std::string().swap(job.request_json);  // It may be megabytes, and the run may take minutes.
    request.execution_id = job.claim.id;
    request.accepted = true;

    CallBounds bounds(Deadline::after(parts_.longest_beside_run + request.limits.timeout),
                      job.stop.get_token());
    std::optional<EventRecorder> recorder;
    if (job.events) recorder.emplace(job.events);
    auto result = co_await parts_.pipeline.execute(std::move(request), recorder ? &*recorder : nullptr,
                                                   std::move(bounds));
    Fate fate;
    if (job.lost) {
      fate.what = Fate::What::nothing;
    } else if (result.has_value()) {
      fate.state = result->success ? JobState::succeeded : JobState::failed;
      fate.error_type = result->error_type.value_or("");
      fate.result_json = co_await reply_text(std::move(*result), parts_.workers);
    } else if (may_be_served_later(result.error())) {
      fate = not_served(job, result.error());
    } else {
      fate = failed(result.error());
    }
    co_return fate;
  }

  /// A request that was stored, checked again: what holds now may be other than what held when it came.
  [[nodiscard]] ApiResult<ExecutionRequest> read_stored(const Running& job) const {
    const std::shared_ptr<const Caller> caller =
        job.owner_key.empty() || !parts_.caller_of ? nobody() : parts_.caller_of(job.owner_key);
    if (!caller) return failure(403, "the API key of this job is no longer valid");
    return parse_execution_request(job.request_json, parts_.rules, caller);
  }

  void end_cancelled(const std::string& owner_key, const std::string& id) {
    const auto events = parts_.events != nullptr ? parts_.events->find(owner_key, id) : nullptr;
    if (!events || events->ended()) return;
    store::StoredJob cancelled;
    cancelled.job.state = JobState::cancelled;
    end_with(std::move(cancelled), *events);
    parts_.events->keep(events);
  }

  /// When the store has it: who has seen the end of a job can ask for it.
  void end_events(const Running& job, Fate::What what, const store::Ending& ending, std::string error_type,
                  const std::optional<ApiError>& error) {
    if (!job.events || what == Fate::What::release || what == Fate::What::nothing) return;
    if (error) {
      job.events->fail(*error);
    } else {
      job.events->end(ending.result_json, std::move(error_type));
    }
    parts_.events->keep(job.events);
  }

  /// Until the store has it, or there is no more time.
  asio::awaitable<void> settle(const Running& job, Fate fate) {
    if (fate.what == Fate::What::nothing) co_return;
    store::Ending ending;
    ending.state = fate.state;
    ending.result_json = std::move(fate.result_json);
    if (fate.error) ending.error_json = stored_error(*fate.error);
    ending.ended_ms = parts_.now_ms();
    std::chrono::milliseconds pause = kFirstRetry;
    for (;;) {
      const auto settled = co_await settle_once(job, fate, ending);
      if (!settled.has_error()) {
        if (*settled && fate.what == Fate::What::finish) count_end(fate.state);
        if (*settled && fate.what == Fate::What::release) ++counts_.put_back;
        if (*settled) end_events(job, fate.what, ending, fate.error_type, fate.error);
        co_return;
      }
      if (pause == kFirstRetry) told(settled.error());
      if (give_up_.stop_requested()) co_return;  // The lease, or the next start, puts it back.
      CallBounds bounds(Deadline::after(pause), give_up_.get_token());
      co_await base::sleep(std::move(bounds));
      pause = std::min(pause * 2, kLongestRetry);
    }
  }

  asio::awaitable<store::StoreResult<bool>> settle_once(const Running& job, const Fate& fate,
                                                        const store::Ending& ending) {
    switch (fate.what) {
      case Fate::What::release:
        return parts_.store.release(job.claim, parts_.now_ms() + fate.pause_seconds * 1000LL);
      case Fate::What::withdraw:
        return parts_.store.withdraw(job.claim, job.idempotency_key);
      case Fate::What::finish:
      case Fate::What::nothing:
        break;
    }
    return parts_.store.finish(job.claim, ending);
  }

  asio::any_io_executor executor_;
  JobsParts parts_;
  Watches watches_;
  std::map<std::string, RunningPointer> running_;  // Bounded by `max_running` and by admission.
  std::size_t taken_ = 0;                          // Of these, from the queue.
  std::size_t tasks_ = 0;                          // Coroutines that have not ended.
  base::Event wake_;
  base::Event all_ended_;
  std::stop_source stop_loops_;
  std::stop_source end_house_;
  std::stop_source give_up_;
  bool draining_ = false;
  JobCounts counts_;
};

Jobs::Jobs(asio::any_io_executor executor, JobsParts parts)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(parts))) {}

Jobs::~Jobs() {
  impl_->stop_taking();
}

void Jobs::start() {
  impl_->start();
}
asio::awaitable<ApiResult<Receipt>> Jobs::accept(std::vector<BatchItem> items,
                                                 std::shared_ptr<const Caller> caller,
                                                 std::optional<IdempotencyKey> key, Way way) {
  return impl_->accept(std::move(items), std::move(caller), std::move(key), way);
}
asio::awaitable<ApiResult<store::StoredJob>> Jobs::wait(std::string id, std::string owner_key,
                                                        CallBounds bounds) {
  return impl_->wait(std::move(id), std::move(owner_key), std::move(bounds));
}
asio::awaitable<ApiResult<store::StoredJob>> Jobs::find(std::string id, std::string owner_key) {
  return impl_->find(std::move(id), std::move(owner_key));
}
asio::awaitable<ApiResult<std::vector<store::Job>>> Jobs::list(store::ListQuery query) {
  return impl_->list(std::move(query));
}
asio::awaitable<ApiResult<store::Job>> Jobs::cancel(std::string id, std::string owner_key) {
  return impl_->cancel(std::move(id), std::move(owner_key));
}
JobCounts Jobs::counts() const {
  return impl_->counts();
}
void Jobs::stop_taking() {
  impl_->stop_taking();
}
asio::awaitable<void> Jobs::shut_down(Deadline deadline) {
  return Impl::shut_down(impl_, deadline);
}

}  // namespace sallyport::broker
