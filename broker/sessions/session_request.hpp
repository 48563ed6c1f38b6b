// The bodies and queries of the session routes. Private to broker: it shows nlohmann types.
#pragma once

#include "broker/api/execution_request.hpp"
#include "broker/api_error.hpp"
#include "config/config.hpp"

#include <nlohmann/json.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::broker {

/// What a session was asked to be, checked in full.
struct SessionRequest {
  ExecutionRequest base;  ///< Of an execution without code that has all that holds for the session.
  double idle_seconds = 0;
  double lifetime_seconds = 0;
  nlohmann::json fields;  ///< What each cell's request takes over; the cell's own members go before.
};

/// Parses the body of `POST /v1/sessions`: the fields of an execution that hold for all cells, and the two
/// times. Errors as `parse_execution_request` has them.
[[nodiscard]] ApiResult<SessionRequest> parse_session_request(std::string_view body,
                                                              const RequestRules& rules,
                                                              const config::Sessions& limits,
                                                              std::shared_ptr<const Caller> caller);

/// The body of a request to a session, before it is known whose session it is.
struct CellBody {
  UserId user_id;
  nlohmann::json fields;
};

/// `POST .../cells`: code, and what an execution may choose for itself. 400 and 422 as above.
[[nodiscard]] ApiResult<CellBody> parse_cell_body(std::string_view body, const RequestRules& rules);

/// `PUT .../files`: files alone.
[[nodiscard]] ApiResult<CellBody> parse_files_body(std::string_view body, const RequestRules& rules);

/// The cell as an execution, checked against today's rules.
[[nodiscard]] ApiResult<ExecutionRequest> make_cell_request(const SessionRequest& session, CellBody body,
                                                            const RequestRules& rules,
                                                            const config::Sessions& limits,
                                                            std::shared_ptr<const Caller> caller);

/// The query of a request without a body. A whole number is that number, any other text is itself; a number
/// in double quotes is the text.
struct SessionQuery {
  UserId user_id;
  std::string path;  ///< Below the working folder; empty: all of it.
};

/// Refuses what it does not know: 422. `takes_path`: whether `path` may stand in it.
[[nodiscard]] ApiResult<SessionQuery> parse_session_query(std::string_view query, bool takes_path);

}  // namespace sallyport::broker
