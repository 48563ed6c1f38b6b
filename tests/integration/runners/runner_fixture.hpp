// A GVisorRunner on the real engine, for tests. Where engine or image are missing the tests fail, never skip.
#pragma once

#include "base/run_to_end.hpp"
#include "docker/client.hpp"
#include "runners/gvisor_runner.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace sallyport::runners {

/// The images that `sallyport images build` has recorded (SALLYPORT_TEST_IMAGE_RECORD).
class RecordedImages : public ImageResolver {
 public:
  RecordedImages();
  [[nodiscard]] std::optional<ResolvedImage> resolve(const std::string& name) const override;
  void set(const std::string& name, const std::string& digest) { images_[name].digest = digest; }

 private:
  std::map<std::string, ResolvedImage> images_;
};

class RunnerFixture : public testing::Test {
 protected:
  RunnerFixture();
  ~RunnerFixture() override;

  /// The runner from `runner_config_` and `engine_config_`, made at its first use.
  GVisorRunner& runner();

  /// Runs `code` in image "python" and waits for the outcome.
  Outcome run(const std::string& code);
  Outcome run(Job job, OutputSink* sink = nullptr, std::stop_token stop = {});

  [[nodiscard]] static Job job(const std::string& code);

  /// Runs a coroutine on the fixture's context to its end.
  template <class T>
  T await(boost::asio::awaitable<T> task) {
    return base::run_to_end(context_, std::move(task));
  }

  /// Containers of this fixture that the engine has, whatever their state.
  std::size_t containers();
  /// Waits until there is none, at most `seconds`; gives whether that came true.
  bool containers_gone_within(double seconds);

  static base::CallBounds soon() { return base::CallBounds(base::Deadline::after(std::chrono::seconds(30))); }

  boost::asio::io_context context_;
  docker::Client client_;
  RecordedImages images_;
  config::Runner runner_config_;
  config::Engine engine_config_;
  ReaperOptions reaper_options_;
  InstanceIdentity identity_;
  std::unique_ptr<ContainerReaper> reaper_;
  std::unique_ptr<GVisorRunner> runner_;
};

}  // namespace sallyport::runners
