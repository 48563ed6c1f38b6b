#include "broker/api/json_events.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/src.hpp>

#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <system_error>

namespace sallyport::broker {
namespace {

namespace json = boost::json;

/// Deeper than anything that is accepted; those who refuse earlier do it with better words.
constexpr std::size_t kMaxDepth = 128;

/// What Boost.JSON's reader calls. Named as it wants them.
class Events {
 public:
  static constexpr auto max_array_size = static_cast<std::size_t>(-1);
  static constexpr auto max_object_size = static_cast<std::size_t>(-1);
  static constexpr auto max_string_size = static_cast<std::size_t>(-1);
  static constexpr auto max_key_size = static_cast<std::size_t>(-1);

  explicit Events(nlohmann::json_sax<nlohmann::json>& handler) : handler_(handler) {}

  bool on_document_begin(json::error_code& /*error*/) { return true; }
  bool on_document_end(json::error_code& /*error*/) { return true; }
  bool on_object_begin(json::error_code& error) { return passed(handler_.start_object(kUnknownSize), error); }
  bool on_object_end(std::size_t /*count*/, json::error_code& error) {
    return passed(handler_.end_object(), error);
  }
  bool on_array_begin(json::error_code& error) { return passed(handler_.start_array(kUnknownSize), error); }
  bool on_array_end(std::size_t /*count*/, json::error_code& error) {
    return passed(handler_.end_array(), error);
  }
  bool on_key_part(json::string_view part, std::size_t /*size*/, json::error_code& /*error*/) {
    return gather(part);
  }
  bool on_key(json::string_view part, std::size_t /*size*/, json::error_code& error) {
    gather(part);
    return passed(handler_.key(text_), error);
  }
  bool on_string_part(json::string_view part, std::size_t /*size*/, json::error_code& /*error*/) {
    return gather(part);
  }
  bool on_string(json::string_view part, std::size_t /*size*/, json::error_code& error) {
    gather(part);
    return passed(handler_.string(text_), error);
  }
  bool on_number_part(json::string_view part, json::error_code& /*error*/) { return gather(part); }
  bool on_int64(std::int64_t number, json::string_view part, json::error_code& error) {
    gather(part);
    // "-0" is a negative number to nlohmann.
    const bool taken = text_.front() == '-' ? handler_.number_integer(number)
                                            : handler_.number_unsigned(static_cast<std::uint64_t>(number));
    return passed(taken, error);
  }
  bool on_uint64(std::uint64_t number, json::string_view /*part*/, json::error_code& error) {
    return passed(handler_.number_unsigned(number), error);
  }
  bool on_double(double /*inexact*/, json::string_view part, json::error_code& error) {
    gather(part);
    double number = 0;
    const auto [end, fault] = std::from_chars(text_.data(), text_.data() + text_.size(), number);
    const bool exact = fault == std::errc() && end == text_.data() + text_.size() && std::isfinite(number);
    return passed(exact && handler_.number_float(number, text_), error);
  }
  bool on_bool(bool value, json::error_code& error) { return passed(handler_.boolean(value), error); }
  bool on_null(json::error_code& error) { return passed(handler_.null(), error); }
  bool on_comment_part(json::string_view /*part*/, json::error_code& /*error*/) { return false; }
  bool on_comment(json::string_view /*part*/, json::error_code& /*error*/) { return false; }

 private:
  static constexpr auto kUnknownSize = static_cast<std::size_t>(-1);

  /// Behind every event: what was gathered for it has been given.
  bool passed(bool taken, json::error_code& error) {
    text_.clear();
    if (!taken) error = json::error::exception;
    return taken;
  }
  bool gather(json::string_view part) {
    text_.append(part.data(), part.size());
    return true;
  }

  nlohmann::json_sax<nlohmann::json>& handler_;
  std::string text_;  // Of the string, key or number that is being read.
};

}  // namespace

bool give_json_events(std::string_view text, nlohmann::json_sax<nlohmann::json>& handler) {
  json::parse_options options;
  options.max_depth = kMaxDepth;
  json::basic_parser<Events> reader(options, handler);
  json::error_code error;
  const std::size_t read = reader.write_some(false, text.data(), text.size(), error);
  // It stops at the end of the document, and behind the white space that follows it.
  return !error && read == text.size();
}

}  // namespace sallyport::broker
