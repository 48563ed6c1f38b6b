#include "broker/sessions/sessions.hpp"

#include "broker/seconds.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <list>
#include <utility>

namespace sallyport::broker {

namespace asio = boost::asio;
using base::CallBounds;
using base::Clock;
using base::Deadline;
using EntryState = SessionEntry::State;

namespace {

/// Sessions that ended by themselves and are still told of, and for how long.
constexpr std::size_t kMaxRemembered = 64;
constexpr std::chrono::minutes kRememberedFor{10};

constexpr int kRetryAfterSeconds = 10;

std::string seconds_text(double seconds) {
  return nlohmann::json(seconds).dump();
}

ApiError too_many(int status, const char* reason, const std::string& message) {
  ApiError error;
  error.status = status;
  error.error_type = error_type_of(status);
  error.message = message;
  error.retry_after_seconds = kRetryAfterSeconds;
  nlohmann::json details;
  details["reason"] = reason;
  error.details_json = details.dump();
  return error;
}

}  // namespace

const char* const kSessionLost = "; its variables and files are lost";

std::string_view to_string(EntryState state) {
  switch (state) {
    case EntryState::starting:
      return "starting";
    case EntryState::idle:
      return "idle";
    case EntryState::busy:
      return "busy";
    case EntryState::ended:
      return "ended";
  }
  return "";
}

ApiError session_gone(const SessionEntry& entry) {
  ApiError error;
  error.status = 410;
  error.error_type = "SandboxError";
  error.message = "the session has ended: " + entry.why_ended + kSessionLost;
  return error;
}

// Shared with the watches, which may be under way when the owner has given up waiting for them.
struct Sessions::State {
  State(asio::any_io_executor executor_in, config::Sessions limits_in, AuditSink& audit_in)
      : executor(std::move(executor_in)), limits(limits_in), audit(audit_in) {}

  asio::any_io_executor executor;
  config::Sessions limits;
  AuditSink& audit;
  SessionCounts counts;
  std::list<Pointer>
      entries;  ///< Newest first; at most `max_sessions` that live, `kMaxRemembered` that do not.
  std::size_t watches = 0;
  std::unique_ptr<base::Event> unwatched;  ///< Set when the last watch has ended.
  bool stopped = false;

  void put_on_record(AuditAction::What what, const SessionEntry& entry, std::string_view reason) {
    AuditAction action(what);
    action.id = entry.id;
    action.key_id = entry.owner.key;
    action.user_id = entry.request.base.user_id;
    action.log_executions = entry.request.base.layers.log_executions;
    action.reason = reason;
    action.count = entry.cells;
    audit.record(action);
  }

  void end(SessionEntry& entry, SessionEnd end, std::string why) {
    if (entry.state == EntryState::ended) return;
    if (entry.state != EntryState::starting) {
      ++counts.ended.at(static_cast<std::size_t>(end));
      put_on_record(AuditAction::What::session_ended, entry, to_string(end));
    }
    entry.state = EntryState::ended;
    entry.why_ended = std::move(why);
    entry.used = Clock::now();
    entry.session.reset();
    entry.watch_stop.request_stop();
    // It is remembered for a while, with no more than it takes to tell of it.
    std::string().swap(entry.judged_code);
    std::string().swap(entry.request.base.context_json);
    entry.request.fields = nullptr;
  }

  void forget_old() {
    std::size_t remembered = 0;
    const auto oldest = Clock::now() - kRememberedFor;
    entries.remove_if([&](const Pointer& entry) {
      return entry->state == EntryState::ended && (entry->used < oldest || ++remembered > kMaxRemembered);
    });
  }

  template <class F>
  [[nodiscard]] std::size_t count_living(F counts) const {
    return static_cast<std::size_t>(std::count_if(entries.begin(), entries.end(), [&](const Pointer& entry) {
      return entry->state != EntryState::ended && counts(*entry);
    }));
  }

  static void watch(const std::shared_ptr<State>& state, const Pointer& entry) {
    entry->state = EntryState::idle;
    entry->watch_stop = std::stop_source();
    entry->watched.emplace(state->executor);
    ++state->watches;
    asio::co_spawn(state->executor, watch_one(state, entry), asio::detached);
  }

