// Work on large jobs and reports, beside the executor's thread. Private to GVisorRunner.
#pragma once

#include "base/run_on.hpp"
#include "runners/runner.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

namespace sallyport::runners {

/// Of a job or a report: a hop to another thread costs about what this much costs to write or read.
inline constexpr std::size_t kMaxInline = 64 * 1024;

/// What there is to write of it.
[[nodiscard]] inline std::size_t bytes_of(const Job& job) {
  std::size_t bytes = job.code.size() + job.context_json.size() + job.stdin_text.size();
  for (const InputFile& file : job.files) bytes += file.content.size();
  return bytes;
}

/// Runs `function` on `workers`, where there are any, if it has `bytes` to go through that would hold others
/// up. What it refers to must live until then.
template <class F>
boost::asio::awaitable<std::invoke_result_t<F&>> run_beside(boost::asio::any_io_executor workers,
                                                            std::size_t bytes, F function) {
  return base::run_beside(std::move(workers), bytes, kMaxInline, std::move(function));
}

}  // namespace sallyport::runners
