#include "runners/guest_protocol.hpp"

#include "base/base64.hpp"
#include "runners/gvisor_runner.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>

namespace sallyport::runners {
namespace {

using nlohmann::json;

constexpr Nonce kNonce = {0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 0xFF};

std::string nonce_text() {
  return {kNonce.begin(), kNonce.end()};
}

std::string length_text(std::size_t length) {
  std::string text;
  for (const unsigned shift : {24U, 16U, 8U, 0U}) text += static_cast<char>(length >> shift & 0xFFU);
  return text;
}

std::string trailer(const std::string& payload) {
  return nonce_text() + length_text(payload.size()) + payload;
}

/// Feeds `stream` in pieces of `piece` bytes and gives what came out as output.
std::string scan(TrailerScanner& scanner, std::string_view stream, std::size_t piece) {
  std::string output;
  for (std::size_t at = 0; at < stream.size(); at += piece) scanner.feed(stream.substr(at, piece), output);
  scanner.finish(output);
  return output;
}

TEST(TrailerScanner, PartsOutputFromTrailerAtEveryCut) {
  // Output that looks like a beginning of the nonce again and again.
  const std::string text =
      std::string("\0\1\2\3\0\1\2\3\0\1\2\3\0\1\2\3", 16) + "hello" + nonce_text().substr(0, 15);
  const std::string stream = text + trailer("{\"a\":1}");
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
    TrailerScanner scanner(kNonce, 100);
    EXPECT_EQ(scan(scanner, stream, piece), text);
    EXPECT_TRUE(scanner.complete());
    EXPECT_EQ(scanner.payload(), "{\"a\":1}");
  }
}

// A line whose end is held back is a line that nobody sees until the next one.
TEST(TrailerScanner, HoldsBackNoText) {
  for (int i = 0; i < 200; ++i) {
    const Nonce nonce = random_nonce();
    for (unsigned last = 0; last <= 0xF4; ++last) {  // UTF-8 has no higher byte.
      const std::string text = std::string("text") + static_cast<char>(last);
      TrailerScanner scanner(nonce, 100);
      std::string output;
      scanner.feed(text, output);
      ASSERT_EQ(output, text);
    }
  }
}

TEST(TrailerScanner, KeepsWhatComesBehindTheTrailerWithinABound) {
  const std::string stream = "out" + trailer("{}") + "behind";
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
    TrailerScanner scanner(kNonce, 100);
    EXPECT_EQ(scan(scanner, stream, piece), "out");
    EXPECT_EQ(scanner.behind(), "behind");
  }
  TrailerScanner flooded(kNonce, 100);
  scan(flooded, trailer("{}") + std::string(1'000'000, 'x'), 1000);
  EXPECT_LT(flooded.behind().size(), 70'000U);
}

TEST(TrailerScanner, GivesBackWhatWasHeldWhenNoTrailerComes) {
  const std::string text = "end" + nonce_text().substr(0, 15);
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    TrailerScanner scanner(kNonce, 100);
    EXPECT_EQ(scan(scanner, text, piece), text);
    EXPECT_FALSE(scanner.complete());
  }
}

TEST(TrailerScanner, HoldsBackNoMoreThanItMust) {
  TrailerScanner scanner(kNonce, 100);
  std::string output;
  scanner.feed("hello", output);
  EXPECT_EQ(output, "hello");
}

TEST(TrailerScanner, EmptyTrailerIsComplete) {
  TrailerScanner scanner(kNonce, 0);
  EXPECT_EQ(scan(scanner, "x" + trailer(""), 1), "x");
  EXPECT_TRUE(scanner.complete());
}

TEST(TrailerScanner, DropsWhatFollows) {
  TrailerScanner scanner(kNonce, 100);
  EXPECT_EQ(scan(scanner, trailer("{}") + "more" + trailer("{\"b\":2}"), 3), "");
  EXPECT_EQ(scanner.payload(), "{}");
}

TEST(TrailerScanner, RefusesATrailerThatIsTooLong) {
  TrailerScanner scanner(kNonce, 10);
  scan(scanner, trailer(std::string(11, 'x')), 4);
  EXPECT_TRUE(scanner.oversized());
  EXPECT_FALSE(scanner.complete());
  EXPECT_TRUE(scanner.payload().empty());
}

