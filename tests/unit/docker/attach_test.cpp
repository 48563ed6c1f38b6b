#include "tests/unit/docker/client_fixture.hpp"

#include <boost/asio/detached.hpp>
#include <gmock/gmock.h>

#include <atomic>
#include <mutex>
#include <string>
#include <thread>

namespace sallyport::docker {
namespace {

using test::frame;

const std::string upgraded =
    "HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\n"
    "Upgrade: tcp\r\n\r\n";

class AttachTest : public ClientTest {
 protected:
  AttachedStream attach() {
    auto stream = run(client->attach("ab", within()));
    return std::move(stream).value();
  }

  struct Output {
    std::string out;
    std::string err;
    std::optional<Error> error;
  };

  Output read_to_end(AttachedStream& stream) {
    Output output;
    for (;;) {
      auto chunk = run(stream.read(within()));
      if (chunk.has_error()) {
        output.error = chunk.error();
        return output;
      }
      if (!*chunk) return output;
      ((*chunk)->stream == StreamKind::stdout_stream ? output.out : output.err) += (*chunk)->data;
    }
  }
};

TEST_F(AttachTest, AsksForTheRawConnection) {
  std::mutex mutex;
  std::string request;
  serve([&](Peer& peer) {
    const std::string head = peer.read_head();
    const std::lock_guard lock(mutex);
    request = head;
    peer.send(upgraded);
  });
  AttachedStream stream = attach();
  EXPECT_FALSE(read_to_end(stream).error);
  const std::lock_guard lock(mutex);
  EXPECT_THAT(
      request,
      ::testing::StartsWith(
          "POST /v1.41/containers/ab/attach?stream=true&stdin=true&stdout=true&stderr=true HTTP/1.1\r\n"));
  EXPECT_THAT(request, ::testing::HasSubstr("Connection: Upgrade\r\nUpgrade: tcp\r\n"));
}

TEST_F(AttachTest, BytesBehindTheHeaderAreFrames) {
  serve([](Peer& peer) {
    peer.read_head();
    peer.send(upgraded + frame(1, "early") + frame(2, "error").substr(0, 9));
    peer.send(frame(2, "error").substr(9));
  });
  AttachedStream stream = attach();
  const Output output = read_to_end(stream);
  EXPECT_FALSE(output.error);
  EXPECT_EQ(output.out, "early");
  EXPECT_EQ(output.err, "error");
}

TEST_F(AttachTest, ByteByByte) {
  serve([](Peer& peer) {
    peer.read_head();
    peer.send_byte_by_byte(upgraded + frame(1, "hello") + frame(2, "there") + frame(1, "!"));
  });
  AttachedStream stream = attach();
  const Output output = read_to_end(stream);
  EXPECT_FALSE(output.error);
  EXPECT_EQ(output.out, "hello!");
  EXPECT_EQ(output.err, "there");
}

TEST_F(AttachTest, EngineThatDoesNotUpgrade) {
  serve([](Peer& peer) {
    peer.read_head();
    peer.send("HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n" + frame(1, "x"));
  });
  AttachedStream stream = attach();
  EXPECT_EQ(read_to_end(stream).out, "x");
}

TEST_F(AttachTest, RefusalIsTheEnginesError) {
  serve(always(404, R"({"message":"No such container: ab"})"));
  auto stream = run(client->attach("ab", within()));
  ASSERT_TRUE(stream.has_error());
  EXPECT_EQ(stream.error().to_string(), "POST /containers/ab/attach: 404 No such container: ab");
}

TEST_F(AttachTest, AnswerThatIsNoStreamIsMalformed) {
  serve([](Peer& peer) {
    peer.read_head();
    peer.send(test::chunked_head());
    peer.read_to_end();
  });
  auto stream = run(client->attach("ab", within()));
  ASSERT_TRUE(stream.has_error());
  EXPECT_EQ(stream.error().kind, ErrorKind::malformed);
}

TEST_F(AttachTest, InputGoesOutAndItsEndIsSeen) {
  serve([](Peer& peer) {
    peer.read_head();
    peer.send(upgraded);
    const std::string input = peer.read_to_end();
    peer.send(frame(1, input + "<end>"));
  });
  AttachedStream stream = attach();
  EXPECT_TRUE(run(stream.write("one ", within())).has_value());
  EXPECT_TRUE(run(stream.write("", within())).has_value());
  EXPECT_TRUE(run(stream.write("two", within())).has_value());
  EXPECT_TRUE(stream.close_stdin().has_value());
  EXPECT_EQ(read_to_end(stream).out, "one two<end>");
}

TEST_F(AttachTest, NoByteIsLostOverManyTimeOuts) {
  std::string expected;
  for (int i = 0; i < 300; ++i) expected += "piece " + std::to_string(i) + "\n";
  serve([&](Peer& peer) {
    peer.read_head();
    peer.send(upgraded);
    std::string_view rest = expected;
    std::string wire;
    while (!rest.empty()) {
      const std::size_t size = std::min<std::size_t>(rest.size(), 37);
      wire += frame(1, rest.substr(0, size));
      rest.remove_prefix(size);
    }
    // In odd pieces with pauses, so that time-outs fall everywhere: in headers, in payloads, in between.
    for (std::size_t at = 0; at < wire.size(); at += 11) {
      peer.send(std::string_view(wire).substr(at, 11));
      if (at % 5 == 0) std::this_thread::sleep_for(500us);
    }
  });
  AttachedStream stream = attach();
  std::string received;
  int time_outs = 0;
  for (;;) {
    auto chunk = run(stream.read(within(200us)));
    if (chunk.has_error()) {
      ASSERT_EQ(chunk.error().kind, ErrorKind::timed_out) << chunk.error().to_string();
      ++time_outs;
      continue;
    }
    if (!*chunk) break;
    received += (*chunk)->data;
  }
  EXPECT_EQ(received, expected);
  EXPECT_GT(time_outs, 0);
}

TEST_F(AttachTest, ReadGoesOnAfterAStop) {
  std::atomic<bool> go_on = false;
  std::stop_source stop;
  serve([&](Peer& peer) {
    peer.read_head();
    peer.send(upgraded);
    stop.request_stop();
    while (!go_on) std::this_thread::sleep_for(1ms);
    peer.send(frame(1, "later"));
  });
  AttachedStream stream = attach();
  auto chunk = run(stream.read(base::CallBounds(base::Deadline::never(), stop.get_token())));
  ASSERT_TRUE(chunk.has_error());
  EXPECT_EQ(chunk.error().kind, ErrorKind::stopped);
  go_on = true;
  EXPECT_EQ(read_to_end(stream).out, "later");
}

TEST_F(AttachTest, GiantFrameComesInPieces) {
  constexpr std::size_t size = 4 << 20;
  serve([](Peer& peer) {
    peer.read_head();
    peer.send(upgraded + frame(1, std::string(size, 'x')));
  });
  AttachedStream stream = attach();
  std::size_t total = 0;
  std::size_t greatest = 0;
  for (;;) {
    auto chunk = run(stream.read(within()));
    ASSERT_TRUE(chunk.has_value()) << chunk.error().to_string();
    if (!*chunk) break;
    total += (*chunk)->data.size();
    greatest = std::max(greatest, (*chunk)->data.size());
  }
  EXPECT_EQ(total, size);
  EXPECT_LE(greatest, 64U * 1024U);
}

TEST_F(AttachTest, BrokenStreams) {
  const auto outcome_of = [this](std::string wire) {
    ClientOptions options;
    options.max_frame_bytes = 1000;
    serve(
        [wire = std::move(wire)](Peer& peer) {
          peer.read_head();
          peer.send(upgraded + wire);
        },
        options);
    AttachedStream stream = attach();
    return read_to_end(stream);
  };
  const Output garbage = outcome_of(frame(1, "good") + "garbage and more of it");
  EXPECT_EQ(garbage.out, "good");
  ASSERT_TRUE(garbage.error);
  EXPECT_EQ(garbage.error->kind, ErrorKind::malformed);
  EXPECT_EQ(outcome_of(frame(1, std::string(1001, 'x'))).error->kind, ErrorKind::too_large);
  EXPECT_EQ(outcome_of(frame(1, "cut").substr(0, 9)).error->kind, ErrorKind::closed);
  const Output system_error = outcome_of(frame(3, "disk full"));
  EXPECT_EQ(system_error.error->to_string(), "POST /containers/ab/attach: engine error: disk full");
}

TEST_F(AttachTest, ReadAndWriteAtTheSameTime) {
  // The engine writes all before it reads: whoever does not read while writing never ends.
  constexpr std::size_t size = 4 << 20;
  serve([](Peer& peer) {
    peer.read_head();
    peer.send(upgraded);
    for (std::size_t sent = 0; sent < size; sent += 32768) peer.send(frame(1, std::string(32768, 'o')));
    const std::string input = peer.read_to_end();
    peer.send(frame(2, std::to_string(input.size())));
  });
  AttachedStream stream = attach();
  bool written = false;
  const std::string input(size, 'i');
  const auto writer = [&]() -> boost::asio::awaitable<void> {
    // The write times out a few times within; only its end is cut, never its bytes.
    auto sent = co_await stream.write(input, within());
    EXPECT_TRUE(sent.has_value()) << sent.error().to_string();
    (void)stream.close_stdin();
    written = true;
  };
  boost::asio::co_spawn(context, writer(), boost::asio::detached);
  std::size_t total = 0;
  std::string count;
  for (;;) {
    // Short reads, whose time-outs wake the write as well and must not disturb it.
    auto chunk = run(stream.read(within(300us)));
    if (chunk.has_error() && chunk.error().kind == ErrorKind::timed_out) continue;
    ASSERT_TRUE(chunk.has_value()) << chunk.error().to_string();
    if (!*chunk) break;
    if ((*chunk)->stream == StreamKind::stdout_stream) total += (*chunk)->data.size();
    if ((*chunk)->stream == StreamKind::stderr_stream) count += (*chunk)->data;
  }
  EXPECT_TRUE(written);
  EXPECT_EQ(total, size);
  EXPECT_EQ(count, std::to_string(size));
}

TEST_F(AttachTest, WriteToAStalledContainerTimesOutAndNothingMayFollow) {
  serve([](Peer& peer) {
    peer.read_head();
    peer.send(upgraded + frame(1, "still here"));
    peer.stall();
  });
  AttachedStream stream = attach();
  const std::string input(16 << 20, 'x');
  auto sent = run(stream.write(input, within(50ms)));
  ASSERT_TRUE(sent.has_error());
  EXPECT_EQ(sent.error().kind, ErrorKind::timed_out);
  auto more = run(stream.write("more", within(50ms)));
  ASSERT_TRUE(more.has_error());
  EXPECT_EQ(more.error().kind, ErrorKind::closed);
  auto chunk = run(stream.read(within()));
  ASSERT_TRUE(chunk.has_value()) << chunk.error().to_string();
  EXPECT_EQ((*chunk)->data, "still here");
}

TEST_F(AttachTest, CloseEndsAReadUnderWay) {
  serve([](Peer& peer) {
    peer.read_head();
    peer.send(upgraded);
    peer.read_to_end();
  });
  AttachedStream stream = attach();
  std::optional<Error> error;
  const auto reader = [&]() -> boost::asio::awaitable<void> {
    auto chunk = co_await stream.read(within());
    error = chunk.has_error() ? chunk.error() : Error();
  };
  boost::asio::co_spawn(context, reader(), boost::asio::detached);
  context.restart();
  context.run_for(10ms);
  EXPECT_FALSE(error);
  stream.close();
  stream.close();
  context.restart();
  context.run_for(100ms);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->kind, ErrorKind::closed);
  EXPECT_TRUE(stream.close_stdin().has_error());
  EXPECT_TRUE(run(stream.write("x", within())).has_error());
}

TEST_F(AttachTest, DestructionEndsAReadUnderWay) {
  serve([](Peer& peer) {
    peer.read_head();
    peer.send(upgraded);
    peer.read_to_end();
  });
  std::optional<AttachedStream> stream(attach());
  std::optional<Error> error;
  const auto reader = [&]() -> boost::asio::awaitable<void> {
    auto chunk = co_await stream->read(within());
    error = chunk.has_error() ? chunk.error() : Error();
  };
  boost::asio::co_spawn(context, reader(), boost::asio::detached);
  context.restart();
  context.run_for(10ms);
  stream.reset();
  context.restart();
  context.run_for(100ms);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->kind, ErrorKind::closed);
}

