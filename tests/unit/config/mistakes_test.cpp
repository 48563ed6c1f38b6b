// Each kind of mistake with the words that the operator gets.
#include "tests/unit/config/support.hpp"

#include <gmock/gmock.h>

#include <string>

namespace sallyport::config {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

struct FileCase {
  const char* text;
  const char* mistakes;
};

TEST(Mistakes, OfAFile) {
  const FileCase cases[] = {
      // Names.
      {R"({"server": {"prot": 1}})", "f.json:1:13: server.prot: unknown key; did you mean server.port?\n"},
      {R"({"sever": {"port": 1}})", "f.json:1:2: sever: unknown key; did you mean server?\n"},
      {R"({"server": {"colour": {"a": [1, {"b": 2}]}}})", "f.json:1:13: server.colour: unknown key\n"},
      {R"({"server": {"": 1}})", "f.json:1:13: server.\"\": unknown key\n"},
      {R"({"port": 1})", "f.json:1:2: port: unknown key; did you mean server.port?\n"},
      {R"({"server.port": 1})",
       "f.json:1:2: \"server.port\": unknown key; a section is an object of its own: {\"server\": {\"port\": "
       "8080}}\n"},
      {R"({"a\"b\\": 1})", "f.json:1:2: \"a\\\"b\\\\\": unknown key\n"},
      {R"({"ser\u0076er": {"port": -1}})", "f.json:1:18: server.port: -1 is not between 0 and 65535\n"},
      // Twice.
      {"{\"server\": {\"port\": 1,\n \"port\": 2}}",
       "f.json:2:2: server.port: given twice; the first is on line 1\n"},
      {"{\"server\": {},\n\n \"server\": {\"prot\": 2}}",
       "f.json:3:2: server: given twice; the first is on line 1\n"},
      // Types.
      {R"({"server": 5})", "f.json:1:2: server: 5 is not an object\n"},
      {R"({"sandbox": {"defaults": []}})", "f.json:1:14: sandbox.defaults: a list is not an object\n"},
      {R"({"server": {"port": "80"}})", "f.json:1:13: server.port: \"80\" is not an integer\n"},
      {R"({"server": {"port": 80.0}})", "f.json:1:13: server.port: 80.0 is not an integer\n"},
      {R"({"server": {"port": true}})", "f.json:1:13: server.port: true is not an integer\n"},
      {R"({"server": {"port": null}})", "f.json:1:13: server.port: null is not an integer\n"},
      {R"({"server": {"port": {}}})", "f.json:1:13: server.port: an object is not an integer\n"},
      {R"({"server": {"port": [1]}})", "f.json:1:13: server.port: a list is not an integer\n"},
      {R"({"server": {"address": 1}})", "f.json:1:13: server.address: 1 is not a string\n"},
      {R"({"server": {"behind_tls_proxy": 1}})",
       "f.json:1:13: server.behind_tls_proxy: 1 is neither true nor false\n"},
      {R"({"sandbox": {"defaults": {"cpus": "1"}}})",
       "f.json:1:27: sandbox.defaults.cpus: \"1\" is not a number\n"},
      // Ranges.
      {R"({"server": {"port": 70000}})", "f.json:1:13: server.port: 70000 is not between 0 and 65535\n"},
      {R"({"server": {"port": -1}})", "f.json:1:13: server.port: -1 is not between 0 and 65535\n"},
      {R"({"server": {"port": 99999999999999999999}})",
       "f.json:1:13: server.port: 99999999999999999999 is not between 0 and 65535\n"},
      {R"({"server": {"port": -99999999999999999999}})",
       "f.json:1:13: server.port: -99999999999999999999 is not between 0 and 65535\n"},
      {R"({"engine": {"call_timeout_seconds": 0}})",
       "f.json:1:13: engine.call_timeout_seconds: 0 is not between 0.001 and 86400 seconds\n"},
      {R"({"engine": {"call_timeout_seconds": -0.5}})",
       "f.json:1:13: engine.call_timeout_seconds: -0.5 is not between 0.001 and 86400 seconds\n"},
      {R"({"runner": {"pids_limit": 511}})",
       "f.json:1:13: runner.pids_limit: 511 is not between 512 and 4194304\n"},
      {R"({"sandbox": {"defaults": {"max_memory_mb": 63}}})",
       "f.json:1:27: sandbox.defaults.max_memory_mb: 63 is not between 64 and 1048576 MiB\n"},
      {R"({"log": {"max_file_bytes": 1}})",
       "f.json:1:10: log.max_file_bytes: 1 is not between 4096 and 1000000000000 bytes\n"},
      // Texts.
      {R"({"log": {"level": "loud"}})",
       "f.json:1:10: log.level: \"loud\" is not one of trace, debug, info, warning, error\n"},
      {R"({"runner": {"type": "docker"}})",
       "f.json:1:13: runner.type: \"docker\" is not \"gvisor\", the only one there is\n"},
      {R"({"instance": {"name": "-a"}})",
       "f.json:1:15: instance.name: \"-a\" is not a name: a letter or a digit, then at most 62 letters, "
       "digits, '_', '.' and "
       "'-'\n"},
      {R"({"images": {"recipes": ""}})",
       "f.json:1:13: images.recipes: \"\" is not a path of 1 to 4095 bytes without control characters\n"},
      {R"({"log": {"file": "a\u0000b"}})",
       "f.json:1:10: log.file: \"a\\u0000b\" is not a text of at most 4095 bytes without control "
       "characters\n"},
      {R"({"server": {"address": "localhost"}})",
       "f.json:1:13: server.address: \"localhost\" is not an IPv4 or IPv6 address in numbers\n"},
      {R"({"runner": {"network": "host"}})",
       "f.json:1:13: runner.network: \"host\" is not the name of an engine network other than \"host\" and "
       "\"none\"\n"},
      // Between keys.
      {R"({"server": {"address": "0.0.0.0"}})",
       "f.json:1:13: server.address: \"0.0.0.0\" is not a loopback address, and without TLS keys and code "
       "would go over the network in the clear; set server.tls.certificate_file and server.tls.key_file, or "
       "server.behind_tls_proxy to true if a proxy in front speaks TLS with the callers\n"},
      {R"({"server": {"tcp": false}})",
       "f.json:1:13: server.tcp: the broker would listen nowhere: name a Unix socket in "
       "server.unix_socket.path\n"},
      {R"({"server": {"tls": {"key_file": "k"}}})",
       "f.json:1:21: server.tls.key_file: needs server.tls.certificate_file too\n"},
      {R"({"server": {"unix_socket": {"mode": "660"}}})",
       "f.json:1:29: server.unix_socket.mode: \"660\" is not a mode of a file: four octal digits, the first "
       "of "
       "them 0, as in 0660\n"},
      {R"({"server": {"allow_remote": true}})",
       "f.json:1:13: server.allow_remote: unknown key; did you mean server.behind_tls_proxy?\n"},
      {R"({"sandbox": {"defaults": {"cpus": 2.5}}})",
       "f.json:1:27: sandbox.defaults.cpus: 2.5 is above sandbox.ceilings.cpus, which is 2\n"},
      {R"({"sandbox": {"ceilings": {"max_processes": 8}}})",
       "f.json:1:27: sandbox.defaults.max_processes: 64 is above sandbox.ceilings.max_processes, which is "
       "8\n"},
      {R"({"sandbox": {"defaults": {"enable_network": true}}})",
       "f.json:1:27: sandbox.defaults.enable_network: true is above sandbox.ceilings.enable_network, which "
       "is false\n"},
      {R"({"sandbox": {"ceilings": {"max_cpu_seconds": 20}}})",
       "f.json:1:27: sandbox.defaults.max_cpu_seconds: 0 (timeout_seconds times cpus: 30) is above "
       "sandbox.ceilings.max_cpu_seconds, which is 20\n"},
      {R"({"log": {"file": "a.log", "audit_file": "a.log"}})",
       "f.json:1:27: log.audit_file: the same file as log.file; leave it empty to have both in one file\n"},
  };
  for (const auto& [text, mistakes] : cases) EXPECT_EQ(mistakes_in(text), mistakes) << text;
}

