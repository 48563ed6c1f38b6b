#include "broker/jobs/receipt_json.hpp"

#include "broker/jobs/stored_error.hpp"

#include <nlohmann/json.hpp>

namespace sallyport::broker {

using Json = nlohmann::json;

std::string receipt_json(const Receipt& receipt) {
  Json items = Json::array();
  for (const auto& item : receipt.items) {
    if (const auto* id = std::get_if<std::string>(&item)) {
      items.push_back(*id);
    } else {
      items.push_back(Json::parse(stored_error(std::get<ApiError>(item))));
    }
  }
  return items.dump();
}

std::optional<Receipt> receipt_from_json(std::string_view text) {
  const Json items = Json::parse(text, nullptr, false);
  if (!items.is_array()) return std::nullopt;
  Receipt receipt;
  for (const Json& item : items) {
    if (item.is_string()) {
      receipt.items.emplace_back(item.get<std::string>());
    } else {
      receipt.items.emplace_back(error_from_stored(item.dump()));
    }
  }
  return receipt;
}

}  // namespace sallyport::broker
