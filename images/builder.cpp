#include "images/builder.hpp"

#include "images/build_context.hpp"
#include "images/root_file_system.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <system_error>
#include <utility>

namespace asio = boost::asio;

namespace sallyport::images {
namespace {

constexpr const char* kBaseLabel = "sallyport.base_sha";
constexpr const char* kRepositoryPrefix = "sallyport/";
constexpr std::size_t kTagDigits = 12;
constexpr std::size_t kUploadPieceBytes = 256 * 1024;
constexpr std::size_t kMaxShownBytes = 2000;

Error engine_error(const docker::Error& error) {
  const bool stopped = error.kind == docker::ErrorKind::stopped || error.kind == docker::ErrorKind::timed_out;
  return Error{stopped ? ErrorKind::stopped : ErrorKind::engine, error.to_string()};
}

Error verification_error(const std::string& name, const std::string& why) {
  return Error{ErrorKind::verification, "the image \"" + name + "\" failed its self-test: " + why};
}

/// A folder of its own, removed with all that is in it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::error_code error;
    path_ = (std::filesystem::temp_directory_path(error) / "sallyport-image.XXXXXX").string();
    if (::mkdtemp(path_.data()) == nullptr) path_.clear();
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  /// Empty: it could not be made.
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

docker::TarSource from_file(const std::string& path) {
  auto file = std::make_shared<std::ifstream>(path, std::ios::binary);
  return [file] {
    std::string piece(kUploadPieceBytes, '\0');
    file->read(piece.data(), static_cast<std::streamsize>(piece.size()));
    piece.resize(static_cast<std::size_t>(file->gcount()));
    return piece;
  };
}

docker::TarSource from_text(std::string text) {
  auto rest = std::make_shared<std::string>(std::move(text));
  return [rest] { return std::exchange(*rest, {}); };
}

std::string now_utc() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

/// The newest of `images`, or null.
const docker::ImageSummary* newest(const std::vector<docker::ImageSummary>& images) {
  const auto older = [](const auto& a, const auto& b) { return a.created_unix < b.created_unix; };
  const auto found = std::max_element(images.begin(), images.end(), older);
  return found != images.end() ? &*found : nullptr;
}

std::string label_of(const docker::ImageSummary& image, const char* label) {
  const auto found = image.labels.find(label);
  return found != image.labels.end() ? found->second : "";
}

std::string shown(const std::string& text) {
  if (text.size() <= kMaxShownBytes) return text;
  return text.substr(0, kMaxShownBytes) + "...";
}

/// Why the result is not what the test expects; empty if it is.
std::string difference(const SelfTest& test, const SelfTestResult& result) {
  const std::string stderr_note = result.stderr_text.empty() ? "" : "\nstderr:\n" + shown(result.stderr_text);
  if (!result.failure.empty()) return result.failure + stderr_note;
  if (result.exit_code != 0) return "exit status " + std::to_string(result.exit_code) + stderr_note;
  if (result.stdout_text != test.expected_stdout) {
    return "expected:\n" + shown(test.expected_stdout) + "\nbut it printed:\n" + shown(result.stdout_text) +
           stderr_note;
  }
  for (const std::string& name : test.artifacts) {
    if (std::find(result.artifacts.begin(), result.artifacts.end(), name) == result.artifacts.end()) {
      return "it left no artifact " + name + stderr_note;
    }
  }
  return {};
}

ImageStatus status_of(const std::string& name, const Result<Recipe>& recipe, const Record& record,
                      const std::vector<docker::ImageSummary>& images) {
  ImageStatus status;
  status.name = name;
  std::string sha;
  if (recipe) {
    status.has_recipe = true;
    status.description = recipe->description;
    sha = recipe_sha(*recipe);
  } else {
    status.recipe_error = recipe.error().message;
  }
  if (const RecordEntry* entry = record.find(name)) {
    status.verified = *entry;
    status.up_to_date = !sha.empty() && entry->recipe_sha == sha;
  }
  for (const docker::ImageSummary& image : images) {
    if (status.verified && image.id == status.verified->digest) status.verified_in_engine = true;
    if (!sha.empty() && label_of(image, kImageLabel) == name && label_of(image, kRecipeLabel) == sha) {
      status.built_digest = image.id;
    }
  }
  return status;
}

}  // namespace

std::optional<Base> parse_base(std::string_view text) {
  if (text.empty() || text == "automatic") return Base::automatic;
  if (text == "debootstrap") return Base::debootstrap;
  if (text == "pull") return Base::pull;
  return std::nullopt;
}

Builder::Builder(docker::Client& client, BuilderOptions options)
    : client_(client), options_(std::move(options)) {}

asio::awaitable<Result<std::vector<ImageStatus>>> Builder::list(base::CallBounds bounds) {
  const Result<Record> record = Record::load(options_.record_path);
  if (record.has_error()) co_return record.error();
  const Result<std::vector<std::string>> recipes = recipe_names(options_.recipes_folder);
  if (recipes.has_error()) co_return recipes.error();
  docker::Labels labels;
  labels[kImageLabel] = "";
  auto images = co_await client_.list_images(std::move(labels), bounds);
  if (images.has_error()) co_return engine_error(images.error());

  std::set<std::string> names(recipes->begin(), recipes->end());
  for (const auto& [name, entry] : record->entries()) names.insert(name);
  std::vector<ImageStatus> statuses;
  for (const std::string& name : names) {
    statuses.push_back(status_of(name, load_recipe(options_.recipes_folder, name), *record, *images));
  }
  co_return statuses;
}

asio::awaitable<Result<BuildResult>> Builder::build(std::string name, BuildOptions options,
                                                    docker::ProgressSink progress, base::CallBounds bounds) {
  Result<Recipe> recipe = load_recipe(options_.recipes_folder, name);
  if (recipe.has_error()) co_return std::move(recipe).error();
  BuildResult result;
  if (!options.force) {
    Result<std::string> found = co_await find_built(*recipe, bounds);
    if (found) {
      result.digest = std::move(*found);
      result.up_to_date = true;
      co_return result;
    }
    if (found.error().kind != ErrorKind::not_built) co_return std::move(found).error();
  }

  Base base = options.base;
  if (base == Base::automatic) {
    const bool here = !recipe->suite.empty() && can_make_root_file_system();
    base = here ? Base::debootstrap : Base::pull;
  }
  Result<std::string> from = co_await base_image(*recipe, base, progress, bounds);
  if (from.has_error()) co_return std::move(from).error();

  docker::ImageBuildOptions build;
  build.tag = kRepositoryPrefix + name;
  build.labels = {
      {kImageLabel, name}, {kRecipeLabel, recipe_sha(*recipe)}, {kPythonLabel, recipe->python_version}};
  if (base == Base::debootstrap) build.network_mode = "none";
  build.no_cache = options.force;
  docker::TarSource context = from_text(make_context(*recipe, *from, base));
  auto built = co_await client_.build_image(std::move(build), std::move(context), progress, bounds);
  if (built.has_error()) co_return engine_error(built.error());
  // The build's own answer may be a short id; containers are run from the whole digest.
  auto details = co_await client_.inspect_image(*built, bounds);
  if (details.has_error()) co_return engine_error(details.error());
  result.digest = std::move(details->id);
  co_return result;
}

asio::awaitable<Result<std::string>> Builder::find_built(Recipe recipe, base::CallBounds bounds) {
  docker::Labels labels;
  labels[kImageLabel] = recipe.name;
  labels[kRecipeLabel] = recipe_sha(recipe);
  auto images = co_await client_.list_images(std::move(labels), bounds);
  if (images.has_error()) co_return engine_error(images.error());
  if (const docker::ImageSummary* image = newest(*images)) co_return image->id;
  co_return Error{ErrorKind::not_built,
                  "the image \"" + recipe.name +
                      "\" is not built as its recipe stands; run: sallyport images build " + recipe.name};
}

asio::awaitable<Result<std::string>> Builder::base_image(Recipe recipe, Base base,
                                                         docker::ProgressSink progress,
                                                         base::CallBounds bounds) {
  if (base == Base::debootstrap) {
    if (!recipe.suite.empty()) co_return co_await debootstrap_image(std::move(recipe), progress, bounds);
    co_return Error{ErrorKind::recipe,
                    "the recipe of \"" + recipe.name + "\" offers no base \"debootstrap\""};
  }
  if (recipe.pull_image.empty()) {
    co_return Error{ErrorKind::tool, "neither mmdebstrap nor debootstrap is installed, and the recipe of \"" +
                                         recipe.name +
                                         "\" offers no base \"pull\": apt-get install mmdebstrap"};
  }
  auto pulled = co_await client_.pull_image(recipe.pull_image, progress, bounds);
  if (pulled.has_error()) co_return engine_error(pulled.error());
  co_return recipe.pull_image;
}

asio::awaitable<Result<std::string>> Builder::debootstrap_image(Recipe recipe, docker::ProgressSink progress,
                                                                base::CallBounds bounds) {
  const std::string sha = root_file_system_sha(recipe);
  docker::ImageImportOptions options;
  options.repository = std::string(kRepositoryPrefix) + "base";
  options.tag = sha.substr(0, kTagDigits);
  std::string reference = options.repository + ":" + options.tag;

  docker::Labels labels;
  labels[kBaseLabel] = sha;
  auto images = co_await client_.list_images(std::move(labels), bounds);
  if (images.has_error()) co_return engine_error(images.error());
  for (const docker::ImageSummary& image : *images) {
    if (std::find(image.tags.begin(), image.tags.end(), reference) != image.tags.end()) co_return reference;
  }

  const TemporaryFolder folder;
  if (folder.path().empty()) {
    co_return Error{ErrorKind::tool, std::string("no temporary folder can be made: ") +
                                         std::generic_category().message(errno)};
  }
  Result<std::string> tar = co_await make_root_file_system(recipe, folder.path(), progress, bounds);
  if (tar.has_error()) co_return std::move(tar).error();
  options.changes.push_back(std::string("LABEL ") + kBaseLabel + "=" + sha);
  options.message = "root file system of the image " + recipe.name;
  docker::TarSource source = from_file(*tar);
  auto imported = co_await client_.import_image(std::move(options), std::move(source), progress, bounds);
  if (imported.has_error()) co_return engine_error(imported.error());
  co_return reference;
}

asio::awaitable<Result<RecordEntry>> Builder::verify(std::string name, SelfTestRunner& runner,
                                                     base::CallBounds bounds) {
  Result<Recipe> recipe = load_recipe(options_.recipes_folder, name);
  if (recipe.has_error()) co_return std::move(recipe).error();
  Result<std::string> digest = co_await find_built(*recipe, bounds);
  if (digest.has_error()) co_return std::move(digest).error();

  const SelfTestResult result = co_await runner.run(*digest, recipe->self_test, bounds);
  const std::string why = difference(recipe->self_test, result);
  if (!why.empty()) co_return verification_error(name, why);

  // Read only now: another command may have written the record while the test ran.
  Result<Record> record = Record::load(options_.record_path);
  if (record.has_error()) co_return std::move(record).error();
  RecordEntry entry;
  entry.name = name;
  entry.digest = std::move(*digest);
  entry.python_version = recipe->python_version;
  entry.imports = recipe->imports;
  entry.recipe_sha = recipe_sha(*recipe);
  entry.verified_at = now_utc();
  record->set(entry);
  const Result<void> saved = record->save(options_.record_path);
  if (saved.has_error()) co_return saved.error();
  co_return entry;
}

asio::awaitable<Result<void>> Builder::remove(std::string name, base::CallBounds bounds) {
  Result<Record> record = Record::load(options_.record_path);
  if (record.has_error()) co_return std::move(record).error();
  const bool recorded = record->erase(name);
  if (recorded) {
    const Result<void> saved = record->save(options_.record_path);
    if (saved.has_error()) co_return saved.error();
  }
  docker::Labels labels;
  labels[kImageLabel] = name;
  auto images = co_await client_.list_images(std::move(labels), bounds);
  if (images.has_error()) co_return engine_error(images.error());
  if (!recorded && images->empty()) {
    co_return Error{ErrorKind::not_built, "there is no image \"" + name + "\""};
  }
  for (const docker::ImageSummary& image : *images) {
    auto removed = co_await client_.remove_image(image.id, false, bounds);
    if (removed.has_error() && !removed.error().is_not_found()) co_return engine_error(removed.error());
  }
  co_return Result<void>();
}

}  // namespace sallyport::images
