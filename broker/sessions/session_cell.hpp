// What a cell of a session brings to the pipeline beyond the request of an execution.
#pragma once

#include "runners/session.hpp"

#include <memory>
#include <string>

namespace sallyport::broker {

struct SessionCell {
  std::shared_ptr<runners::Session> session;  ///< Never null; runs the cell in place of the broker's runner.
  runners::Cell options;
  /// The cells before it that the policy judged, with which it is one program; ends with a newline, or is
  /// empty.
  std::string earlier_code;
  bool began = false;  ///< Set by the pipeline: from here on, the session may have run it.
};

}  // namespace sallyport::broker
