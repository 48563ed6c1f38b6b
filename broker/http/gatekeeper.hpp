// Who may use a route.
#pragma once

#include "broker/caller.hpp"
#include "broker/http/message.hpp"
#include "broker/scope.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace sallyport::broker::http {

/// The other end of a connection.
struct Peer {
  std::string address;    ///< In numbers; "unix" for one of the Unix socket.
  bool loopback = false;  ///< Of this host: by its address, or by the Unix socket.
};

/// What is asked before the body of a request is read.
struct Knock {
  const RequestHead& head;
  std::string_view route;  ///< As the router has it.
  Scope scope;             ///< What the route needs; not `open`.
  const Peer& peer;
};

/// Declared by the server, which needs it; implemented over the API keys.
/// Thread-safety: called on the executor's one thread; must not throw.
class Gatekeeper {
 public:
  virtual ~Gatekeeper() = default;

  /// Who sent the request, never null, or the answer that refuses it.
  [[nodiscard]] virtual std::variant<std::shared_ptr<const Caller>, Response> admit(const Knock& knock) = 0;
};

}  // namespace sallyport::broker::http