TEST(TrailerScanner, ACutTrailerIsNoTrailer) {
  const std::string whole = trailer("{\"a\":1}");
  for (std::size_t length = 16; length < whole.size(); ++length) {
    TrailerScanner scanner(kNonce, 100);
    EXPECT_EQ(scan(scanner, whole.substr(0, length), 2), "");
    EXPECT_FALSE(scanner.complete());
  }
}

std::string ready_frame(const std::string& body) {
  return "SALLYPORT-READY " + length_text(body.size()) + body;
}

TEST(ReadyParser, ReadsTheFrameAtEveryCut) {
  const std::string frame =
      ready_frame(R"({"protocol":1,"python":"3.11.2","imported":["numpy"],"import_errors":{"x":"no"}})");
  const std::string stream = frame + "rest";
  for (std::size_t cut = 1; cut < frame.size(); ++cut) {
    ReadyParser parser;
    ASSERT_EQ(parser.feed(stream.substr(0, cut)), ReadyParser::Status::need_more);
    ASSERT_EQ(parser.feed(stream.substr(cut)), ReadyParser::Status::ready);
    EXPECT_EQ(parser.ready().python_version, "3.11.2");
    EXPECT_EQ(parser.ready().imported, std::vector<std::string>{"numpy"});
    EXPECT_EQ(parser.ready().failed_imports, std::vector<std::string>{"x"});
    EXPECT_EQ(parser.leftover(), "rest");
  }
}

TEST(ReadyParser, TellsWhetherTheAgentCanTakeSeveralJobs) {
  ReadyParser keeps;
  ASSERT_EQ(keeps.feed(ready_frame(R"({"protocol":1,"python":"3","features":["other","keep"]})")),
            ReadyParser::Status::ready);
  EXPECT_TRUE(keeps.ready().keeps);
  for (const char* json :
       {R"({"protocol":1,"python":"3"})", R"({"protocol":1,"python":"3","features":"keep"})",
        R"({"protocol":1,"python":"3","features":["kept"]})"}) {
    ReadyParser parser;
    ASSERT_EQ(parser.feed(ready_frame(json)), ReadyParser::Status::ready);
    EXPECT_FALSE(parser.ready().keeps);
  }
}

TEST(ReadyParser, TellsWhetherTheAgentHasCells) {
  for (const bool has : {true, false}) {
    const std::string body = std::string(R"({"protocol": 1, "python": "3.11.2", "features": )") +
                             (has ? R"(["cells"]})" : R"(["keep"]})");
    ReadyParser parser;
    ASSERT_EQ(parser.feed("SALLYPORT-READY " + length_text(body.size()) + body), ReadyParser::Status::ready);
    EXPECT_EQ(parser.ready().has_cells, has);
  }
}

TEST(ReadyParser, RefusesEverythingElse) {
  const std::string bad[] = {"hello",
                             "SALLYPORT-READX",
                             ready_frame("not json"),
                             ready_frame("[]"),
                             ready_frame("{}"),
                             ready_frame(R"({"protocol":2,"python":"3"})"),
                             ready_frame(R"({"protocol":1,"python":3})"),
                             "SALLYPORT-READY \x7f\xff\xff\xff"};
  for (const std::string& stream : bad) {
    ReadyParser parser;
    EXPECT_EQ(parser.feed(stream), ReadyParser::Status::malformed) << stream;
  }
}

TEST(ReadyParser, ExcerptIsPrintable) {
  ReadyParser parser;
  parser.feed("bad\n\x1b[31m" + std::string(1000, 'x'));
  EXPECT_EQ(parser.excerpt().substr(0, 9), "bad..[31m");
  EXPECT_EQ(parser.excerpt().size(), 200U);
}

