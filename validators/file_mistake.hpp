// What is wrong with a file that an operator wrote: a policy, or output rules.
#pragma once

#include <string>

namespace sallyport::validators {

struct FileMistake {
  std::string key;      // "rules[3].pattern"; empty where the text as a whole is no JSON
  std::string message;  // with the nearest valid key where there is one

  [[nodiscard]] std::string text() const { return key.empty() ? message : key + ": " + message; }
};

}  // namespace sallyport::validators
