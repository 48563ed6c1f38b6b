// `GET /openapi.json`.
#pragma once

#include "broker/http/router.hpp"

#include <string_view>

namespace sallyport::broker {

/// docs/api/openapi.yaml as JSON, with the version of this build.
[[nodiscard]] std::string_view openapi_document();

void add_openapi_routes(http::Router& router);

}  // namespace sallyport::broker
