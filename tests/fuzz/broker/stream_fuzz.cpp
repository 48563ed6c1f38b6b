// What streams read that others wrote: the Accept field of a client, and the bytes of a program, in pieces.
#include "broker/api/utf8.hpp"
#include "broker/api/utf8_stream.hpp"
#include "broker/stream/event_form.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace sallyport;

void demand(bool condition) {
  if (!condition) std::abort();
}

/// Pieces of `size` bytes give the text that the whole gives.
std::string in_pieces(std::string_view bytes, std::size_t size) {
  broker::Utf8Stream stream;
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += size) {
    const std::string piece = stream.feed(bytes.substr(at, size));
    demand(broker::find_invalid_utf8(piece) == std::string_view::npos);
    text += piece;
  }
  return text + stream.finish();
}

/// Each event is one line in the one form, and one block in the other, and says what it said.
void write_event(const std::string& text) {
  broker::ExecutionEvent event;
  event.id = 1;
  event.kind = broker::EventKind::stdout_text;
  event.data = text;
  std::string line;
  broker::json_lines().append(event, line);
  demand(line.find('\n') == line.size() - 1);
  const nlohmann::json parsed = nlohmann::json::parse(line, nullptr, false);
  demand(parsed.is_object() && parsed["data"]["text"] == text);
  std::string block;
  broker::server_sent_events().append(event, block);
  demand(block.find("\n\n") == block.size() - 2);
  demand(block.find('\r') == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const broker::EventForm* const form = broker::accepted_form(bytes);
  demand(form == nullptr || form == &broker::json_lines() || form == &broker::server_sent_events());
  const std::string whole = broker::to_valid_utf8(std::string(bytes));
  for (std::size_t piece = 1; piece < 5; ++piece) demand(in_pieces(bytes, piece) == whole);
  write_event(whole);
  return 0;
}
