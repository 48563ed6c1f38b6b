#include "broker/cli/command_line.hpp"
#include "broker/cli/commands.hpp"
#include "config/show.hpp"

#include <iostream>

namespace sallyport::broker::cli {

int show_config(const config::Loaded& loaded) {
  std::cout << config::show(loaded);
  return kSuccess;
}

}  // namespace sallyport::broker::cli
