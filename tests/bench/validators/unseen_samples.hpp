// Samples of output that the rules were not made with: forms of secrets as their issuers describe them, in
// contexts that are written down apart from the rules (unseen.json), filled by a generator with a fixed
// beginning.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sallyport::bench {

struct UnseenSample {
  std::string category;
  std::string text;
  std::size_t begin = 0;  // of the secret
  std::size_t end = 0;    // the same where there is none
};

// From the text of unseen.json.
std::vector<UnseenSample> unseen_samples(const std::string& templates, std::uint64_t seed);

}  // namespace sallyport::bench
