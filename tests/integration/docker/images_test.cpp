// Images, against the real engine.
#include "tests/integration/docker/engine_fixture.hpp"

#include <gmock/gmock.h>

namespace sallyport::docker {
namespace {

class ImagesTest : public EngineTest {
 protected:
  // What a test made and did not remove itself.
  void TearDown() override {
    EngineTest::TearDown();
    for (const char* tag : {":built", ":copy"}) {
      auto removed = run(client.remove_image(image_repository() + tag, true, within()));
      EXPECT_TRUE(removed.has_value() || removed.error().is_not_found()) << removed.error().to_string();
    }
  }

  static std::string context_with(std::string_view dockerfile) {
    TarArchive tar;
    tar.add_file("Dockerfile", dockerfile, 0644);
    tar.add_file("data.txt", "content", 0644);
    return tar.finish();
  }

  ImageBuildOptions build_options() {
    ImageBuildOptions options;
    options.tag = image_repository() + ":built";
    options.labels["sallyport.test"] = "docker";
    options.labels["quoted"] = "a \"b\" & c";
    options.build_args["BASE"] = image_name();
    options.network_mode = "none";
    return options;
  }
};

TEST_F(ImagesTest, InspectAndListTheImported) {
  auto details = run(client.inspect_image(image_name(), within()));
  ASSERT_TRUE(details.has_value()) << details.error().to_string();
  EXPECT_TRUE(details->id.starts_with("sha256:"));
  EXPECT_THAT(details->tags, ::testing::ElementsAre(image_name()));
  EXPECT_EQ(details->os, "linux");
  EXPECT_GT(details->size_bytes, 0);
  EXPECT_EQ(details->labels["sallyport.test"], "docker");

  auto by_id = run(client.inspect_image(details->id, within()));
  ASSERT_TRUE(by_id.has_value()) << by_id.error().to_string();
  EXPECT_EQ(by_id->id, details->id);

  Labels wanted;
  wanted["sallyport.test"] = "docker";
  auto listed = run(client.list_images(wanted, within()));
  ASSERT_TRUE(listed.has_value()) << listed.error().to_string();
  EXPECT_THAT(*listed, ::testing::Contains(::testing::Field(&ImageSummary::id, details->id)));
}

TEST_F(ImagesTest, TagsAndRemovesATag) {
  auto tagged = run(client.tag_image(image_name(), image_repository(), "copy", within()));
  ASSERT_TRUE(tagged.has_value()) << tagged.error().to_string();
  auto copy = run(client.inspect_image(image_repository() + ":copy", within()));
  ASSERT_TRUE(copy.has_value()) << copy.error().to_string();
  EXPECT_EQ(copy->tags.size(), 2U);
  auto removed = run(client.remove_image(image_repository() + ":copy", false, within()));
  ASSERT_TRUE(removed.has_value()) << removed.error().to_string();
  auto gone = run(client.inspect_image(image_repository() + ":copy", within()));
  ASSERT_TRUE(gone.has_error());
  EXPECT_TRUE(gone.error().is_not_found()) << gone.error().to_string();
}

TEST_F(ImagesTest, BuildsAnImageAndReportsProgress) {
  const std::string tar = context_with(
      "ARG BASE\nFROM $BASE\nCOPY data.txt /data.txt\nRUN [\"/guest\", \"out\", \"built here\"]\n");
  std::vector<std::string> lines;
  const ProgressSink sink = [&lines](std::string_view line) { lines.emplace_back(line); };
  auto built = run(client.build_image(build_options(), pieces_of(tar, 1000), sink, within(60s)));
  ASSERT_TRUE(built.has_value()) << built.error().to_string();
  auto details = run(client.inspect_image(image_repository() + ":built", within()));
  ASSERT_TRUE(details.has_value()) << details.error().to_string();
  EXPECT_EQ(details->id, *built);
  EXPECT_EQ(details->labels["quoted"], "a \"b\" & c");
  EXPECT_THAT(lines, ::testing::Contains(::testing::HasSubstr("built here")));
  EXPECT_THAT(lines, ::testing::Each(::testing::Not(::testing::HasSubstr("\n"))));
}

TEST_F(ImagesTest, FailingBuildStepIsAnError) {
  const std::string tar = context_with("ARG BASE\nFROM $BASE\nRUN [\"/guest\", \"exit\", \"5\"]\n");
  auto built = run(client.build_image(build_options(), pieces_of(tar), {}, within(60s)));
  ASSERT_TRUE(built.has_error());
  EXPECT_EQ(built.error().kind, ErrorKind::engine);
  EXPECT_EQ(built.error().status, 0) << "inside a stream whose status was 200";
  EXPECT_THAT(built.error().message, ::testing::HasSubstr("returned a non-zero code: 5"));
}

TEST_F(ImagesTest, BuildWithoutDockerfileIsAnError) {
  TarArchive tar;
  tar.add_file("other", "x", 0644);
  auto built = run(client.build_image(build_options(), pieces_of(tar.finish()), {}, within()));
  ASSERT_TRUE(built.has_error());
  EXPECT_EQ(built.error().kind, ErrorKind::engine) << built.error().to_string();
}

TEST_F(ImagesTest, ImportOfGarbageIsAnError) {
  ImageImportOptions options;
  options.repository = image_repository();
  options.tag = "copy";
  auto imported = run(client.import_image(options, pieces_of(std::string(1 << 20, 'x')), {}, within()));
  ASSERT_TRUE(imported.has_error());
  EXPECT_EQ(imported.error().kind, ErrorKind::engine) << imported.error().to_string();
}

TEST_F(ImagesTest, AnUploadThatIsRefusedAtItsBeginningEndsEarly) {
  ImageImportOptions options;
  options.repository = image_repository();
  options.tag = "copy";
  options.changes = {"NONSENSE here"};
  std::size_t pieces = 0;
  // Half a gigabyte, if anyone were to take it all.
  const TarSource endless = [&pieces] { return ++pieces > 8192 ? std::string() : std::string(65536, 'x'); };
  auto imported = run(client.import_image(options, endless, {}, within()));
  ASSERT_TRUE(imported.has_error());
  EXPECT_EQ(imported.error().kind, ErrorKind::engine) << imported.error().to_string();
  EXPECT_LT(pieces, 8192U);
}

TEST_F(ImagesTest, CutUploadLeavesTheClientUsable) {
  ImageImportOptions options;
  options.repository = image_repository();
  options.tag = "copy";
  std::stop_source stop;
  std::size_t pieces = 0;
  const TarSource source = [&] {
    if (++pieces == 10) stop.request_stop();
    return std::string(65536, '\0');
  };
  const base::CallBounds bounds(base::Deadline::after(20s), stop.get_token());
  auto imported = run(client.import_image(options, source, {}, bounds));
  ASSERT_TRUE(imported.has_error());
  EXPECT_EQ(imported.error().kind, ErrorKind::stopped) << imported.error().to_string();
  auto pinged = run(client.ping(within(5s)));
  EXPECT_TRUE(pinged.has_value()) << pinged.error().to_string();
}

TEST_F(ImagesTest, PullFromNowhereIsAnError) {
  // Nobody serves a registry on this port of the loopback interface.
  auto pulled = run(client.pull_image("127.0.0.1:1/nothing/here:1", {}, within()));
  ASSERT_TRUE(pulled.has_error());
  EXPECT_EQ(pulled.error().kind, ErrorKind::engine) << pulled.error().to_string();
}

}  // namespace
}  // namespace sallyport::docker
