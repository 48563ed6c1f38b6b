// The audit trail: what is chained stays whole, and whatever is done to it shows.
#include "broker/log/audit_trail.hpp"

#include "broker/log/audit_files.hpp"
#include "broker/log/audit_reader.hpp"
#include "tests/unit/broker/log/support.hpp"

#include <gmock/gmock.h>

#include <csignal>
#include <fstream>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace sallyport::broker::log {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string record_of(int number) {
  return R"({"ts":"2026-01-31T12:00:00.000042Z","level":"info","event":"e","n":)" + std::to_string(number) +
         "}";
}

class AuditTrailTest : public ::testing::Test {
 protected:
  std::shared_ptr<AuditTrail> open() {
    auto result = AuditTrail::open(path_, retention_, [this] { return now_; });
    if (const auto* error = std::get_if<std::string>(&result)) {
      ADD_FAILURE() << *error;
      return nullptr;
    }
    return std::get<0>(result);
  }

  void write(AuditTrail& trail, int from, int to) {
    for (int number = from; number <= to; ++number) EXPECT_TRUE(trail.write(record_of(number)));
  }
  void write(int from, int to) { write(*open(), from, to); }

  /// How many of them were written.
  static std::size_t write_together(AuditTrail& trail, int from, int to) {
    std::vector<std::string> lines;
    for (int number = from; number <= to; ++number) lines.push_back(record_of(number));
    std::size_t written = 0;
    trail.write_lines(lines, written);
    return written;
  }

  void replace_lines(const std::vector<std::string>& lines, const std::string& file = {}) const {
    std::ofstream out(file.empty() ? path_ : file, std::ios::binary | std::ios::trunc);
    for (const std::string& line : lines) out << line << "\n";
  }

  /// "line: what" of each mistake.
  std::vector<std::string> mistakes(const std::optional<AuditAnchor>& anchor = {}) const {
    std::vector<std::string> found;
    for (const AuditMistake& mistake : verify_audit(path_, anchor).mistakes) {
      found.push_back(std::to_string(mistake.line) + ": " + mistake.what);
    }
    return found;
  }

  TemporaryFolder folder_;
  std::string path_ = folder_.path("audit.log");
  Retention retention_{Rotation{1'000'000, 5}, 0s};
  std::chrono::system_clock::time_point now_ = std::chrono::system_clock::now();
};

TEST_F(AuditTrailTest, EachRecordHoldsTheHashOfTheOneBefore) {
  write(1, 3);
  const auto records = records_of(path_);
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[0]["prev"], std::string(64, '0'));
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(records[i]["seq"], i + 1);
    EXPECT_EQ(records[i]["n"], i + 1);
    if (i == 0) continue;
    EXPECT_EQ(records[i]["prev"], records[i - 1]["hash"]);
  }
  const AuditVerdict verdict = verify_audit(path_);
  EXPECT_EQ(verdict.mistake_count, 0U);
  EXPECT_EQ(verdict.records, 3U);
  EXPECT_EQ(verdict.first, 1U);
  EXPECT_EQ(verdict.last, 3U);
  EXPECT_EQ(verdict.hash, records[2]["hash"]);
}

TEST_F(AuditTrailTest, GoesOnAfterARestart) {
  for (int i = 0; i < 5; ++i) write(3 * i + 1, 3 * i + 3);
  EXPECT_THAT(mistakes(), IsEmpty());
  EXPECT_EQ(verify_audit(path_).last, 15U);
}

TEST_F(AuditTrailTest, GoesOnAcrossRotation) {
  retention_.rotation = Rotation{1000, 50};
  write(1, 40);
  write(41, 80);
  EXPECT_GT(std::filesystem::file_size(path_ + ".3"), 0U);
  EXPECT_THAT(mistakes(), IsEmpty());
  EXPECT_EQ(verify_audit(path_).records, 80U);
}

TEST_F(AuditTrailTest, WhatRetentionRemovedIsNotMissing) {
  retention_.rotation = Rotation{1000, 2};
  write(1, 40);
  const AuditVerdict verdict = verify_audit(path_);
  EXPECT_THAT(mistakes(), IsEmpty());
  EXPECT_GT(verdict.first, 20U);
  EXPECT_EQ(verdict.last, 40U);
  // Somebody else's removal is.
  std::filesystem::remove(path_ + ".2");
  EXPECT_THAT(mistakes(), ElementsAre(HasSubstr("missing at the beginning")));
  // And stays so, however much the trail rotates, until retention would have removed it too.
  write(41, 41);
  EXPECT_THAT(mistakes(), Contains(HasSubstr("missing")));
}

