#include "validators/json_reader.hpp"
#include "validators/policy/policy.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <exception>
#include <initializer_list>
#include <span>

namespace sallyport::validators::policy {
namespace {

using Json = nlohmann::json;

constexpr int deepest_json = 16;

constexpr std::array<std::string_view, 10> demand_names{
    "attribute", "attribute_path", "format",   "expression", "code",
    "path",      "literal",        "be_false", "no_text",    "names"};

// Reads one file; collects what is wrong with it.
class Reader : JsonReader {
 public:
  explicit Reader(std::vector<PolicyMistake>& mistakes) : JsonReader(mistakes) {}

  Policy read(const Json& root) {
    if (!is_object(root, "")) {
      return {};
    }
    check_keys(root, "",
               {"name", "summary", "enabled", "imports", "builtins", "attributes", "calls", "paths",
                "strings", "limits", "rules"});
    text(root, "", "name", policy_.name);
    if (policy_.name.empty()) {
      mistake("name", "is missing or empty");
    }
    text(root, "", "summary", policy_.summary);
    flag(root, "", "enabled", policy_.enabled);
    if (const auto* rules = object(root, "", "rules")) {
      read_rules(*rules);
    }
    if (const auto* imports = object(root, "", "imports")) {
      read_imports(*imports);
    }
    if (const auto* builtins = object(root, "", "builtins")) {
      read_builtins(*builtins);
    }
    if (const auto* attributes = object(root, "", "attributes")) {
      read_attributes(*attributes);
    }
    if (const auto* calls = object(root, "", "calls")) {
      read_calls(*calls);
    }
    if (const auto* paths = object(root, "", "paths")) {
      read_paths(*paths);
    }
    read_texts(root);
    if (const auto* limits = object(root, "", "limits")) {
      read_limits(*limits);
    }
    return std::move(policy_);
  }

 private:
  const Json* object(const Json& json, const std::string& path, const char* key) {
    const auto found = json.find(key);
    if (found == json.end()) {
      return nullptr;
    }
    return is_object(*found, under(path, key)) ? &*found : nullptr;
  }

  void text(const Json& json, const std::string& path, const char* key, std::string& into) {
    const auto found = json.find(key);
    if (found == json.end()) {
      return;
    }
    if (!found->is_string()) {
      return mistake(under(path, key), "must be a text");
    }
    into = found->get<std::string>();
  }

  void flag(const Json& json, const std::string& path, const char* key, bool& into) {
    const auto found = json.find(key);
    if (found == json.end()) {
      return;
    }
    if (!found->is_boolean()) {
      return mistake(under(path, key), "must be true or false");
    }
    into = found->get<bool>();
  }

  template <class Add>
  void texts(const Json& json, const std::string& path, const char* key, const Add& add) {
    const auto found = json.find(key);
    if (found != json.end()) {
      texts(*found, under(path, key), add);
    }
  }

  template <class Add>
  void texts(const Json& list, const std::string& path, const Add& add) {
    if (!list.is_array()) {
      return mistake(path, "must be a list of texts");
    }
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (list[i].is_string() && !list[i].get_ref<const std::string&>().empty()) {
        add(list[i].get<std::string>());
      } else {
        mistake(path + "[" + std::to_string(i) + "]", "must be a text that is not empty");
      }
    }
  }

  void set(const Json& json, const std::string& path, const char* key, TextSet& into) {
    texts(json, path, key, [&into](std::string text) { into.insert(std::move(text)); });
  }

  void map(const Json& json, const std::string& path, const char* key, TextMap& into) {
    const auto* found = object(json, path, key);
    if (found == nullptr) {
      return;
    }
    for (const auto& item : found->items()) {
      if (item.value().is_string()) {
        into[item.key()] = item.value().get<std::string>();
      } else {
        mistake(under(under(path, key), item.key()), "must be a text");
      }
    }
  }

