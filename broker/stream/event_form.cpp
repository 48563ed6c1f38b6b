#include "broker/stream/event_form.hpp"

#include <nlohmann/json.hpp>

#include <cstdlib>

namespace sallyport::broker {
namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// What stands before `separator`; takes both away from `text`.
std::string_view next_part(std::string_view& text, char separator) {
  const auto end = text.find(separator);
  const std::string_view part = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return trim(part);
}

double weight_of(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::string_view parameter = next_part(parameters, ';');
    if (!parameter.starts_with("q=") && !parameter.starts_with("Q=")) continue;
    const std::string number(parameter.substr(2, 5));
    return std::strtod(number.c_str(), nullptr);
  }
  return 1;
}

}  // namespace

std::string event_data(const ExecutionEvent& event) {
  if (event.kind != EventKind::stdout_text && event.kind != EventKind::stderr_text) return event.data;
  return "{\"text\":" + nlohmann::json(event.data).dump() + "}";
}

std::vector<http::Header> streaming_headers() {
  std::vector<http::Header> headers;
  headers.push_back(http::Header{"Cache-Control", "no-store"});
  headers.push_back(http::Header{"X-Accel-Buffering", "no"});
  return headers;
}

const EventForm* accepted_form(std::optional<std::string_view> accept) {
  const EventForm* best = nullptr;
  double best_weight = 0;
  std::string_view rest = accept.value_or(std::string_view());
  while (!rest.empty()) {
    std::string_view range = next_part(rest, ',');
    const std::string_view type = next_part(range, ';');
    const EventForm* form = nullptr;
    if (http::equal_ignoring_case(type, server_sent_events().content_type())) {
      form = &server_sent_events();
    } else if (http::equal_ignoring_case(type, json_lines().content_type())) {
      form = &json_lines();
    } else if (!http::equal_ignoring_case(type, "application/json")) {
      continue;
    }
    const double weight = weight_of(range);
    if (weight > best_weight) {
      best_weight = weight;
      best = form;
    }
  }
  return best;
}

}  // namespace sallyport::broker
