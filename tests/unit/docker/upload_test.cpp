// Uploads and progress streams: import, build, pull.
#include "tests/unit/docker/client_fixture.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>

namespace sallyport::docker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class UploadTest : public ClientTest {
 protected:
  static TarSource pieces(std::vector<std::string> list) {
    auto rest = std::make_shared<std::vector<std::string>>(std::move(list));
    return [rest]() -> std::string {
      if (rest->empty()) return {};
      std::string first = std::move(rest->front());
      rest->erase(rest->begin());
      return first;
    };
  }

  /// Never ends of itself; counts its calls.
  TarSource endless() {
    return [this] {
      ++asked;
      return std::string(65536, 'x');
    };
  }

  ProgressSink sink() {
    return [this](std::string_view line) { lines.emplace_back(line); };
  }

  Result<std::string> import(TarSource tar, base::CallBounds bounds = within()) {
    ImageImportOptions options;
    options.repository = "r";
    options.tag = "t";
    options.changes = {"ENV A=b c", "CMD [\"x\"]"};
    return run(client->import_image(options, std::move(tar), sink(), std::move(bounds)));
  }

  Result<std::string> build(TarSource tar) {
    ImageBuildOptions options;
    options.tag = "r:t";
    options.labels["l"] = "1";
    options.build_args["A"] = "&";
    options.network_mode = "none";
    options.no_cache = true;
    return run(client->build_image(options, std::move(tar), sink(), within()));
  }

  std::size_t asked = 0;
  std::vector<std::string> lines;
};

std::string progress(const std::vector<std::string>& entries) {
  std::string text = test::chunked_head();
  for (const std::string& entry : entries) text += test::chunk(entry + "\r\n");
  return text + "0\r\n\r\n";
}