  template <std::size_t n>
  bool one_of(const std::string& value, const std::string& path,
              const std::array<std::string_view, n>& known) {
    if (std::find(known.begin(), known.end(), value) != known.end()) {
      return true;
    }
    mistake(path, in_quotes(value) + " is not known" + did_you_mean(value, known));
    return false;
  }

  void read_rules(const Json& rules) {
    for (const auto& item : rules.items()) {
      const auto path = under("rules", item.key());
      const auto& json = item.value();
      if (!is_object(json, path)) {
        continue;
      }
      check_keys(json, path, {"type", "severity", "action", "rationale", "message", "hint", "examples"});
      Rule rule;
      rule.id = item.key();
      rule.severity = "high";
      std::string action = "block";
      text(json, path, "type", rule.type);
      text(json, path, "severity", rule.severity);
      text(json, path, "action", action);
      text(json, path, "rationale", rule.rationale);
      text(json, path, "message", rule.message);
      text(json, path, "hint", rule.hint);
      one_of(rule.type, under(path, "type"), rule_types);
      one_of(rule.severity, under(path, "severity"), severities);
      one_of(action, under(path, "action"), std::array<std::string_view, 2>{"block", "warn"});
      rule.action = action == "warn" ? Action::warn : Action::block;
      if (rule.message.empty()) {
        mistake(under(path, "message"), "is missing or empty");
      }
      if (const auto* examples = object(json, path, "examples")) {
        const auto examples_path = under(path, "examples");
        check_keys(*examples, examples_path, {"match", "pass"});
        texts(*examples, examples_path, "match",
              [&rule](std::string text) { rule.must_match.push_back(std::move(text)); });
        texts(*examples, examples_path, "pass",
              [&rule](std::string text) { rule.must_pass.push_back(std::move(text)); });
      }
      policy_.rules.emplace(item.key(), std::move(rule));
    }
  }

  void read_surface(const Json& json, const std::string& path, Surface& surface) {
    const auto names = [&](const Json& value, const std::string& where) {
      if (value == "*") {
        surface.any_public = true;
      } else {
        texts(value, where, [&surface](std::string text) { surface.names.insert(std::move(text)); });
      }
    };
    if (!json.is_object()) {
      return names(json, path);
    }
    check_keys(json, path, {"names", "deny"});
    if (const auto found = json.find("names"); found != json.end()) {
      names(*found, under(path, "names"));
    }
    const auto deny = json.find("deny");
    if (deny != json.end() && deny->is_array()) {
      texts(*deny, under(path, "deny"),
            [&surface](std::string text) { surface.deny.emplace(std::move(text), ""); });
    } else {
      map(json, path, "deny", surface.deny);
    }
  }

  void read_imports(const Json& json) {
    check_keys(json, "imports", {"modules", "any", "deny", "hints", "writable"});
    flag(json, "imports", "any", policy_.any_module);
    set(json, "imports", "deny", policy_.denied_modules);
    map(json, "imports", "hints", policy_.module_hints);
    set(json, "imports", "writable", policy_.writable_members);
    const auto* modules = object(json, "imports", "modules");
    if (modules == nullptr) {
      return;
    }
    for (const auto& item : modules->items()) {
      Surface surface;
      read_surface(item.value(), under("imports.modules", item.key()), surface);
      if (item.key().ends_with(".*")) {
        policy_.module_trees.emplace(item.key().substr(0, item.key().size() - 2), std::move(surface));
      } else {
        policy_.modules.emplace(item.key(), std::move(surface));
      }
    }
  }

  void read_builtins(const Json& json) {
    check_keys(json, "builtins", {"deny", "call_only", "dunder_names", "hints"});
    set(json, "builtins", "deny", policy_.denied_builtins);
    set(json, "builtins", "call_only", policy_.call_only_builtins);
    set(json, "builtins", "dunder_names", policy_.dunder_names);
    map(json, "builtins", "hints", policy_.builtin_hints);
  }

