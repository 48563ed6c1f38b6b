#include "broker/sessions/cell_door.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

namespace sallyport::broker {
namespace {

/// The most violations that the error message spells out; the list has them all.
constexpr std::size_t kMaxShown = 10;

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\f';
}

/// The code with its `from __future__` lines emptied, which may stand at the beginning of a program alone. No
/// policy says anything about them.
std::string without_future(std::string_view code) {
  std::string rest;
  rest.reserve(code.size() + 1);
  while (!code.empty()) {
    const std::size_t end = std::min(code.find('\n'), code.size() - 1) + 1;
    const std::string_view line = code.substr(0, end);
    code.remove_prefix(end);
    std::string_view words = line;
    bool is_future = true;
    for (const std::string_view word : {"from", "__future__", "import"}) {
      while (!words.empty() && is_space(words.front())) words.remove_prefix(1);
      is_future = is_future && words.starts_with(word);
      words.remove_prefix(std::min(words.size(), word.size()));
    }
    // Anything but names and commas behind it is no such line, or not all of one.
    is_future = is_future && words.find_first_of(";\\(#'\"") == std::string_view::npos;
    rest.append(is_future ? "pass\n" : line);
  }
  if (!rest.empty() && rest.back() != '\n') rest += '\n';
  return rest;
}

}  // namespace

CodeVerdict check_cell(const FirstDoor& door, const CodeQuestion& question, std::string_view earlier) {
  CodeVerdict alone = door.check(question);
  if (!alone.passed || !question.check_policy || earlier.empty()) return alone;

  const std::string before = without_future(earlier);
  const std::string program = before + without_future(question.code);
  CodeQuestion whole = question;
  whole.code = program;
  whole.check_syntax = false;
  CodeVerdict together = door.check(whole);
  if (together.passed) return alone;

  const auto lines_before = static_cast<int>(std::count(before.begin(), before.end(), '\n'));
  CodeVerdict verdict;
  verdict.passed = false;
  std::string shown;
  std::size_t count = 0;
  for (ValidationViolation& found : together.violations) {
    const bool own = found.line > lines_before;
    found.line = own ? found.line - lines_before : 0;
    found.end_line = own && found.end_line > lines_before ? found.end_line - lines_before : 0;
    if (++count <= kMaxShown) {
      shown += own ? "\nline " + std::to_string(found.line) : "\nin an earlier cell";
      shown += ": " + found.message + " [" + found.rule + "]";
    }
    if (own && verdict.error_line == 0) verdict.error_line = found.line;
    verdict.violations.push_back(std::move(found));
  }
  verdict.error_message = "together with the cells before it, this one violates the policy \"" +
                          std::string(question.policy) + "\":" + shown;
  if (count > kMaxShown) verdict.error_message += "\nand " + std::to_string(count - kMaxShown) + " more";
  if (count == 0) verdict.error_message = std::move(together.error_message);
  return verdict;
}

}  // namespace sallyport::broker
