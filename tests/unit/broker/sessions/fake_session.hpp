// A session without a sandbox.
#pragma once

#include "base/event.hpp"
#include "runners/session.hpp"

#include <boost/asio/this_coro.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sallyport::broker::test {

/// What a test sees and steers of the sessions that a FakeOpener has opened.
struct FakeSessionState {
  explicit FakeSessionState(boost::asio::any_io_executor executor) : died(std::move(executor)) {}

  std::vector<runners::Job> jobs;
  runners::Outcome outcome;
  std::string ends_with_next_cell;  ///< Not empty: the next cell ends the session, for this reason.
  base::Event died;                 ///< Set: it ends between two cells.
  bool hold = false;                ///< Cells wait for their stop token.
  bool destroyed = false;
};

class FakeSession : public runners::Session {
 public:
  explicit FakeSession(std::shared_ptr<FakeSessionState> state) : state_(std::move(state)) {}
  ~FakeSession() override { state_->destroyed = true; }
  FakeSession(const FakeSession&) = delete;
  FakeSession& operator=(const FakeSession&) = delete;

  boost::asio::awaitable<runners::Outcome> run(runners::Job job, runners::OutputSink* sink,
                                               base::CallBounds bounds) override {
    state_->jobs.push_back(std::move(job));
    runners::Outcome outcome = state_->outcome;
    if (sink != nullptr && !outcome.stdout_bytes.empty()) {
      sink->on_output(runners::OutputStream::stdout_stream, outcome.stdout_bytes);
    }
    why_ended_ = state_->ends_with_next_cell;
    if (state_->hold) {
      const base::WaitStatus status = co_await base::sleep(std::move(bounds));
      if (status == base::WaitStatus::stopped) outcome.verdict = runners::Verdict::stopped;
    }
    co_return outcome;
  }

  boost::asio::awaitable<std::optional<std::string>> idle(base::CallBounds bounds) override {
    const base::WaitStatus status = co_await state_->died.wait(std::move(bounds));
    if (status != base::WaitStatus::ready) co_return std::nullopt;
    why_ended_ = "it died";
    co_return why_ended_;
  }

  bool alive() const override { return why_ended_.empty(); }
  const std::string& why_ended() const override { return why_ended_; }

 private:
  std::shared_ptr<FakeSessionState> state_;
  std::string why_ended_;
};

class FakeOpener : public runners::SessionOpener {
 public:
  std::vector<std::shared_ptr<FakeSessionState>> opened;
  std::vector<runners::SessionSpec> specs;
  std::optional<runners::Outcome> failure;

  boost::asio::awaitable<runners::OpenedSession> open_session(runners::SessionSpec spec,
                                                              base::CallBounds /*bounds*/) override {
    specs.push_back(std::move(spec));
    runners::OpenedSession result;
    if (failure) {
      result.failure = *failure;
      co_return result;
    }
    const auto executor = co_await boost::asio::this_coro::executor;
    opened.push_back(std::make_shared<FakeSessionState>(executor));
    opened.back()->outcome.verdict = runners::Verdict::completed;
    opened.back()->outcome.exit_code = 0;
    result.session = std::make_unique<FakeSession>(opened.back());
    co_return result;
  }
};

}  // namespace sallyport::broker::test
