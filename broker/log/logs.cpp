#include "broker/log/logs.hpp"

#include "broker/log/audit_trail.hpp"
#include "broker/log/channel.hpp"
#include "broker/log/context.hpp"
#include "broker/log/destination.hpp"

#include <exception>
#include <utility>
#include <variant>

namespace sallyport::broker::log {

namespace {

struct AuditSink {
  std::shared_ptr<LineSink> sink;
  std::vector<std::string> notices;
  std::string error;
};

/// Records in a regular file of their own are chained. In a pipe, or between lines of the operational log,
/// there is nothing to go on from after a restart.
AuditSink open_audit(const config::Log& config, const WallClock& now, std::shared_ptr<LineSink> operational) {
  if (config.audit_file.empty()) return {std::move(operational), {}, {}};
  Retention retention;
  retention.rotation.max_bytes = config.max_file_bytes;
  retention.rotation.max_files = config.audit_max_files;
  retention.max_age = std::chrono::seconds(static_cast<std::int64_t>(config.audit_max_age_days * 86'400));
  auto plain = Destination::open(config.audit_file, retention.rotation);
  if (auto* error = std::get_if<std::string>(&plain)) return {nullptr, {}, std::move(*error)};
  if (!std::get<0>(plain)->regular()) return {std::get<0>(plain), {}, {}};
  auto trail = AuditTrail::open(config.audit_file, retention, now);
  if (auto* error = std::get_if<std::string>(&trail)) return {nullptr, {}, std::move(*error)};
  auto notices = std::get<0>(trail)->take_notices();
  return {std::move(std::get<0>(trail)), std::move(notices), {}};
}

}  // namespace

// The order matters: the channels end, with what they still have to write, before what they borrow.
struct Logs::Impl {
  Impl(Context context_in, std::shared_ptr<LineSink> operational_to, std::shared_ptr<LineSink> audit_to)
      : context(std::move(context_in)),
        operational_channel(std::move(operational_to), context.config.max_queued_records,
                            WhenFull::lose_oldest, context),
        audit_channel(std::move(audit_to), context.config.max_queued_audit_records, WhenFull::wait, context),
        operational(operational_channel, context, level_from(context.config.level)),
        audit(audit_channel, context) {}

  Context context;
  std::vector<std::string> audit_notices;
  Channel operational_channel;
  Channel audit_channel;
  Log operational;
  AuditLog audit;
};

Logs::Logs(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Logs::~Logs() = default;

LogsResult Logs::open(const config::Log& config, WallClock now, TextFilter filter) {
  try {
    const Rotation rotation{config.max_file_bytes, config.max_files};
    auto operational = Destination::open(config.file, rotation);
    if (auto* error = std::get_if<std::string>(&operational)) return {nullptr, "log.file: " + *error};
    auto audit = open_audit(config, now, std::get<0>(operational));
    if (!audit.sink) return {nullptr, "log.audit_file: " + audit.error};

    auto impl = std::make_unique<Impl>(Context{config, std::move(now), std::move(filter)},
                                       std::get<0>(operational), std::move(audit.sink));
    impl->audit_notices = std::move(audit.notices);
    return {std::unique_ptr<Logs>(new Logs(std::move(impl))), {}};
  } catch (const std::exception& error) {
    return {nullptr, std::string("log: ") + error.what()};  // No memory or no thread.
  }
}

Log& Logs::operational() {
  return impl_->operational;
}
AuditLog& Logs::audit() {
  return impl_->audit;
}
const std::vector<std::string>& Logs::audit_notices() const {
  return impl_->audit_notices;
}
std::uint64_t Logs::lost_operational() const {
  return impl_->operational_channel.lost();
}
std::uint64_t Logs::lost_audit() const {
  return impl_->audit_channel.lost();
}

}  // namespace sallyport::broker::log
