#include "broker/metrics/registry.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <stdexcept>

namespace sallyport::broker::metrics {
namespace {

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::array<char, 64> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), error == std::errc() ? end : text.data()};
}

/// Backslash and line feed, and in label values the quotation mark.
void append_escaped(std::string& out, std::string_view text, bool quoted) {
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && quoted) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
}

/// `more` is a label behind the others, of a histogram's bucket.
void append_line(std::string& out, std::string_view name, std::string_view suffix, const Labels& labels,
                 std::string_view value, std::string_view more = {}) {
  out.append(name).append(suffix);
  if (!labels.empty() || !more.empty()) {
    out += '{';
    bool first = true;
    for (const auto& [label, text] : labels) {
      if (!first) out += ',';
      first = false;
      out.append(label).append("=\"");
      append_escaped(out, text, true);
      out += '"';
    }
    if (!more.empty()) out.append(first ? "" : ",").append("le=\"").append(more).append("\"");
    out += '}';
  }
  out.append(" ").append(value).append("\n");
}

void append_histogram(std::string& out, std::string_view name, const Labels& labels,
                      const Histogram& histogram) {
  std::uint64_t so_far = 0;
  for (std::size_t i = 0; i < histogram.counts().size(); ++i) {
    so_far += histogram.counts()[i];
    const bool last = i == histogram.bounds().size();
    append_line(out, name, "_bucket", labels, std::to_string(so_far),
                last ? "+Inf" : number(histogram.bounds()[i]));
  }
  append_line(out, name, "_sum", labels, number(histogram.sum()));
  append_line(out, name, "_count", labels, std::to_string(histogram.count()));
}

}  // namespace

Histogram::Histogram(std::vector<double> bounds) : bounds_(std::move(bounds)), counts_(bounds_.size() + 1) {}

void Histogram::observe(double value) {
  const auto bound = std::lower_bound(bounds_.begin(), bounds_.end(), value);
  ++counts_[static_cast<std::size_t>(bound - bounds_.begin())];
  ++count_;
  sum_ += value;
}

Registry::Series& Registry::series(std::string_view name, std::string_view help, std::string_view type,
                                   Labels labels) {
  auto family = families_.find(name);
  if (family == families_.end()) {
    family = families_.emplace(std::string(name), Family{std::string(help), std::string(type), {}}).first;
  }
  if (family->second.type != type) throw std::logic_error("a metric of two types: " + family->first);
  auto& all = family->second.series;
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Series& each) { return each.labels == labels; });
  if (found != all.end()) return *found;
  all.emplace_back().labels = std::move(labels);
  return all.back();
}

Counter& Registry::counter(std::string_view name, std::string_view help, Labels labels) {
  Series& made = series(name, help, "counter", std::move(labels));
  if (!made.counter) made.counter = std::make_unique<Counter>();
  return *made.counter;
}

Histogram& Registry::histogram(std::string_view name, std::string_view help,
                               const std::vector<double>& bounds, Labels labels) {
  Series& made = series(name, help, "histogram", std::move(labels));
  if (!made.histogram) made.histogram = std::make_unique<Histogram>(bounds);
  return *made.histogram;
}

void Registry::sampled_counter(std::string_view name, std::string_view help, Labels labels, Sample sample) {
  series(name, help, "counter", std::move(labels)).sample = std::move(sample);
}

void Registry::gauge(std::string_view name, std::string_view help, Labels labels, Sample sample) {
  series(name, help, "gauge", std::move(labels)).sample = std::move(sample);
}

std::string Registry::text() const {
  std::string out;
  for (const auto& [name, family] : families_) {
    out.append("# HELP ").append(name).append(" ");
    append_escaped(out, family.help, false);
    out.append("\n# TYPE ").append(name).append(" ").append(family.type).append("\n");
    for (const Series& each : family.series) {
      if (each.histogram) {
        append_histogram(out, name, each.labels, *each.histogram);
      } else if (each.counter) {
        append_line(out, name, "", each.labels, std::to_string(each.counter->value()));
      } else {
        append_line(out, name, "", each.labels, number(each.sample()));
      }
    }
  }
  return out;
}

std::vector<Registry::FamilyInfo> Registry::families() const {
  std::vector<FamilyInfo> all;
  for (const auto& [name, family] : families_) {
    FamilyInfo info;
    info.name = name;
    info.type = family.type;
    if (!family.series.empty()) {
      for (const auto& [label, value] : family.series.front().labels) info.labels.push_back(label);
    }
    all.push_back(std::move(info));
  }
  return all;
}

}  // namespace sallyport::broker::metrics
