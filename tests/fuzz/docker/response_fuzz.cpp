// The reader of HTTP answers: any bytes, in any parts, as a plain answer or as an upgrade.
#include "docker/response_reader.hpp"
#include "tests/fuzz/docker/input.hpp"

#include <algorithm>
#include <cstring>
#include <string>

namespace {

using namespace sallyport::docker;
using sallyport::test::require;

constexpr std::size_t max_body_bytes = 1000;

struct Outcome {
  bool failed = false;
  bool reusable = false;
  int status = 0;
  std::string body;
  bool operator==(const Outcome&) const = default;
};

Outcome read(std::string_view input, std::size_t part, bool upgrade) {
  detail::ResponseReader reader(max_body_bytes);
  if (upgrade) reader.header_only();
  Outcome outcome;
  while (!input.empty() && !reader.done()) {
    const auto room = reader.prepare();
    const std::size_t size = std::min({part, room.size(), input.size()});
    std::memcpy(room.data(), input.data(), size);
    input.remove_prefix(size);
    if (reader.commit(size).has_error()) {
      outcome.failed = true;
      require(reader.end().has_error() && !reader.reusable());
      return outcome;
    }
    outcome.body += reader.take_body();
    require(outcome.body.size() <= max_body_bytes);
    if (upgrade && reader.header_done()) {
      outcome.status = reader.status();
      // All that was read and does not belong to the header comes out again.
      if (!reader.done()) outcome.body += reader.take_unparsed() + std::string(input);
      return outcome;
    }
  }
  outcome.failed = reader.end().has_error();
  if (outcome.failed) {
    outcome.body.clear();  // How much of a broken answer was handed out depends on the split.
    return outcome;
  }
  require(reader.done());
  outcome.body += reader.take_body();
  outcome.status = reader.status();
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const sallyport::test::SplitInput input(data, size);
  for (const bool upgrade : {false, true}) {
    const Outcome split = read(input.text, input.part, upgrade);
    const Outcome whole = read(input.text, input.text.size() + 1, upgrade);
    // An answer that is broken behind its end is refused or not by how much of it was read at once.
    if (!split.failed && !whole.failed) require(split == whole);
  }
  return 0;
}