TEST(EncodeJob, CarriesEverything) {
  Job job;
  job.code = "print('ä')\n";
  job.context_json = R"({"user":{"id":1}})";
  job.stdin_text = "line\n";
  job.files = {InputFile{"a/b.bin", std::string("\0\xff", 2)}};
  job.limits.max_memory_mb = 99;
  const std::string frame = encode_job(job, kNonce, 33, false);
  ASSERT_EQ(frame.substr(0, 4), length_text(frame.size() - 4));
  const json body = json::parse(frame.substr(4));
  EXPECT_EQ(body["protocol"], 1);
  EXPECT_EQ(body["nonce"], "000102030001020300010203000102ff");
  EXPECT_EQ(body["code"], job.code);
  EXPECT_EQ(body["context"]["user"]["id"], 1);
  EXPECT_EQ(body["stdin"], "line\n");
  EXPECT_EQ(body["files"][0]["path"], "a/b.bin");
  EXPECT_EQ(base::base64_decode(body["files"][0]["content_base64"].get<std::string>()), job.files[0].content);
  EXPECT_EQ(body["limits"]["memory_mb"], 99);
  EXPECT_EQ(body["limits"]["max_open_files"], 33);
  EXPECT_EQ(body["artifacts"]["max_count"], job.limits.max_artifacts);
}

TEST(EncodeJob, SaysWhetherOthersFollow) {
  const auto keep_of = [](bool keep) { return json::parse(encode_job(Job(), kNonce, 1, keep).substr(4)); };
  EXPECT_EQ(keep_of(true)["keep"], true);
  EXPECT_FALSE(keep_of(false).contains("keep"));
}

TEST(EncodeJob, CarriesWhatMayBeImported) {
  const auto imports_of = [](const Job& job) {
    return json::parse(encode_job(job, kNonce, 1, false).substr(4))["imports"];
  };
  Job job;
  EXPECT_TRUE(imports_of(job).is_null());
  runners::ImportRules imports;
  imports.denied = {"os"};
  job.imports = std::make_shared<runners::ImportRules>(imports);
  EXPECT_EQ(imports_of(job), json::parse(R"({"allowed": null, "denied": ["os"]})"));
  imports.allowed = std::vector<std::string>{"math", "scipy.*"};
  job.imports = std::make_shared<runners::ImportRules>(imports);
  EXPECT_EQ(imports_of(job), json::parse(R"({"allowed": ["math", "scipy.*"], "denied": ["os"]})"));
}

json good_report() {
  return json::parse(R"({
    "outcome": "exception", "exit_code": 1,
    "exception": {"type": "ValueError", "message": "ValueError: bad", "line": 3},
    "artifacts": [{"path": "a/plot.png", "size": 3, "content_base64": "Zm9v"}],
    "notes": ["left out x"],
    "usage": {"cpu_seconds": 0.5, "max_rss_kb": 2048}})");
}

std::string error_of(const json& report, const Limits& limits = Limits()) {
  const auto parsed = parse_report(report.dump(), limits);
  const auto* error = std::get_if<std::string>(&parsed);
  return error != nullptr ? *error : "";
}

TEST(ParseReport, ReadsAGoodOne) {
  const auto parsed = parse_report(good_report().dump(), Limits());
  const auto* report = std::get_if<AgentReport>(&parsed);
  ASSERT_NE(report, nullptr);
  EXPECT_EQ(report->outcome, AgentReport::Outcome::exception);
  EXPECT_EQ(report->exit_code, 1);
  EXPECT_EQ(report->exception_type, "ValueError");
  EXPECT_EQ(report->exception_line, 3);
  ASSERT_EQ(report->artifacts.size(), 1U);
  EXPECT_EQ(report->artifacts[0].content, "foo");
  EXPECT_EQ(report->artifacts[0].size, 3U);
  EXPECT_EQ(report->notes, std::vector<std::string>{"left out x"});
  EXPECT_DOUBLE_EQ(report->max_rss_mb, 2.0);
}

TEST(ParseReport, ReadsARefusedImport) {
  json changed = good_report();
  changed["exception"]["refused_import"] = "os.path";
  const auto parsed = parse_report(changed.dump(), Limits());
  EXPECT_EQ(std::get<AgentReport>(parsed).refused_import, "os.path");
  changed["exception"]["refused_import"] = 1;
  EXPECT_NE(error_of(changed), "");
  changed["exception"]["refused_import"] = std::string(257, 'a');
  EXPECT_NE(error_of(changed), "");
}

