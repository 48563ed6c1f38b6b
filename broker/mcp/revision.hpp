// Which revision of the Model Context Protocol a message is of.
//
// Since 2026-07-28 there is no handshake: each request names its revision, in a header and in its `_meta`.
// The older ones negotiate it with `initialize` and then send the header alone.
#pragma once

#include "broker/http/message.hpp"
#include "broker/mcp/json_rpc.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <string>
#include <string_view>
#include <variant>

namespace sallyport::broker::mcp {

inline constexpr std::string_view kStatelessRevision = "2026-07-28";
/// The newest of those that begin with `initialize`.
inline constexpr std::string_view kSessionRevision = "2025-11-25";
inline constexpr std::array<std::string_view, 3> kRevisions = {kStatelessRevision, kSessionRevision,
                                                               "2025-06-18"};

enum class Era { stateless, session };

/// The era of a request, once headers and `params` agree on it; the error if they do not.
[[nodiscard]] std::variant<Era, RpcError> era_of(const Message& message, const nlohmann::json& params,
                                                 const http::RequestHead& head);

/// The revision that answers an `initialize` for `wanted`: the same if it is one that has sessions.
[[nodiscard]] std::string_view negotiated(std::string_view wanted);

}  // namespace sallyport::broker::mcp
