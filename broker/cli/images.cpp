// `sallyport images`: recipes in, verified digests out.
#include "broker/cli/assembly.hpp"
#include "broker/cli/command_line.hpp"
#include "broker/cli/commands.hpp"
#include "images/builder.hpp"

#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace asio = boost::asio;

namespace sallyport::broker::cli {
namespace {

using std::chrono::minutes;

constexpr minutes kBuildTime{30};
constexpr minutes kVerifyTime{3};

/// The self-test of an image runs as any submission does, with the configured defaults.
class SubmittedSelfTest final : public images::SelfTestRunner {
 public:
  SubmittedSelfTest(runners::Runner& runner, const config::SandboxLimits& limits)
      : runner_(runner), limits_(limits) {}

  asio::awaitable<images::SelfTestResult> run(std::string digest, images::SelfTest test,
                                              base::CallBounds bounds) override {
    runners::Job job;
    job.execution_id = "self-test";
    job.image = std::move(digest);
    job.code = std::move(test.code);
    job.stdin_text = std::move(test.stdin_text);
    for (auto& [path, text] : test.files) job.files.push_back({path, text});
    job.limits.timeout = milliseconds_of(limits_.timeout_seconds);
    job.limits.max_memory_mb = limits_.max_memory_mb;

    runners::Outcome outcome = co_await runner_.run(std::move(job), nullptr, std::move(bounds));
    images::SelfTestResult result;
    const bool ended = outcome.verdict == runners::Verdict::completed ||
                       outcome.verdict == runners::Verdict::exited ||
                       outcome.verdict == runners::Verdict::exception;
    if (!ended) result.failure = std::string(runners::to_string(outcome.verdict)) + ": " + outcome.message;
    result.exit_code = outcome.exit_code.value_or(1);
    result.stdout_text = std::move(outcome.stdout_bytes);
    result.stderr_text = std::move(outcome.stderr_bytes);
    for (runners::Artifact& artifact : outcome.artifacts)
      result.artifacts.push_back(std::move(artifact.path));
    co_return result;
  }

 private:
  runners::Runner& runner_;
  const config::SandboxLimits& limits_;
};

/// One command on images: an engine, a builder, and the words to the user.
class ImageCommand {
 public:
  explicit ImageCommand(const config::Loaded& loaded)
      : config_(own_instance(loaded.config)),
        assembly_(config_, [](const std::string& message) { std::cerr << message << "\n"; }),
        builder_(assembly_.client(), {config_.images.recipes, config_.images.record}) {}

  ~ImageCommand() { assembly_.clean_up(); }
  ImageCommand(const ImageCommand&) = delete;
  ImageCommand& operator=(const ImageCommand&) = delete;

  int list() {
    const auto statuses = assembly_.await(builder_.list(assembly_.call_bounds()));
    if (!statuses) return fail("list", statuses.error());
    for (const images::ImageStatus& status : *statuses) print(status);
    return kSuccess;
  }

  int build(std::vector<std::string> names, const ImageBuildChoice& choice) {
    const auto base = images::parse_base(choice.base);
    if (!base) {
      std::cerr << "sallyport: --base " << choice.base << " is not known; use debootstrap or pull\n";
      return kUsage;
    }
    if (names.empty()) {
      const auto all = images::recipe_names(config_.images.recipes);
      if (!all) return fail("build", all.error());
      names = *all;
    }
    images::BuildOptions options;
    options.base = *base;
    options.force = choice.force;
    for (const std::string& name : names) {
      std::cout << name << ": looking for it" << std::endl;
      const auto built = assembly_.await(builder_.build(
          name, options, [&](std::string_view line) { std::cout << name << ": " << line << std::endl; },
          base::CallBounds(base::Deadline::after(kBuildTime))));
      if (!built) return fail(name, built.error());
      const bool known = built->up_to_date && is_recorded(name, built->digest);
      std::cout << name << ": " << (built->up_to_date ? "up to date" : "built") << " " << built->digest
                << std::endl;
      if (!known && !verify_one(name)) return kFailure;
    }
    return kSuccess;
  }

  int verify(std::vector<std::string> names) {
    if (names.empty()) names = assembly_.images().names();
    for (const std::string& name : names) {
      if (!verify_one(name)) return kFailure;
    }
    return kSuccess;
  }

  int remove(const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      const auto removed = assembly_.await(discarding(builder_.remove(name, assembly_.call_bounds())));
      if (!removed) return fail(name, removed.error());
      std::cout << name << ": removed" << std::endl;
    }
    return kSuccess;
  }

 private:
  static config::Config own_instance(config::Config config) {
    config.instance.name += ".images";
    return config;
  }

  /// `await` wants a value to hand on.
  static asio::awaitable<images::Result<bool>> discarding(asio::awaitable<images::Result<void>> task) {
    const images::Result<void> result = co_await std::move(task);
    if (!result) co_return result.error();
    co_return true;
  }

  [[nodiscard]] bool is_recorded(const std::string& name, const std::string& digest) const {
    const auto record = images::Record::load(config_.images.record);
    if (!record) return false;
    const images::RecordEntry* entry = record->find(name);
    return entry != nullptr && entry->digest == digest;
  }

  bool verify_one(const std::string& name) {
    std::cout << name << ": running its self-test in the sandbox" << std::endl;
    SubmittedSelfTest self_test(assembly_.runner(), config_.sandbox.defaults);
    const auto verified = assembly_.await(
        builder_.verify(name, self_test, base::CallBounds(base::Deadline::after(kVerifyTime))));
    if (!verified) {
      fail(name, verified.error());
      return false;
    }
    std::cout << name << ": verified, Python " << verified->python_version << ", " << verified->digest
              << std::endl;
    return true;
  }

  static void print(const images::ImageStatus& status) {
    std::cout << status.name << "\n";
    if (!status.description.empty()) std::cout << "  " << status.description << "\n";
    if (!status.recipe_error.empty()) std::cout << "  recipe: " << status.recipe_error << "\n";
    if (!status.verified) {
      std::cout << "  not verified; run: sallyport images build " << status.name << "\n";
      return;
    }
    std::cout << "  " << status.verified->digest << "\n  verified " << status.verified->verified_at
              << ", Python " << status.verified->python_version << "\n";
    if (!status.verified_in_engine) std::cout << "  the engine does not have it; build it again\n";
    if (status.has_recipe && !status.up_to_date) std::cout << "  its recipe or the agent has changed since\n";
  }

  static int fail(const std::string& what, const images::Error& error) {
    std::cerr << "sallyport: " << what << ": " << error.message << "\n";
    return kFailure;
  }

  config::Config config_;
  Assembly assembly_;
  images::Builder builder_;
};

}  // namespace

int list_images(const config::Loaded& loaded) {
  return ImageCommand(loaded).list();
}

int build_images(const config::Loaded& loaded, const std::vector<std::string>& names,
                 const ImageBuildChoice& choice) {
  return ImageCommand(loaded).build(names, choice);
}

int verify_images(const config::Loaded& loaded, const std::vector<std::string>& names) {
  return ImageCommand(loaded).verify(names);
}

int remove_images(const config::Loaded& loaded, const std::vector<std::string>& names) {
  return ImageCommand(loaded).remove(names);
}

}  // namespace sallyport::broker::cli
