// A policy: what a submission may do, as data. FORMAT.md describes the file.
#pragma once

#include "validators/file_mistake.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace sallyport::validators::policy {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

using TextSet = std::unordered_set<std::string, TextHash, std::equal_to<>>;
using TextMap = std::unordered_map<std::string, std::string, TextHash, std::equal_to<>>;

// What a rule is about: `type` of its violations.
inline constexpr std::array<std::string_view, 6> rule_types{"forbidden_import",     "dangerous_function",
                                                            "dangerous_attribute",  "dangerous_call",
                                                            "excessive_complexity", "suspicious_source"};
inline constexpr std::array<std::string_view, 4> severities{"low", "medium", "high", "critical"};

enum class Action : std::uint8_t { block, warn };

struct Rule {
  std::string id;
  std::string type;
  std::string severity;
  Action action = Action::block;
  std::string rationale;
  std::string message;  // a template, see FORMAT.md
  std::string hint;     // a template
  std::vector<std::string> must_match;
  std::vector<std::string> must_pass;
};

// The names of one module that a program may use.
struct Surface {
  bool any_public = false;  // every name that does not begin with "_"
  TextSet names;
  TextMap deny;  // wins; to its hint. Dotted for what lies deeper: "stdout.buffer"
};

// What an argument of a call must be.
enum class Demand : std::uint8_t {
  attribute,
  attribute_path,
  format,
  expression,
  code,
  path,
  literal,
  be_false,
  no_text,
  names,  // attribute names as far as they are known, in lists and dictionaries too
};

struct ArgumentRule {
  std::optional<std::size_t> position;
  bool all_positions = false;
  std::string keyword;  // or empty
  Demand demand = Demand::literal;
};

struct CallRule {
  std::string rule;  // the id to report under; empty: what the demand has of its own
  std::string with;  // holds only in programs that import this module; or empty
  std::vector<ArgumentRule> arguments;
};

struct TextRule {
  std::string rule;
  std::vector<std::string> contains;
  TextSet exact;
};

struct Paths {
  bool relative = true;
  std::vector<std::string> roots;
  bool urls = false;
};

// 0: no limit.
struct Limits {
  std::uint64_t source_bytes = 0;
  std::uint64_t nodes = 0;
  std::uint64_t depth = 0;
  std::uint64_t statements = 0;
  std::uint64_t loops = 0;
  std::uint64_t loop_depth = 0;
  std::uint64_t comprehension_depth = 0;
  std::uint64_t literal_bytes = 0;
  std::uint64_t collection_items = 0;
  std::uint64_t attribute_chain = 0;
  std::uint64_t folded_bits = 0;
  std::uint64_t folded_items = 0;
};

struct Policy {
  std::string name;
  std::string summary;
  bool enabled = true;

  std::unordered_map<std::string, Surface, TextHash, std::equal_to<>> modules;       // without the "x.*"
  std::unordered_map<std::string, Surface, TextHash, std::equal_to<>> module_trees;  // "x" for "x.*"
  bool any_module = false;
  TextSet denied_modules;
  TextMap module_hints;
  TextSet writable_members;  // "sys.stdout": may be assigned

  TextSet denied_builtins;
  TextSet call_only_builtins;
  TextSet dunder_names;
  TextMap builtin_hints;

  TextSet dunder_read;
  TextSet dunder_self;
  bool dunder_class = true;
  TextSet dunder_write;
  TextSet denied_attributes;
  TextSet denied_definitions;
  TextSet suspect_attributes;
  TextMap attribute_hints;

  std::unordered_map<std::string, CallRule, TextHash, std::equal_to<>> calls;  // "open", "numpy.load"
  std::vector<std::pair<std::string, CallRule>> call_prefixes;  // "pandas.read_" of "pandas.read_*"
  std::unordered_map<std::string, CallRule, TextHash, std::equal_to<>> method_calls;  // "query" of ".query"

  Paths paths;
  std::vector<TextRule> texts;
  Limits limits;
  std::map<std::string, Rule, std::less<>> rules;
};

using PolicyMistake = FileMistake;

struct LoadedPolicy {
  std::optional<Policy> policy;  // nothing if there is any mistake
  std::vector<PolicyMistake> mistakes;
};

// Reads the text of a policy file. Never throws for anything in the text.
LoadedPolicy load_policy(std::string_view text);

// The ids of the rules that the engine itself reports under.
const std::vector<std::string_view>& engine_rules();

// The surface of a module, or null where the policy does not allow it.
const Surface* find_surface(const Policy& policy, std::string_view module);

// Whether a module or one above it is in the list.
bool is_listed(const TextSet& modules, std::string_view module);

}  // namespace sallyport::validators::policy