TEST(ParseReport, NeverBelievesAStatedSize) {
  json report = good_report();
  report["artifacts"][0]["size"] = 999999;
  const auto parsed = parse_report(report.dump(), Limits());
  EXPECT_EQ(std::get<AgentReport>(parsed).artifacts[0].size, 3U);
}

TEST(ParseReport, RefusesEachMalformedField) {
  struct Change {
    const char* pointer;
    json value;
  };
  const Change changes[] = {{"/outcome", "won"},
                            {"/outcome", 1},
                            {"/exit_code", -1},
                            {"/exit_code", 256},
                            {"/exit_code", 1.5},
                            {"/exit_code", 18446744073709551615ULL},
                            {"/exception", nullptr},
                            {"/exception/type", std::string(300, 'x')},
                            {"/exception/line", "3"},
                            {"/artifacts", json::object()},
                            {"/artifacts/0", "x"},
                            {"/artifacts/0/path", "../x"},
                            {"/artifacts/0/content_base64", "?"},
                            {"/artifacts/0/content_base64", 5},
                            {"/notes", "x"},
                            {"/notes/0", 1},
                            {"/notes/0", std::string(5000, 'x')},
                            {"/usage", 1},
                            {"/usage/cpu_seconds", "1"}};
  for (const Change& change : changes) {
    json report = good_report();
    report[json::json_pointer(change.pointer)] = change.value;
    EXPECT_NE(error_of(report), "") << change.pointer << " = " << change.value;
  }
  for (const char* key : {"outcome", "exit_code", "exception", "artifacts", "notes", "usage"}) {
    json report = good_report();
    report.erase(key);
    EXPECT_NE(error_of(report), "") << "without " << key;
  }
  for (const char* text : {"", "null", "[]", "{", "\xff"}) {
    EXPECT_TRUE(std::holds_alternative<std::string>(parse_report(text, Limits()))) << text;
  }
}

TEST(ParseReport, HoldsTheArtifactLimits) {
  Limits limits;
  limits.max_artifact_bytes = 2;
  EXPECT_NE(error_of(good_report(), limits), "");
  limits = Limits();
  limits.max_artifacts = 0;
  EXPECT_NE(error_of(good_report(), limits), "");
}

TEST(ParseReport, ReadsAsMuchAsTheLimitsAllow) {
  json report = good_report();
  report["artifacts"] = json::array();
  report["notes"] = json::array();
  for (unsigned i = 0; i < Limits().max_artifacts; ++i) {
    const json artifact = {{"path", "[{," + std::to_string(i)}, {"size", 1}, {"content_base64", "eA=="}};
    report["artifacts"].push_back(artifact);
  }
  for (unsigned i = 0; i < 64; ++i) report["notes"].push_back(R"(\"[[[[[[[[[[{,,,)");
  EXPECT_EQ(error_of(report), "");
}

