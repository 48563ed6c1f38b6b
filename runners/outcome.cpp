#include "runners/runner.hpp"

namespace sallyport::runners {

const char* to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::completed:
      return "completed";
    case Verdict::exited:
      return "exited";
    case Verdict::exception:
      return "exception";
    case Verdict::killed_by_signal:
      return "killed_by_signal";
    case Verdict::timed_out:
      return "timed_out";
    case Verdict::cpu_limit:
      return "cpu_limit";
    case Verdict::out_of_memory:
      return "out_of_memory";
    case Verdict::output_limit:
      return "output_limit";
    case Verdict::stopped:
      return "stopped";
    case Verdict::sandbox_failed:
      return "sandbox_failed";
  }
  return "unknown";
}

const char* to_string(SandboxFailure failure) {
  switch (failure) {
    case SandboxFailure::none:
      return "none";
    case SandboxFailure::engine_unreachable:
      return "engine_unreachable";
    case SandboxFailure::engine_refused:
      return "engine_refused";
    case SandboxFailure::engine_timed_out:
      return "engine_timed_out";
    case SandboxFailure::image_missing:
      return "image_missing";
    case SandboxFailure::runtime_missing:
      return "runtime_missing";
    case SandboxFailure::start_failed:
      return "start_failed";
    case SandboxFailure::sandbox_crashed:
      return "sandbox_crashed";
    case SandboxFailure::unsupported:
      return "unsupported";
  }
  return "unknown";
}

}  // namespace sallyport::runners
