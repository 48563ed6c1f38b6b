#include "broker/stream/event_form.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>

namespace sallyport::broker {
namespace {

ExecutionEvent event(std::uint64_t id, EventKind kind, std::string data) {
  ExecutionEvent made;
  made.id = id;
  made.kind = kind;
  made.data = std::move(data);
  return made;
}

std::string written(const EventForm& form, const ExecutionEvent& event) {
  std::string out;
  form.append(event, out);
  return out;
}

TEST(EventForm, ServerSentEvents) {
  EXPECT_EQ(written(server_sent_events(), event(3, EventKind::started, R"({"id":"x"})")),
            "id: 3\nevent: started\ndata: {\"id\":\"x\"}\n\n");
  EXPECT_EQ(written(server_sent_events(), event(0, EventKind::cut, "{}")), "event: cut\ndata: {}\n\n");
  std::string heartbeat;
  server_sent_events().append_heartbeat(heartbeat);
  EXPECT_EQ(heartbeat, ": heartbeat\n\n");
}

TEST(EventForm, JsonLines) {
  EXPECT_EQ(written(json_lines(), event(3, EventKind::started, R"({"id":"x"})")),
            "{\"event\":\"started\",\"id\":3,\"data\":{\"id\":\"x\"}}\n");
  EXPECT_EQ(written(json_lines(), event(0, EventKind::cut, "{}")), "{\"event\":\"cut\",\"data\":{}}\n");
  std::string heartbeat;
  json_lines().append_heartbeat(heartbeat);
  EXPECT_EQ(nlohmann::json::parse(heartbeat)["event"], "heartbeat");
}

// What a program prints cannot end an event or begin another one.
TEST(EventForm, OutputIsAlwaysOneLineOfJson) {
  std::string text;
  for (char c = 0; c < 0x7F; ++c) text += c;
  text += "\ndata: x\n\nevent: result\r\n\xE2\x80\xA8 \xF0\x9F\x90\x8D";
  const auto output = event(1, EventKind::stdout_text, text);
  const std::string sse = written(server_sent_events(), output);
  const std::string head = "id: 1\nevent: stdout\ndata: ";
  ASSERT_TRUE(sse.starts_with(head));
  EXPECT_EQ(sse.find_first_of("\r\n", head.size()), sse.size() - 2);
  EXPECT_EQ(nlohmann::json::parse(sse.substr(head.size()))["text"], text);
  const std::string line = written(json_lines(), output);
  EXPECT_EQ(line.find_first_of("\r\n"), line.size() - 1);
  EXPECT_EQ(nlohmann::json::parse(line)["data"]["text"], text);
}

TEST(EventForm, TheAcceptFieldChooses) {
  const EventForm* const sse = &server_sent_events();
  const EventForm* const lines = &json_lines();
  struct Case {
    const char* accept;
    const EventForm* form;
  };
  const Case cases[] = {
      {"text/event-stream", sse},
      {"Text/Event-Stream; charset=utf-8", sse},
      {"application/x-ndjson", lines},
      {"*/*", nullptr},
      {"", nullptr},
      {"application/json", nullptr},
      {"text/*", nullptr},
      {"application/json, text/event-stream", nullptr},
      {"text/event-stream, application/json", sse},
      {"application/json;q=0.5, text/event-stream", sse},
      {"text/event-stream;q=0.1, application/x-ndjson;q=0.9", lines},
      {"text/event-stream;q=0", nullptr},
      {"text/event-stream;q=nonsense", nullptr},
      {",,;;q=,", nullptr},
  };
  for (const Case& each : cases) EXPECT_EQ(accepted_form(each.accept), each.form) << each.accept;
  EXPECT_EQ(accepted_form(std::nullopt), nullptr);
}

}  // namespace
}  // namespace sallyport::broker
