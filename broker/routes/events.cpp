#include "broker/routes/events.hpp"

#include "broker/http/error_response.hpp"
#include "broker/seconds.hpp"
#include "broker/stream/event_response.hpp"

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace sallyport::broker {

namespace asio = boost::asio;
using http::Request;
using http::Response;

namespace {

/// The number of the last event that the client has: 0 where it names none, nothing where it is no number.
std::optional<std::uint64_t> last_event_of(const Request& request) {
  const std::string_view text = request.head.header("Last-Event-ID").value_or("0");
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

class EventRoutes {
 public:
  explicit EventRoutes(EventRoutesParts parts) : parts_(std::move(parts)) {}

  asio::awaitable<Response> events(Request request) {
    const auto after = last_event_of(request);
    if (!after) co_return http::error_response(400, "Last-Event-ID is not the number of an event");
    const std::string owner_key = parts_.owner_key(request);
    const std::string id = request.path_parameters.front();
    auto found = co_await parts_.source.find_events(owner_key, id, *after);
    if (found.has_error()) co_return http::to_response(found.error());
    if ((*found)->ended() && *after == (*found)->last_id()) {
      Response nothing;
      nothing.status = 204;  // By which a browser's EventSource knows that it need not come back.
      co_return nothing;
    }

    const EventForm* const wanted = accepted_form(request.head.header("Accept"));
    const EventForm& form = wanted != nullptr ? *wanted : server_sent_events();
    EventReader reader(*found, form, seconds(parts_.streaming.heartbeat_seconds));
    reader.after = *after;
    reader.look = [&source = parts_.source, owner_key, id, events = *found] {
      return source.look(owner_key, id, events);
    };
    co_return event_response(std::move(reader));
  }

 private:
  EventRoutesParts parts_;
};

}  // namespace

void add_events_routes(http::Router& router, EventRoutesParts parts) {
  const auto routes = std::make_shared<EventRoutes>(std::move(parts));
  router.add({"GET", "/v1/executions/{id}/events", Scope::read, false,
              [routes](Request request, std::stop_token) { return routes->events(std::move(request)); }});
}

}  // namespace sallyport::broker