TEST_F(AuditTrailTest, OldFilesAreRemovedByTheirAge) {
  retention_.rotation = Rotation{1000, 50};
  retention_.max_age = 24h;
  write(1, 40);
  const std::uint64_t files = std::distance(std::filesystem::directory_iterator(folder_.path(".")), {});
  EXPECT_GT(files, 8U);
  now_ += 25h;
  write(41, 41);
  EXPECT_THAT(mistakes(), IsEmpty());
  EXPECT_GT(verify_audit(path_).first, 30U);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path(".")), {}), 2);
}

TEST_F(AuditTrailTest, AnyChangedByteShowsWithItsPlace) {
  write(1, 3);
  const auto lines = lines_of(path_);
  const std::string& second = lines[1];
  for (std::size_t at = 0; at < second.size(); ++at) {
    auto changed = lines;
    changed[1][at] = changed[1][at] == '1' ? '2' : '1';
    if (changed[1] == second) continue;
    replace_lines(changed);
    const auto found = mistakes();
    ASSERT_FALSE(found.empty()) << at << ": " << changed[1];
    EXPECT_THAT(found, Contains(testing::AnyOf(testing::StartsWith("2: "), testing::StartsWith("3: "))))
        << at;
  }
  auto changed = lines;
  changed[1].replace(changed[1].find("\"n\":2"), 5, "\"n\":7");
  replace_lines(changed);
  EXPECT_THAT(mistakes(), ElementsAre("2: record 2 has been changed: its hash is not that of its bytes"));
}

TEST_F(AuditTrailTest, ARecordThatWasForgedWithItsHashShows) {
  write(1, 3);
  auto lines = lines_of(path_);
  ChainPoint point{1, std::string(link_of(lines[0])->hash)};
  lines[1] = chained(record_of(99), point);
  replace_lines(lines);
  EXPECT_THAT(mistakes(), ElementsAre("3: record 3 does not follow record 2: one of them was exchanged"));
}

TEST_F(AuditTrailTest, RemovedReorderedRepeatedAndInsertedRecordsShow) {
  write(1, 6);
  const auto lines = lines_of(path_);
  auto removed = lines;
  removed.erase(removed.begin() + 2, removed.begin() + 4);
  replace_lines(removed);
  EXPECT_THAT(mistakes(), ElementsAre("3: records 3 to 4 are missing before this one"));

  auto reordered = lines;
  std::swap(reordered[2], reordered[3]);
  replace_lines(reordered);
  EXPECT_THAT(mistakes(),
              ElementsAre("3: record 3 is missing before this one", HasSubstr("4: record 3 stands behind"),
                          "5: record 4 is missing before this one"));

  auto repeated = lines;
  repeated.insert(repeated.begin() + 2, lines[1]);
  replace_lines(repeated);
  EXPECT_THAT(mistakes(), ElementsAre(HasSubstr("3: record 2 stands behind record 2")));

  auto inserted = lines;
  inserted.insert(inserted.begin() + 2, record_of(99));
  replace_lines(inserted);
  EXPECT_THAT(mistakes(), ElementsAre("3: this line is no record of the chain"));

  auto beginning = lines;
  beginning.erase(beginning.begin());
  replace_lines(beginning);
  EXPECT_THAT(mistakes(), ElementsAre("1: record 1 is missing at the beginning"));
}

TEST_F(AuditTrailTest, ACutEndShowsAndAlsoAfterARestart) {
  write(1, 6);
  auto lines = lines_of(path_);
  lines.resize(3);
  replace_lines(lines);
  EXPECT_THAT(mistakes(), ElementsAre("0: records 4 to 6 are missing at the end"));
  const auto trail = open();
  EXPECT_THAT(trail->take_notices(), ElementsAre(HasSubstr("records 4 to 6 are missing at the end")));
  write(*trail, 7, 7);
  EXPECT_THAT(mistakes(), ElementsAre("4: records 4 to 6 are missing before this one"));
}

TEST_F(AuditTrailTest, AnEmptiedOrVanishedFileShows) {
  write(1, 6);
  replace_lines({});
  EXPECT_THAT(mistakes(), ElementsAre("0: records 1 to 6 are missing at the end"));
  std::filesystem::remove(path_);
  EXPECT_THAT(mistakes(), ElementsAre("0: records 1 to 6 are missing at the end"));
  write(7, 7);
  EXPECT_THAT(mistakes(), ElementsAre("1: records 1 to 6 are missing at the beginning"));
}

