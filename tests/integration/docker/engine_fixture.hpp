// Tests against the real engine: a client, and an image made for the purpose, removed afterwards. An engine
// that does not answer fails the tests; nothing is skipped.
#pragma once

#include "base/run_to_end.hpp"
#include "docker/client.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

namespace sallyport::docker {

using namespace std::chrono_literals;

inline base::CallBounds within(base::Clock::duration duration = 30s) {
  return base::CallBounds(base::Deadline::after(duration));
}

/// A tar archive in memory (ustar): just enough to make images and build contexts.
class TarArchive {
 public:
  void add_file(std::string_view name, std::string_view content, unsigned mode) {
    add(name, content, mode, '0');
  }
  void add_folder(std::string_view name) { add(name, "", 0755, '5'); }
  std::string finish() { return data_ + std::string(1024, '\0'); }

 private:
  void add(std::string_view name, std::string_view content, unsigned mode, char type) {
    std::array<char, 512> header{};
    const auto put = [&header](std::size_t at, std::string_view text) {
      std::copy(text.begin(), text.end(), header.begin() + static_cast<std::ptrdiff_t>(at));
    };
    const auto octal = [&put](std::size_t at, int width, unsigned long value) {
      std::array<char, 16> digits{};
      std::snprintf(digits.data(), digits.size(), "%0*lo", width, value);
      put(at, digits.data());
    };
    put(0, name);
    octal(100, 7, mode);
    octal(108, 7, 0);
    octal(116, 7, 0);
    octal(124, 11, content.size());
    octal(136, 11, 0);
    put(148, "        ");
    header[156] = type;
    put(257, "ustar");
    put(263, "00");
    unsigned long sum = 0;
    for (const char c : header) sum += static_cast<unsigned char>(c);
    octal(148, 6, sum);
    header[154] = '\0';
    data_.append(header.data(), header.size());
    data_ += content;
    data_.append((512 - content.size() % 512) % 512, '\0');
  }

  std::string data_;
};

/// Gives a text in pieces.
inline TarSource pieces_of(std::string text, std::size_t piece_bytes = 32 * 1024) {
  auto rest = std::make_shared<std::pair<std::string, std::size_t>>(std::move(text), 0);
  return [rest, piece_bytes] {
    std::string piece = rest->first.substr(rest->second, piece_bytes);
    rest->second += piece.size();
    return piece;
  };
}

inline std::string root_file_system() {
  std::ifstream file(DOCKER_TEST_GUEST, std::ios::binary);
  const std::string program{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  TarArchive tar;
  tar.add_file("guest", program, 0755);
  tar.add_folder("work/");
  return tar.finish();
}

class EngineTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    EngineTest fixture_free_client;
    fixture_free_client.make_image();
  }
  static void TearDownTestSuite() {
    EngineTest fixture_free_client;
    fixture_free_client.remove_everything();
  }

  void TearDown() override { remove_containers(); }

  // The process id keeps parallel test processes apart.
  static std::string image_repository() { return "sallyport-test-docker-" + std::to_string(::getpid()); }
  static std::string image_name() { return image_repository() + ":base"; }
  static Labels labels() {
    Labels labels;
    labels["sallyport.test"] = "docker";
    labels["sallyport.test.process"] = std::to_string(::getpid());
    return labels;
  }

  template <class T>
  T run(boost::asio::awaitable<T> task) {
    return base::run_to_end(context, std::move(task));
  }

  static ContainerSpec spec(std::vector<std::string> command, std::string runtime = "") {
    ContainerSpec spec;
    spec.image = image_name();
    spec.command = std::move(command);
    spec.command.insert(spec.command.begin(), "/guest");
    spec.labels = labels();
    spec.runtime = std::move(runtime);
    spec.network_mode = "none";
    spec.user = "65534:65534";
    spec.open_stdin = true;
    spec.stdin_once = true;
    return spec;
  }

  std::string create(ContainerSpec wanted) {
    auto created = run(client.create_container(std::move(wanted), within()));
    EXPECT_TRUE(created.has_value()) << created.error().to_string();
    if (created.has_error()) return "";
    EXPECT_EQ(created->warnings, std::vector<std::string>());
    return created->id;
  }

  struct Output {
    std::string stdout_text;
    std::string stderr_text;
  };

  Output read_to_end(AttachedStream& stream) {
    Output output;
    for (;;) {
      auto chunk = run(stream.read(within()));
      EXPECT_TRUE(chunk.has_value()) << chunk.error().to_string();
      if (chunk.has_error() || !*chunk) return output;
      EXPECT_FALSE((*chunk)->data.empty());
      ((*chunk)->stream == StreamKind::stdout_stream ? output.stdout_text : output.stderr_text) +=
          (*chunk)->data;
    }
  }

  void make_image() {
    ImageImportOptions options;
    options.repository = image_repository();
    options.tag = "base";
    options.changes = {"LABEL sallyport.test=docker", "WORKDIR /work"};
    auto imported = run(client.import_image(options, pieces_of(root_file_system()), {}, within()));
    ASSERT_TRUE(imported.has_value()) << imported.error().to_string();
  }

  void remove_containers() {
    auto found = run(client.list_containers(labels(), within()));
    ASSERT_TRUE(found.has_value()) << found.error().to_string();
    for (const ContainerSummary& container : *found) {
      auto removed = run(client.remove(container.id, within()));
      EXPECT_TRUE(removed.has_value()) << removed.error().to_string();
    }
  }

  void remove_everything() {
    remove_containers();
    auto removed = run(client.remove_image(image_name(), true, within()));
    EXPECT_TRUE(removed.has_value()) << removed.error().to_string();
  }

  static ClientOptions options() {
    ClientOptions options;
    if (const char* path = std::getenv("SALLYPORT_ENGINE_SOCKET")) options.socket_path = path;
    return options;
  }

  boost::asio::io_context context;
  Client client{context.get_executor(), options()};

 private:
  void TestBody() override {}
};

}  // namespace sallyport::docker
