// Strict reading of the engine's JSON. Private to the module's .cpp files that speak JSON.
#pragma once

#include "docker/error.hpp"
#include "docker/types.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::docker::detail {

using Json = nlohmann::json;

class JsonObject;

/// One JSON text, and the first thing about it that is not what the API promises. Parse functions read all
/// fields without asking after each, and ask `problem()` once at the end.
class JsonDocument {
 public:
  explicit JsonDocument(std::string_view text);
  JsonDocument(const JsonDocument&) = delete;
  JsonDocument& operator=(const JsonDocument&) = delete;
  JsonDocument(JsonDocument&&) = delete;
  JsonDocument& operator=(JsonDocument&&) = delete;
  ~JsonDocument() = default;

  /// The root, which must be an object.
  [[nodiscard]] JsonObject object();
  /// The root, which must be a list of objects (or null, as Go writes an empty list).
  [[nodiscard]] std::vector<JsonObject> objects();

  void fail(std::string_view where, std::string_view what);
  [[nodiscard]] bool ok() const { return problem_.empty(); }
  /// `malformed`, with the place.
  [[nodiscard]] Error problem() const { return make_error(ErrorKind::malformed, problem_); }

 private:
  Json root_;
  std::string problem_;
};

/// One object of a document. A field that is absent or null reads as its default, since Go leaves out or
/// nulls what is empty; a field of another type is a problem of the document. Lives as long as the document.
class JsonObject {
 public:
  JsonObject(JsonDocument& document, const Json* value, std::string path)
      : document_(&document), value_(value), path_(std::move(path)) {}

  [[nodiscard]] std::string string(const char* key) const;
  [[nodiscard]] std::string required_string(const char* key) const;  ///< Present and not empty.
  [[nodiscard]] std::int64_t integer(const char* key) const;
  [[nodiscard]] std::int64_t required_integer(const char* key) const;
  [[nodiscard]] std::uint64_t unsigned_integer(const char* key) const;
  [[nodiscard]] bool boolean(const char* key) const;
  [[nodiscard]] JsonObject object(const char* key) const;
  [[nodiscard]] std::vector<std::string> strings(const char* key) const;
  [[nodiscard]] Labels string_map(const char* key) const;
  [[nodiscard]] std::vector<std::string> keys(const char* key) const;  ///< Of an object member.
  [[nodiscard]] bool has(const char* key) const { return find(key) != nullptr; }

 private:
  [[nodiscard]] const Json* find(const char* key) const;
  void fail(const char* key, std::string_view what) const;

  JsonDocument* document_;
  const Json* value_;  ///< Null: an absent object, all of whose fields are absent.
  std::string path_;
};

}  // namespace sallyport::docker::detail
