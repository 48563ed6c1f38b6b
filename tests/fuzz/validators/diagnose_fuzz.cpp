// The words for errors: any text, in any version, as a program and as the expression of a replacement field.
// There is always an answer, and it is somewhere in the text.
#include "validators/python/diagnose.hpp"
#include "validators/python/lexer.hpp"
#include "validators/python/source.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

namespace {

using namespace sallyport::validators::python;

// Ends the run: a promise is broken.
void require(bool kept) {
  if (!kept) {
    std::abort();
  }
}

void check(std::string_view text, Version version, StartRule start) {
  const auto tokens = lex(text, version);
  Arena arena;
  const auto error = diagnose(tokens, version, start, arena);
  require(!error.message.empty() || error.type == ErrorType::memory_error);
  require(error.line <= tokens.line_begins.size() + 1);
  require(version >= Version::v3_10 || error.end_line == 0 || tokens.error);
  // Wherever it begins, it ends.
  Arena other;
  require(!diagnose(tokens, version, start, other, tokens.list.size() / 2).message.empty() ||
          error.type == ErrorType::memory_error || start == StartRule::fstring);
}

}  // namespace

// The first byte chooses the version and what is parsed.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const auto version = static_cast<Version>(static_cast<int>(oldest_version) + data[0] % 6);
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  const auto decoded = decode(text, SourceKind::text, version);
  const auto* const source = std::get_if<std::string>(&decoded);
  if (source == nullptr) {
    return 0;
  }
  check(*source, version, StartRule::file);
  if (version < Version::v3_12 && data[0] >= 128) {
    check('(' + *source + ')', version, StartRule::fstring);
  }
  return 0;
}
