// What the tests of the output validation share.
#pragma once

#include "tests/support/source_folder.hpp"
#include "validators/output_validator.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstddef>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::validators::output {

using RulesPointer = std::shared_ptr<const RuleSet>;

inline RulesPointer shipped() {
  static const RulesPointer rules = load_rules().rules;
  return rules;
}

// Fails the test where there are mistakes.
inline RulesPointer rules_of(std::string_view text) {
  auto loaded = load_rules_alone(text);
  for (const auto& mistake : loaded.mistakes) {
    ADD_FAILURE() << mistake.text();
  }
  return loaded.rules;
}

struct Outcome {
  std::string text;
  std::vector<std::string> found;  // "rule count line"
};

inline Outcome outcome_of(const Redactor& redactor, std::string text) {
  Outcome outcome{std::move(text), {}};
  for (const auto& violation : redactor.violations()) {
    outcome.found.push_back(violation.rule + " " + std::to_string(violation.count) + " " +
                            std::to_string(violation.line));
  }
  return outcome;
}

// The text in one piece.
inline Outcome redact(const RulesPointer& rules, std::string_view text, const RedactorOptions& options = {}) {
  Redactor redactor(rules, options);
  std::string out;
  if (!redactor.run(text, out)) {
    out = text;
  }
  return outcome_of(redactor, std::move(out));
}

// In the pieces that the places cut it into.
inline Outcome redact_cut(const RulesPointer& rules, std::string_view text,
                          const std::vector<std::size_t>& places, const RedactorOptions& options = {}) {
  Redactor redactor(rules, options);
  std::string out;
  std::size_t begin = 0;
  for (const std::size_t place : places) {
    redactor.feed(text.substr(begin, place - begin), out);
    begin = place;
  }
  redactor.feed(text.substr(begin), out);
  redactor.finish(out);
  return outcome_of(redactor, std::move(out));
}

inline Outcome redact_bytes(const RulesPointer& rules, std::string_view text,
                            const RedactorOptions& options = {}) {
  Redactor redactor(rules, options);
  std::string out;
  for (const char c : text) {
    redactor.feed({&c, 1}, out);
  }
  redactor.finish(out);
  return outcome_of(redactor, std::move(out));
}

struct Sample {
  std::string id;
  std::string tier;
  std::string text;
  std::vector<std::string> secrets;
};

// The samples of a file; none if it is not there.
inline std::vector<Sample> read_samples(const std::string& path) {
  std::vector<Sample> samples;
  std::ifstream stream(path);
  if (!stream) {
    return samples;
  }
  for (const auto& json : nlohmann::json::parse(stream)) {
    Sample sample{json["id"], json["tier"], json["text"], {}};
    if (const auto& secret = json["secret"]; secret.is_string()) {
      sample.secrets.push_back(secret);
    } else if (secret.is_array()) {
      sample.secrets = secret.get<std::vector<std::string>>();
    }
    samples.push_back(std::move(sample));
  }
  return samples;
}

inline std::vector<Sample> own_samples() {
  return read_samples(test::source_folder() + "/tests/unit/validators/output/samples.json");
}

// Of the folder of data that other projects share, where it stands beside the repository.
inline std::vector<Sample> shared_samples() {
  return read_samples(test::source_folder() + "/../shared/data/secrets.json");
}

inline std::vector<Sample> all_samples() {
  auto samples = own_samples();
  EXPECT_FALSE(samples.empty());
  const auto shared = shared_samples();
  samples.insert(samples.end(), shared.begin(), shared.end());
  return samples;
}

}  // namespace sallyport::validators::output
