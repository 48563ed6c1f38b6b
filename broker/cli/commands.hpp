// The commands behind the command line. Each returns its exit status.
#pragma once

#include "config/load.hpp"

#include <optional>
#include <string>
#include <vector>

namespace sallyport::broker::cli {

struct RunOptions {
  std::string file;  ///< "-": standard input.
  std::optional<std::string> image;
  std::optional<std::string> policy;
  std::optional<double> timeout_seconds;
  bool json = false;
  bool no_syntax_validation = false;
  bool no_ast_validation = false;
  bool no_output_validation = false;
};

struct ImageBuildChoice {
  std::string base;  ///< "debootstrap", "pull", or empty for what the host can do.
  bool force = false;
};

int serve(const config::Loaded& loaded);
int run_submission(const config::Loaded& loaded, const RunOptions& options);
int doctor(const config::Loaded& loaded, bool json);
int list_images(const config::Loaded& loaded);
int build_images(const config::Loaded& loaded, const std::vector<std::string>& names,
                 const ImageBuildChoice& choice);
int verify_images(const config::Loaded& loaded, const std::vector<std::string>& names);
int remove_images(const config::Loaded& loaded, const std::vector<std::string>& names);
int show_config(const config::Loaded& loaded);

}  // namespace sallyport::broker::cli