TEST_F(AttachTest, MovedFromStreamAnswersClosed) {
  serve([](Peer& peer) {
    peer.read_head();
    peer.send(upgraded + frame(1, "x"));
  });
  AttachedStream first = attach();
  AttachedStream second = std::move(first);
  EXPECT_EQ(read_to_end(second).out, "x");
  EXPECT_EQ(run(first.read(within())).error().kind, ErrorKind::closed);  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(run(first.write("", within())).error().kind,
            ErrorKind::closed);  // NOLINT(bugprone-use-after-move)
  EXPECT_TRUE(first.close_stdin().has_error());
  first.close();
}

TEST_F(AttachTest, StreamHoldsAConnectionUntilItGoes) {
  ClientOptions options;
  options.max_connections = 1;
  serve({[](Peer& peer) {
           peer.read_head();
           peer.send(upgraded);
           peer.read_to_end();
         },
         always(200, "{}")},
        options);
  {
    AttachedStream stream = attach();
    auto info = run(client->info(within(20ms)));
    ASSERT_TRUE(info.has_error());
    EXPECT_EQ(info.error().kind, ErrorKind::timed_out);
    EXPECT_THAT(info.error().message, ::testing::HasSubstr("in use"));
  }
  EXPECT_TRUE(run(client->info(within())).has_value());
}

}  // namespace
}  // namespace sallyport::docker