TEST_F(AuditTrailTest, WithoutTheHeadFileThatItIsMissingShows) {
  write(1, 3);
  std::filesystem::remove(path_ + ".head");
  EXPECT_THAT(mistakes(), ElementsAre(HasSubstr("head file is missing or damaged")));
  const auto trail = open();
  EXPECT_THAT(trail->take_notices(), ElementsAre(HasSubstr("head file")));
  write(*trail, 4, 4);
  EXPECT_THAT(mistakes(), IsEmpty());  // The trail tells of it in a record of its own.
  EXPECT_THAT(read_all(path_), HasSubstr(std::string(recovered_event)));
}

TEST_F(AuditTrailTest, AnAnchorShowsThatAllWasRewritten) {
  write(1, 3);
  const AuditVerdict before = verify_audit(path_);
  const AuditAnchor anchor{before.last, before.hash};
  write(4, 6);
  EXPECT_THAT(mistakes(anchor), IsEmpty());
  // Whoever may write both files can make another history that fits.
  std::filesystem::remove(path_);
  std::filesystem::remove(path_ + ".head");
  write(11, 16);
  EXPECT_THAT(mistakes(), IsEmpty());
  EXPECT_THAT(mistakes(anchor), ElementsAre("3: record 3 is not the one of the anchor"));
  EXPECT_THAT(mistakes(AuditAnchor{100, before.hash}), ElementsAre(HasSubstr("is missing")));
}

TEST_F(AuditTrailTest, ATornLineIsEndedAndToldOf) {
  write(1, 2);
  const std::string line = lines_of(path_)[1];
  for (const std::size_t length : {std::size_t{1}, line.size() / 2, line.size() - 1}) {
    {
      std::ofstream out(path_, std::ios::binary | std::ios::app);
      out << line.substr(0, length);
    }
    EXPECT_THAT(mistakes(), IsEmpty()) << "a note is enough";
    EXPECT_EQ(verify_audit(path_).notes.back().what, "the last line is torn; the next start tells of it");
    const auto trail = open();
    EXPECT_THAT(trail->take_notices(), ElementsAre(HasSubstr("torn")));
    write(*trail, 3, 4);
    EXPECT_THAT(mistakes(), IsEmpty()) << length;
  }
}

TEST_F(AuditTrailTest, ARecordThatOnlyLacksItsLinesEndCounts) {
  write(1, 3);
  std::filesystem::resize_file(path_, std::filesystem::file_size(path_) - 1);
  EXPECT_THAT(mistakes(), IsEmpty());
  const auto trail = open();
  EXPECT_THAT(trail->take_notices(), IsEmpty());
  write(*trail, 4, 4);
  EXPECT_THAT(mistakes(), IsEmpty());
  EXPECT_EQ(verify_audit(path_).records, 4U);
}

TEST_F(AuditTrailTest, AKillBetweenRecordAndHeadLosesNothing) {
  write(1, 3);
  const std::string head = read_all(path_ + ".head");
  write(4, 6);
  std::ofstream(path_ + ".head", std::ios::binary | std::ios::trunc) << head;
  EXPECT_THAT(mistakes(), IsEmpty());
  const auto trail = open();
  EXPECT_THAT(trail->take_notices(), IsEmpty());
  write(*trail, 7, 7);
  EXPECT_THAT(mistakes(), IsEmpty());
  EXPECT_EQ(verify_audit(path_).last, 7U);
}

TEST_F(AuditTrailTest, KilledAtRandomMomentsItIsWholeAfterTheNextStart) {
  retention_.rotation = Rotation{20'000, 500};
  for (int round = 0; round < 30; ++round) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const auto trail = open();
      for (int number = 0;; number += 7) write_together(*trail, number, number + 6);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(3 + round % 11));
    ::kill(child, SIGKILL);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    static_cast<void>(open());
    ASSERT_THAT(mistakes(), IsEmpty()) << round;
  }
  EXPECT_GT(verify_audit(path_).records, 30U);
}

/// The file may not grow beyond so many bytes while it lives: a disk that fills within a line.
class SmallDisk {
 public:
  explicit SmallDisk(std::uint64_t bytes) : before_signal_(::signal(SIGXFSZ, SIG_IGN)) {
    EXPECT_EQ(::getrlimit(RLIMIT_FSIZE, &before_), 0);
    rlimit small = before_;
    small.rlim_cur = bytes;
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &before_), 0);
    ::signal(SIGXFSZ, before_signal_);
  }

 private:
  rlimit before_{};
  sighandler_t before_signal_;
};

