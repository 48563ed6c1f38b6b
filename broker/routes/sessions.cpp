#include "broker/routes/sessions.hpp"

#include "broker/api/execution_reply.hpp"
#include "broker/http/error_response.hpp"
#include "broker/reply_text.hpp"
#include "broker/seconds.hpp"
#include "broker/sessions/session_json.hpp"
#include "broker/sessions/session_request.hpp"
#include "broker/stream/streamed_execution.hpp"

#include <boost/asio/this_coro.hpp>

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>

namespace sallyport::broker {

namespace asio = boost::asio;
using base::CallBounds;
using base::Clock;
using base::Deadline;
using http::Request;
using http::Response;

namespace {

Owner owner_of(const Request& request, const UserId& user) {
  return Owner(user, *request.caller);
}

ApiError unknown_session() {
  ApiError error;
  error.status = 404;
  error.error_type = error_type_of(404);
  error.message = "there is no such session of this user and key";
  return error;
}

Response not_found() {
  return http::to_response(unknown_session());
}

/// Gives a session back when a cell is through, however that comes about.
class Acquired {
 public:
  Acquired(Sessions& sessions, Sessions::Pointer entry) : sessions_(sessions), entry_(std::move(entry)) {}
  ~Acquired() { release(); }
  Acquired(const Acquired&) = delete;
  Acquired& operator=(const Acquired&) = delete;

  void release() {
    if (entry_) sessions_.release(std::exchange(entry_, nullptr));
  }

 private:
  Sessions& sessions_;
  Sessions::Pointer entry_;
};

/// Frees the place of a session that did not start.
class Reserved {
 public:
  Reserved(Sessions& sessions, Sessions::Pointer entry) : sessions_(sessions), entry_(std::move(entry)) {}
  ~Reserved() {
    if (entry_->state == SessionEntry::State::starting) sessions_.remove(entry_);
  }
  Reserved(const Reserved&) = delete;
  Reserved& operator=(const Reserved&) = delete;

 private:
  Sessions& sessions_;
  Sessions::Pointer entry_;
};

class SessionRoutes {
 public:
  explicit SessionRoutes(SessionRoutesParts parts) : parts_(std::move(parts)) {}

  asio::awaitable<Response> create(Request request, std::stop_token stop) {
    Sessions& sessions = parts_.sessions;
    auto parsed = parse_session_request(request.body, parts_.rules, sessions.limits(), request.caller);
    if (parsed.has_error()) co_return http::to_response(parsed.error());
    Owner owner = owner_of(request, parsed->base.user_id);
    const auto place = sessions.reserve(parts_.new_id(), std::move(owner), std::move(*parsed));
    if (place.has_error()) co_return http::to_response(place.error());
    const Sessions::Pointer& entry = *place;
    const Reserved reserved(sessions, entry);

    CallBounds bounds(Deadline::after(parts_.longest_beside_run), std::move(stop));
    auto opened = co_await parts_.pipeline.open_session(entry->request.base, parts_.opener, entry->id,
                                                        std::move(bounds));
    if (opened.has_error()) co_return to_response(opened.error());
    sessions.start(entry, std::move(*opened));
    if (entry->state != SessionEntry::State::idle) co_return not_found();  // Deleted while it started.
    Response response;
    response.status = 201;
    response.headers.push_back(http::Header{"Location", "/v1/sessions/" + entry->id});
    response.body = session_json(*entry);
    co_return response;
  }

  asio::awaitable<Response> list(Request request) {
    const auto query = parse_session_query(request.head.query, false);
    if (query.has_error()) co_return http::to_response(query.error());
    Response response;
    response.body = sessions_json(parts_.sessions.of(owner_of(request, query->user_id)));
    co_return response;
  }

  asio::awaitable<Response> show(Request request) {
    const auto query = parse_session_query(request.head.query, false);
    if (query.has_error()) co_return http::to_response(query.error());
    const auto entry = find(request, query->user_id);
    if (!entry) co_return not_found();
    Response response;
    response.body = session_json(*entry);
    co_return response;
  }

  asio::awaitable<Response> remove(Request request) {
    const auto query = parse_session_query(request.head.query, false);
    if (query.has_error()) co_return http::to_response(query.error());
    const auto entry = find(request, query->user_id);
    if (!entry) co_return not_found();
    parts_.sessions.remove(entry);
    Response response;
    response.status = 204;
    co_return response;
  }

