#include "broker/routes/sessions.hpp"

#include "broker/api/execution_reply.hpp"
#include "broker/http/error_response.hpp"
#include "broker/reply_text.hpp"
#include "broker/sessions/session_json.hpp"
#include "broker/sessions/session_request.hpp"

#include <memory>
#include <stop_token>
#include <string>
#include <utility>

namespace sallyport::broker {

namespace asio = boost::asio;
using base::CallBounds;
using base::Deadline;
using http::Request;
using http::Response;

namespace {

Owner owner_of(const Request& request, const UserId& user) {
  return Owner(user, *request.caller);
}

Response not_found() {
  return http::error_response(404, "there is no such session of this user and key");
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
    std::optional<std::string> none;
    co_return co_await run(std::move(request), std::move(*body), std::move(none), std::move(stop));
  }

  asio::awaitable<Response> put_files(Request request, std::stop_token stop) {
    auto body = parse_files_body(request.body, parts_.rules);
    if (body.has_error()) co_return http::to_response(body.error());
    std::optional<std::string> none;
    co_return co_await run(std::move(request), std::move(*body), std::move(none), std::move(stop));
  }

  asio::awaitable<Response> get_files(Request request, std::stop_token stop) {
    auto query = parse_session_query(request.head.query, true);
    if (query.has_error()) co_return http::to_response(query.error());
    CellBody body;
    body.user_id = query->user_id;
    body.fields["code"] = "";
    std::optional<std::string> collect(std::move(query->path));
    co_return co_await run(std::move(request), std::move(body), std::move(collect), std::move(stop));
  }

 private:
  [[nodiscard]] Sessions::Pointer find(const Request& request, const UserId& user) const {
    return parts_.sessions.find(request.path_parameters.front(), owner_of(request, user));
  }

  /// Whoever was stopped by the shutdown is still there to be told.
  [[nodiscard]] Response to_response(const ApiError& error) const {
    const bool cut = error.status == 499 && parts_.cutting && parts_.cutting();
    return http::to_response(cut ? shutting_down() : error);
  }

  asio::awaitable<Response> run(Request request, CellBody body, std::optional<std::string> collect,
                                std::stop_token stop) {
    Sessions& sessions = parts_.sessions;
    const auto entry = find(request, body.user_id);
    if (!entry) co_return not_found();
    if (entry->state == SessionEntry::State::ended) co_return http::to_response(session_gone(*entry));
    auto parsed =
        make_cell_request(entry->request, std::move(body), parts_.rules, sessions.limits(), request.caller);
    if (parsed.has_error()) co_return http::to_response(parsed.error());
    std::string().swap(request.body);
    if (auto refused = co_await sessions.acquire(entry)) co_return http::to_response(*refused);
    Acquired acquired(sessions, entry);

    const bool judged = parsed->layers.enable_ast_validation && !parsed->code.empty();
    std::string code;
    if (judged) {
      code = parsed->code + "\n";
      if (entry->judged_code.size() + code.size() > sessions.limits().max_code_bytes) {
        co_return http::error_response(
            422, "the cells of this session have " + std::to_string(sessions.limits().max_code_bytes) +
                     " bytes of code together, the most that is judged; begin another one");
      }
    }
    const auto cell = std::make_shared<SessionCell>();
    cell->session = entry->session;
    cell->options.number = entry->cells + 1;
    cell->options.collect = std::move(collect);
    cell->earlier_code = entry->judged_code;
    parsed->cell = cell;

    // Stopped by the client that leaves, or by whoever deletes the session.
    auto forward = [source = entry->cell_stop]() mutable { source.request_stop(); };
    const std::stop_callback forwarding(std::move(stop), forward);
    CallBounds bounds(Deadline::after(parts_.longest_beside_run + parsed->limits.timeout),
                      entry->cell_stop.get_token());
    auto result = co_await parts_.pipeline.execute(std::move(*parsed), nullptr, std::move(bounds));

    if (cell->began) {
      entry->cells = cell->options.number;
      entry->judged_code += code;
    }
    const bool deleted = entry->closing;
    acquired.release();
    const bool ended = entry->state == SessionEntry::State::ended;
    if (result.has_error()) {
      ApiError error = result.error();
      if (deleted && error.status == 499) error = session_gone(*entry);
      if (ended && !deleted) error.message += "; the session has ended" + std::string(kSessionLost);
      co_return to_response(error);
    }
    co_return co_await answer(*entry, *cell, std::move(*result));
  }

  /// `cell` has run, or was refused by the first door.
  asio::awaitable<Response> answer(const SessionEntry& entry, const SessionCell& cell, ExecutionReply reply) {
    const bool ended = entry.state == SessionEntry::State::ended;
    reply.session.emplace();
    reply.session->id = entry.id;
    reply.session->cell = cell.options.number;
    reply.session->state = ended ? "ended" : "idle";
    if (ended) {
      reply.session->why_ended = entry.why_ended + kSessionLost;
      if (reply.error_message) {
        *reply.error_message += "; the session has ended" + std::string(kSessionLost);
      }
    }
    Response response;
    response.error_type = reply.error_type.value_or("");
    response.body = co_await reply_text(std::move(reply), parts_.workers);
    co_return response;
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
