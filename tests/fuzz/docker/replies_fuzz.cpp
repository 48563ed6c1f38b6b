// Every parser of an answer, over any text: a value or an error of the promised kind, never a throw.
#include "docker/api_version.hpp"
#include "docker/limits.hpp"
#include "docker/reply_json.hpp"
#include "tests/fuzz/docker/input.hpp"

#include <string>

namespace {

using namespace sallyport::docker;
using sallyport::test::require;

template <class T>
void check(const Result<T>& parsed, bool may_be_the_engines = false) {
  if (parsed.has_value()) return;
  const Error error = parsed.error();
  require(error.kind == ErrorKind::malformed || (may_be_the_engines && error.kind == ErrorKind::engine));
  require(error.message.size() <= max_error_message_bytes + 10);
  require(error.to_string().find('\n') == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto version = detail::parse_version(text);
  check(version);
  if (version) check(detail::choose_api_version(*version), true);
  check(detail::parse_info(text));
  check(detail::parse_created_container(text));
  check(detail::parse_container_details(text));
  check(detail::parse_container_list(text));
  check(detail::parse_container_stats(text));
  check(detail::parse_exit(text));
  check(detail::parse_warnings(text));
  check(detail::parse_image_list(text));
  check(detail::parse_image_details(text));
  check(detail::parse_event(text));
  check(detail::parse_progress(text), true);
  (void)detail::parse_error_message(text);
  return 0;
}
