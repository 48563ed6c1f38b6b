#include "broker/live_output.hpp"

#include <utility>

namespace sallyport::broker {

using runners::OutputStream;

void LiveOutput::on_output(OutputStream stream, std::string_view bytes) {
  pass(stream, of(stream).utf8.feed(bytes), false);
}

void LiveOutput::finish() {
  for (const OutputStream stream : {OutputStream::stdout_stream, OutputStream::stderr_stream}) {
    pass(stream, of(stream).utf8.finish(), true);
  }
}

void LiveOutput::pass(OutputStream stream, std::string text, bool last) {
  if (blocked()) return;
  if (inspection_ != nullptr) {
    std::string passed;
    inspection_->feed(stream, text, passed);
    if (last) inspection_->finish(stream, passed);
    text = std::move(passed);
    for (const OutputViolation& violation : inspection_->new_violations()) observer_.on_violation(violation);
    if (blocked()) {
      run_.request_stop();
      return;
    }
  }
  if (text.empty()) return;
  of(stream).shown += text;
  observer_.on_output(stream, text);
}

}  // namespace sallyport::broker
