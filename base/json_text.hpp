// JSON, written straight into its text.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::base {

/// Whether `text` is ASCII of which a JSON string escapes nothing: no control characters, DEL among them, no
/// quotes, no backslashes.
[[nodiscard]] bool is_plain_json(std::string_view text);

/// The shortest digits that give `number` back, with a point or an exponent: who reads it finds no integer.
/// Null for what JSON has no number for.
void append_json_number(std::string& out, double number);

/// `number` to the nearest of `decimals` places, at most 9; no zeros behind, but one next to the point.
void append_json_rounded(std::string& out, double number, int decimals);

/// An object, for replies and records of a fixed form, of which there are many: no tree is made in between.
/// The caller sees to it that begin and end match and that keys are plain words, each once an object.
class JsonText {
 public:
  /// Appends a text that is not plain as a JSON string, with its quotes.
  using AppendString = void (*)(std::string& out, std::string_view text);

  explicit JsonText(AppendString append_string) : text_("{"), append_string_(append_string) {
    text_.reserve(kUsualSize);
  }

  void add(std::string_view key, std::string_view value);
  void add(std::string_view key, const char* value) { add(key, std::string_view(value)); }
  void add(std::string_view key, const std::string& value) { add(key, std::string_view(value)); }
  void add(std::string_view key, double value);
  void add(std::string_view key, bool value);
  template <std::signed_integral Integer>
  void add(std::string_view key, Integer value) {
    add_integer(key, static_cast<std::int64_t>(value));
  }
  template <std::unsigned_integral Integer>
  requires(!std::same_as<Integer, bool>) void add(std::string_view key, Integer value) {
    add_integer(key, static_cast<std::uint64_t>(value));
  }
  /// Null for nothing.
  template <class T>
  void add(std::string_view key, const std::optional<T>& value) {
    if (value) {
      add(key, *value);
    } else {
      add_null(key);
    }
  }
  /// As append_json_rounded has it.
  void add_rounded(std::string_view key, double value, int decimals);
  void add_rounded(std::string_view key, std::optional<double> value, int decimals);
  void add_null(std::string_view key);
  /// Null for an empty text.
  void add_or_null(std::string_view key, std::string_view value);
  /// For a key from outside, which may be anything.
  void add_escaped(std::string_view key, std::string_view value);
  void add_item(std::string_view value);  ///< In a list.

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
  void append(std::string_view value);
  void add_integer(std::string_view key, std::integral auto value);

  std::string text_;
  AppendString append_string_;
};

}  // namespace sallyport::base
