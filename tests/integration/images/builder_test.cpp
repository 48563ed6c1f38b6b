// Builds, verifies, records and removes an image with the engine and with gVisor.
#include "images/builder.hpp"

#include "images/build_context.hpp"
#include "images/record.hpp"
#include "runners/gvisor_runner.hpp"
#include "tests/support/source_folder.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <unistd.h>

namespace asio = boost::asio;

namespace sallyport::images {
namespace {

constexpr const char* kName = "integration-test";

/// The digest is the image's name.
class ByDigest final : public runners::ImageResolver {
 public:
  std::optional<runners::ResolvedImage> resolve(const std::string& name) const override {
    runners::ResolvedImage image;
    image.digest = name;
    return image;
  }
};

class GVisorSelfTest final : public SelfTestRunner {
 public:
  GVisorSelfTest(asio::any_io_executor executor, docker::Client& client)
      : reaper_(executor, client, identity_, {}, [](const std::string&) {}),
        runner_({executor, client, images_, reaper_, runners::random_nonce}, config::Runner{},
                config::Engine{}, identity_) {}

  asio::awaitable<SelfTestResult> run(std::string digest, SelfTest test, base::CallBounds bounds) override {
    runners::Job job;
    job.execution_id = "self-test";
    job.image = std::move(digest);
    job.code = test.code;
    job.stdin_text = test.stdin_text;
    for (const auto& [path, content] : test.files) job.files.push_back({path, content});
    const runners::Outcome outcome = co_await runner_.run(std::move(job), nullptr, bounds);
    SelfTestResult result;
    if (outcome.verdict != runners::Verdict::completed) result.failure = outcome.message;
    result.exit_code = outcome.exit_code.value_or(-1);
    result.stdout_text = outcome.stdout_bytes;
    result.stderr_text = outcome.stderr_bytes;
    for (const runners::Artifact& artifact : outcome.artifacts) result.artifacts.push_back(artifact.path);
    co_return result;
  }

  asio::awaitable<bool> shut_down(base::CallBounds bounds) {
    co_await runner_.shut_down(bounds);
    co_await reaper_.shut_down(bounds);
    co_return true;
  }

 private:
  runners::InstanceIdentity identity_{"images-test-" + std::to_string(::getpid()), "1"};
  ByDigest images_;
  runners::ContainerReaper reaper_;
  runners::GVisorRunner runner_;
};

std::string engine_socket() {
  const char* socket = std::getenv("SALLYPORT_ENGINE_SOCKET");
  return socket != nullptr ? socket : "/var/run/docker.sock";
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const std::size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return at == std::string::npos ? text : text.replace(at, what.size(), with);
}

class BuilderTest : public testing::Test {
 protected:
  BuilderTest() : folder_(testing::TempDir() + "images-" + std::to_string(::getpid())) {
    std::filesystem::create_directories(folder_ + "/recipes/" + kName);
    docker::ClientOptions options;
    options.socket_path = engine_socket();
    client_ = std::make_unique<docker::Client>(context_.get_executor(), options);
    self_test_ = std::make_unique<GVisorSelfTest>(context_.get_executor(), *client_);
    builder_ = std::make_unique<Builder>(*client_, BuilderOptions{folder_ + "/recipes", record_path()});
    // The recipe of the image "python" under another name: the root file system is shared with it.
    std::ifstream file(test::source_folder() + "/images/recipes/python/recipe.json");
    recipe_.assign(std::istreambuf_iterator<char>(file), {});
    recipe_ = replaced(recipe_, "\"name\": \"python\"", std::string("\"name\": \"") + kName + "\"");
    write_recipe(recipe_);
  }

  ~BuilderTest() override {
    finish_self_tests();
    static_cast<void>(await(builder_->remove(kName, soon())));
    std::filesystem::remove_all(folder_);
  }

  /// The self-test's container goes in the background, and holds the image until it is gone.
  void finish_self_tests() {
    if (!self_test_) return;
    await(self_test_->shut_down(soon()));
    self_test_.reset();
  }

  void write_recipe(const std::string& text) {
    std::ofstream(folder_ + "/recipes/" + kName + "/recipe.json") << text;
  }

  template <class T>
  T await(asio::awaitable<T> task) {
    auto future = asio::co_spawn(context_, std::move(task), asio::use_future);
    context_.restart();
    while (future.wait_for(std::chrono::seconds(0)) != std::future_status::ready && context_.run_one() > 0) {
    }
    return future.get();
  }

