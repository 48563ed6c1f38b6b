// Counters, gauges and histograms, and their text for Prometheus.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport::broker::metrics {

/// Names and values, in the order in which they are shown.
using Labels = std::vector<std::pair<std::string, std::string>>;

class Counter {
 public:
  void add(std::uint64_t count = 1) { value_ += count; }
  [[nodiscard]] std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0;
};

class Histogram {
 public:
  /// Upper bounds, ascending; that of infinity is added.
  explicit Histogram(std::vector<double> bounds);

  void observe(double value);

  [[nodiscard]] const std::vector<double>& bounds() const { return bounds_; }
  /// Of the bound of this index and no lower one; the last is that of infinity.
  [[nodiscard]] const std::vector<std::uint64_t>& counts() const { return counts_; }
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] double sum() const { return sum_; }

 private:
  std::vector<double> bounds_;
  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  double sum_ = 0;
};

/// Owns every metric. Each is made once, by name, help and labels, and then counted by reference: counting is
/// an addition. One that is asked for again is the same one. Values that somebody else keeps are sampled when
/// the text is made.
///
/// Label values must come from a closed set: this class does not bound them.
///
/// Thread-safety: none; the executor's one thread. References live as long as the registry.
class Registry {
 public:
  using Sample = std::function<double()>;

  Counter& counter(std::string_view name, std::string_view help, Labels labels = {});
  Histogram& histogram(std::string_view name, std::string_view help, const std::vector<double>& bounds,
                       Labels labels = {});
  void sampled_counter(std::string_view name, std::string_view help, Labels labels, Sample sample);
  void gauge(std::string_view name, std::string_view help, Labels labels, Sample sample);

  /// Text format 0.0.4, families in the order of their names.
  [[nodiscard]] std::string text() const;
  static constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";

  struct FamilyInfo {
    std::string name;
    std::string type;                 ///< "counter", "gauge", "histogram"
    std::vector<std::string> labels;  ///< Their names.
  };
  /// For the test that compares the documentation.
  [[nodiscard]] std::vector<FamilyInfo> families() const;

 private:
  struct Series {
    Labels labels;
    std::unique_ptr<Counter> counter;
    std::unique_ptr<Histogram> histogram;
    Sample sample;
  };
  struct Family {
    std::string help;
    std::string type;
    std::deque<Series> series;
  };

  Series& series(std::string_view name, std::string_view help, std::string_view type, Labels labels);

  std::map<std::string, Family, std::less<>> families_;
};

}  // namespace sallyport::broker::metrics
