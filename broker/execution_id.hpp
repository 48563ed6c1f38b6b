// Names of executions.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace sallyport::broker {

/// Makes a new id at each call.
using IdGenerator = std::function<std::string()>;

/// A UUID of version 7 (RFC 9562) from its parts: ids sort by the time at which they were made. `fraction`:
/// of the millisecond, in 4096ths, as section 6.2 of the RFC has it (method 3).
[[nodiscard]] std::string format_uuid7(std::uint64_t unix_milliseconds, std::uint64_t fraction,
                                       std::uint64_t random);

/// One of now, with 62 bits from the operating system: an id cannot be guessed from another. Those made a
/// microsecond apart sort in that order.
[[nodiscard]] std::string new_execution_id();

}  // namespace sallyport::broker
