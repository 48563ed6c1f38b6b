// The effective configuration as text.
#pragma once

#include "config/load.hpp"

#include <string>

namespace sallyport::config {

/// Commented JSON, one key a line, each with where its value came from:
///
///     "port": 9000,  // from SALLYPORT_SERVER_PORT
///
/// It loads again to the same values, except for secrets, which show as "***". Pure; safe from any thread.
std::string show(const Loaded& loaded);

}  // namespace sallyport::config
