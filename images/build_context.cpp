#include "images/build_context.hpp"

#include "base/sha256.hpp"
#include "images/embedded_files.hpp"
#include "images/tar.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <map>
#include <string>

namespace sallyport::images {
namespace {

using nlohmann::json;

constexpr const char* kSeedFolder = "/usr/lib/sallyport/seed/";

// A package script would make these; the packages of a root file system made here are only unpacked.
constexpr const char* kPasswd =
    "root:x:0:0:root:/root:/bin/sh\n"
    "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n";
constexpr const char* kGroupFile =
    "root:x:0:\n"
    "nogroup:x:65534:\n";
// "myhostname": a sandbox without network still has its loopback, but the engine writes /etc/hosts only where
// it sets up a network, and empties it otherwise (moby: daemon/initlayer).
constexpr const char* kNameServices =
    "passwd: files\n"
    "group: files\n"
    "hosts: files myhostname dns\n"
    "networks: files\n"
    "protocols: files\n"
    "services: files\n";

std::map<std::string, std::string> environment_of(const Recipe& recipe) {
  std::map<std::string, std::string> environment = {
      // The root is read-only; caches of libraries go to the tmpfs.
      {"HOME", "/tmp"},
      {"LANG", "C.UTF-8"},
      // glibc's arenas, 64 MiB of address space a thread, would use up the memory limit with a few threads.
      {"MALLOC_ARENA_MAX", "2"},
      {"PATH", "/usr/local/bin:/usr/bin:/bin"},
  };
  for (const auto& [name, value] : recipe.environment) environment[name] = value;
  return environment;
}

std::string install_step(const Recipe& recipe) {
  std::string step = "RUN apt-get update && apt-get install -y --no-install-recommends";
  for (const std::string& package : recipe.packages) step += " " + package;
  return step + " && rm -rf /var/lib/apt/lists/*\n";
}

}  // namespace

std::string make_dockerfile(const Recipe& recipe, const std::string& from, Base base) {
  std::string text = "FROM " + from + "\n";
  if (base == Base::pull) {
    text += install_step(recipe);
  } else {
    text += "COPY passwd group /etc/\n";
  }
  text += "COPY nsswitch.conf /etc/\n";
  for (const auto& [name, value] : environment_of(recipe)) text += "ENV " + name + "=\"" + value + "\"\n";
  text +=
      "COPY agent.py agent.json prepare_image.py /usr/lib/sallyport/\n"
      "RUN [\"/usr/bin/python3\", \"-I\", \"-X\", \"utf8\", \"/usr/lib/sallyport/prepare_image.py\"]\n"
      "USER 65534:65534\n"
      "WORKDIR /workspace\n"
      "ENTRYPOINT [\"/usr/bin/python3\", \"-I\", \"-X\", \"utf8\", \"/usr/lib/sallyport/agent.pyc\"]\n"
      "CMD []\n";
  return text;
}

std::string make_agent_config(const Recipe& recipe) {
  json seed = json::object();
  for (std::size_t i = 0; i < recipe.seed.size(); ++i) seed[recipe.seed[i]] = kSeedFolder + std::to_string(i);
  const json config = {{"python", recipe.python_version}, {"import", recipe.imports}, {"seed", seed}};
  return config.dump() + "\n";
}

std::string make_context(const Recipe& recipe, const std::string& from, Base base) {
  TarWriter tar;
  tar.add_file("Dockerfile", make_dockerfile(recipe, from, base));
  tar.add_file("agent.py", agent_source());
  tar.add_file("agent.json", make_agent_config(recipe));
  tar.add_file("prepare_image.py", prepare_image_source());
  tar.add_file("passwd", kPasswd);
  tar.add_file("group", kGroupFile);
  tar.add_file("nsswitch.conf", kNameServices);
  return tar.finish();
}

std::string recipe_sha(const Recipe& recipe) {
  // The context holds the agent and all that this library adds; the name of the base image is left open,
  // since it says how the image was made, not what is in it.
  return base::sha256_hex(recipe.text + '\0' + make_context(recipe, "base", Base::debootstrap));
}

}  // namespace sallyport::images