TEST_F(AuditTrailTest, ABatchLeavesWhatSingleLinesLeave) {
  retention_.rotation = Rotation{2000, 500};
  const auto one_by_one = [this] {
    write(1, 40);
    std::vector<std::string> files;
    for (const std::string& file : audit_files(path_)) {
      files.push_back(read_all(file));
      std::filesystem::remove(file);
    }
    std::filesystem::remove(path_ + ".head");
    return files;
  }();
  EXPECT_GT(one_by_one.size(), 3U);
  EXPECT_EQ(write_together(*open(), 1, 40), 40U);
  std::vector<std::string> together;
  for (const std::string& file : audit_files(path_)) together.push_back(read_all(file));
  EXPECT_EQ(together, one_by_one);
  EXPECT_THAT(mistakes(), IsEmpty());
}

TEST_F(AuditTrailTest, OfABatchWithoutRoomWhatWentOutCounts) {
  write(1, 10);
  const auto lines = lines_of(path_);
  const std::uint64_t line = lines[0].size() + 1;  // The first nine are of one length.
  struct Case {
    std::uint64_t bytes;
    std::size_t written;
    bool torn;
  };
  for (const Case& given : {Case{0, 0, false}, Case{1, 0, true}, Case{3 * line - 1, 2, false},
                            Case{3 * line, 3, false}, Case{3 * line + line / 2, 3, true}}) {
    std::filesystem::remove(path_);
    std::filesystem::remove(path_ + ".head");
    const auto trail = open();
    {
      const SmallDisk disk(given.bytes);
      EXPECT_EQ(write_together(*trail, 1, 9), given.written) << given.bytes;
    }
    EXPECT_EQ(write_together(*trail, 1, 2), 2U);
    EXPECT_EQ(trail->take_notices().empty(), !given.torn) << given.bytes;
    EXPECT_THAT(mistakes(), IsEmpty()) << given.bytes;
    // A record that lacks its line's end alone is one all the same.
    const std::size_t kept = given.written + (given.bytes == 3 * line - 1 ? 1 : 0);
    EXPECT_EQ(verify_audit(path_).records, kept + 2 + (given.torn ? 1 : 0)) << given.bytes;
    EXPECT_THAT(lines_of(path_), Not(Contains(""))) << given.bytes;
  }
}

TEST_F(AuditTrailTest, InABatchWhatIsNoRecordIsLostAlone) {
  const auto trail = open();
  const std::vector<std::string> lines = {"", record_of(1), "[]", "no object", record_of(2), ""};
  std::size_t written = 0;
  trail->write_lines(lines, written);
  EXPECT_EQ(written, 2U);
  EXPECT_THAT(mistakes(), IsEmpty());
  EXPECT_EQ(verify_audit(path_).records, 2U);
}

