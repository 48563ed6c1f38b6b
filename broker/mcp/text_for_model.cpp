#include "broker/mcp/text_for_model.hpp"

#include "broker/diagnostics.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>

namespace sallyport::broker::mcp {
namespace {

/// Warnings that are spelled out; the structured result has them all.
constexpr std::size_t kMaxWarnings = 10;

void add_line(std::string& text, std::string_view line) {
  if (!text.empty() && text.back() != '\n') text += '\n';
  text += line;
}

void add_stream(std::string& text, std::string_view name, std::string_view content) {
  if (content.empty()) return;
  add_line(text, name);
  text += ":\n";
  text += content;
}

/// What the first door found in a program that it let pass.
void add_warnings(std::string& text, const std::vector<ValidationViolation>& violations) {
  if (violations.empty()) return;
  add_line(text, "Warnings:");
  for (std::size_t i = 0; i < std::min(violations.size(), kMaxWarnings); ++i) {
    const ValidationViolation& violation = violations[i];
    std::string line = "- ";
    if (violation.line > 0) line += "line " + std::to_string(violation.line) + ": ";
    line += violation.message;
    if (!violation.hint.empty()) line += " (" + violation.hint + ")";
    add_line(text, line);
  }
  if (violations.size() > kMaxWarnings) {
    add_line(text, "- and " + std::to_string(violations.size() - kMaxWarnings) + " more");
  }
}

std::string in_seconds(double seconds) {
  std::array<char, 32> text{};
  const int length = std::snprintf(text.data(), text.size(), "%.3g s", seconds);
  return {text.data(), static_cast<std::size_t>(length)};
}

/// The exception or other end, with its name and line.
std::string failure(const ExecutionReply& reply) {
  const std::string type = reply.error_type.value_or("");
  std::string message = reply.error_message.value_or("");
  if (!message.starts_with(type)) message = type + ": " + message;
  if (reply.error_line) message += " (line " + std::to_string(*reply.error_line) + " of the program)";
  return message;
}

std::string end_of(const ExecutionReply& reply) {
  if (reply.success) {
    std::string text = "The program ended with success";
    if (reply.execution_time_seconds) text += " after " + in_seconds(*reply.execution_time_seconds);
    return text + ".";
  }
  if (reply.error_type == "ValidationError") {
    return "The program was not run.\n" +
           diagnostics(reply.error_message.value_or(""), reply.validation_violations);
  }
  std::string text = "The program failed: " + failure(reply);
  if (reply.exit_code) text += "\nExit status " + std::to_string(*reply.exit_code) + ".";
  if (reply.signal) text += "\nEnded by " + *reply.signal + ".";
  return text;
}

void add_redactions(std::string& text, const std::vector<OutputViolation>& violations) {
  for (const OutputViolation& violation : violations) {
    add_line(text, "- " + violation.stream + ": " + violation.message + " (" +
                       std::to_string(violation.count) + "x)");
  }
}

}  // namespace

std::string text_for_model(const ExecutionReply& reply) {
  std::string text = end_of(reply);
  add_stream(text, "stdout", reply.stdout_text);
  add_stream(text, "stderr", reply.stderr_text);
  if (reply.was_output_truncated) add_line(text, "The output was cut: it was longer than allowed.");
  if (!reply.output_violations.empty()) {
    add_line(text, reply.was_output_redacted ? "Removed from the output:" : "Found in the output:");
    add_redactions(text, reply.output_violations);
  }
  if (reply.error_type != "ValidationError") add_warnings(text, reply.validation_violations);
  for (const std::string& note : reply.notes) add_line(text, "Note: " + note);
  if (reply.success && reply.stdout_text.empty() && reply.stderr_text.empty() && reply.artifacts.empty()) {
    add_line(text, "It printed nothing.");
  }
  return text;
}

std::string text_for_model(const ValidationReply& reply) {
  std::string text;
  if (reply.is_valid) {
    text = "The program would be run.";
    add_warnings(text, reply.validation_violations);
    return text;
  }
  return "The program would not be run.\n" +
         diagnostics(reply.error_message.value_or(""), reply.validation_violations);
}

std::string text_for_model(const ApiError& error) {
  std::string text = "The request was not served: " + error.message;
  if (error.retry_after_seconds > 0) {
    add_line(text, "Try again in " + std::to_string(error.retry_after_seconds) + " seconds.");
  }
  return text;
}

}  // namespace sallyport::broker::mcp
