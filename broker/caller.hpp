// Who sent a request, and what they may do.
#pragma once

#include <string>

namespace sallyport::broker {

/// One caller, known by an API key. A default-made one is whoever needs no key: on this host alone, where the
/// operator has made none.
struct Caller {
  std::string key_id;  ///< Stays the same when the key's secret is rotated. Empty: no key was needed.
  double weight = 1;   ///< The key's share beside those of other keys; above 0.
};

}  // namespace sallyport::broker