TEST(Mistakes, UserMustNotBeRoot) {
  for (const auto* user : {"0:0", "0:1", "1:0", "00:1", "root", "root:root", "1", "1:", ":1", "1:1:1", "-1:1",
                           "+1:1", " 1:1", "1:1 ", "4294967295:1", "4294967296:1", ""}) {
    EXPECT_EQ(mistakes_in(R"({"runner": {"user": ")" + std::string(user) + "\"}}"),
              "f.json:1:13: runner.user: \"" + std::string(user) +
                  "\" is not uid:gid in numbers, neither of them 0\n");
  }
  EXPECT_EQ(mistakes_in(R"({"runner": {"user": "1000:1000"}})"), "");
}

TEST(Mistakes, OfSyntax) {
  const FileCase cases[] = {
      {"",
       "f.json:1:1: syntax error while parsing value - unexpected end of input; expected '[', '{', or a "
       "literal\n"},
      {"{\n  \"server\": {\n    \"port\" 80\n  }\n}\n", "f.json:3:14: syntax error"},
      {"{\n\"server\": {}\n\"engine\": {}}",
       "f.json:3:8: syntax error while parsing object - unexpected string literal"},
      {"{\"server\": {},}", "f.json:1:15: syntax error"},
      {"{\"server\": {}} x", "f.json:1:16: syntax error"},
      {"{\"server\": {\"port\": NaN}}", "f.json:1:21: syntax error"},
      {"{\"server\": {\"port\": 1e999}}", "f.json:1:26: number overflow parsing '1e999'\n"},
      {"{\"a\xff\": 1}", "f.json:1:4: syntax error"},
      {"{ /* open", "f.json:1:9: syntax error"},
      {"[1]", "f.json:1:1: a list in place of an object with the configuration's sections\n"},
      {"5", "f.json:1:1: 5 in place of an object with the configuration's sections\n"},
  };
  for (const auto& [text, mistakes] : cases) EXPECT_THAT(mistakes_in(text), StartsWith(mistakes)) << text;
  EXPECT_EQ(mistakes_in(std::string_view("{}\0{", 4)), "f.json:1:3: a NUL byte\n");
}

