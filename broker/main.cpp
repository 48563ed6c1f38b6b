#include "broker/cli/command_line.hpp"

int main(int argc, char** argv) {
  return sallyport::broker::cli::run_command_line(argc, argv);
}
