// Lists in the configuration: "one,two".
#pragma once

#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace sallyport::broker {

/// The parts between commas.
[[nodiscard]] inline std::vector<std::string> split_names(const std::string& names) {
  std::vector<std::string> result;
  std::istringstream stream(names);
  for (std::string name; std::getline(stream, name, ',');) result.push_back(std::move(name));
  return result;
}

}  // namespace sallyport::broker