TEST(Mistakes, AreOneLineOfText) {
  const std::string hostile =
      "{\"a\\nb\\u001b[31m\": 1, \"log\": {\"level\": \"x\\r\\ny\\u007f\\u009b\"}, \"\\u009b\x1b\xff";
  for (const auto& mistake : load_named(hostile).mistakes) {
    for (const char c : mistake.text()) {
      EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) << mistake.text();
    }
    EXPECT_EQ(mistake.text().find("\xc2\x9b"), std::string::npos) << mistake.text();  // CSI as a C1 control.
  }
}

TEST(Mistakes, ShowLongValuesInPart) {
  const auto text = mistakes_in(R"({"log": {"level": ")" + std::string(100'000, 'x') + R"("}})");
  EXPECT_THAT(text, StartsWith("f.json:1:10: log.level: \"" + std::string(80, 'x') + "\"... is not one of"));
  const auto name = mistakes_in("{\"" + std::string(100'000, 'x') + "\": 1}");
  EXPECT_EQ(name, "f.json:1:2: \"" + std::string(80, 'x') + "\"...: unknown key\n");
  const auto token = mistakes_in("{" + std::string(100'000, 'x'));
  EXPECT_LT(token.size(), 300U);
}

TEST(Mistakes, AreReportedAllAtOnceInTheOrderOfTheText) {
  const auto* const text = R"({
  // A comment with "server": { in it.
  "server": {
    "port": 70000,
    "prot": 1, /* and
    one of two lines */ "address": "0.0.0.0"
  },
  "engine": {"socket": "", "socket": "/a"},
  "log": tru)";
  const Environment environment = {{"SALLYPORT_LOG_LEVEL", "loud"}, {"SALLYPORT_SERVER_PROT", "1"}};
  EXPECT_EQ(mistakes_in(text, environment),
            "f.json:4:5: server.port: 70000 is not between 0 and 65535\n"
            "f.json:5:5: server.prot: unknown key; did you mean server.port?\n"
            "f.json:8:14: engine.socket: \"\" is not the path of a socket, of 1 to 107 bytes without control "
            "characters\n"
            "f.json:8:28: engine.socket: given twice; the first is on line 8\n"
            "f.json:9:12: syntax error while parsing value - invalid literal; last read: '\"log\": tru'\n"
            "SALLYPORT_LOG_LEVEL: log.level: \"loud\" is not one of trace, debug, info, warning, error\n"
            "SALLYPORT_SERVER_PROT: unknown variable; did you mean SALLYPORT_SERVER_PORT?\n");
}

TEST(Mistakes, ARefusedValueIsNotComparedWithOthers) {
  // The default that stands in for it would be compared in its place.
  EXPECT_EQ(
      mistakes_in(
          R"({"sandbox": {"defaults": {"timeout_seconds": 301}, "ceilings": {"timeout_seconds": "x"}}})"),
      "f.json:1:65: sandbox.ceilings.timeout_seconds: \"x\" is not a number\n");
  EXPECT_EQ(mistakes_in(R"({"server": {"address": "::", "behind_tls_proxy": "yes"}})"),
            "f.json:1:30: server.behind_tls_proxy: \"yes\" is neither true nor false\n");
}

TEST(Mistakes, AreBoundInNumber) {
  std::string text = "{";
  for (int i = 0; i < 1000; ++i) text += "\"k" + std::to_string(i) + "\": 1,";
  text += "\"k\": 1}";
  const auto result = load_named(text);
  EXPECT_EQ(result.mistakes.size(), max_mistakes + 1);
  EXPECT_EQ(result.mistakes.back().text(), "and 901 more mistakes");
}

TEST(Mistakes, DeepNestingIsRefusedWithoutRecursion) {
  for (const std::string open : {"[", "{\"a\":", "{\"server\":"}) {
    std::string bomb;
    while (bomb.size() < max_file_bytes) bomb += open;
    const auto text = mistakes_in(bomb.front() == '[' ? "{\"a\":" + bomb : bomb);
    EXPECT_THAT(text, HasSubstr(": nested deeper than 16 levels\n"));
  }
}

TEST(Mistakes, EveryRemoteAddressNeedsTheOperatorsWord) {
  for (const std::string address : {"0.0.0.0", "::", "10.0.0.1", "128.0.0.1", "::ffff:10.0.0.1", "fe80::1"}) {
    EXPECT_THAT(mistakes_in(R"({"server": {"address": ")" + address + "\"}}"),
                HasSubstr("is not a loopback address"));
    EXPECT_EQ(mistakes_in(R"({"server": {"behind_tls_proxy": true, "address": ")" + address + "\"}}"), "");
  }
  for (const std::string address : {"127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"}) {
    EXPECT_EQ(mistakes_in(R"({"server": {"address": ")" + address + "\"}}"), "");
  }
  for (const std::string address : {"127.0.0.1:80", "127.1", "1", "[::1]", "::1%lo", " 127.0.0.1", ""}) {
    EXPECT_THAT(mistakes_in(R"({"server": {"address": ")" + address + "\"}}"),
                EndsWith("is not an IPv4 or IPv6 address in numbers\n"));
  }
}

TEST(Mistakes, InstanceNames) {
  for (const auto& name : {std::string("a"), std::string("A1_.-"), std::string(63, 'a')}) {
    EXPECT_EQ(mistakes_in(R"({"instance": {"name": ")" + name + "\"}}"), "");
  }
  for (const auto& name : {std::string(), std::string("_a"), std::string(64, 'a'), std::string("a b"),
                           std::string("a/b"), std::string("\xc3\xa4")}) {
    EXPECT_THAT(mistakes_in(R"({"instance": {"name": ")" + name + "\"}}"), HasSubstr("is not a name"));
  }
}

TEST(Mistakes, SocketPathsFitIntoAnAddress) {
  EXPECT_EQ(mistakes_in(R"({"engine": {"socket": "/)" + std::string(106, 'a') + "\"}}"), "");
  EXPECT_THAT(mistakes_in(R"({"engine": {"socket": "/)" + std::string(107, 'a') + "\"}}"),
              HasSubstr("1 to 107 bytes"));
}

}  // namespace
}  // namespace sallyport::config
