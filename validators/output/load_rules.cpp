#include "validators/json_reader.hpp"
#include "validators/output/compiled_rules.hpp"
#include "validators/output/known_secrets.hpp"
#include "validators/output/redactor.hpp"
#include "validators/output/rule_set.hpp"
#include "validators/output/shipped_rules.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <exception>
#include <initializer_list>
#include <map>
#include <set>
#include <span>
#include <utility>

namespace sallyport::validators::output {
namespace {

using Json = nlohmann::json;

constexpr std::size_t most_rules = 2000;
constexpr std::size_t most_canary_forms = 2000;
constexpr std::size_t longest_pattern = 4000;
constexpr int deepest_json = 12;

// A rule of a file with the place where it is written.
struct Written {
  Rule rule;
  std::string key;
};

// What an entry changes of a rule that exists.
struct Change {
  std::string id;
  std::optional<bool> enabled;
  std::optional<Severity> severity;
  std::optional<Action> action;
  std::optional<std::string> replacement;
  std::string key;
};

struct File {
  std::vector<Written> rules;
  std::vector<Change> changes;
  std::vector<std::pair<std::string, std::string>> disabled;  // id, key
  std::vector<Canary> canaries;
};

// Reads one file; collects what is wrong with it.
class Reader : JsonReader {
 public:
  explicit Reader(std::vector<RuleMistake>& mistakes) : JsonReader(mistakes) {}

  File read(const Json& root) {
    if (!is_object(root, "")) {
      return {};
    }
    check_keys(root, "", {"rules", "disable", "canaries"});
    each_of(root, "", "rules", [this](const Json& json, const std::string& path) { read_entry(json, path); });
    each_of(root, "", "disable", [this](const Json& json, const std::string& path) {
      if (json.is_string()) {
        file_.disabled.emplace_back(json.get<std::string>(), path);
      } else {
        mistake(path, "must be the id of a rule");
      }
    });
    each_of(root, "", "canaries",
            [this](const Json& json, const std::string& path) { read_canary(json, path); });
    return std::move(file_);
  }

 private:
  template <class Each>
  void each_of(const Json& json, const std::string& path, const char* key, const Each& each) {
    const auto found = json.find(key);
    if (found == json.end()) {
      return;
    }
    if (!found->is_array()) {
      return mistake(under(path, key), "must be a list");
    }
    if (found->size() > most_rules) {
      return mistake(under(path, key), "has more than " + std::to_string(most_rules) + " entries");
    }
    for (std::size_t i = 0; i < found->size(); ++i) {
      each((*found)[i], at_index(under(path, key), i));
    }
  }

  std::optional<std::string> text(const Json& json, const std::string& path, const char* key) {
    const auto found = json.find(key);
    if (found == json.end()) {
      return std::nullopt;
    }
    if (!found->is_string()) {
      mistake(under(path, key), "must be a text");
      return std::nullopt;
    }
    return found->get<std::string>();
  }

  void text(const Json& json, const std::string& path, const char* key, std::string& into) {
    if (auto value = text(json, path, key)) {
      into = std::move(*value);
    }
  }

  void texts(const Json& json, const std::string& path, const char* key, std::vector<std::string>& into) {
    each_of(json, path, key, [&](const Json& each, const std::string& at) {
      if (each.is_string() && !each.get_ref<const std::string&>().empty()) {
        into.push_back(each.get<std::string>());
      } else {
        mistake(at, "must be a text that is not empty");
      }
    });
  }

