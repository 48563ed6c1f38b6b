// The broker without sandboxes, and what it is measured against. Both print the port that they listen on.
//
//   bench_broker broker FOLDER [at-once|hold|print]
//                                               everything but the runner is the broker's own: HTTP, both
//                                               doors, admission, audit records in FOLDER; a runner that
//                                               replies at once, one that holds every submission, or one
//                                               whose submissions print the time (Unix, ns) until they are
//                                               stopped
//   bench_broker bare BYTES                     a Beast server that answers every request with as many bytes
#include "base/event.hpp"
#include "broker/cli/log_adapters.hpp"
#include "broker/first_door.hpp"
#include "broker/log/logs.hpp"
#include "broker/output_rules.hpp"
#include "broker/policies.hpp"
#include "broker/second_door.hpp"
#include "broker/service.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace asio = boost::asio;
namespace beast = boost::beast;

namespace sallyport::bench {
namespace {

enum class Mode { at_once, hold, print };

class Runner final : public runners::Runner {
 public:
  explicit Runner(Mode mode) : mode_(mode) {}

  asio::awaitable<runners::Outcome> run(runners::Job /*job*/, runners::OutputSink* sink,
                                        base::CallBounds bounds) override {
    if (mode_ == Mode::print && sink != nullptr) co_await print(*sink, bounds);
    if (mode_ == Mode::hold) co_await base::sleep(std::move(bounds));
    runners::Outcome outcome;
    outcome.verdict = runners::Verdict::completed;
    outcome.exit_code = 0;
    outcome.stdout_bytes = "hello\n";
    outcome.container_id = "c0ffee";
    outcome.usage.warm = true;
    co_return outcome;
  }
  asio::awaitable<runners::Health> check(std::string /*image*/, base::CallBounds /*bounds*/) override {
    runners::Health health;
    health.ok = true;
    co_return health;
  }
  asio::awaitable<void> shut_down(base::CallBounds /*bounds*/) override { co_return; }

 private:
  static asio::awaitable<void> print(runners::OutputSink& sink, base::CallBounds bounds) {
    base::WaitStatus status = base::WaitStatus::timed_out;
    while (status == base::WaitStatus::timed_out && !bounds.deadline.expired()) {
      const auto now = std::chrono::system_clock::now().time_since_epoch();
      const auto count = std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
      sink.on_output(runners::OutputStream::stdout_stream, "at " + std::to_string(count) + " ns\n");
      base::CallBounds pause(base::Deadline::after(std::chrono::milliseconds(500)), bounds.stop);
      status = co_await base::sleep(std::move(pause));
    }
  }

  Mode mode_;
};

class Images final : public broker::ImageCatalog {
 public:
  std::optional<broker::ImageInfo> find(std::string_view name) const override {
    return broker::ImageInfo{std::string(name), "sha256:0", "3.11"};
  }
  std::vector<std::string> names() const override { return {"python"}; }
};

asio::awaitable<void> wait_for_end() {
  asio::signal_set signals(co_await asio::this_coro::executor, SIGTERM, SIGINT);
  co_await signals.async_wait(asio::as_tuple(asio::use_awaitable));
}

asio::awaitable<void> serve_until_end(broker::Service& service) {
  co_await wait_for_end();
  co_await service.shut_down();
}

int run_broker(const std::string& folder, Mode mode) {
  config::Config config;
  config.server.port = 0;
  config.server.max_connections = 2000;
  config.server.shutdown_seconds = 0.1;
  config.admission.max_queued = 128;
  if (mode == Mode::print) config.admission.max_concurrent = 1000;
  config.log.file = folder + "/broker.log";
  config.log.audit_file = folder + "/audit.log";
  const broker::OutputRules output_rules("");
  broker::log::LogsResult logs = broker::log::Logs::open(config.log, std::chrono::system_clock::now,
                                                         broker::cli::secrets_filter(output_rules));
  if (!logs.logs) {
    std::cerr << logs.error << "\n";
    return 1;
  }
  asio::io_context context(1);
  asio::thread_pool workers(1);
  asio::thread_pool short_workers(1);
  broker::cli::LogEvents events(logs.logs->operational());
  broker::cli::LogAudit audit(logs.logs->audit());
  broker::metrics::BrokerMetrics metrics("bench");
  metrics.know_code_rules(broker::PythonFirstDoor::rule_ids());
  Runner runner(mode);
  const Images images;
  const broker::Policies policies("");
  const broker::PythonFirstDoor first(policies);
  const broker::RedactingOutputDoor output(output_rules);
  broker::ServiceParts parts(runner, images, policies, audit, events);
  parts.doors.first = &first;
  parts.doors.output = &output;
  parts.workers = workers.get_executor();
  parts.short_workers = short_workers.get_executor();
  parts.metrics = &metrics;
  broker::Service service(context.get_executor(), config, std::move(parts));
  if (const auto started = service.start(); !started) {
    std::cerr << started.error().message << "\n";
    return 1;
  }
  std::cout << service.port() << std::endl;
  asio::co_spawn(context, serve_until_end(service), [&context](std::exception_ptr) { context.stop(); });
  context.run();
  return 0;
}

asio::awaitable<void> answer_all(beast::tcp_stream stream, const std::string& body) {
  beast::flat_buffer buffer;
  for (;;) {
    beast::http::request<beast::http::string_body> request;
    stream.expires_after(std::chrono::seconds(30));
    auto [read_error, read] =
        co_await beast::http::async_read(stream, buffer, request, asio::as_tuple(asio::use_awaitable));
    if (read_error) co_return;
    beast::http::response<beast::http::string_body> response(beast::http::status::ok, request.version());
    response.set(beast::http::field::content_type, "application/json");
    response.keep_alive(request.keep_alive());
    response.body() = body;
    response.prepare_payload();
    auto [write_error, written] =
        co_await beast::http::async_write(stream, response, asio::as_tuple(asio::use_awaitable));
    if (write_error || !response.keep_alive()) co_return;
  }
}

asio::awaitable<void> accept_all(asio::ip::tcp::acceptor& acceptor, const std::string& body) {
  for (;;) {
    auto [error, socket] = co_await acceptor.async_accept(asio::as_tuple(asio::use_awaitable));
    if (error) co_return;
    socket.set_option(asio::ip::tcp::no_delay(true));
    asio::co_spawn(acceptor.get_executor(), answer_all(beast::tcp_stream(std::move(socket)), body),
                   asio::detached);
  }
}

int run_bare(std::size_t bytes) {
  asio::io_context context(1);
  asio::ip::tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
  const std::string body(bytes, 'x');
  std::cout << acceptor.local_endpoint().port() << std::endl;
  asio::co_spawn(context, accept_all(acceptor, body), asio::detached);
  asio::co_spawn(context, wait_for_end(), [&context](std::exception_ptr) { context.stop(); });
  context.run();
  return 0;
}

}  // namespace
}  // namespace sallyport::bench

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() >= 2 && arguments[0] == "broker") {
    using sallyport::bench::Mode;
    const std::string name = arguments.size() > 2 ? arguments[2] : "at-once";
    const Mode mode = name == "hold" ? Mode::hold : name == "print" ? Mode::print : Mode::at_once;
    return sallyport::bench::run_broker(arguments[1], mode);
  }
  if (arguments.size() == 2 && arguments[0] == "bare") {
    return sallyport::bench::run_bare(std::strtoul(arguments[1].c_str(), nullptr, 10));
  }
  std::cerr << "usage: bench_broker broker FOLDER [at-once|hold|print] | bare BYTES\n";
  return 2;
}
