// Texts for the benchmark of the output validation, made in code so that they are the same everywhere.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace sallyport::bench {

struct NamedText {
  std::string name;
  std::string text;
};

// What honest programs print: tables, logs, tracebacks, JSON, hashes, prose.
std::string ordinary_output(std::size_t size);

// Words that rules are triggered by in each line, mostly without a secret: configuration, source code, logs
// of authentication.
std::string keyword_dense_text(std::size_t size);

// The same, with such a line among five of ordinary output.
std::string keyword_rich_text(std::size_t size);

// The examples of all rules, one after the other: everything is a secret.
std::string secrets_only(const std::vector<std::string>& examples, std::size_t size);

// Texts that are made to take long.
std::vector<NamedText> hostile_texts(const std::vector<std::string>& keywords, std::size_t size);

}  // namespace sallyport::bench
