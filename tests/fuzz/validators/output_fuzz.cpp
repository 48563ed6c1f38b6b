// The second door: what comes out of pieces is what comes out of the whole, whatever the text and the pieces;
// reporting changes nothing; what was redacted stays so.
#include "validators/output_validator.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

namespace {

namespace output = sallyport::validators::output;

// Ends the run: a promise is broken.
void require(bool kept) {
  if (!kept) {
    std::abort();
  }
}

bool same(const output::Redactor& one, const output::Redactor& other) {
  const auto first = one.violations();
  const auto second = other.violations();
  if (first.size() != second.size()) {
    return false;
  }
  for (std::size_t i = 0; i < first.size(); ++i) {
    if (first[i].rule != second[i].rule || first[i].count != second[i].count ||
        first[i].line != second[i].line) {
      return false;
    }
  }
  return true;
}

const std::shared_ptr<const output::RuleSet>& shipped_rules() {
  static const auto rules = output::load_rules().rules;
  return rules;
}

}  // namespace

// The rules take longer to load here than an input may take.
extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  require(shipped_rules() != nullptr);
  return 0;
}

// The first byte picks the longest piece, the second whether there is a known secret.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) {
    return 0;
  }
  const auto& rules = shipped_rules();
  const std::size_t longest = data[0] + std::size_t{1};
  output::RedactorOptions options;
  if ((data[1] & 1U) != 0) {
    options.known_secrets = {"Tr0ub4dor&3", "aaaaaa"};
  }
  options.redact = (data[1] & 2U) == 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);

  output::Redactor whole(rules, options);
  std::string at_once;
  if (!whole.run(text, at_once)) {
    at_once = text;
  }
  output::Redactor pieces(rules, options);
  std::string in_pieces;
  std::uint32_t state = data[0] * 251U + data[1];
  for (std::size_t at = 0; at < text.size();) {
    state = state * 1664525U + 1013904223U;
    const std::size_t length = 1 + (state >> 16U) % longest;
    pieces.feed(text.substr(at, length), in_pieces);
    require(pieces.held() <= output::Redactor::most_held);
    at += length;
  }
  pieces.finish(in_pieces);
  require(in_pieces == at_once);
  require(same(whole, pieces));
  require(options.redact || at_once == text);
  return 0;
}
