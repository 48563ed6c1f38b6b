#include "broker/log/log.hpp"

#include "tests/unit/broker/log/support.hpp"

#include <gmock/gmock.h>

#include <limits>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace sallyport::broker::log {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::SizeIs;

class LogTest : public testing::Test {
 protected:
  LogTest() { config_.file = folder_.path("broker.log"); }

  // What one call writes.
  template <class Call>
  std::string line_after(Call call) {
    auto logs = open_logs(config_);
    call(logs->operational());
    logs.reset();
    const auto lines = lines_of(config_.file);
    EXPECT_THAT(lines, SizeIs(1));
    return lines.empty() ? std::string() : lines.back();
  }

  TemporaryFolder folder_;
  config::Log config_;
};

TEST_F(LogTest, WritesOneJsonObjectALine) {
  const std::vector<std::string> names = {"a", "b"};
  const std::string address = "127.0.0.1";
  const auto line = line_after([&](Log& log) {
    log.info("listening", {{"address", address},
                           {"port", 8080},
                           {"max", std::uint64_t{18446744073709551615U}},
                           {"min", std::int64_t{-5}},
                           {"share", 0.5},
                           {"tls", false},
                           {"names", names},
                           {"literal", "x"},
                           {"nothing", nullptr}});
  });
  EXPECT_EQ(line,
            R"({"ts":"2026-01-31T12:00:00.000042Z","level":"info","event":"listening","address":"127.0.0.1",)"
            R"("port":8080,"max":18446744073709551615,"min":-5,"share":0.5,"tls":false,"names":["a","b"],)"
            R"("literal":"x","nothing":null})");
}

TEST_F(LogTest, NamesTheLevel) {
  config_.level = "trace";
  auto logs = open_logs(config_);
  auto& log = logs->operational();
  log.trace("e");
  log.debug("e");
  log.info("e");
  log.warning("e");
  log.error("e");
  logs.reset();
  std::vector<std::string> levels;
  for (const auto& record : records_of(config_.file)) levels.push_back(record.at("level"));
  EXPECT_THAT(levels, testing::ElementsAre("trace", "debug", "info", "warning", "error"));
}

TEST_F(LogTest, LeavesOutWhatIsBelowTheLevel) {
  config_.level = "warning";
  auto logs = open_logs(config_);
  auto& log = logs->operational();
  EXPECT_FALSE(log.enabled(Level::info));
  EXPECT_TRUE(log.enabled(Level::warning));
  log.info("e");
  log.warning("e");
  logs.reset();
  EXPECT_THAT(lines_of(config_.file), SizeIs(1));
}

