#include "broker/log/logs.hpp"

#include "broker/log/channel.hpp"
#include "broker/log/context.hpp"
#include "broker/log/destination.hpp"

#include <exception>
#include <utility>
#include <variant>

namespace sallyport::broker::log {

// The order matters: the channels end, with what they still have to write, before what they borrow.
struct Logs::Impl {
  Impl(Context context_in, std::shared_ptr<Destination> operational_to, std::shared_ptr<Destination> audit_to)
      : context(std::move(context_in)),
        operational_channel(std::move(operational_to), context.config.max_queued_records,
                            WhenFull::lose_oldest, context),
        audit_channel(std::move(audit_to), context.config.max_queued_audit_records, WhenFull::wait, context),
        operational(operational_channel, context, level_from(context.config.level)),
        audit(audit_channel, context) {}

  Context context;
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
    auto audit = config.audit_file.empty() ? operational : Destination::open(config.audit_file, rotation);
    if (auto* error = std::get_if<std::string>(&audit)) return {nullptr, "log.audit_file: " + *error};

    auto impl = std::make_unique<Impl>(Context{config, std::move(now), std::move(filter)},
                                       std::get<0>(operational), std::get<0>(audit));
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
std::uint64_t Logs::lost_operational() const {
  return impl_->operational_channel.lost();
}
std::uint64_t Logs::lost_audit() const {
  return impl_->audit_channel.lost();
}

}  // namespace sallyport::broker::log