  void read_attributes(const Json& json) {
    check_keys(json, "attributes",
               {"dunder_read", "dunder_self", "dunder_class", "dunder_write", "deny", "deny_definitions",
                "suspect", "hints"});
    set(json, "attributes", "dunder_read", policy_.dunder_read);
    set(json, "attributes", "dunder_self", policy_.dunder_self);
    flag(json, "attributes", "dunder_class", policy_.dunder_class);
    set(json, "attributes", "dunder_write", policy_.dunder_write);
    set(json, "attributes", "deny", policy_.denied_attributes);
    set(json, "attributes", "deny_definitions", policy_.denied_definitions);
    set(json, "attributes", "suspect", policy_.suspect_attributes);
    map(json, "attributes", "hints", policy_.attribute_hints);
  }

  void known_rule(const std::string& rule, const std::string& path) {
    if (policy_.rules.contains(rule)) {
      return;
    }
    std::vector<std::string_view> known;
    for (const auto& [id, unused] : policy_.rules) {
      known.push_back(id);
    }
    mistake(path, in_quotes(rule) + " is no rule of this policy" + did_you_mean(rule, known));
  }

  void read_calls(const Json& json) {
    for (const auto& item : json.items()) {
      const auto path = under("calls", item.key());
      if (!is_object(item.value(), path)) {
        continue;
      }
      check_keys(item.value(), path, {"rule", "with", "arguments"});
      CallRule call;
      text(item.value(), path, "rule", call.rule);
      text(item.value(), path, "with", call.with);
      if (!call.rule.empty()) {
        known_rule(call.rule, under(path, "rule"));
      }
      const auto arguments = item.value().find("arguments");
      if (arguments == item.value().end() || !arguments->is_array()) {
        mistake(under(path, "arguments"), "must be a list");
        continue;
      }
      for (std::size_t i = 0; i < arguments->size(); ++i) {
        read_argument((*arguments)[i], under(path, "arguments") + "[" + std::to_string(i) + "]", call);
      }
      const std::string& key = item.key();
      if (key.starts_with('.')) {
        policy_.method_calls.emplace(key.substr(1), std::move(call));
      } else if (key.ends_with('*')) {
        policy_.call_prefixes.emplace_back(key.substr(0, key.size() - 1), std::move(call));
      } else {
        policy_.calls.emplace(key, std::move(call));
      }
    }
  }

  void read_argument(const Json& json, const std::string& path, CallRule& call) {
    if (!is_object(json, path)) {
      return;
    }
    check_keys(json, path, {"position", "keyword", "must"});
    ArgumentRule argument;
    if (const auto position = json.find("position"); position != json.end()) {
      if (position->is_number_unsigned() && position->get<std::uint64_t>() < 1000) {
        argument.position = position->get<std::size_t>();
      } else if (*position == "all") {
        argument.all_positions = true;
      } else {
        mistake(under(path, "position"), "must be a number from 0, or \"all\"");
      }
    }
    text(json, path, "keyword", argument.keyword);
    std::string demand;
    text(json, path, "must", demand);
    if (one_of(demand, under(path, "must"), demand_names)) {
      const auto* const found = std::find(demand_names.begin(), demand_names.end(), demand);
      argument.demand = static_cast<Demand>(found - demand_names.begin());
      call.arguments.push_back(std::move(argument));
    }
  }

  void read_paths(const Json& json) {
    check_keys(json, "paths", {"relative", "roots", "urls"});
    flag(json, "paths", "relative", policy_.paths.relative);
    flag(json, "paths", "urls", policy_.paths.urls);
    texts(json, "paths", "roots",
          [this](std::string text) { policy_.paths.roots.push_back(std::move(text)); });
  }

