// What the commands on Python source have in common: the program and the version to read it for.
#pragma once

#include "validators/python/version.hpp"

#include <optional>
#include <string>

namespace sallyport::broker::cli {

/// The bytes of the file, of standard input for "-". Says so where it cannot be read.
std::optional<std::string> read_source(const std::string& file);

/// The value of `--python`; the newest known version where it was not given. Says so where it is not known.
std::optional<validators::python::Version> chosen_version(const std::string& text);

/// The name to show for the file.
std::string shown_name(const std::string& file);

}  // namespace sallyport::broker::cli
