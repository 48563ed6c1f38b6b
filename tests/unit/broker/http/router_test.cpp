#include "broker/http/router.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace sallyport::broker::http {
namespace {

class RouterTest : public ::testing::Test {
 protected:
  RouterTest() {
    router_.add({"POST", "/v1/jobs", Scope::execute, true, {}});
    router_.add({"GET", "/v1/jobs/{id}", Scope::execute, false, {}});
    router_.add({"DELETE", "/v1/jobs/{id}", Scope::execute, false, {}});
    router_.add({"GET", "/v1/jobs/{id}/output/{stream}", Scope::execute, false, {}});
  }

  static RequestHead head(const std::string& method, const std::string& path,
                          const std::vector<Header>& headers = {}) {
    RequestHead head;
    head.method = method;
    head.path = path;
    head.headers = headers;
    return head;
  }
  std::string route(const RequestHead& head) {
    const auto resolved = router_.resolve(head);
    if (const auto* match = std::get_if<Router::Match>(&resolved)) {
      std::string text = match->route->method + " " + match->route->path;
      for (const std::string& parameter : match->parameters) text += " " + parameter;
      return text;
    }
    return std::to_string(std::get<Response>(resolved).status);
  }
  Response answer(const RequestHead& head) { return std::get<Response>(router_.resolve(head)); }

  Router router_;
};

TEST_F(RouterTest, APathThatIsARouteOfItsOwnIsNoParameter) {
  router_.add({"POST", "/v1/jobs/batch", Scope::execute, false, {}});
  EXPECT_EQ(route(head("POST", "/v1/jobs/batch")), "POST /v1/jobs/batch");
  EXPECT_EQ(route(head("GET", "/v1/jobs/batch")), "405");
  const Response options = answer(head("OPTIONS", "/v1/jobs/batch"));
  ASSERT_EQ(options.headers.size(), 1U);
  EXPECT_EQ(options.headers[0].value, "POST, OPTIONS");
}

TEST_F(RouterTest, FindsRoutesAndParameters) {
  EXPECT_EQ(route(head("GET", "/v1/jobs/7")), "GET /v1/jobs/{id} 7");
  EXPECT_EQ(route(head("HEAD", "/v1/jobs/7")), "GET /v1/jobs/{id} 7");
  EXPECT_EQ(route(head("DELETE", "/v1/jobs/7")), "DELETE /v1/jobs/{id} 7");
  EXPECT_EQ(route(head("GET", "/v1/jobs/7/output/stdout")), "GET /v1/jobs/{id}/output/{stream} 7 stdout");
  EXPECT_EQ(route(head("GET", "/v1/jobs/")), "404");
  EXPECT_EQ(route(head("GET", "/v1/jobs/7/")), "404");
  EXPECT_EQ(route(head("GET", "/")), "404");
  EXPECT_EQ(route(head("GET", "/v1/jobs//output/x")), "404");
}

TEST_F(RouterTest, SaysWhatThereIs) {
  const Response response = answer(head("GET", "/x"));
  EXPECT_EQ(nlohmann::json::parse(response.body)["details"]["paths"],
            nlohmann::json({"/v1/jobs", "/v1/jobs/{id}", "/v1/jobs/{id}/output/{stream}"}));
}

TEST_F(RouterTest, SaysWhichMethodsThereAre) {
  const Response wrong = answer(head("PUT", "/v1/jobs/7"));
  EXPECT_EQ(wrong.status, 405);
  ASSERT_EQ(wrong.headers.size(), 1U);
  EXPECT_EQ(wrong.headers[0].name, "Allow");
  EXPECT_EQ(wrong.headers[0].value, "GET, HEAD, DELETE, OPTIONS");
  const Response options = answer(head("OPTIONS", "/v1/jobs"));
  EXPECT_EQ(options.status, 204);
  EXPECT_EQ(options.headers[0].value, "POST, OPTIONS");
  EXPECT_EQ(answer(head("OPTIONS", "*")).headers[0].value, "POST, GET, HEAD, DELETE, OPTIONS");
  EXPECT_EQ(answer(head("OPTIONS", "/x")).status, 404);
}

TEST_F(RouterTest, WantsJsonInUtf8) {
  const auto with = [&](const std::vector<Header>& headers) {
    return route(head("POST", "/v1/jobs", headers));
  };
  EXPECT_EQ(with({{"Content-Type", "application/json"}}), "POST /v1/jobs");
  EXPECT_EQ(with({{"content-type", "Application/JSON ; charset=\"UTF-8\""}}), "POST /v1/jobs");
  EXPECT_EQ(with({{"Content-Type", "application/json; x=y"}, {"Content-Encoding", "identity"}}),
            "POST /v1/jobs");
  EXPECT_EQ(with({}), "415");
  EXPECT_EQ(with({{"Content-Type", "text/plain"}}), "415");
  EXPECT_EQ(with({{"Content-Type", "application/jsonp"}}), "415");
  EXPECT_EQ(with({{"Content-Type", "application/json; charset=utf-16"}}), "415");
  EXPECT_EQ(with({{"Content-Type", "application/json"}, {"Content-Encoding", "gzip"}}), "415");
}

}  // namespace
}  // namespace sallyport::broker::http
