// The reader of rule files: any text is rules or mistakes, never both, and rules that were taken can be used.
#include "validators/output_validator.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport::validators;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto loaded = output::load_rules_alone(text);
  if ((loaded.rules == nullptr) == loaded.mistakes.empty()) {
    std::abort();
  }
  if (loaded.rules) {
    (void)OutputValidator(loaded.rules).validate(text);
  }
  return 0;
}
