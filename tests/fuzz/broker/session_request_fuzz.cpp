// Bodies and queries of the session routes: whatever comes, the answer is a checked request or a clean
// refusal. The first byte chooses which.
#include "broker/api/input_path.hpp"
#include "broker/policies.hpp"
#include "broker/sessions/session_request.hpp"

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

namespace {

using namespace sallyport;

class Catalog : public broker::ImageCatalog {
 public:
  std::optional<broker::ImageInfo> find(std::string_view name) const override {
    if (name == "python") return broker::ImageInfo{"python", "", "3.11"};
    return std::nullopt;
  }
  std::vector<std::string> names() const override { return {"python"}; }
};

void demand(bool condition) {
  if (!condition) std::abort();
}

template <class T>
bool accepted(const broker::ApiResult<T>& result) {
  if (result.has_value()) return true;
  const int status = result.error().status;
  demand(status == 400 || status == 403 || status == 422);
  demand(!result.error().message.empty());
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Catalog catalog;
  static const broker::Policies policies("");
  if (size == 0) return 0;
  broker::RequestRules rules;
  rules.images = &catalog;
  rules.policies = &policies;
  const config::Sessions limits;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 3 == 0) {
    const auto query = broker::parse_session_query(text, true);
    if (accepted(query)) demand(query->path.empty() || broker::path_mistake(query->path).empty());
  } else if (data[0] % 3 == 1) {
    const auto session = broker::parse_session_request(text, rules, limits, nullptr);
    if (accepted(session)) {
      demand(session->idle_seconds >= 1 && session->idle_seconds <= limits.max_idle_seconds);
      demand(session->lifetime_seconds >= 1 && session->lifetime_seconds <= limits.max_lifetime_seconds);
      demand(session->base.code.empty());
    }
  } else {
    auto body = broker::parse_cell_body(text, rules);
    if (!accepted(body)) return 0;
    static const auto session = broker::parse_session_request("{}", rules, limits, nullptr);
    const auto cell = broker::make_cell_request(*session, std::move(*body), rules, limits, nullptr);
    if (accepted(cell)) {
      demand(cell->image.name == "python");
      demand(cell->limits.max_display_bytes == limits.max_display_bytes);
      for (const runners::InputFile& file : cell->files) demand(broker::path_mistake(file.path).empty());
    }
  }
  return 0;
}