TEST_F(UploadTest, ImportSendsAllAndGivesTheId) {
  std::mutex mutex;
  std::string request;
  serve([&](Peer& peer) {
    const std::string whole = peer.read_request();
    {
      const std::lock_guard lock(mutex);
      request = whole;
    }
    peer.send(progress({R"({"status":"Importing"})", R"({"status":"sha256:12"})"}));
  });
  const std::string big(300'000, 'b');
  auto id = import(pieces({"first ", big, " last"}));
  ASSERT_TRUE(id.has_value()) << id.error().to_string();
  EXPECT_EQ(*id, "sha256:12");
  EXPECT_THAT(lines, ElementsAre("Importing", "sha256:12"));
  const std::lock_guard lock(mutex);
  EXPECT_THAT(request, ::testing::StartsWith(
                           "POST /v1.41/images/create?fromSrc=-&repo=r&tag=t&changes=ENV%20A%3Db%20c&changes="
                           "CMD%20%5B%22x%22%5D HTTP/1.1\r\n"));
  EXPECT_THAT(request, HasSubstr("Content-Type: application/x-tar\r\n"));
  EXPECT_TRUE(request.ends_with("\r\n\r\nfirst " + big + " last"));
}

TEST_F(UploadTest, BuildSendsItsOptionsAndGivesTheId) {
  std::mutex mutex;
  std::string request;
  serve([&](Peer& peer) {
    const std::string whole = peer.read_request();
    {
      const std::lock_guard lock(mutex);
      request = whole;
    }
    peer.send(progress({R"({"stream":"Step 1/2 : FROM x\n"})",
                        R"({"stream":" ---\u003e Running\n\n ---\u003e 12\n"})",
                        R"({"aux":{"ID":"sha256:12"}})", R"({"stream":"Successfully built 12\n"})"}));
  });
  auto id = build(pieces({"tar"}));
  ASSERT_TRUE(id.has_value()) << id.error().to_string();
  EXPECT_EQ(*id, "sha256:12");
  EXPECT_THAT(lines, ElementsAre("Step 1/2 : FROM x", " ---> Running", " ---> 12", "Successfully built 12"));
  const std::lock_guard lock(mutex);
  EXPECT_THAT(request, ::testing::StartsWith(
                           "POST /v1.41/build?version=1&t=r%3At&dockerfile=Dockerfile&networkmode=none&"
                           "labels=%7B%22l%22%3A%221%22%7D&buildargs=%7B%22A%22%3A%22%26%22%7D&nocache=true&"
                           "rm=true&forcerm=true HTTP/1.1\r\n"));
}

TEST_F(UploadTest, ErrorInsideTheStreamIsAnError) {
  const auto script = [](Peer& peer) {
    for (;;) {
      peer.read_request();
      peer.send(progress({R"({"stream":"Step 1\n"})", R"({"aux":{"ID":"sha256:12"}})",
                          R"({"errorDetail":{"code":1,"message":"it\nfailed"},"error":"it\nfailed"})"}));
    }
  };
  serve(script);
  auto built = build(pieces({"tar"}));
  ASSERT_TRUE(built.has_error());
  EXPECT_EQ(built.error().to_string(), "POST /build: engine error: it failed");
  EXPECT_TRUE(import(pieces({"tar"})).has_error());
  auto pulled = run(client->pull_image("a", {}, within()));
  ASSERT_TRUE(pulled.has_error());
  EXPECT_EQ(pulled.error().kind, ErrorKind::engine);
}

TEST_F(UploadTest, StreamWithoutAnIdIsMalformed) {
  serve([](Peer& peer) {
    for (;;) {
      peer.read_request();
      peer.send(progress({R"({"status":"done"})"}));
    }
  });
  EXPECT_EQ(build(pieces({"tar"})).error().kind, ErrorKind::malformed);
  EXPECT_EQ(import(pieces({"tar"})).error().kind, ErrorKind::malformed);
}

TEST_F(UploadTest, RefusalInTheMiddleEndsTheUpload) {
  serve([](Peer& peer) {
    peer.read_head();
    peer.read_bytes(100'000);
    peer.answer(400, R"({"message":"no space"})");
    // Neither reads on nor closes, as long as the client does not.
    std::this_thread::sleep_for(300ms);
  });
  auto id = import(endless());
  ASSERT_TRUE(id.has_error());
  EXPECT_EQ(id.error().to_string(), "POST /images/create: 400 no space");
  EXPECT_LT(asked, 100U);
}

TEST_F(UploadTest, RefusalAndCloseInTheMiddle) {
  serve([](Peer& peer) {
    peer.read_head();
    peer.answer(500, R"({"message":"no space"})");
  });
  for (int i = 0; i < 20; ++i) {
    auto id = import(endless());
    ASSERT_TRUE(id.has_error());
    EXPECT_EQ(id.error().to_string(), "POST /images/create: 500 no space");
  }
}

TEST_F(UploadTest, CloseInTheMiddleWithoutAWord) {
  serve([](Peer& peer) { peer.read_head(); });
  auto id = import(endless());
  ASSERT_TRUE(id.has_error());
  EXPECT_EQ(id.error().kind, ErrorKind::closed);
}

TEST_F(UploadTest, CompleteAnswerBeforeTheUploadIsEndsIt) {
  serve({[](Peer& peer) {
           peer.read_head();
           peer.send(progress({R"({"status":"sha256:12"})"}));
           peer.read_to_end();
         },
         always(200, "{}")});
  auto id = import(endless());
  ASSERT_TRUE(id.has_value()) << id.error().to_string();
  EXPECT_EQ(*id, "sha256:12");
  // Half an upload is still on that connection; nothing else may go over it.
  EXPECT_TRUE(run(client->info(within())).has_value());
  EXPECT_EQ(engine->connections(), 2U);
}

TEST_F(UploadTest, ProgressWhileTheUploadIsUnderWay) {
  serve([](Peer& peer) {
    peer.read_head();
    // The engine talks first, and reads only when all of that was taken.
    peer.send(test::chunked_head());
    for (int i = 0; i < 3000; ++i) {
      peer.send(test::chunk(R"({"status":"layer )" + std::to_string(i) + std::string(300, '.') + "\"}\n"));
    }
    peer.read_bytes(40 * test::chunk(std::string(32768, 'x')).size() + std::string_view("0\r\n\r\n").size());
    peer.send(test::chunk(R"({"status":"sha256:12"})") + "0\r\n\r\n");
  });
  auto id = import(pieces(std::vector<std::string>(40, std::string(32768, 'x'))));
  ASSERT_TRUE(id.has_value()) << id.error().to_string();
  EXPECT_EQ(lines.size(), 3001U);
}

TEST_F(UploadTest, StalledEngineIsCutAtTheDeadline) {
  serve([](Peer& peer) {
    peer.read_head();
    peer.stall();
  });
  auto id = import(endless(), within(50ms));
  ASSERT_TRUE(id.has_error());
  EXPECT_EQ(id.error().kind, ErrorKind::timed_out);
  EXPECT_LT(asked, 200U);
}

TEST_F(UploadTest, StopInTheMiddle) {
  std::stop_source stop;
  serve([&](Peer& peer) {
    peer.read_head();
    peer.read_bytes(1'000'000);
    stop.request_stop();
    peer.read_to_end();
  });
  auto id = import(endless(), base::CallBounds(base::Deadline::after(10s), stop.get_token()));
  ASSERT_TRUE(id.has_error());
  EXPECT_EQ(id.error().kind, ErrorKind::stopped);
}

TEST_F(UploadTest, CallbacksThatThrowAreErrors) {
  serve([](Peer& peer) {
    peer.read_request();
    peer.send(progress({R"({"status":"sha256:12"})"}));
  });
  auto thrown = import([]() -> std::string { throw std::runtime_error("disk gone"); });
  ASSERT_TRUE(thrown.has_error());
  EXPECT_EQ(thrown.error().kind, ErrorKind::invalid_request);
  EXPECT_THAT(thrown.error().message, HasSubstr("disk gone"));
  const ProgressSink bad_sink = [](std::string_view) { throw std::runtime_error("screen gone"); };
  ImageImportOptions options;
  auto reported = run(client->import_image(options, pieces({"x"}), bad_sink, within()));
  ASSERT_TRUE(reported.has_error());
  EXPECT_THAT(reported.error().message, HasSubstr("screen gone"));
}

TEST_F(UploadTest, EmptySourceIsAnEmptyBody) {
  serve([](Peer& peer) {
    peer.read_request();
    peer.answer(500, R"({"message":"unexpected EOF"})");
  });
  auto id = run(client->import_image(ImageImportOptions(), {}, {}, within()));
  ASSERT_TRUE(id.has_error());
  EXPECT_EQ(id.error().message, "unexpected EOF");
}

TEST_F(UploadTest, PullAsksForOneTag) {
  std::mutex mutex;
  std::string request;
  serve([&](Peer& peer) {
    const std::string head = peer.read_request();
    {
      const std::lock_guard lock(mutex);
      request = head;
    }
    peer.send(progress({R"({"status":"Pulling from a","id":"latest"})", R"({"status":"Done"})"}));
  });
  auto pulled = run(client->pull_image("localhost:5000/a", sink(), within()));
  ASSERT_TRUE(pulled.has_value()) << pulled.error().to_string();
  EXPECT_THAT(lines, ElementsAre("latest: Pulling from a", "Done"));
  const std::lock_guard lock(mutex);
  EXPECT_THAT(request,
              ::testing::StartsWith(
                  "POST /v1.41/images/create?fromImage=localhost%3A5000%2Fa&tag=latest HTTP/1.1\r\n"));
}

}  // namespace
}  // namespace sallyport::docker
