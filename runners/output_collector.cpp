#include "runners/output_collector.hpp"

#include <algorithm>

namespace sallyport::runners {

OutputCollector::OutputCollector(const Nonce& nonce, const Limits& limits, OutputSink* sink)
    : stdout_{TrailerScanner(nonce, max_trailer_bytes(limits)), OutputStream::stdout_stream, {}},
      stderr_{TrailerScanner(nonce, 0), OutputStream::stderr_stream, {}},
      sink_(sink),
      limit_(limits.max_output_bytes),
      left_(limits.max_output_bytes) {}

void OutputCollector::feed(OutputStream kind, std::string_view bytes) {
  if (!bytes.empty()) empty_ = false;
  Stream& stream = kind == OutputStream::stdout_stream ? stdout_ : stderr_;
  scratch_.clear();
  stream.scanner.feed(bytes, scratch_);
  keep(stream, scratch_);
}

void OutputCollector::finish() {
  for (Stream* stream : {&stdout_, &stderr_}) {
    scratch_.clear();
    stream->scanner.finish(scratch_);
    keep(*stream, scratch_);
  }
}

bool OutputCollector::trailers_complete() const {
  return stdout_.scanner.complete() && stderr_.scanner.complete();
}

std::optional<std::string> OutputCollector::behind() const {
  if (!stderr_.scanner.behind().empty()) return std::nullopt;
  return stdout_.scanner.behind();
}

const std::string& OutputCollector::behind(OutputStream kind) const {
  return (kind == OutputStream::stdout_stream ? stdout_ : stderr_).scanner.behind();
}

void OutputCollector::keep(Stream& stream, std::string_view output) {
  if (output.empty() || over_limit_) return;
  const std::string_view fits = output.substr(0, std::min<std::uint64_t>(output.size(), left_));
  left_ -= fits.size();
  std::string mark;
  if (fits.size() < output.size()) {
    over_limit_ = true;
    mark = "\n[output cut: more than " + std::to_string(limit_) + " bytes]\n";
  }
  for (const std::string_view piece : {fits, std::string_view(mark)}) {
    if (piece.empty()) continue;
    stream.kept.append(piece);
    if (sink_ != nullptr) sink_->on_output(stream.kind, piece);
  }
}

}  // namespace sallyport::runners
