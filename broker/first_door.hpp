// The first door over the validators.
#pragma once

#include "broker/doors.hpp"

namespace sallyport::broker {

/// Whether the image's own Python would compile the submission, told in that Python's words. Stateless.
class PythonSyntaxDoor final : public SyntaxDoor {
 public:
  [[nodiscard]] CodeVerdict check(std::string_view code, std::string_view python_version) const override;
};

}  // namespace sallyport::broker
