#include "runners/sandbox_end.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace sallyport::runners {
namespace {

using namespace std::chrono_literals;

/// 2026-01-31T12:00:00Z, and as long after the clock's begin as a host may have been up.
Moment noon() {
  return Moment{base::Clock::time_point(1h), std::chrono::system_clock::time_point(1769860800s)};
}

Moment after(const Moment& moment, std::chrono::milliseconds passed, std::chrono::milliseconds set = 0ms) {
  return Moment{moment.time + passed, moment.date + passed + set};
}

SandboxEnd end_at(const char* finished_at, const Moment& streams_ended) {
  SandboxEnd end;
  end.finished_at = finished_at;
  end.streams_ended = streams_ended;
  return end;
}

TEST(SandboxEnd, OfOneThatDiedBeforeItsJob) {
  const SandboxEnd end = end_at("2026-01-31T11:59:59.900000000Z", after(noon(), 100ms));
  EXPECT_TRUE(end.was_before(noon()));
  EXPECT_FALSE(end.streams_were_cut(noon()));
}

TEST(SandboxEnd, OfOneThatRanItsJob) {
  const SandboxEnd end = end_at("2026-01-31T12:00:00.9Z", after(noon(), 1s));
  EXPECT_FALSE(end.was_before(noon()));
  EXPECT_FALSE(end.streams_were_cut(noon()));
}

TEST(SandboxEnd, OfOneWhoseStreamsEndedFirst) {
  const SandboxEnd end = end_at("2026-01-31T12:00:03Z", after(noon(), 1s));
  EXPECT_FALSE(end.was_before(noon()));
  EXPECT_TRUE(end.streams_were_cut(noon()));
}

TEST(SandboxEnd, SaysNothingWhenTheEngineGaveNoDate) {
  const SandboxEnd end = end_at("", after(noon(), 1s));
  EXPECT_FALSE(end.was_before(noon()));
  EXPECT_FALSE(end.streams_were_cut(noon()));
}

TEST(SandboxEnd, SaysNothingWhenTheClockWasSet) {
  EXPECT_FALSE(end_at("2026-01-31T11:00:00.9Z", after(noon(), 1s, -1h)).was_before(noon()));
  EXPECT_FALSE(end_at("2026-01-31T12:00:00.9Z", after(noon(), 1s, -1h)).streams_were_cut(noon()));
  EXPECT_FALSE(end_at("2026-01-31T13:00:03Z", after(noon(), 1s, 1h)).streams_were_cut(noon()));
  // Clocks that are corrected a little are not set.
  EXPECT_TRUE(end_at("2026-01-31T11:59:59Z", after(noon(), 1s, 100ms)).was_before(noon()));
}

}  // namespace
}  // namespace sallyport::runners
