#include "broker/http/peer_watch.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <utility>
#include <vector>

namespace sallyport::broker::http {

namespace asio = boost::asio;

namespace {
constexpr std::chrono::milliseconds kInterval{50};
}  // namespace

struct PeerPatrol::State : std::enable_shared_from_this<PeerPatrol::State> {
  explicit State(const asio::any_io_executor& executor) : timer(executor) {}

  void look_later() {
    pending = true;
    timer.expires_after(kInterval);
    auto on_expiry = [weak = weak_from_this()](const boost::system::error_code& error) {
      if (const auto self = weak.lock(); self && !error) self->look();
    };
    timer.async_wait(std::move(on_expiry));
  }

  void look() {
    pending = false;
    if (watched.empty()) return;
    std::vector<std::stop_source> gone;
    for (auto watch = watched.begin(); watch != watched.end();) {
      if (watch->connection_.peer_gone()) {
        gone.push_back(watch->client_gone_);
        watch = watched.erase(watch);
      } else {
        ++watch;
      }
    }
    look_later();
    // Behind the walk: who hears of it may end a watch.
    for (std::stop_source& source : gone) source.request_stop();
  }

  asio::steady_timer timer;
  bool pending = false;
  boost::intrusive::list<PeerWatch, boost::intrusive::constant_time_size<false>> watched;
};

PeerPatrol::PeerPatrol(const asio::any_io_executor& executor) : state_(std::make_shared<State>(executor)) {}

PeerPatrol::~PeerPatrol() {
  state_->timer.cancel();
}

PeerWatch::PeerWatch(PeerPatrol& patrol, const Connection& connection, std::stop_source client_gone)
    : connection_(connection), client_gone_(std::move(client_gone)) {
  patrol.state_->watched.push_back(*this);
  // One that is pending when the last watch ends stays so, for the requests that follow.
  if (!patrol.state_->pending) patrol.state_->look_later();
}

}  // namespace sallyport::broker::http
