// The document against the code: every route and every field of the one is in the other.
//
// What the code knows is asked of the code: the router by its answers to a path that is not there and to
// OPTIONS, the parsers by what they say to a field that they do not know, the replies by writing one.
#include "broker/routes/openapi.hpp"

#include "broker/api/execution_reply.hpp"
#include "broker/api/redaction.hpp"
#include "broker/api/validation_reply.hpp"
#include "broker/compat/dify_sandbox.hpp"
#include "broker/compat/judge0.hpp"
#include "broker/compat/judge0_result.hpp"
#include "broker/compat/piston.hpp"
#include "broker/jobs/stored_error.hpp"
#include "broker/service.hpp"
#include "broker/sessions/session_json.hpp"
#include "tests/unit/broker/service_fixture.hpp"
#include "tests/unit/broker/sessions/fake_session.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <memory>
#include <set>
#include <sstream>
#include <string>

namespace sallyport::broker {
namespace {

using nlohmann::json;
using Set = std::set<std::string>;
using test::Answer;
using test::Client;
using test::get;
using test::post;

const json& document() {
  static const json parsed = json::parse(openapi_document());
  return parsed;
}

/// The schema of that name, or what a reference in it stands for.
const json& resolved(const json& schema) {
  const auto reference = schema.find("$ref");
  if (reference == schema.end()) return schema;
  return document().at(json::json_pointer(reference->get<std::string>().substr(1)));
}
const json& schema(const std::string& name) {
  return document().at("components").at("schemas").at(name);
}

Set keys_of(const json& object) {
  Set keys;
  for (const auto& item : object.items()) keys.insert(item.key());
  return keys;
}

/// Goes through `value` beside its schema: each object has exactly the members that the schema has, all
/// required and no others allowed.
void expect_described(const json& value, const json& given, const std::string& place) {
  const json& described = resolved(given);
  if (described.contains("oneOf")) return expect_described(value, described["oneOf"][0], place);
  if (value.is_array()) {
    ASSERT_FALSE(value.empty()) << place << " has to have an entry, to be looked at";
    return expect_described(value[0], described.at("items"), place + "[0]");
  }
  if (!value.is_object() || !described.contains("properties")) return;
  EXPECT_EQ(keys_of(described["properties"]), keys_of(value)) << place;
  EXPECT_EQ(described["additionalProperties"], false) << place;
  Set required;
  for (const json& name : described["required"]) required.insert(name);
  EXPECT_EQ(required, keys_of(value)) << place;
  for (const auto& [name, member] : value.items()) {
    expect_described(member, described["properties"][name], place + "." + name);
  }
}

ExecutionReply full_reply() {
  ExecutionReply reply;
  reply.usage.emplace();
  reply.artifacts.emplace_back();
  reply.notes.emplace_back("note");
  reply.output_violations.emplace_back();
  reply.validation_violations.emplace_back();
  return reply;
}

TEST(OpenApi, HasTheMembersOfTheReplies) {
  expect_described(json::parse(to_json(full_reply())), schema("ExecutionReply"), "ExecutionReply");
  ValidationReply validation;
  validation.validation_violations.emplace_back();
  expect_described(json::parse(to_json(validation)), schema("ValidationReply"), "ValidationReply");
  OutputVerdict verdict;
  verdict.violations.emplace_back();
  expect_described(json::parse(redaction_json(verdict)), schema("RedactionReply"), "RedactionReply");
  ApiError error;
  error.details_json = R"({"field": "code"})";
  expect_described(json::parse(error.to_json()), schema("Error"), "Error");
}

TEST(OpenApi, HasTheMembersOfTheRepliesOfSessions) {
  ExecutionReply cell = full_reply();
  cell.session.emplace();
  cell.result.emplace();
  cell.displays.emplace_back();
  expect_described(json::parse(to_json(cell)), schema("CellReply"), "CellReply");
  const std::vector<Sessions::Pointer> sessions = {std::make_shared<SessionEntry>()};
  expect_described(json::parse(sessions_json(sessions)), schema("SessionList"), "SessionList");
}

TEST(OpenApi, HasTheMembersOfTheRepliesInOtherForms) {
  compat::PistonJob piston;
  const json ran = json::parse(compat::piston_reply(piston, full_reply()));
  expect_described(ran["run"], schema("PistonStage"), "PistonStage");
  ExecutionReply refused = full_reply();
  refused.error_type = "ValidationError";
  const json compiled = json::parse(compat::piston_reply(piston, refused));
  expect_described(compiled["compile"], schema("PistonStage"), "PistonStage");
  EXPECT_EQ(keys_of(compiled), keys_of(schema("PistonReply")["properties"]));
  const std::vector<compat::Runtime> known = {{"base", "python", {"py"}, "3.11.0"}};
  expect_described(json::parse(compat::piston_runtimes(known)), schema("PistonRuntimes"), "PistonRuntimes");
  expect_described(json::parse(compat::piston_error_body(ApiError())), schema("PistonError"), "PistonError");
  expect_described(json::parse(compat::dify_sandbox_reply(full_reply())), schema("DifySandboxReply"), "Dify");
  expect_described(json::parse(compat::dify_sandbox_error(ApiError())), schema("DifySandboxError"), "Dify");
  const compat::Judge0Job job;
  const json members = compat::judge0_members(job, "t", compat::outcome_of(full_reply()), {});
  EXPECT_EQ(keys_of(members), keys_of(schema("Judge0Submission")["properties"]));
  compat::Judge0View all;
  all.fields = *compat::read_judge0_fields("*");
  EXPECT_EQ(keys_of(json::parse(compat::judge0_submission(job, "t", full_reply(), {}, all))),
            keys_of(members));
  expect_described(json::parse(compat::judge0_error(ApiError())), schema("Judge0Error"), "Judge0Error");
}

class EmptyTrail final : public AuditSource {
 public:
  ApiResult<std::string> page(std::string_view /*query*/) const override {
    return std::string(R"({"records": [{}], "next": 1})");
  }
};

class OpenApiServiceTest : public test::ServiceFixture {
 protected:
  OpenApiServiceTest() {
    with_store_ = true;
    config_.compat.piston = true;
    config_.compat.dify_sandbox = true;
    config_.compat.judge0 = true;
  }
  void SetUp() override { start(); }
  void add_parts(ServiceParts& parts) override {
    parts.audit_source = &trail_;
    parts.sessions = &opener_;
  }
  /// The methods of a path, but OPTIONS and HEAD, which the table serves by itself.
  Set methods_of(const std::string& path) {
    const Answer answer = ask("OPTIONS " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const std::string name = "Allow: ";
    const auto begin = answer.head.find(name) + name.size();
    std::istringstream list(answer.head.substr(begin, answer.head.find("\r\n", begin) - begin));
    Set methods;
    for (std::string method; std::getline(list, method, ',');) {
      method.erase(0, method.find_first_not_of(' '));
      if (method == "OPTIONS" || method == "HEAD") continue;
      for (char& c : method) c = static_cast<char>(std::tolower(c));
      methods.insert(method);
    }
    return methods;
  }
  /// Without what is not described itself and fits a pattern that is: "batch" is an id to the pattern beside
  /// it.
  static Set without_patterns(Set served, const Set& described) {
    std::erase_if(served, [&](const std::string& one) {
      if (described.contains(one)) return false;
      const std::string pattern = one.substr(0, one.rfind('/')) + "/{";
      return std::any_of(described.begin(), described.end(),
                         [&](const std::string& other) { return other.starts_with(pattern); });
    });
    return served;
  }
  /// What the parser behind `path` knows, from what it says to a body with a field that it does not know.
  Set known_fields(const std::string& path, const std::string& body) {
    return known_in(ask(post(path, body)));
  }
  static Set known_in(const Answer& answer) {
    EXPECT_EQ(answer.status, 422) << answer.body;
    const std::string message = json::parse(answer.body)["message"];
    const std::string words = "known are: ";
    const auto begin = message.find(words);
    EXPECT_NE(begin, std::string::npos) << message;
    std::istringstream list(message.substr(begin + words.size()));
    Set fields;
    for (std::string field; list >> field;) {
      if (field.ends_with(',')) field.pop_back();
      fields.insert(field);
    }
    return fields;
  }

  test::FakeOpener opener_;
  EmptyTrail trail_;
};

TEST_F(OpenApiServiceTest, HasTheMembersOfJobs) {
  const auto ask_async = [&](const std::string& body) {
    return json::parse(ask(post("/v1/executions", body, "Prefer: respond-async\r\n")).body);
  };
  const json accepted = ask_async(test::bare_submission("1"));
  expect_described(accepted, schema("JobAccepted"), "JobAccepted");
  const std::string path = "/v1/executions/" + accepted["id"].get<std::string>();
  json job;
  for (int i = 0; i < 1000 && (i == 0 || job["state"] != "succeeded"); ++i)
    job = json::parse(ask(get(path)).body);
  ASSERT_EQ(job["state"], "succeeded");
  EXPECT_EQ(keys_of(job), keys_of(schema("Job")["properties"]));
  json list = json::parse(ask(get("/v1/executions")).body);
  expect_described(list, schema("JobList"), "JobList");
  ApiError error;
  expect_described(json::parse(stored_error(error)), schema("StoredError"), "StoredError");
  const json batch = json::parse(ask(post("/v1/executions/batch", R"({"executions": [{}]})")).body);
  expect_described(batch["executions"][0], schema("BatchRefusal"), "BatchRefusal");
}

TEST_F(OpenApiServiceTest, HasEveryRoute) {
  const json paths = json::parse(ask(get("/no-such-path")).body)["details"]["paths"];
  Set served;
  for (const std::string path : paths) {
    for (const std::string& method : methods_of(path)) served.insert(method + " " + path);
  }
  Set described;
  Set operations;
  for (const auto& [path, item] : document()["paths"].items()) {
    for (const auto& [method, operation] : item.items()) {
      if (method == "parameters") continue;
      described.insert(method + " " + path);
      EXPECT_TRUE(operations.insert(operation["operationId"]).second) << operation["operationId"];
      EXPECT_FALSE(operation["summary"].empty()) << path;
    }
  }
  EXPECT_EQ(described, without_patterns(served, described));
}

TEST_F(OpenApiServiceTest, HasEveryFieldOfTheRequests) {
  constexpr const char* kUnknown = R"("qqqqqqqqqqqqqqqqqqqqqqqq": 1)";
  const auto inner = [&](const std::string& begin, const std::string& end) { return begin + kUnknown + end; };
  const auto described = [](const char* name) { return keys_of(schema(name)["properties"]); };
  for (const char* path : {"/v1/executions", "/v1/validate"}) {
    EXPECT_EQ(known_fields(path, inner("{", "}")), described("ExecutionRequest")) << path;
    EXPECT_EQ(known_fields(path, inner(R"({"code": "1", "sandbox_config": {)", "}}")),
              described("SandboxConfig"));
    EXPECT_EQ(known_fields(path, inner(R"({"code": "1", "files": [{)", "}]}")), described("File"));
  }
  EXPECT_EQ(known_fields("/v1/redact", inner("{", "}")), described("RedactionRequest"));
  EXPECT_EQ(known_fields("/v1/executions/batch", inner("{", "}")), described("BatchRequest"));
  Set parameters;
  for (const json& parameter : document()["paths"]["/v1/executions"]["get"]["parameters"]) {
    parameters.insert(parameter["name"]);
  }
  EXPECT_EQ(known_in(ask(get("/v1/executions?qqqqqqqqqqqqqqqqqqqqqqqq=1"))), parameters);
  EXPECT_EQ(known_fields("/v1/sessions", inner("{", "}")), described("SessionRequest"));
  EXPECT_EQ(known_fields("/v1/sessions/x/cells", inner("{", "}")), described("CellRequest"));
}

/// Of the foreign forms, which ignore what they do not know: each field that the document has is looked at.
TEST_F(OpenApiServiceTest, FieldsOfOtherFormsAreRead) {
  struct Form {
    const char* schema_name;
    const char* path;
    json request;
  };
  const json piston = {{"language", "py"}, {"version", "*"}, {"files", {{{"content", "1"}}}}};
  const json dify = {{"language", "python3"}, {"code", "1"}};
  const json judge0 = {{"source_code", "1"}, {"language_id", 71}};
  for (const Form& form :
       {Form{"PistonRequest", "/api/v2/execute", piston}, Form{"DifySandboxRequest", "/v1/sandbox/run", dify},
        Form{"Judge0Request", "/submissions?wait=true", judge0}}) {
    for (const std::string& field : keys_of(schema(form.schema_name)["properties"])) {
      json request = form.request;
      request[field] = json::object({{"no", "field takes an object"}});
      const Answer answer = ask(post(form.path, request.dump()));
      EXPECT_GE(answer.status, 400) << field;
      EXPECT_NE(answer.body.find(field), std::string::npos) << field << ": " << answer.body;
    }
  }
}

TEST_F(OpenApiServiceTest, IsServed) {
  const Answer answer = ask(get("/openapi.json"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(json::parse(answer.body), document());
  expect_described(json::parse(ask(get("/v1/audit")).body), schema("AuditPage"), "AuditPage");
  const json ready = json::parse(ask(get("/readyz")).body);
  expect_described(ready, schema("Ready"), "Ready");
}

}  // namespace
}  // namespace sallyport::broker
