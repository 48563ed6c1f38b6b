// Lines of an audit trail: only what the chain made is a record, and any change to it shows.
#include "broker/log/audit_chain.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace log = sallyport::broker::log;
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  const auto link = log::link_of(line);
  if (link && (link->hash.size() != 64 || link->previous.size() != 64)) std::abort();
  if (!link && log::is_unchanged(line)) std::abort();

  log::ChainPoint last = log::chain_begin();
  std::string made = log::chained(line, last);
  if (made.empty()) return last.sequence == 0 ? 0 : (std::abort(), 0);
  if (!log::is_unchanged(made) || log::link_of(made)->sequence != 1) std::abort();
  made[size % made.size()] ^= 1;
  if (log::is_unchanged(made)) std::abort();
  return 0;
}
