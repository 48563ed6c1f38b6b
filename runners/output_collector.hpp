// Collects both output streams of one run under one bound.
#pragma once

#include "runners/guest_protocol.hpp"
#include "runners/runner.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::runners {

/// Takes the streams as they come, parts the trailers from the output, keeps at most `max_output_bytes` of
/// both streams together, and hands everything kept to the sink. What exceeds the bound is dropped and a mark
/// put at the end of the stream that exceeded it.
class OutputCollector {
 public:
  OutputCollector(const Nonce& nonce, const Limits& limits, OutputSink* sink);

  void feed(OutputStream kind, std::string_view bytes);

  /// Both streams have ended.
  void finish();

  /// Nothing has come so far, not even a part of a trailer.
  [[nodiscard]] bool empty() const { return empty_; }
  [[nodiscard]] bool over_limit() const { return over_limit_; }
  /// The agent has said on both streams that it is through.
  [[nodiscard]] bool trailers_complete() const;
  [[nodiscard]] const TrailerScanner& report_scanner() const { return stdout_.scanner; }

  /// What came behind stdout's trailer, if nothing came behind stderr's mark.
  [[nodiscard]] std::optional<std::string> behind() const;

  /// What came behind the trailer, or the mark, of one stream; bounded as TrailerScanner has it.
  [[nodiscard]] const std::string& behind(OutputStream kind) const;

  [[nodiscard]] std::string take_stdout() { return std::move(stdout_.kept); }
  [[nodiscard]] std::string take_stderr() { return std::move(stderr_.kept); }

 private:
  struct Stream {
    TrailerScanner scanner;
    OutputStream kind;
    std::string kept;
  };

  void keep(Stream& stream, std::string_view output);

  Stream stdout_;
  Stream stderr_;
  OutputSink* sink_;
  std::uint64_t limit_;
  std::uint64_t left_;
  bool over_limit_ = false;
  bool empty_ = true;
  std::string scratch_;
};

}  // namespace sallyport::runners
