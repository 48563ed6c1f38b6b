// The engine's JSON answers, read into types. Pure and strict: whatever the text is, the answer is a value
// or a `malformed` error.
#pragma once

#include "docker/error.hpp"
#include "docker/types.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::docker::detail {

[[nodiscard]] Result<Version> parse_version(std::string_view text);
[[nodiscard]] Result<EngineInfo> parse_info(std::string_view text);
[[nodiscard]] Result<CreatedContainer> parse_created_container(std::string_view text);
[[nodiscard]] Result<ContainerDetails> parse_container_details(std::string_view text);
[[nodiscard]] Result<std::vector<ContainerSummary>> parse_container_list(std::string_view text);
[[nodiscard]] Result<ContainerStats> parse_container_stats(std::string_view text);
[[nodiscard]] Result<ExitInfo> parse_exit(std::string_view text);
/// The warnings of an update.
[[nodiscard]] Result<std::vector<std::string>> parse_warnings(std::string_view text);
[[nodiscard]] Result<std::vector<ImageSummary>> parse_image_list(std::string_view text);
[[nodiscard]] Result<ImageDetails> parse_image_details(std::string_view text);
[[nodiscard]] Result<Event> parse_event(std::string_view text);

/// One line of the progress of a build, an import or a pull.
struct ProgressEntry {
  std::string text;      ///< For people; may be empty, may hold several lines.
  std::string status;    ///< An import ends with the image's id here.
  std::string image_id;  ///< A build tells the image's id in an "aux" line.
};

/// An entry that carries an error *is* an error (kind `engine`), though the stream's HTTP status was 200.
[[nodiscard]] Result<ProgressEntry> parse_progress(std::string_view text);

/// The message of an answer with an error status: `{"message": "..."}`, else the text itself.
[[nodiscard]] std::string parse_error_message(std::string_view text);

}  // namespace sallyport::docker::detail