  asio::awaitable<Response> run_cell(Request request, std::stop_token stop) {
    auto body = parse_cell_body(request.body, parts_.rules);
    if (body.has_error()) co_return http::to_response(body.error());
    const EventForm* const form = accepted_form(request.head.header("Accept"));
    std::optional<std::string> none;
    auto cell = co_await prepare(std::move(request), std::move(*body), std::move(none));
    if (cell.has_error()) {
      count(CellOutcome::not_served, Clock::now());
      co_return to_response(cell.error());
    }
    (*cell)->counted = true;
    if (form != nullptr) co_return co_await stream(std::move(*cell), *form, std::move(stop));
    co_return co_await answer(std::move(*cell), std::move(stop));
  }

  asio::awaitable<Response> put_files(Request request, std::stop_token stop) {
    auto body = parse_files_body(request.body, parts_.rules);
    if (body.has_error()) co_return http::to_response(body.error());
    std::optional<std::string> none;
    auto cell = co_await prepare(std::move(request), std::move(*body), std::move(none));
    if (cell.has_error()) co_return to_response(cell.error());
    co_return co_await answer(std::move(*cell), std::move(stop));
  }

  asio::awaitable<Response> get_files(Request request, std::stop_token stop) {
    auto query = parse_session_query(request.head.query, true);
    if (query.has_error()) co_return http::to_response(query.error());
    CellBody body;
    body.user_id = query->user_id;
    body.fields["code"] = "";
    std::optional<std::string> collect(std::move(query->path));
    auto cell = co_await prepare(std::move(request), std::move(body), std::move(collect));
    if (cell.has_error()) co_return to_response(cell.error());
    co_return co_await answer(std::move(*cell), std::move(stop));
  }

 private:
  [[nodiscard]] Sessions::Pointer find(const Request& request, const UserId& user) const {
    return parts_.sessions.find(request.path_parameters.front(), owner_of(request, user));
  }

  /// Whoever was stopped by the shutdown is still there to be told.
  [[nodiscard]] Response to_response(const ApiError& error) const {
    const bool cut = error.status == 499 && parts_.cutting();
    return http::to_response(cut ? shutting_down() : error);
  }

  /// A cell that has its session, until its reply is made.
  struct Prepared {
    Prepared(Sessions& sessions, Sessions::Pointer entry_in, ExecutionRequest request_in)
        : entry(std::move(entry_in)), acquired(sessions, entry), request(std::move(request_in)) {}

    Sessions::Pointer entry;
    Acquired acquired;
    ExecutionRequest request;
    std::string judged;  // The code, where the policy judges it.
    bool counted = false;
    Clock::time_point begin = Clock::now();
  };
  using PreparedPointer = std::shared_ptr<Prepared>;

  asio::awaitable<ApiResult<PreparedPointer>> prepare(Request request, CellBody body,
                                                      std::optional<std::string> collect) {
    Sessions& sessions = parts_.sessions;
    const auto entry = find(request, body.user_id);
    if (!entry) co_return unknown_session();
    if (entry->state == SessionEntry::State::ended) co_return session_gone(*entry);
    auto parsed =
        make_cell_request(entry->request, std::move(body), parts_.rules, sessions.limits(), request.caller);
    if (parsed.has_error()) co_return parsed.error();
    std::string().swap(request.body);
    if (auto refused = co_await sessions.acquire(entry)) co_return std::move(*refused);
    const auto prepared = std::make_shared<Prepared>(sessions, entry, std::move(*parsed));

    ExecutionRequest& execution = prepared->request;
    if (execution.layers.enable_ast_validation && !execution.code.empty()) {
      prepared->judged = execution.code + "\n";
      if (entry->judged_code.size() + prepared->judged.size() > sessions.limits().max_code_bytes) {
        ApiError error;
        error.status = 422;
        error.error_type = error_type_of(422);
        error.message = "the cells of this session have " + std::to_string(sessions.limits().max_code_bytes) +
                        " bytes of code together, the most that is judged; begin another one";
        co_return error;
      }
    }
    execution.cell = std::make_shared<SessionCell>();
    execution.cell->session = entry->session;
    execution.cell->options.number = entry->cells + 1;
    execution.cell->options.collect = std::move(collect);
    execution.cell->earlier_code = entry->judged_code;
    co_return prepared;
  }

  /// Runs it and gives the session back. The observer may be null.
  asio::awaitable<ApiResult<ExecutionReply>> execute(PreparedPointer prepared, ExecutionObserver* observer,
                                                     CallBounds bounds) {
    const Sessions::Pointer entry = prepared->entry;
    const std::shared_ptr<SessionCell> cell = prepared->request.cell;
    // Stopped by the client that leaves, or by whoever deletes the session.
    auto forward = [source = entry->cell_stop]() mutable { source.request_stop(); };
    const std::stop_callback forwarding(std::move(bounds.stop), forward);
    CallBounds either(bounds.deadline, entry->cell_stop.get_token());
    auto result = co_await parts_.pipeline.execute(std::move(prepared->request), observer, std::move(either));

    if (cell->began) {
      entry->cells = cell->options.number;
      entry->judged_code += prepared->judged;
    }
    const bool deleted = entry->closing;
    prepared->acquired.release();
    const bool ended = entry->state == SessionEntry::State::ended;
    if (prepared->counted) count(outcome_of(result), prepared->begin);
    if (result.has_error()) {
      ApiError error = result.error();
      if (deleted && error.status == 499) error = session_gone(*entry);
      if (ended && !deleted) error.message += "; the session has ended" + std::string(kSessionLost);
      co_return error;
    }
    tell_of_session(*entry, *cell, *result);
    co_return result;
  }