  void number(const Json& json, const std::string& path, const char* key, std::size_t least, std::size_t most,
              std::size_t& into) {
    const auto found = json.find(key);
    if (found == json.end()) {
      return;
    }
    if (!found->is_number_unsigned() || found->get<std::uint64_t>() < least ||
        found->get<std::uint64_t>() > most) {
      return mistake(under(path, key),
                     "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    }
    into = found->get<std::size_t>();
  }

  std::optional<bool> flag(const Json& json, const std::string& path, const char* key) {
    const auto found = json.find(key);
    if (found == json.end()) {
      return std::nullopt;
    }
    if (!found->is_boolean()) {
      mistake(under(path, key), "must be true or false");
      return std::nullopt;
    }
    return found->get<bool>();
  }

  template <class Enum, std::size_t n>
  std::optional<Enum> one_of(const Json& json, const std::string& path, const char* key,
                             const std::array<std::string_view, n>& known) {
    const auto value = text(json, path, key);
    if (!value) {
      return std::nullopt;
    }
    const auto* const found = std::find(known.begin(), known.end(), *value);
    if (found == known.end()) {
      mistake(under(path, key), in_quotes(*value) + " is not known" + did_you_mean(*value, known));
      return std::nullopt;
    }
    return static_cast<Enum>(found - known.begin());
  }

  void read_entry(const Json& json, const std::string& index) {
    if (!is_object(json, index)) {
      return;
    }
    // People look for a rule by its id.
    const auto id = json.find("id");
    const bool named = id != json.end() && id->is_string() && is_id(id->get_ref<const std::string&>());
    const std::string path = named ? "rules." + id->get<std::string>() : index;
    if (!json.contains("pattern") && json.contains("id") && json.contains("enabled")) {
      return read_change(json, path);
    }
    read_rule(json, path);
  }

  void read_change(const Json& json, const std::string& path) {
    check_keys(json, path, {"id", "enabled", "severity", "action", "replacement"});
    Change change;
    change.key = path;
    text(json, path, "id", change.id);
    change.enabled = flag(json, path, "enabled");
    change.severity = one_of<Severity>(json, path, "severity", severity_names);
    change.action = one_of<Action>(json, path, "action", action_names);
    change.replacement = text(json, path, "replacement");
    file_.changes.push_back(std::move(change));
  }

  void read_rule(const Json& json, const std::string& path) {
    check_keys(
        json, path,
        {"id", "category", "description", "pattern", "keywords", "keyword_distance", "trigger", "max_length",
         "min_entropy", "validator", "allow", "severity", "action", "replacement", "enabled", "examples"});
    Rule rule;
    text(json, path, "id", rule.id);
    if (!is_id(rule.id)) {
      mistake(under(path, "id"), "must be of a-z, 0-9 and -, at most 64 bytes");
    } else if (!ids_.insert(rule.id).second) {
      mistake(under(path, "id"), in_quotes(rule.id) + " stands twice");
    }
    text(json, path, "category", rule.category);
    if (std::find(categories.begin(), categories.end(), rule.category) == categories.end()) {
      mistake(under(path, "category"),
              in_quotes(rule.category) + " is not known" + did_you_mean(rule.category, categories));
    }
    text(json, path, "description", rule.description);
    text(json, path, "pattern", rule.pattern);
    if (rule.pattern.empty() || rule.pattern.size() > longest_pattern) {
      mistake(under(path, "pattern"),
              "is missing, empty or longer than " + std::to_string(longest_pattern) + " bytes");
    }
    rule.trigger = one_of<Trigger>(json, path, "trigger", trigger_names).value_or(rule.trigger);
    texts(json, path, "keywords", rule.keywords);
    check_keywords(rule, path);
    number(json, path, "keyword_distance", 0, longest_distance, rule.keyword_distance);
    number(json, path, "max_length", 1, longest_match, rule.max_length);
    if (const auto found = json.find("min_entropy"); found != json.end()) {
      if (found->is_number() && found->get<double>() >= 0 && found->get<double>() <= 8) {
        rule.min_entropy = found->get<double>();
      } else {
        mistake(under(path, "min_entropy"), "must be a number from 0 to 8");
      }
    }
    read_validators(json, path, rule);
    texts(json, path, "allow", rule.allow);
    rule.severity = one_of<Severity>(json, path, "severity", severity_names).value_or(rule.severity);
    rule.action = one_of<Action>(json, path, "action", action_names).value_or(rule.action);
    text(json, path, "replacement", rule.replacement);
    rule.enabled = flag(json, path, "enabled").value_or(true);
    if (const auto examples = json.find("examples"); examples != json.end()) {
      read_examples(*examples, under(path, "examples"), rule);
    }
    file_.rules.push_back({std::move(rule), path});
  }

  static bool is_id(std::string_view id) {
    return !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
  }

  void check_keywords(Rule& rule, const std::string& path) {
    for (std::size_t i = 0; i < rule.keywords.size(); ++i) {
      std::string& keyword = rule.keywords[i];
      if (keyword.size() < shortest_keyword || keyword.size() > longest_keyword) {
        mistake(at_index(under(path, "keywords"), i), "must have 3 to 64 bytes");
      }
      for (char& c : keyword) {
        if (static_cast<unsigned char>(c) >= 0x80) {
          mistake(at_index(under(path, "keywords"), i), "must be ASCII");
          break;
        }
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      }
    }
    if (rule.trigger != Trigger::digits && rule.keywords.empty()) {
      mistake(under(path, "keywords"), "at least one is needed");
    }
    if (rule.trigger == Trigger::digits && !rule.keywords.empty()) {
      mistake(under(path, "keywords"), "are of no use to the trigger \"digits\"");
    }
  }

  void read_validators(const Json& json, const std::string& path, Rule& rule) {
    const auto found = json.find("validator");
    if (found == json.end()) {
      return;
    }
    if (found->is_string()) {
      rule.validators.push_back(found->get<std::string>());
    } else {
      texts(json, path, "validator", rule.validators);
    }
    for (const auto& name : rule.validators) {
      if (!check_from(name)) {
        mistake(under(path, "validator"),
                in_quotes(name) + " is not known" + did_you_mean(name, check_names()));
      }
    }
  }

  void read_examples(const Json& json, const std::string& path, Rule& rule) {
    if (!is_object(json, path)) {
      return;
    }
    check_keys(json, path, {"match", "no_match"});
    texts(json, path, "no_match", rule.must_pass);
    each_of(json, path, "match", [&](const Json& each, const std::string& at) {
      MatchExample example;
      if (each.is_string()) {
        example.text = each.get<std::string>();
      } else if (is_object(each, at)) {
        check_keys(each, at, {"text", "secret"});
        text(each, at, "text", example.text);
        texts(each, at, "secret", example.secrets);
      }
      rule.must_match.push_back(std::move(example));
    });
  }

  void read_canary(const Json& json, const std::string& path) {
    if (!is_object(json, path)) {
      return;
    }
    check_keys(json, path, {"id", "forms"});
    Canary canary;
    text(json, path, "id", canary.id);
    if (!is_id(canary.id) || !ids_.insert(canary.id).second) {
      mistake(under(path, "id"), "must be of a-z, 0-9 and -, and stand once");
    }
    std::vector<std::string> forms;
    texts(json, path, "forms", forms);
    for (std::size_t i = 0; i < forms.size(); ++i) {
      if (auto form = read_canary_form(forms[i])) {
        canary.forms.push_back(std::move(*form));
      } else {
        mistake(at_index(under(path, "forms"), i),
                "must be length:fingerprint:sha256, as sallyport redact --hash-canary prints it");
      }
    }
    forms_ += forms.size();
    if (forms_ > most_canary_forms) {
      mistake(path, "there are more than " + std::to_string(most_canary_forms) + " forms of canaries");
    }
    file_.canaries.push_back(std::move(canary));
  }

  File file_;
  std::set<std::string, std::less<>> ids_;
  std::size_t forms_ = 0;
};

File read_file(std::string_view text, std::vector<RuleMistake>& mistakes) {
  const auto json = parse_json_file(text, deepest_json, mistakes);
  return json ? Reader(mistakes).read(*json) : File();
}

}  // namespace

struct RuleLoader {
  // Lays `own` over `base`.
  static File lay(File base, File own, std::vector<RuleMistake>& mistakes) {
    std::map<std::string, std::size_t, std::less<>> by_id;
    for (std::size_t i = 0; i < base.rules.size(); ++i) {
      by_id.emplace(base.rules[i].rule.id, i);
    }
    for (auto& written : own.rules) {
      const auto [known, added] = by_id.emplace(written.rule.id, base.rules.size());
      if (added) {
        base.rules.push_back(std::move(written));
      } else {
        base.rules[known->second] = std::move(written);
      }
    }
    std::vector<std::string_view> names;
    for (const auto& written : base.rules) {
      names.push_back(written.rule.id);
    }
    const auto find = [&](const std::string& id, const std::string& key) -> Rule* {
      const auto known = by_id.find(id);
      if (known == by_id.end()) {
        mistakes.push_back({key, "there is no rule " + in_quotes(id) + did_you_mean(id, names)});
        return nullptr;
      }
      return &base.rules[known->second].rule;
    };
    for (const auto& change : own.changes) {
      if (Rule* const rule = find(change.id, change.key)) {
        rule->enabled = change.enabled.value_or(rule->enabled);
        rule->severity = change.severity.value_or(rule->severity);
        rule->action = change.action.value_or(rule->action);
        rule->replacement = change.replacement.value_or(rule->replacement);
      }
    }
    for (const auto& [id, key] : own.disabled) {
      if (Rule* const rule = find(id, key)) {
        rule->enabled = false;
      }
    }
    base.canaries.insert(base.canaries.end(), own.canaries.begin(), own.canaries.end());
    return base;
  }