TEST_F(LogTest, HostileTextsStayOnOneHarmlessLine) {
  struct Case {
    std::string text;
    std::string expected;
  };
  const Case cases[] = {
      {"line\nbreak\r\n", "line\nbreak\r\n"},
      {std::string("nul\0byte", 8), std::string("nul\0byte", 8)},
      {"quote\" backslash\\ slash/", "quote\" backslash\\ slash/"},
      {"\x1b[31mred\x7f", "\x1b[31mred\x7f"},
      {"csi \xc2\x9b", "csi \xc2\x9b"},
      {"separators \xe2\x80\xa8\xe2\x80\xa9", "separators \xe2\x80\xa8\xe2\x80\xa9"},
      {"umlaut \xc3\xa4, beyond \xf0\x9f\x98\x80", "umlaut \xc3\xa4, beyond \xf0\x9f\x98\x80"},
      {"bad \xff end", "bad \xef\xbf\xbd end"},
      {"cut \xc3", "cut \xef\xbf\xbd"},
      {"surrogate \xed\xa0\x80", "surrogate \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
      {"\"},\n{\"level\":\"error\"", "\"},\n{\"level\":\"error\""},
      {"", ""},
  };
  for (const auto& item : cases) {
    const auto& text = item.text;  // clang 14 does not capture structured bindings.
    const auto& expected = item.expected;
    std::filesystem::remove(config_.file);
    const std::vector<std::string> list = {text};
    const auto line = line_after([&](Log& log) {
      log.info(text, {{"field", text}, {"list", list}, {text + "k", 1}});
    });
    for (const char c : line) EXPECT_TRUE(c >= 0x20 && c < 0x7f) << line;
    const auto record = json::parse(line);
    EXPECT_EQ(record.at("event"), expected);
    EXPECT_EQ(record.at("field"), expected);
    EXPECT_EQ(record.at("list").at(0), expected);
    EXPECT_EQ(record.at(expected + "k"), 1);
  }
}

TEST_F(LogTest, NumbersThatJsonDoesNotHaveAreNull) {
  const auto line = line_after([](Log& log) {
    log.info("e", {{"nan", std::numeric_limits<double>::quiet_NaN()},
                   {"inf", std::numeric_limits<double>::infinity()}});
  });
  EXPECT_THAT(line, HasSubstr(R"("nan":null,"inf":null)"));
}

TEST_F(LogTest, FieldsCannotReplaceWhatARecordBeginsWith) {
  const auto line = line_after([](Log& log) {
    log.info("e", {{"level", "error"}, {"ts", 0}, {"a", 1}, {"a", 2}});
  });
  EXPECT_EQ(line, R"({"ts":"2026-01-31T12:00:00.000042Z","level":"info","event":"e","a":1})");
}

TEST_F(LogTest, LongTextsAndListsAreCut) {
  const std::string text = std::string(longest_text - 1, 'x') + "\xc3\xa4";
  const std::vector<std::string> list(longest_list + 3, "y");
  const auto record = json::parse(line_after([&](Log& log) {
    log.info("e", {{"text", text}, {"list", list}});
  }));
  EXPECT_EQ(record.at("text"), std::string(longest_text - 1, 'x') + "...");
  EXPECT_EQ(record.at("list").size(), longest_list + 1);
  EXPECT_EQ(record.at("list").back(), "... 3 more");
}

TEST_F(LogTest, UsesTheGivenClock) {
  using namespace std::chrono;
  const std::pair<system_clock::time_point, const char*> cases[] = {
      {sys_days{year{1970} / 1 / 1}, "1970-01-01T00:00:00.000000Z"},
      {sys_days{year{2024} / 2 / 29} + 24h - 1us, "2024-02-29T23:59:59.999999Z"},
      {sys_days{year{1969} / 12 / 31} + 1ms, "1969-12-31T00:00:00.001000Z"},
  };
  for (const auto& [when, expected] : cases) {
    std::filesystem::remove(config_.file);
    const auto now = when;
    auto logs = std::move(Logs::open(config_, [now] { return now; }).logs);
    logs->operational().info("e");
    logs.reset();
    EXPECT_EQ(records_of(config_.file).at(0).at("ts"), expected);
  }
}

TEST_F(LogTest, TheEndLosesNothing) {
  constexpr int count = 3000;
  config_.max_queued_records = count;
  auto logs = open_logs(config_);
  for (int i = 0; i < count; ++i) logs->operational().info("e", {{"i", i}});
  logs.reset();
  const auto records = records_of(config_.file);
  ASSERT_THAT(records, SizeIs(count));
  for (int i = 0; i < count; ++i) EXPECT_EQ(records.at(static_cast<std::size_t>(i)).at("i"), i);
}

TEST_F(LogTest, TakesRecordsFromManyThreads) {
  constexpr int threads = 4;
  constexpr int each = 500;
  auto logs = open_logs(config_);
  std::vector<std::thread> writers;
  writers.reserve(threads);
  for (int t = 0; t < threads; ++t) {
    writers.emplace_back([&logs, t] {
      for (int i = 0; i < each; ++i) {
        if (i % 2 == 0) {
          logs->operational().info("e", {{"t", t}});
        } else {
          logs->audit().write({});
        }
      }
    });
  }
  for (auto& writer : writers) writer.join();
  logs.reset();
  EXPECT_THAT(records_of(config_.file), SizeIs(threads * each));
}

TEST_F(LogTest, AuditRecordsGoIntoTheSameFileOrTheirOwn) {
  auto logs = open_logs(config_);
  logs->operational().info("e");
  logs->audit().write({});
  logs.reset();
  EXPECT_THAT(records_of(config_.file), SizeIs(2));

  config_.audit_file = folder_.path("audit.log");
  logs = open_logs(config_);
  logs->operational().info("e");
  logs->audit().write({});
  logs.reset();
  EXPECT_THAT(records_of(config_.file), SizeIs(3));
  EXPECT_THAT(records_of(config_.audit_file), SizeIs(1));
}

TEST_F(LogTest, AFileThatCannotBeOpenedIsAnError) {
  config_.file = folder_.path("no/such/folder.log");
  auto result = Logs::open(config_);
  EXPECT_EQ(result.logs, nullptr);
  EXPECT_EQ(result.error, "log.file: " + config_.file + " cannot be opened: No such file or directory");

  config_.file = folder_.path("broker.log");
  config_.audit_file = folder_.path(".");
  result = Logs::open(config_);
  EXPECT_EQ(result.logs, nullptr);
  EXPECT_EQ(result.error, "log.audit_file: " + config_.audit_file + " cannot be opened: Is a directory");
}

TEST_F(LogTest, AFullDiskNeitherStopsNorBlocks) {
  config_.file = "/dev/full";
  const auto begin = std::chrono::steady_clock::now();
  auto logs = open_logs(config_);
  for (int i = 0; i < 2000; ++i) {
    logs->operational().info("e");
    logs->audit().write({});
  }
  EXPECT_GT(logs->lost_audit(), 0U);
  logs.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

TEST_F(LogTest, GoesToStandardErrorWithoutAFile) {
  config_.file.clear();
  testing::internal::CaptureStderr();
  auto logs = open_logs(config_);
  logs->operational().info("listening");
  logs.reset();
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "{\"ts\":\"2026-01-31T12:00:00.000042Z\",\"level\":\"info\",\"event\":\"listening\"}\n");
}

TEST(Level, Words) {
  for (const auto level : {Level::trace, Level::debug, Level::info, Level::warning, Level::error}) {
    EXPECT_EQ(level_from(to_string(level)), level);
  }
  EXPECT_EQ(level_from("loud"), Level::info);
}

}  // namespace
}  // namespace sallyport::broker::log