  void read_texts(const Json& root) {
    const auto list = root.find("strings");
    if (list == root.end()) {
      return;
    }
    if (!list->is_array()) {
      return mistake("strings", "must be a list");
    }
    for (std::size_t i = 0; i < list->size(); ++i) {
      const auto path = "strings[" + std::to_string(i) + "]";
      const auto& json = (*list)[i];
      if (!is_object(json, path)) {
        continue;
      }
      check_keys(json, path, {"rule", "contains", "exact"});
      TextRule rule;
      text(json, path, "rule", rule.rule);
      known_rule(rule.rule, under(path, "rule"));
      texts(json, path, "contains", [&rule](std::string text) { rule.contains.push_back(std::move(text)); });
      set(json, path, "exact", rule.exact);
      policy_.texts.push_back(std::move(rule));
    }
  }

  void read_limits(const Json& json) {
    auto& limits = policy_.limits;
    const std::array<std::pair<std::string_view, std::uint64_t*>, 12> known{{
        {"source_bytes", &limits.source_bytes},
        {"nodes", &limits.nodes},
        {"depth", &limits.depth},
        {"statements", &limits.statements},
        {"loops", &limits.loops},
        {"loop_depth", &limits.loop_depth},
        {"comprehension_depth", &limits.comprehension_depth},
        {"literal_bytes", &limits.literal_bytes},
        {"collection_items", &limits.collection_items},
        {"attribute_chain", &limits.attribute_chain},
        {"folded_bits", &limits.folded_bits},
        {"folded_items", &limits.folded_items},
    }};
    for (const auto& item : json.items()) {
      const auto path = under("limits", item.key());
      const auto* const found = std::find_if(
          known.begin(), known.end(), [&item](const auto& entry) { return entry.first == item.key(); });
      if (found == known.end()) {
        std::vector<std::string_view> names;
        for (const auto& entry : known) {
          names.push_back(entry.first);
        }
        mistake(path, "is no such key" + did_you_mean(item.key(), names));
      } else if (!item.value().is_number_unsigned()) {
        mistake(path, "must be a whole number from 0");
      } else {
        *found->second = item.value().get<std::uint64_t>();
      }
    }
  }

  Policy policy_;
};

}  // namespace

LoadedPolicy load_policy(std::string_view text) {
  LoadedPolicy result;
  if (const auto json = parse_json_file(text, deepest_json, result.mistakes)) {
    auto policy = Reader(result.mistakes).read(*json);
    if (result.mistakes.empty()) {
      result.policy = std::move(policy);
    }
  }
  return result;
}

const std::vector<std::string_view>& engine_rules() {
  static const std::vector<std::string_view> rules{"import",           "module-attribute",
                                                   "module-member",    "module-tampering",
                                                   "builtin",          "builtin-value",
                                                   "dunder-attribute", "attribute",
                                                   "definition",       "assembled-name",
                                                   "format-template",  "code-text",
                                                   "unsafe-argument",  "path",
                                                   "suspicious-text",  "undecided",
                                                   "hidden-text",      "look-alike",
                                                   "complexity",       "constant-bomb",
                                                   "swallowed-exit"};
  return rules;
}

bool is_listed(const TextSet& modules, std::string_view module) {
  if (modules.empty()) {
    return false;
  }
  for (;;) {
    if (modules.contains(module)) {
      return true;
    }
    const auto dot = module.rfind('.');
    if (dot == std::string_view::npos) {
      return false;
    }
    module = module.substr(0, dot);
  }
}

const Surface* find_surface(const Policy& policy, std::string_view module) {
  if (is_listed(policy.denied_modules, module)) {
    return nullptr;
  }
  if (const auto found = policy.modules.find(module); found != policy.modules.end()) {
    return &found->second;
  }
  for (auto above = module;;) {
    const auto dot = above.rfind('.');
    if (dot == std::string_view::npos) {
      break;
    }
    if (above.substr(dot + 1).starts_with('_')) {
      return nullptr;
    }
    above = above.substr(0, dot);
    if (const auto found = policy.module_trees.find(above); found != policy.module_trees.end()) {
      return &found->second;
    }
  }
  static const Surface public_names{true, {}, {}};
  return policy.any_module ? &public_names : nullptr;
}

}  // namespace sallyport::validators::policy
