// The first door for a cell, which is one program with the cells before it.
#pragma once

#include "broker/doors.hpp"

#include <string_view>

namespace sallyport::broker {

/// What `door` says of the code by itself and, where a policy is asked for, of `earlier` and the code
/// together: what a name stands for may have been said in an earlier cell. Lines are the cell's own; 0 for
/// what lies in an earlier one. `earlier` ends with a newline, or is empty. Thread-safety: as `door` has it.
[[nodiscard]] CodeVerdict check_cell(const FirstDoor& door, const CodeQuestion& question,
                                     std::string_view earlier);

}  // namespace sallyport::broker
