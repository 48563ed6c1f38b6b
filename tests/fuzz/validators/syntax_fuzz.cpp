// The whole syntax validation: any bytes, in any version. Whatever is refused is refused with a reason, and
// whatever is accepted can be printed.
#include "validators/python/dump.hpp"
#include "validators/syntax_validator.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace sallyport::validators;

/// Ends the run: a promise is broken.
void demand(bool kept) {
  if (!kept) std::abort();
}

void check(std::string_view code, python::Version version, python::SourceKind kind) {
  const SyntaxValidationResult result = SyntaxValidator().validate(code, version, kind);
  demand(result.is_valid == result.tree.has_value());
  demand(result.is_valid == result.error_type.empty());
  demand(result.is_valid == result.error_message.empty());
  if (!result.is_valid) return;
  python::DumpOptions options;
  options.version = version;
  options.include_attributes = true;
  demand(!python::dump(result.tree->module(), options).empty());
}

}  // namespace

// The first byte picks version and kind of source.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto version =
      static_cast<python::Version>(static_cast<unsigned>(python::oldest_version) + data[0] % 6U);
  const auto kind = data[0] < 192 ? python::SourceKind::text : python::SourceKind::bytes;
  check({reinterpret_cast<const char*>(data) + 1, size - 1}, version, kind);
  return 0;
}
