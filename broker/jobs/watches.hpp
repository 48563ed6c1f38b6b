// Who waits for which job.
#pragma once

#include "base/event.hpp"
#include "broker/api_error.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace sallyport::broker {

/// Wakes those who wait for a job when something has become of it here. What became of it the store knows;
/// only a job that was not served and is kept nowhere leaves its error.
///
/// Thread-safety: the executor's one thread. Bounded by those who wait: a job that nobody waits for is
/// forgotten.
class Watches {
 public:
  class Watch;
  using Pointer = std::shared_ptr<Watch>;

  explicit Watches(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

  /// Shared by all who wait for the same job.
  [[nodiscard]] Pointer watch(const std::string& id);

  /// Wakes all that wait for it.
  void ended(const std::string& id, std::optional<ApiError> not_served = std::nullopt);

  [[nodiscard]] std::size_t size() const { return watches_->size(); }

 private:
  using Map = std::map<std::string, std::weak_ptr<Watch>>;

  boost::asio::any_io_executor executor_;
  std::shared_ptr<Map> watches_ = std::make_shared<Map>();
};

class Watches::Watch {
 public:
  Watch(boost::asio::any_io_executor executor, std::string id, std::weak_ptr<Map> watches)
      : ended(std::move(executor)), id_(std::move(id)), watches_(std::move(watches)) {}
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  base::Event ended;
  std::optional<ApiError> not_served;

 private:
  std::string id_;
  std::weak_ptr<Map> watches_;
};

}  // namespace sallyport::broker