TEST_F(AuditTrailTest, SeveralWritersMakeOneChain) {
  retention_.rotation = Rotation{10'000, 500};
  const auto first = open();
  const auto second = open();
  std::thread other([&] {
    for (int batch = 0; batch < 50; ++batch) EXPECT_EQ(write_together(*first, 1, 10), 10U);
  });
  for (int number = 0; number < 300; ++number) write(*second, number, number);
  other.join();
  EXPECT_THAT(mistakes(), IsEmpty());
  EXPECT_EQ(verify_audit(path_).records, 800U);
}

TEST_F(AuditTrailTest, LinesOfATimeWithoutAChainStay) {
  replace_lines({record_of(1), record_of(2)});
  write(3, 4);
  EXPECT_THAT(mistakes(), IsEmpty());
  const AuditVerdict verdict = verify_audit(path_);
  EXPECT_EQ(verdict.records, 2U);
  EXPECT_THAT(verdict.notes.at(0).what, HasSubstr("2 lines before the first record"));
}

TEST_F(AuditTrailTest, ATrailThatIsNotThere) {
  const AuditVerdict verdict = verify_audit(path_);
  EXPECT_EQ(verdict.mistake_count, 0U);
  EXPECT_EQ(verdict.records, 0U);
  EXPECT_TRUE(query_audit(path_, {}).records.empty());
}

TEST_F(AuditTrailTest, MistakesAreBounded) {
  write(1, 300);
  auto lines = lines_of(path_);
  for (std::string& line : lines) line.replace(line.find("\"n\":"), 4, "\"m\":");
  replace_lines(lines);
  const AuditVerdict verdict = verify_audit(path_);
  EXPECT_EQ(verdict.mistakes.size(), AuditVerdict::max_mistakes);
  EXPECT_EQ(verdict.mistake_count, 300U);
}

TEST(AuditChain, KnowsItsOwnLinesAlone) {
  ChainPoint point = chain_begin();
  const std::string line = chained("{\"a\":1}", point);
  EXPECT_TRUE(link_of(line).has_value());
  EXPECT_TRUE(is_unchanged(line));
  for (std::size_t length = 0; length < line.size(); ++length) {
    EXPECT_FALSE(link_of(line.substr(0, length)).has_value());
    EXPECT_FALSE(is_unchanged(line.substr(length + 1)) && length > 0);
  }
  EXPECT_EQ(chained("", point), "");
  EXPECT_EQ(chained("[]", point), "");
  EXPECT_EQ(point.sequence, 1U);
}

class AuditQueryTest : public AuditTrailTest {
 protected:
  void add(const std::string& time, const std::string& members) {
    ASSERT_TRUE(open()->write("{\"ts\":\"" + time + ".000001Z\"," + members + "}"));
  }
  std::vector<std::uint64_t> found(const AuditQuery& query) {
    std::vector<std::uint64_t> numbers;
    for (const std::string& record : query_audit(path_, query).records) {
      numbers.push_back(nlohmann::json::parse(record)["seq"]);
    }
    return numbers;
  }
};

TEST_F(AuditQueryTest, Filters) {
  add("2026-01-01T00:00:00",
      R"("event":"Code execution requested","execution_id":"e1","key_id":"k1","user_id":7)");
  add("2026-01-02T00:00:00",
      R"("event":"Code execution completed","execution_id":"e1","key_id":"k1","user_id":7)");
  add("2026-01-03T00:00:00",
      R"("event":"Code execution failed","execution_id":"e2","key_id":"k2","user_id":"7")");
  add("2026-01-04T00:00:00",
      R"("event":"Security violations detected","execution_id":"e2","key_id":null,"user_id":null)");
  const auto with = [this](auto set) {
    AuditQuery query;
    set(query);
    return found(query);
  };
  EXPECT_THAT(found({}), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(with([](AuditQuery& q) { q.key_id = "k1"; }), ElementsAre(1, 2));
  EXPECT_THAT(with([](AuditQuery& q) { q.user_id = "7"; }), ElementsAre(1, 2, 3));
  EXPECT_THAT(with([](AuditQuery& q) { q.user_id = "e2"; }), IsEmpty());
  EXPECT_THAT(with([](AuditQuery& q) { q.execution_id = "e2"; }), ElementsAre(3, 4));
  EXPECT_THAT(with([](AuditQuery& q) { q.outcome = "failed"; }), ElementsAre(3));
  EXPECT_THAT(with([](AuditQuery& q) { q.outcome = "violations"; }), ElementsAre(4));
  EXPECT_THAT(with([](AuditQuery& q) { q.since = base::parse_utc("2026-01-02"); }), ElementsAre(2, 3, 4));
  EXPECT_THAT(with([](AuditQuery& q) { q.until = base::parse_utc("2026-01-03"); }), ElementsAre(1, 2));
  EXPECT_THAT(with([](AuditQuery& q) { q.after = 2; }), ElementsAre(3, 4));
}

TEST_F(AuditQueryTest, PagesMeetEachRecordOnce) {
  retention_.rotation = Rotation{3000, 500};
  write(1, 250);
  AuditQuery query;
  query.limit = 7;
  std::vector<std::uint64_t> all;
  int pages = 0;
  for (;;) {
    const AuditPage page = query_audit(path_, query);
    EXPECT_LE(page.records.size(), 7U);
    for (const std::string& record : page.records) all.push_back(nlohmann::json::parse(record)["seq"]);
    ++pages;
    if (!page.next) break;
    query.after = *page.next;
  }
  EXPECT_EQ(pages, 36);
  ASSERT_EQ(all.size(), 250U);
  for (std::size_t i = 0; i < all.size(); ++i) ASSERT_EQ(all[i], i + 1);
}

TEST_F(AuditQueryTest, ThePageBeforeTheEndIsTheLast) {
  write(1, 4);
  AuditQuery query;
  query.limit = 4;
  EXPECT_FALSE(query_audit(path_, query).next.has_value());
  query.limit = 3;
  EXPECT_EQ(query_audit(path_, query).next, 3U);
}

}  // namespace
}  // namespace sallyport::broker::log
