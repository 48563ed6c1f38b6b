// Door two over the output rules.
#pragma once

#include "broker/doors.hpp"
#include "broker/output_rules.hpp"

namespace sallyport::broker {

/// Reads everything that a submission made and the reply would hold: streams, the exception's name and
/// message, text artifacts, paths, notes. Artifacts that are not UTF-8 text pass as they are: a picture has
/// no text to look for.
class RedactingOutputDoor final : public OutputDoor {
 public:
  /// `rules` must outlive the door.
  explicit RedactingOutputDoor(const OutputRules& rules) : rules_(rules) {}

  [[nodiscard]] std::vector<std::string> known_secrets(std::string_view context_json) const override;
  [[nodiscard]] OutputVerdict check(OutputQuestion question) const override;
  [[nodiscard]] std::unique_ptr<LiveInspection> inspect_live(
      bool redact, std::vector<std::string> known_secrets) const override;
  [[nodiscard]] std::uint64_t generation() const override { return rules_.generation(); }

 private:
  const OutputRules& rules_;
};

}  // namespace sallyport::broker