TEST(ParseReport, RefusesWhatWouldGrowInMemory) {
  const std::string head = R"({"outcome": "returned", "notes": )";
  std::string objects;
  for (int i = 0; i < 1000; ++i) objects += "{},";
  for (const std::string& bomb :
       {std::string(100'000, '['), head + std::string(9, '[') + std::string(9, ']') + "}",
        head + "[" + objects + "1]}", head + std::string(1'000'000, '1') + "}",
        std::string(R"("\\"[[[[[[[[[)")}) {
    const auto parsed = parse_report(bomb, Limits());
    ASSERT_TRUE(std::holds_alternative<std::string>(parsed));
    EXPECT_NE(std::get<std::string>(parsed).find("more in it"), std::string::npos)
        << std::get<std::string>(parsed);
  }
}

TEST(ParseReport, RefusesArtifactsThatCannotBeFilesOfOneFolder) {
  json report = good_report();
  report["artifacts"].push_back(report["artifacts"][0]);
  EXPECT_NE(error_of(report), "");
  report["artifacts"][1]["path"] = "a";  // The first is "a/plot.png".
  EXPECT_NE(error_of(report), "");
  report["artifacts"][1]["path"] = "a/plot.png.txt";
  EXPECT_EQ(error_of(report), "");
}

Limits cell_limits() {
  Limits limits;
  limits.max_displays = 2;
  limits.max_display_bytes = 40;
  return limits;
}

std::string cell_report(const std::string& result, const std::string& displays) {
  return R"({"outcome": "returned", "exit_code": 0, "exception": null, "artifacts": [], "notes": [],
             "usage": {"cpu_seconds": 0, "max_rss_kb": 1}, "result": )" +
         result + ", \"displays\": " + displays + "}";
}

TEST(ParseReport, ReadsResultAndDisplaysOfACell) {
  const auto parsed = parse_report(cell_report(R"({"text/plain": "5", "text/html": "<b>5</b>"})",
                                               R"([{"image/png": "iVBORw0KGgo="}, {}])"),
                                   cell_limits());
  ASSERT_TRUE(std::holds_alternative<AgentReport>(parsed)) << std::get<std::string>(parsed);
  const auto& report = std::get<AgentReport>(parsed);
  EXPECT_EQ(report.result, (DisplayBundle{{"text/plain", "5"}, {"text/html", "<b>5</b>"}}));
  ASSERT_EQ(report.displays.size(), 2U);
  EXPECT_EQ(report.displays[0], (DisplayBundle{{"image/png", "iVBORw0KGgo="}}));
  const auto none = parse_report(cell_report("null", "[]"), cell_limits());
  EXPECT_FALSE(std::get<AgentReport>(none).result);
}

TEST(ParseReport, RefusesDisplaysThatAreWrongOrTooMuch) {
  const auto refused = [](const std::string& result, const std::string& displays, const Limits& limits) {
    return std::holds_alternative<std::string>(parse_report(cell_report(result, displays), limits));
  };
  for (const char* bundle : {"5", "[]", R"({"text/plain": 5})", R"({"text/javascript": "x"})",
                             R"({"image/png": "R0lGODlh"})", R"({"image/png": "!"})"}) {
    EXPECT_TRUE(refused(bundle, "[]", cell_limits())) << bundle;
    EXPECT_TRUE(refused("null", std::string("[") + bundle + "]", cell_limits())) << bundle;
  }
  EXPECT_TRUE(refused("null", "{}", cell_limits()));
  EXPECT_TRUE(refused("null", "[{}, {}, {}]", cell_limits()));
  const std::string half = R"({"text/plain": ")" + std::string(20, 'x') + "\"}";
  EXPECT_FALSE(refused(half, "[" + half + "]", cell_limits()));
  EXPECT_TRUE(refused(half, "[" + half + ", {\"text/plain\": \"x\"}]", cell_limits()));
  EXPECT_TRUE(refused(half, "[]", Limits())) << "a job of its own has none";
}

TEST(EncodeJob, SaysWhatACellIs) {
  Job job;
  const auto body = [&job] { return json::parse(encode_job(job, kNonce, 64, false).substr(4)); };
  EXPECT_FALSE(body().contains("cell"));
  job.cell = Cell();
  job.cell->number = 3;
  job.limits = cell_limits();
  EXPECT_EQ(body()["cell"],
            json::parse(R"({"number": 3, "max_displays": 2, "max_display_bytes": 40, "collect": null})"));
  job.cell->collect = "a\"b";
  EXPECT_EQ(body()["cell"]["collect"], "a\"b");
}

TEST(ArtifactPath, AllowsOnlyPlainRelativePaths) {
  for (const char* path : {"a", "a/b.png", "..a", "a..", "ä.txt", "a b", ".hidden"}) {
    EXPECT_TRUE(is_safe_artifact_path(path)) << path;
  }
  for (const std::string& path :
       {std::string(), std::string("/a"), std::string("a/"), std::string("a//b"), std::string(".."),
        std::string("../a"), std::string("a/../b"), std::string("."), std::string("a/./b"),
        std::string("a\nb"), std::string("a\0b", 3), std::string("a\x7f"), std::string("\xff"),
        std::string(2000, 'a')}) {
    EXPECT_FALSE(is_safe_artifact_path(path)) << path;
  }
}

}  // namespace
}  // namespace sallyport::runners
