// Which file is read, and what files may be.
#include "tests/unit/config/support.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace sallyport::config {
namespace {

using testing::EndsWith;

// No test may see the configuration of the machine that it runs on.
LoadOptions options_without_default(const TemporaryFolder& folder) {
  LoadOptions options;
  options.default_file = folder.path("no-such-file");
  return options;
}

std::string file_with_port(const TemporaryFolder& folder, const std::string& name, int port) {
  return folder.write(name, "{\"server\": {\"port\": " + std::to_string(port) + "}}");
}

TEST(File, DefaultsWithoutOne) {
  const TemporaryFolder folder;
  const auto result = load(options_without_default(folder));
  ASSERT_TRUE(result.ok()) << result.mistakes_text();
  EXPECT_EQ(values_of(result.loaded->config), values_of(Config{}));
  EXPECT_TRUE(result.loaded->sources.empty());
  EXPECT_FALSE(result.loaded->file);
}

TEST(File, OptionBeforeVariableBeforeDefault) {
  const TemporaryFolder folder;
  auto options = options_without_default(folder);
  options.default_file = file_with_port(folder, "default.json", 1);
  EXPECT_EQ(load(options).loaded.value().config.server.port, 1);
  options.environment["SALLYPORT_CONFIG"] = file_with_port(folder, "variable.json", 2);
  EXPECT_EQ(load(options).loaded.value().config.server.port, 2);
  options.file = file_with_port(folder, "option.json", 3);
  EXPECT_EQ(load(options).loaded.value().config.server.port, 3);
  EXPECT_EQ(load(options).loaded.value().file, options.file);
}

TEST(File, SourcesNameTheFileAsItWasNamed) {
  const TemporaryFolder folder;
  auto options = options_without_default(folder);
  options.file = folder.write("a.json", "{\n\"server\": {\n\n  \"port\": 70000}}");
  EXPECT_EQ(load(options).mistakes_text(),
            *options.file + ":4:3: server.port: 70000 is not between 0 and 65535\n");
}

TEST(File, NamedOnesMustExist) {
  const TemporaryFolder folder;
  auto options = options_without_default(folder);
  const auto missing = folder.path("missing.json");
  options.environment["SALLYPORT_CONFIG"] = missing;
  EXPECT_EQ(load(options).mistakes_text(),
            "SALLYPORT_CONFIG: " + missing + " cannot be read: No such file or directory\n");
  options.file = missing;
  EXPECT_EQ(load(options).mistakes_text(), missing + " cannot be read: No such file or directory\n");
  options.file = "";
  EXPECT_EQ(load(options).mistakes_text(), "the empty path cannot be read: No such file or directory\n");
  options.file = std::string("a\0b", 3);
  EXPECT_EQ(load(options).mistakes_text(), "a\\u0000b cannot be read: its name has a NUL byte\n");
}

TEST(File, MistakesOfTheEnvironmentAreReportedBesideAnUnreadableFile) {
  const TemporaryFolder folder;
  auto options = options_without_default(folder);
  options.file = folder.path("missing.json");
  options.environment["SALLYPORT_SERVER_PORT"] = "x";
  EXPECT_THAT(load(options).mistakes_text(),
              EndsWith("SALLYPORT_SERVER_PORT: server.port: \"x\" is not an integer\n"));
}

TEST(File, MustBeAFile) {
  const TemporaryFolder folder;
  auto options = options_without_default(folder);
  options.file = folder.path(".");
  EXPECT_EQ(load(options).mistakes_text(), *options.file + " is a directory, not a file\n");
  options.file = "/dev/zero";
  EXPECT_EQ(load(options).mistakes_text(), "/dev/zero is not a regular file\n");
  options.file = folder.path("fifo");
  ASSERT_EQ(::mkfifo(options.file->c_str(), 0600), 0);
  EXPECT_EQ(load(options).mistakes_text(), *options.file + " is not a regular file\n");
}

TEST(File, MustBeReadable) {
  // Root may read everything; as somebody else for the moment it may not.
  const TemporaryFolder folder;
  ASSERT_EQ(::chmod(std::filesystem::path(folder.write("x", "")).parent_path().c_str(), 0755), 0);
  auto options = options_without_default(folder);
  options.default_file = folder.write("secret.json", "{}");
  ASSERT_EQ(::chmod(options.default_file.c_str(), 0), 0);
  // Even the default file: it exists, so somebody meant it to count.
  const uid_t self = ::geteuid();
  if (self == 0) {
    ASSERT_EQ(::seteuid(65534), 0);
  }
  const std::string mistakes = load(options).mistakes_text();
  ASSERT_EQ(::seteuid(self), 0);
  EXPECT_EQ(mistakes, options.default_file + " cannot be read: Permission denied\n");
}

TEST(File, IsBoundInSize) {
  const TemporaryFolder folder;
  auto options = options_without_default(folder);
  options.file = folder.write("full.json", "{}" + std::string(max_file_bytes - 2, ' '));
  EXPECT_EQ(load(options).mistakes_text(), "");
  options.file = folder.write("over.json", "{}" + std::string(max_file_bytes - 1, ' '));
  EXPECT_EQ(load(options).mistakes_text(), *options.file + " is larger than 1048576 bytes\n");
}

TEST(File, MayHaveComments) {
  const auto result = load_named(R"(// first
{ /* "server": { */
  "server": { // "port": 1
    "port": 2 /* , */ , "max_connections": 3 // last
  }
}
// end)");
  ASSERT_TRUE(result.ok()) << result.mistakes_text();
  EXPECT_EQ(result.loaded->config.server.port, 2);
  EXPECT_EQ(result.loaded->config.server.max_connections, 3U);
}

TEST(File, MayHaveAnyOrderAndEmptySections) {
  const auto result =
      load_named(R"({"sandbox": {"max_files": 1, "ceilings": {}, "defaults": {"cpus": 1}}, "server": {}})");
  ASSERT_TRUE(result.ok()) << result.mistakes_text();
  EXPECT_EQ(result.loaded->config.sandbox.max_files, 1U);
}

}  // namespace
}  // namespace sallyport::config