  asio::awaitable<Response> answer(PreparedPointer prepared, std::stop_token stop) {
    CallBounds bounds(longest(*prepared), std::move(stop));
    auto reply = co_await execute(std::move(prepared), nullptr, std::move(bounds));
    if (reply.has_error()) co_return to_response(reply.error());
    Response response;
    response.error_type = reply->error_type.value_or("");
    response.body = co_await reply_text(std::move(*reply), parts_.workers);
    co_return response;
  }

  asio::awaitable<Response> stream(PreparedPointer prepared, const EventForm& form, std::stop_token stop) {
    const auto executor = co_await asio::this_coro::executor;
    StreamedExecutionParts parts(executor);
    parts.workers = parts_.workers;
    parts.max_event_bytes = parts_.streaming.max_event_bytes;
    parts.cutting = parts_.cutting;
    parts.deadline = longest(*prepared);
    StreamedExecution::Run run = [this, prepared](ExecutionObserver& observer, CallBounds bounds) {
      return execute(prepared, &observer, std::move(bounds));
    };
    prepared.reset();
    const auto heartbeat = seconds(parts_.streaming.heartbeat_seconds);
    co_return co_await StreamedExecution::answer(std::move(parts), std::move(run), form, heartbeat,
                                                 std::move(stop));
  }

  [[nodiscard]] Deadline longest(const Prepared& prepared) const {
    return Deadline::after(parts_.longest_beside_run + prepared.request.limits.timeout);
  }

  /// The session may have ended with the cell, which has run or was refused by the first door.
  static void tell_of_session(const SessionEntry& entry, const SessionCell& cell, ExecutionReply& reply) {
    const bool ended = entry.state == SessionEntry::State::ended;
    reply.session.emplace();
    reply.session->id = entry.id;
    reply.session->cell = cell.options.number;
    reply.session->state = ended ? "ended" : "idle";
    if (!ended) return;
    reply.session->why_ended = entry.why_ended + kSessionLost;
    if (reply.error_message) *reply.error_message += "; the session has ended" + std::string(kSessionLost);
  }

  static CellOutcome outcome_of(const ApiResult<ExecutionReply>& result) {
    if (result.has_error()) return CellOutcome::not_served;
    if (result->success) return CellOutcome::success;
    return result->error_type == "ValidationError" ? CellOutcome::refused : CellOutcome::failed;
  }

  void count(CellOutcome outcome, Clock::time_point begin) const {
    if (parts_.metrics == nullptr) return;
    parts_.metrics->cell(outcome, std::chrono::duration<double>(Clock::now() - begin).count());
  }

  SessionRoutesParts parts_;
};

}  // namespace

void add_sessions_routes(http::Router& router, SessionRoutesParts parts) {
  const auto routes = std::make_shared<SessionRoutes>(std::move(parts));
  router.add({"POST", "/v1/sessions", Scope::execute, true, [routes](Request request, std::stop_token stop) {
                return routes->create(std::move(request), std::move(stop));
              }});
  router.add({"GET", "/v1/sessions", Scope::read, false,
              [routes](Request request, std::stop_token) { return routes->list(std::move(request)); }});
  router.add({"GET", "/v1/sessions/{id}", Scope::read, false,
              [routes](Request request, std::stop_token) { return routes->show(std::move(request)); }});
  router.add({"DELETE", "/v1/sessions/{id}", Scope::execute, false,
              [routes](Request request, std::stop_token) { return routes->remove(std::move(request)); }});
  router.add({"POST", "/v1/sessions/{id}/cells", Scope::execute, true,
              [routes](Request request, std::stop_token stop) {
                return routes->run_cell(std::move(request), std::move(stop));
              }});
  router.add({"PUT", "/v1/sessions/{id}/files", Scope::execute, true,
              [routes](Request request, std::stop_token stop) {
                return routes->put_files(std::move(request), std::move(stop));
              }});
  router.add(
      {"GET", "/v1/sessions/{id}/files", Scope::read, false, [routes](Request request, std::stop_token stop) {
         return routes->get_files(std::move(request), std::move(stop));
       }});
}

}  // namespace sallyport::broker
