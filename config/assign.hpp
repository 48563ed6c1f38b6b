// Putting one value into its field. Inside the module only.
#pragma once

#include "config/keys.hpp"
#include "config/value.hpp"

#include <optional>
#include <string>

namespace sallyport::config {

/// Stores `value` in the field of `key` if its type and the key's rule permit. Else the field stays as it is
/// and the result says what is wrong: "70000 is not between 0 and 65535".
std::optional<std::string> assign(const Key& key, Config& config, const Value& value);

/// The text of an environment variable as a value of the key's type, or as a string where it is none.
Value value_of_variable(const Key& key, const std::string& text);

}  // namespace sallyport::config
