// Events of a JSON reader, written down. For tests that compare two of them.
#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::broker {

class RecordedEvents final : public nlohmann::json_sax<nlohmann::json> {
 public:
  std::vector<std::string> events;
  std::size_t most = std::numeric_limits<std::size_t>::max();  ///< Events that are taken.
  bool refused = false;                                        ///< The reader's word.

  bool null() override { return add("null"); }
  bool boolean(bool item) override { return add(item ? "true" : "false"); }
  bool number_integer(std::int64_t item) override { return add("i" + std::to_string(item)); }
  bool number_unsigned(std::uint64_t item) override { return add("u" + std::to_string(item)); }
  bool number_float(double item, const std::string& raw) override {
    char exact[64];
    std::snprintf(exact, sizeof exact, "f%a ", item);
    return add(exact + raw);
  }
  bool string(std::string& item) override { return add("s" + item); }
  bool binary(binary_t& /*item*/) override { return false; }
  bool start_object(std::size_t /*size*/) override { return add("{"); }
  bool key(std::string& name) override { return add("k" + name); }
  bool end_object() override { return add("}"); }
  bool start_array(std::size_t /*size*/) override { return add("["); }
  bool end_array() override { return add("]"); }
  bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    refused = true;
    return false;
  }

 private:
  bool add(std::string event) {
    if (events.size() == most) return false;
    events.push_back(std::move(event));
    return true;
  }
};

inline RecordedEvents events_of_nlohmann(std::string_view text) {
  RecordedEvents slow;
  nlohmann::json::sax_parse(text.begin(), text.end(), &slow);
  return slow;
}

}  // namespace sallyport::broker
