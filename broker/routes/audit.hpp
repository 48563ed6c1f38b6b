// `GET /v1/audit`.
#pragma once

#include "broker/audit_source.hpp"
#include "broker/http/router.hpp"

#include <boost/asio/any_io_executor.hpp>

namespace sallyport::broker {

/// `source` must outlive the router. It is asked on `workers`, or where that is empty on the executor's
/// thread.
void add_audit_routes(http::Router& router, const AuditSource& source, boost::asio::any_io_executor workers);

}  // namespace sallyport::broker
