// The query of a URL: whatever comes, what is accepted is bounded, UTF-8 and unambiguous.
#include "broker/api/utf8.hpp"
#include "broker/http/query_parameters.hpp"

#include <cstdint>
#include <cstdlib>
#include <set>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace broker = sallyport::broker;
  const std::string_view query(reinterpret_cast<const char*>(data), size);
  const auto parameters = broker::http::parse_query(query);
  if (!parameters) return 0;
  if (parameters->size() > broker::http::kMaxQueryParameters) std::abort();
  std::set<std::string_view> names;
  std::size_t bytes = 0;
  for (const auto& [name, value] : *parameters) {
    if (name.empty() || !names.insert(name).second) std::abort();
    if (broker::find_invalid_utf8(name) != std::string_view::npos) std::abort();
    if (broker::find_invalid_utf8(value) != std::string_view::npos) std::abort();
    bytes += name.size() + value.size();
  }
  if (bytes > size) std::abort();
  return 0;
}