  static base::CallBounds soon() { return base::CallBounds(base::Deadline::after(std::chrono::minutes(9))); }

  BuildResult build(BuildOptions options = {}) {
    const auto print = [](std::string_view line) {
      std::printf("%.*s\n", static_cast<int>(line.size()), line.data());
    };
    return await(builder_->build(kName, options, print, soon())).value();
  }

  [[nodiscard]] std::string record_path() const { return folder_ + "/state/images.json"; }

  std::string folder_;
  std::string recipe_;
  asio::io_context context_;
  std::unique_ptr<docker::Client> client_;
  std::unique_ptr<GVisorSelfTest> self_test_;
  std::unique_ptr<Builder> builder_;
};

TEST_F(BuilderTest, BuildsVerifiesAndRecords) {
  const auto not_yet = await(builder_->verify(kName, *self_test_, soon()));
  ASSERT_TRUE(not_yet.has_error());
  EXPECT_EQ(not_yet.error().kind, ErrorKind::not_built);

  const BuildResult built = build();
  EXPECT_FALSE(built.up_to_date);
  EXPECT_TRUE(built.digest.starts_with("sha256:"));
  EXPECT_FALSE(std::filesystem::exists(record_path())) << "only a verified image is recorded";

  const RecordEntry entry = await(builder_->verify(kName, *self_test_, soon())).value();
  EXPECT_EQ(entry.digest, built.digest);
  EXPECT_EQ(Record::load(record_path()).value().find(kName)->digest, built.digest);
  EXPECT_EQ(entry.python_version, "3.11");

  const auto statuses = await(builder_->list(soon())).value();
  ASSERT_EQ(statuses.size(), 1U);
  EXPECT_TRUE(statuses[0].verified_in_engine);
  EXPECT_TRUE(statuses[0].up_to_date);
  EXPECT_EQ(statuses[0].built_digest, built.digest);

  // A second build finds the image by its labels.
  const auto begin = std::chrono::steady_clock::now();
  const BuildResult again = build();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
  EXPECT_TRUE(again.up_to_date);
  EXPECT_EQ(again.digest, built.digest);

  finish_self_tests();
  const auto removed = await(builder_->remove(kName, soon()));
  ASSERT_TRUE(removed) << removed.error().message;
  EXPECT_EQ(Record::load(record_path()).value().find(kName), nullptr);
  EXPECT_TRUE(await(client_->inspect_image(built.digest, soon())).error().is_not_found());
}

TEST_F(BuilderTest, AnImageThatFailsItsSelfTestIsNotRecorded) {
  write_recipe(replaced(recipe_, "\"from a file from stdin\"", "\"something else\""));
  build();
  const auto verified = await(builder_->verify(kName, *self_test_, soon()));
  ASSERT_TRUE(verified.has_error());
  EXPECT_EQ(verified.error().kind, ErrorKind::verification);
  EXPECT_NE(verified.error().message.find("something else"), std::string::npos) << verified.error().message;
  EXPECT_EQ(Record::load(record_path()).value().find(kName), nullptr);
}

TEST_F(BuilderTest, AnotherPythonThanTheRecipeSaysFailsTheBuild) {
  write_recipe(replaced(recipe_, "\"python\": \"3.11\"", "\"python\": \"3.12\""));
  const auto built = await(builder_->build(kName, {}, {}, soon()));
  ASSERT_TRUE(built.has_error());
  EXPECT_EQ(built.error().kind, ErrorKind::engine) << built.error().message;
}

TEST_F(BuilderTest, AnEngineThatIsNotThereIsAnErrorThatNamesIt) {
  docker::ClientOptions options;
  options.socket_path = folder_ + "/no.sock";
  docker::Client nobody(context_.get_executor(), options);
  Builder builder(nobody, BuilderOptions{folder_ + "/recipes", record_path()});
  const auto listed = await(builder.list(soon()));
  ASSERT_TRUE(listed.has_error());
  EXPECT_EQ(listed.error().kind, ErrorKind::engine);
}

TEST_F(BuilderTest, RemovingWhatIsNotThereIsAnError) {
  const auto removed = await(builder_->remove("no-such-image", soon()));
  ASSERT_TRUE(removed.has_error());
  EXPECT_EQ(removed.error().kind, ErrorKind::not_built);
}

}  // namespace
}  // namespace sallyport::images