  static asio::awaitable<void> watch_one(std::shared_ptr<State> state, Pointer entry) {
    const auto unused = entry->used + seconds(entry->request.idle_seconds);
    const auto of_age = entry->born + seconds(entry->request.lifetime_seconds);
    const CallBounds bounds(Deadline::at(std::min(unused, of_age)), entry->watch_stop.get_token());
    std::shared_ptr<runners::Session> session = entry->session;
    std::optional<std::string> died = co_await session->idle(bounds);
    session.reset();
    if (died) {
      state->end(*entry, SessionEnd::died, std::move(*died));
    } else if (!bounds.stop.stop_requested()) {
      const SessionRequest& asked = entry->request;
      if (of_age <= unused) {
        state->end(*entry, SessionEnd::lifetime,
                   "its lifetime of " + seconds_text(asked.lifetime_seconds) + " seconds is over");
      } else {
        state->end(*entry, SessionEnd::idle,
                   "no cell came for " + seconds_text(asked.idle_seconds) + " seconds");
      }
    }
    entry->watched->set();
    entry.reset();
    if (--state->watches == 0 && state->unwatched) state->unwatched->set();
  }
};

Sessions::Sessions(asio::any_io_executor executor, config::Sessions limits, AuditSink& audit)
    : state_(std::make_shared<State>(std::move(executor), limits, audit)) {}

ApiResult<Sessions::Pointer> Sessions::reserve(std::string id, Owner owner, SessionRequest request) {
  State& state = *state_;
  state.forget_old();
  const config::Sessions& limits = state.limits;
  const auto same_key = [&](const SessionEntry& other) { return other.owner.key == owner.key; };
  const auto same_user = [&](const SessionEntry& other) {
    return same_key(other) && other.owner.user == owner.user;
  };
  if (limits.max_per_user > 0 && state.count_living(same_user) >= limits.max_per_user) {
    return too_many(429, "user_sessions",
                    "this user has " + std::to_string(limits.max_per_user) +
                        " sessions, as many as one user may have; delete one");
  }
  if (limits.max_per_key > 0 && state.count_living(same_key) >= limits.max_per_key) {
    return too_many(429, "key_sessions",
                    "this key has " + std::to_string(limits.max_per_key) +
                        " sessions, as many as one key may have; delete one");
  }
  if (state.stopped || count() >= limits.max_sessions) {
    return too_many(503, "sessions", "the broker has as many sessions as it may have");
  }
  auto entry = std::make_shared<SessionEntry>();
  entry->id = std::move(id);
  entry->owner = std::move(owner);
  entry->request = std::move(request);
  entry->created = entry->last_used = std::chrono::system_clock::now();
  entry->born = entry->used = Clock::now();
  state.entries.push_front(entry);
  return entry;
}

void Sessions::start(const Pointer& entry, std::unique_ptr<runners::Session> session) {
  if (entry->state != EntryState::starting || state_->stopped) return;
  entry->session = std::move(session);
  entry->born = entry->used = Clock::now();
  ++state_->counts.created;
  state_->put_on_record(AuditAction::What::session_created, *entry, {});
  State::watch(state_, entry);
}

Sessions::Pointer Sessions::find(std::string_view id, const Owner& owner) const {
  state_->forget_old();
  for (const Pointer& entry : state_->entries) {
    const bool own = entry->owner.key == owner.key && entry->owner.user == owner.user;
    if (entry->id == id && own && !entry->closing) return entry;
  }
  return nullptr;
}

std::vector<Sessions::Pointer> Sessions::of(const Owner& owner) const {
  state_->forget_old();
  std::vector<Pointer> own;
  for (const Pointer& entry : state_->entries) {
    if (entry->owner.key == owner.key && entry->owner.user == owner.user && !entry->closing) {
      own.push_back(entry);
    }
  }
  return own;
}

asio::awaitable<std::optional<ApiError>> Sessions::acquire(Pointer entry) {
  if (entry->state == EntryState::ended) co_return session_gone(*entry);
  if (entry->state != EntryState::idle) {
    ApiError busy;
    busy.status = 409;
    busy.error_type = error_type_of(409);
    busy.message =
        entry->state == EntryState::busy
            ? "another cell of this session runs; one runs at a time, in the order in which they come"
            : "the session is still starting";
    busy.retry_after_seconds = 1;
    co_return busy;
  }
  entry->state = EntryState::busy;
  entry->cell_stop = std::stop_source();
  entry->watch_stop.request_stop();
  const CallBounds stopping(Deadline::never());  // What was asked to stop does so at once.
  co_await entry->watched->wait(stopping);
  if (entry->state == EntryState::ended) co_return session_gone(*entry);
  co_return std::nullopt;
}

void Sessions::release(const Pointer& entry) {
  entry->used = Clock::now();
  entry->last_used = std::chrono::system_clock::now();
  if (entry->closing) {
    state_->end(*entry, SessionEnd::deleted, "it was deleted");
    state_->entries.remove(entry);
  } else if (!entry->session || !entry->session->alive()) {
    state_->end(*entry, SessionEnd::died,
                entry->session ? entry->session->why_ended() : std::string("it was ended"));
  } else if (state_->stopped) {
    state_->end(*entry, SessionEnd::shutdown, "the broker shut down");
  } else {
    State::watch(state_, entry);
  }
}

void Sessions::remove(const Pointer& entry) {
  if (entry->state == EntryState::busy) {
    entry->closing = true;
    entry->cell_stop.request_stop();
    return;
  }
  state_->end(*entry, SessionEnd::deleted, "it was deleted");
  state_->entries.remove(entry);
}

asio::awaitable<void> Sessions::shut_down(CallBounds bounds) {
  const auto state = state_;
  state->stopped = true;
  for (const Pointer& entry : state->entries) {
    entry->cell_stop.request_stop();
    if (entry->state != EntryState::busy) state->end(*entry, SessionEnd::shutdown, "the broker shut down");
  }
  if (state->watches == 0) co_return;
  state->unwatched = std::make_unique<base::Event>(state->executor);
  co_await state->unwatched->wait(std::move(bounds));
}

const config::Sessions& Sessions::limits() const {
  return state_->limits;
}

std::size_t Sessions::count() const {
  return state_->count_living([](const SessionEntry&) { return true; });
}

SessionCounts Sessions::counts() const {
  SessionCounts counts = state_->counts;
  const auto in = [this](EntryState wanted) {
    return state_->count_living([wanted](const SessionEntry& entry) { return entry.state == wanted; });
  };
  counts.starting = in(EntryState::starting);
  counts.idle = in(EntryState::idle);
  counts.busy = in(EntryState::busy);
  return counts;
}

}  // namespace sallyport::broker
