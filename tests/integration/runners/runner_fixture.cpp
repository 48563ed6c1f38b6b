#include "runner_fixture.hpp"

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <fstream>
#include <unistd.h>

namespace asio = boost::asio;

namespace sallyport::runners {
namespace {

std::string environment(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : otherwise;
}

docker::ClientOptions client_options() {
  docker::ClientOptions options;
  options.socket_path = environment("SALLYPORT_ENGINE_SOCKET", "/var/run/docker.sock");
  return options;
}

std::string unique_name() {
  static int count = 0;
  return "test-" + std::to_string(::getpid()) + "-" + std::to_string(++count);
}

}  // namespace

RecordedImages::RecordedImages() {
  const std::string path = environment("SALLYPORT_TEST_IMAGE_RECORD", "/var/lib/sallyport/images.json");
  std::ifstream file(path);
  const auto record = nlohmann::json::parse(file, nullptr, false);
  if (record.is_discarded()) {
    ADD_FAILURE() << "no record of images at " << path << "; run: sallyport images build python";
    return;
  }
  for (const auto& [name, image] : record.at("images").items()) {
    ResolvedImage resolved;
    resolved.digest = image.at("digest").get<std::string>();
    images_[name] = resolved;
  }
}

std::optional<ResolvedImage> RecordedImages::resolve(const std::string& name) const {
  const auto found = images_.find(name);
  if (found == images_.end()) return std::nullopt;
  return found->second;
}

RunnerFixture::RunnerFixture() : client_(context_.get_executor(), client_options()) {
  identity_.instance = unique_name();
  identity_.run = unique_name();
}

RunnerFixture::~RunnerFixture() {
  if (!reaper_) return;
  auto shut_down = [this]() -> asio::awaitable<bool> {
    const base::CallBounds bounds(base::Deadline::after(std::chrono::seconds(60)));
    co_await runner_->shut_down(bounds);
    co_return true;
  };
  await(shut_down());
  EXPECT_EQ(containers(), 0U) << "a container was left behind";
}

GVisorRunner& RunnerFixture::runner() {
  if (!runner_) {
    reaper_ =
        std::make_unique<ContainerReaper>(context_.get_executor(), client_, identity_, reaper_options_,
                                          [](const std::string& message) { std::puts(message.c_str()); });
    GVisorRunnerDependencies dependencies{context_.get_executor(), client_, images_, *reaper_, random_nonce};
    runner_ =
        std::make_unique<GVisorRunner>(std::move(dependencies), runner_config_, engine_config_, identity_);
  }
  return *runner_;
}

Job RunnerFixture::job(const std::string& code) {
  Job made;
  made.execution_id = unique_name();
  made.image = "python";
  made.code = code;
  made.limits.timeout = std::chrono::seconds(20);
  made.limits.max_memory_mb = 256;
  return made;
}

Outcome RunnerFixture::run(const std::string& code) {
  return run(job(code));
}

Outcome RunnerFixture::run(Job job, OutputSink* sink, std::stop_token stop) {
  const base::CallBounds bounds(base::Deadline::after(std::chrono::seconds(90)), std::move(stop));
  Outcome outcome = await(runner().run(std::move(job), sink, bounds));
  if (HasFatalFailure()) return outcome;
  // Shown when an expectation of the test fails.
  std::printf("verdict %s, failure %s, message \"%s\"\n", to_string(outcome.verdict),
              to_string(outcome.failure), outcome.message.c_str());
  return outcome;
}

std::size_t RunnerFixture::containers() {
  docker::Labels labels{{kInstanceLabel, identity_.instance}};
  const auto listed = await(client_.list_containers(std::move(labels), soon()));
  if (!listed) {
    ADD_FAILURE() << listed.error().to_string();
    return 0;
  }
  return listed->size();
}

bool RunnerFixture::containers_gone_within(double seconds) {
  const auto end = base::Clock::now() + std::chrono::duration<double>(seconds);
  while (containers() > 0) {
    if (base::Clock::now() > end) return false;
    context_.restart();
    context_.run_for(std::chrono::milliseconds(20));
  }
  return true;
}

}  // namespace sallyport::runners
