// The command line: one binary, `sallyport`.
#pragma once

namespace sallyport::broker::cli {

/// Exit statuses of all commands. `run` passes on the submission's own where there is one.
enum ExitStatus : int {
  kSuccess = 0,
  kFailure = 1,        ///< What was asked for was done and came out bad.
  kUsage = 2,          ///< The command line or the configuration is wrong; nothing was done.
  kTimedOut = 124,     ///< `run`: the submission ran out of time (as timeout(1) says it).
  kNotExecuted = 125,  ///< `run`: the submission was not executed.
};

/// Parses the arguments and runs the command. The one place where exceptions of the program end.
int run_command_line(int argc, char** argv);

}  // namespace sallyport::broker::cli
