// Whose work a submission is, for fairness and quotas.
#pragma once

#include "broker/api/execution_request.hpp"
#include "broker/caller.hpp"

#include <string>
#include <utility>

namespace sallyport::broker {

/// A user within an API key. Users of different keys are different users. Submissions without a `user_id` of
/// one key have one owner together.
struct Owner {
  Owner() = default;
  explicit Owner(const UserId& user_id, std::string key_in = {}, double key_weight_in = 1)
      : key(std::move(key_in)), user(text_of(user_id)), key_weight(key_weight_in) {}
  Owner(const UserId& user_id, const Caller& caller)
      : key(caller.key_id), user(text_of(user_id)), key_weight(caller.weight), key_limits(caller.limits) {}

  std::string key;        ///< Empty: the one of all who need none.
  std::string user;       ///< Empty: anonymous. Never to be shown: it has a mark in front.
  double key_weight = 1;  ///< The key's share beside those of other keys; above 0.
  KeyLimits key_limits;

 private:
  /// The number 7 and the text "7" are two users.
  static std::string text_of(const UserId& user_id) {
    if (const auto* number = std::get_if<std::int64_t>(&user_id)) return "i" + std::to_string(*number);
    if (const auto* text = std::get_if<std::string>(&user_id)) return "s" + *text;
    return {};
  }
};

}  // namespace sallyport::broker
