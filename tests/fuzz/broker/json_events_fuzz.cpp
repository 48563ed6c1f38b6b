// Two readers of JSON on the same bytes: what the fast one gives, the other gives too.
#include "broker/api/json_events.hpp"
#include "tests/unit/broker/api/recorded_events.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace broker = sallyport::broker;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  broker::RecordedEvents fast;
  if (!broker::give_json_events(text, fast)) return 0;
  const broker::RecordedEvents slow = broker::events_of_nlohmann(text);
  if (slow.refused || fast.events != slow.events) std::abort();
  return 0;
}
