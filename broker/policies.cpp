#include "broker/policies.hpp"

#include "broker/text_file.hpp"
#include "validators/policy/examples.hpp"
#include "validators/policy/shipped_policies.hpp"

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace sallyport::broker {
namespace {

namespace policy = validators::policy;

constexpr std::uintmax_t kMaxPolicyBytes = 8U * 1024 * 1024;
constexpr std::size_t kMaxPolicies = 256;
constexpr std::string_view kExtension = ".json";

/// The policy files of a folder by name, so that mistakes come in the same order everywhere.
std::vector<std::filesystem::path> policy_files(const std::string& folder,
                                                std::vector<std::string>& mistakes) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    if (entry->path().extension() == kExtension) files.push_back(entry->path());
  }
  if (error) mistakes.push_back(folder + ": " + error.message());
  if (files.size() > kMaxPolicies) {
    mistakes.push_back(folder + ": more than " + std::to_string(kMaxPolicies) + " policies");
    files.clear();
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

Policies::Policies(std::string folder) : folder_(std::move(folder)) {
  for (const std::string_view text : policy::shipped_policies()) {
    policy::LoadedPolicy loaded = policy::load_policy(text);
    if (!loaded.policy) throw std::logic_error("a shipped policy: " + loaded.mistakes.front().text());
    std::string name = loaded.policy->name;
    shipped_[std::move(name)] = std::make_shared<const policy::Policy>(std::move(*loaded.policy));
  }
  set_ = std::make_shared<const Set>(shipped_);
}

std::vector<std::string> Policies::load() {
  std::vector<std::string> mistakes;
  if (folder_.empty()) return mistakes;
  Set set = shipped_;
  for (const std::filesystem::path& path : policy_files(folder_, mistakes)) {
    const auto say = [&](const std::string& what) { mistakes.push_back(path.string() + ": " + what); };
    const TextFile file = read_text_file(path, kMaxPolicyBytes);
    if (!file.mistake.empty()) {
      say(file.mistake);
      continue;
    }
    policy::LoadedPolicy loaded = policy::load_policy(file.text);
    if (loaded.policy) loaded.mistakes = policy::check_examples(*loaded.policy);
    for (const policy::PolicyMistake& found : loaded.mistakes) say(found.text());
    if (!loaded.policy || !loaded.mistakes.empty()) continue;
    std::string name = loaded.policy->name;
    if (name != path.stem()) {
      say("name: is \"" + name + "\"; a policy has the name of its file, \"" + path.stem().string() + "\"");
      continue;
    }
    set[std::move(name)] = std::make_shared<const policy::Policy>(std::move(*loaded.policy));
  }
  if (mistakes.empty()) {
    auto loaded = std::make_shared<const Set>(std::move(set));
    const std::lock_guard lock(mutex_);
    set_ = std::move(loaded);
    ++generation_;
  }
  return mistakes;
}

std::shared_ptr<const Policies::Set> Policies::current() const {
  const std::lock_guard lock(mutex_);
  return set_;
}

PolicyCatalog::PolicyPointer Policies::find(std::string_view name) const {
  const auto set = current();
  const auto found = set->find(name);
  return found == set->end() ? nullptr : found->second;
}

std::vector<std::string> Policies::names() const {
  std::vector<std::string> names;
  for (const auto& [name, policy] : *current()) names.push_back(name);
  return names;
}

}  // namespace sallyport::broker
