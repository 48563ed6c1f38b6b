#include "broker/metrics/registry.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>

namespace sallyport::broker::metrics {
namespace {

TEST(Registry, WritesCountersAndGauges) {
  Registry registry;
  Counter& hits = registry.counter("b_total", "Hits.", {{"kind", "x"}});
  hits.add();
  hits.add(41);
  registry.counter("b_total", "Hits.", {{"kind", "y"}});
  registry.gauge("a_bytes", "Size.", {}, [] { return 1.5; });
  registry.sampled_counter("c_total", "Sampled.", {}, [] { return 1e15; });
  EXPECT_EQ(registry.text(),
            "# HELP a_bytes Size.\n# TYPE a_bytes gauge\na_bytes 1.5\n"
            "# HELP b_total Hits.\n# TYPE b_total counter\nb_total{kind=\"x\"} 42\nb_total{kind=\"y\"} 0\n"
            "# HELP c_total Sampled.\n# TYPE c_total counter\nc_total 1e+15\n");
}

TEST(Registry, WritesHistogramsWithCumulativeBuckets) {
  Registry registry;
  Histogram& seconds = registry.histogram("t_seconds", "Time.", {0.5, 1}, {{"stage", "s"}});
  for (const double value : {0.25, 0.5, 0.75, 8.0}) seconds.observe(value);
  EXPECT_EQ(registry.text(),
            "# HELP t_seconds Time.\n# TYPE t_seconds histogram\n"
            "t_seconds_bucket{stage=\"s\",le=\"0.5\"} 2\nt_seconds_bucket{stage=\"s\",le=\"1\"} 3\n"
            "t_seconds_bucket{stage=\"s\",le=\"+Inf\"} 4\n"
            "t_seconds_sum{stage=\"s\"} 9.5\nt_seconds_count{stage=\"s\"} 4\n");
}

TEST(Registry, WritesSpecialNumbers) {
  Registry registry;
  registry.gauge("z", "Odd.", {}, [] { return std::numeric_limits<double>::infinity(); });
  EXPECT_EQ(registry.text(), "# HELP z Odd.\n# TYPE z gauge\nz +Inf\n");
}

TEST(Registry, EscapesWhatWouldBreakALine) {
  Registry registry;
  registry.counter("e_total", "A \\ and\na line.", {{"v", "a\"b\\c\nd"}});
  EXPECT_EQ(
      registry.text(),
      "# HELP e_total A \\\\ and\\na line.\n# TYPE e_total counter\ne_total{v=\"a\\\"b\\\\c\\nd\"} 0\n");
}

TEST(Registry, AMetricIsMadeOnceAndHasOneType) {
  Registry registry;
  EXPECT_EQ(&registry.counter("a_total", "x"), &registry.counter("a_total", "x"));
  EXPECT_THROW(registry.gauge("a_total", "x", {}, [] { return 0; }), std::logic_error);
}

}  // namespace
}  // namespace sallyport::broker::metrics
