// Why a server does not start.
#pragma once

#include <string>

namespace sallyport::broker::http {

/// For people.
struct StartError {
  std::string message;
};

}  // namespace sallyport::broker::http
