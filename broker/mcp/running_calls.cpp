#include "broker/mcp/running_calls.hpp"

#include <utility>

namespace sallyport::broker::mcp {
namespace {

std::string key_of(std::string_view session, std::string_view id_json) {
  std::string key(session);
  key += '\n';  // In no header's value.
  key += id_json;
  return key;
}

}  // namespace

RunningCalls::Call::Call(RunningCalls* owner, std::string key, std::stop_source stop, std::stop_token outer)
    : owner_(owner),
      key_(std::move(key)),
      stop_(std::move(stop)),
      outer_(std::move(outer), [source = stop_]() mutable { source.request_stop(); }) {}

RunningCalls::Call::~Call() {
  if (owner_ != nullptr) owner_->calls_.erase(key_);
}

std::unique_ptr<RunningCalls::Call> RunningCalls::begin(std::optional<std::string_view> session,
                                                        std::string_view id_json, std::stop_token outer) {
  if (!session) return std::make_unique<Call>(nullptr, std::string(), std::stop_source(), std::move(outer));
  std::string key = key_of(*session, id_json);
  if (calls_.contains(key)) return nullptr;
  auto call = std::make_unique<Call>(this, key, std::stop_source(), std::move(outer));
  calls_.emplace(std::move(key), call.get());
  return call;
}

void RunningCalls::cancel(std::string_view session, std::string_view id_json) {
  const auto found = calls_.find(key_of(session, id_json));
  if (found == calls_.end()) return;
  found->second->cancelled_ = true;
  found->second->stop_.request_stop();
}

}  // namespace sallyport::broker::mcp