  static std::shared_ptr<const RuleSet> compile(const File& file, std::vector<RuleMistake>& mistakes) {
    std::vector<Rule> rules;
    std::vector<CompiledRule> compiled;
    for (const auto& written : file.rules) {
      // Those that are switched off have to be right too: somebody will switch them on.
      auto one = compile_rule(written.rule, written.key, mistakes);
      if (one && written.rule.enabled) {
        rules.push_back(written.rule);
        compiled.push_back(std::move(*one));
      }
    }
    if (!mistakes.empty()) {
      return nullptr;
    }
    return std::shared_ptr<const RuleSet>(
        new RuleSet(compile_rules(std::move(rules), std::move(compiled), file.canaries)));
  }

  // Each rule alone has to find its examples.
  static void try_examples(const Written& written, std::vector<RuleMistake>& mistakes) {
    if (written.rule.must_match.empty() && written.rule.must_pass.empty()) {
      return;
    }
    File file;
    file.rules.push_back(written);
    file.rules.front().rule.enabled = true;
    file.rules.front().rule.action = Action::redact;
    const auto rules = compile(file, mistakes);
    if (!rules) {
      return;
    }
    const auto cleaned = [&rules](const std::string& text) -> std::optional<std::string> {
      Redactor redactor(rules);
      std::string out;
      return redactor.run(text, out) && redactor.was_redacted() ? std::optional(out) : std::nullopt;
    };
    for (std::size_t i = 0; i < written.rule.must_match.size(); ++i) {
      const auto& example = written.rule.must_match[i];
      const auto key = at_index(written.key + ".examples.match", i);
      const auto clean = cleaned(example.text);
      if (!clean) {
        mistakes.push_back({key, "is not found by the rule"});
        continue;
      }
      for (const auto& secret : example.secrets) {
        if (example.text.find(secret) == std::string::npos) {
          mistakes.push_back({key, "does not have the secret that it names"});
        } else if (clean->find(secret) != std::string::npos) {
          mistakes.push_back({key, "the rule leaves a secret, or a part of it, where it is"});
        }
      }
    }
    for (std::size_t i = 0; i < written.rule.must_pass.size(); ++i) {
      if (cleaned(written.rule.must_pass[i])) {
        mistakes.push_back({at_index(written.key + ".examples.no_match", i), "is found by the rule"});
      }
    }
  }

  static LoadedRules load(std::string_view base_text, std::string_view own_text) {
    LoadedRules result;
    auto base = base_text.empty() ? File() : read_file(base_text, result.mistakes);
    auto own = own_text.empty() ? File() : read_file(own_text, result.mistakes);
    if (!result.mistakes.empty()) {
      return result;
    }
    const auto tried = own.rules;
    const auto file = lay(std::move(base), std::move(own), result.mistakes);
    auto rules = compile(file, result.mistakes);
    if (result.mistakes.empty()) {
      for (const auto& written : tried) {
        try_examples(written, result.mistakes);
      }
    }
    if (result.mistakes.size() > most_mistakes) {
      result.mistakes.resize(most_mistakes);
    }
    if (result.mistakes.empty()) {
      result.rules = std::move(rules);
    }
    return result;
  }
};

LoadedRules load_rules(std::string_view own) {
  return RuleLoader::load(shipped_rules(), own);
}
LoadedRules load_rules_alone(std::string_view text) {
  return RuleLoader::load({}, text);
}

}  // namespace sallyport::validators::output
