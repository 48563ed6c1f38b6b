// Names of executions.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace sallyport::broker {

/// Makes a new id at each call.
using IdGenerator = std::function<std::string()>;

/// A UUID of version 7 (RFC 9562) from its parts: ids sort by the time at which they were made.
[[nodiscard]] std::string format_uuid7(std::uint64_t unix_milliseconds, std::uint64_t random_high,
                                       std::uint64_t random_low);

/// One of now, with randomness from the operating system: an id cannot be guessed from another.
[[nodiscard]] std::string new_execution_id();

}  // namespace sallyport::broker
