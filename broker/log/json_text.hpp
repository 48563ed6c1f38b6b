// An object of JSON, written straight into its text. Inside the module only.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport::broker::log {

/// For records of a fixed form, of which there are many: no tree is made in between. In ASCII and with U+FFFD
/// for what is not UTF-8, as `line_of` writes. The caller sees to it that begin and end match and that keys
/// are plain words, each once an object.
class JsonText {
 public:
  JsonText() : text_("{") { text_.reserve(kUsualSize); }

  void add(std::string_view key, std::string_view value);
  void add(std::string_view key, const char* value) { add(key, std::string_view(value)); }
  void add(std::string_view key, const std::string& value) { add(key, std::string_view(value)); }
  void add(std::string_view key, double value);
  void add(std::string_view key, bool value);
  template <std::signed_integral Integer>
  void add(std::string_view key, Integer value) {
    begin(key);
    text_ += std::to_string(static_cast<std::int64_t>(value));
  }
  template <std::unsigned_integral Integer>
  requires(!std::same_as<Integer, bool>) void add(std::string_view key, Integer value) {
    begin(key);
    text_ += std::to_string(static_cast<std::uint64_t>(value));
  }
  void add_null(std::string_view key);
  /// Null for an empty text.
  void add_or_null(std::string_view key, std::string_view value);

  void begin_object(std::string_view key);
  void begin_object();  ///< In a list.
  void end_object() { text_ += '}'; }
  void begin_list(std::string_view key);
  void end_list() { text_ += ']'; }

  /// The whole, without a line's end.
  std::string take();

 private:
  static constexpr std::size_t kUsualSize = 1024;

  void separate();
  void begin(std::string_view key);

  std::string text_;
};

}  // namespace sallyport::broker::log
