// Stand-ins for what the broker works with.
#pragma once

#include "base/event.hpp"
#include "broker/audit_sink.hpp"
#include "broker/doors.hpp"
#include "broker/event_log.hpp"
#include "broker/image_catalog.hpp"
#include "broker/policy_catalog.hpp"
#include "runners/runner.hpp"

#include <boost/asio/this_coro.hpp>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sallyport::broker::test {

class FakeCatalog : public ImageCatalog {
 public:
  std::vector<std::string> known = {"python", "data-science"};

  std::optional<ImageInfo> find(std::string_view name) const override {
    for (const std::string& image : known) {
      if (image == name) return ImageInfo{image, "sha256:00", "3.11"};
    }
    return std::nullopt;
  }
  std::vector<std::string> names() const override { return known; }
};

class FakePolicies : public PolicyCatalog {
 public:
  FakePolicies() {
    for (const char* name : {"default", "strict", "off"}) add(name, name != std::string("off"));
  }
  void add(const std::string& name, bool enabled) {
    auto policy = std::make_shared<validators::policy::Policy>();
    policy->name = name;
    policy->enabled = enabled;
    for (const char* rule : {"import", "builtin", "module-member", "attribute"}) {
      policy->rules[rule].action = validators::policy::Action::block;
    }
    add(name, std::move(policy));
  }
  std::uint64_t generation() const override { return 0; }
  void add(const std::string& name, PolicyPointer policy) { known_[name] = std::move(policy); }

  PolicyPointer find(std::string_view name) const override {
    const auto found = known_.find(name);
    return found == known_.end() ? nullptr : found->second;
  }
  std::vector<std::string> names() const override {
    std::vector<std::string> names;
    for (const auto& [name, policy] : known_) names.push_back(name);
    return names;
  }

 private:
  std::map<std::string, PolicyPointer, std::less<>> known_;
};

/// May be read from the test's thread while the broker runs on another.
class FakeLog : public EventLog {
 public:
  void write(Severity /*severity*/, std::string_view event, std::string_view message) override {
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::string(event) + ": " + std::string(message));
  }
  std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

class FakeAudit : public AuditSink {
 public:
  struct Entry {
    std::string execution_id;
    std::string code;
    std::optional<ExecutionReply> reply;
    std::optional<ApiError> error;
    std::optional<runners::Verdict> verdict;
    std::string container_id;
  };
  std::vector<Entry> entries;
  std::vector<AuditAction> actions;

  void record(const AuditEntry& given) override {
    Entry entry;
    entry.execution_id = given.execution_id;
    entry.code = given.request.code;
    if (given.reply != nullptr) entry.reply = *given.reply;
    if (given.error != nullptr) entry.error = *given.error;
    entry.verdict = given.verdict;
    entry.container_id = given.container_id;
    entries.push_back(std::move(entry));
  }
  void record(const AuditAction& action) override { actions.push_back(action); }
};

/// Answers with `outcome`, at once or when the test opens the gate. Belongs to the executor's thread.
class FakeRunner : public runners::Runner {
 public:
  FakeRunner() {
    outcome.verdict = runners::Verdict::completed;
    outcome.exit_code = 0;
    outcome.container_id = "c0ffee";
    health.ok = true;
  }

  runners::Outcome outcome;
  runners::Health health;
  bool hold = false;  ///< Runs wait for `release`, or their stop token.
  bool throws = false;
  std::vector<runners::Job> jobs;
  std::size_t running = 0;
  std::size_t stopped = 0;
  std::size_t checks = 0;
  std::vector<base::Deadline> deadlines;
  std::function<void()> on_run;
  std::vector<std::string> pieces;  ///< Live output, if not all of stdout in one.

  /// Live output of a run that is held.
  void print(std::string_view text) {
    if (sink_ != nullptr) sink_->on_output(runners::OutputStream::stdout_stream, text);
  }

  void release() {
    hold = false;
    for (base::Event& gate : gates_) gate.set();
    gates_.clear();
  }

  boost::asio::awaitable<runners::Outcome> run(runners::Job job, runners::OutputSink* sink,
                                               base::CallBounds bounds) override {
    jobs.push_back(std::move(job));
    deadlines.push_back(bounds.deadline);
    if (on_run) on_run();
    if (throws) throw std::runtime_error("the fake is broken");
    sink_ = sink;
    if (pieces.empty() && !outcome.stdout_bytes.empty()) print(outcome.stdout_bytes);
    for (const std::string& piece : pieces) print(piece);
    ++running;
    runners::Outcome result = outcome;
    if (hold) {
      const auto executor = co_await boost::asio::this_coro::executor;
      base::Event gate(executor);
      gates_.push_back(gate);
      const base::WaitStatus status = co_await gate.wait(std::move(bounds));
      if (status == base::WaitStatus::stopped) {
        ++stopped;
        result.verdict = runners::Verdict::stopped;
      } else if (status == base::WaitStatus::timed_out) {
        result.verdict = runners::Verdict::timed_out;
      }
    }
    --running;
    sink_ = nullptr;
    co_return result;
  }

  boost::asio::awaitable<runners::Health> check(std::string /*image*/, base::CallBounds bounds) override {
    ++checks;
    if (hold) {
      const auto executor = co_await boost::asio::this_coro::executor;
      base::Event gate(executor);
      gates_.push_back(gate);
      co_await gate.wait(std::move(bounds));
    }
    co_return health;
  }

  boost::asio::awaitable<void> shut_down(base::CallBounds /*bounds*/) override { co_return; }

 private:
  runners::OutputSink* sink_ = nullptr;
  std::vector<base::Event> gates_;
};

}  // namespace sallyport::broker::test
