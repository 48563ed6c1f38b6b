#include "broker/api/strict_json.hpp"

#include "broker/api/json_events.hpp"
#include "broker/api/json_string.hpp"
#include "broker/api/utf8.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>
#include <vector>

namespace sallyport::broker {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxQuotedText = 200;

ApiError refusal(int status, std::string message, std::string details_json = "{}") {
  ApiError error;
  error.status = status;
  error.error_type = error_type_of(status);
  error.message = std::move(message);
  error.details_json = std::move(details_json);
  return error;
}

ApiError malformed(std::string_view text, std::size_t offset, const std::string& reason) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const auto line_start = before.rfind('\n');
  const std::size_t column = before.size() - (line_start == std::string_view::npos ? 0 : line_start + 1) + 1;
  Json details;
  details["line"] = line;
  details["column"] = column;
  details["byte"] = before.size();
  return refusal(400,
                 "the body is not valid JSON: line " + std::to_string(line) + ", column " +
                     std::to_string(column) + ": " + reason,
                 details.dump());
}

/// The library's message without its frame, and without what it last read, which may be megabytes.
std::string reason_of(std::string_view message) {
  if (const auto column = message.find(", column "); column != std::string_view::npos) {
    if (const auto colon = message.find(": ", column); colon != std::string_view::npos) {
      message = message.substr(colon + 2);
    }
  } else if (const auto frame = message.find("] "); frame != std::string_view::npos) {
    message = message.substr(frame + 2);
  }
  message = message.substr(0, message.find("; last read"));
  return to_valid_utf8(std::string(message.substr(0, kMaxQuotedText)));
}

class Handler final : public nlohmann::json_sax<Json> {
 public:
  Handler(std::string_view text, const JsonBounds& bounds) : text_(text), bounds_(bounds) {}

  bool null() override { return value(nullptr, "null"); }
  bool boolean(bool item) override { return value(item, item ? "true" : "false"); }
  bool number_integer(number_integer_t item) override {
    return verbatim() ? text_value(std::to_string(item)) : value(item, {});
  }
  bool number_unsigned(number_unsigned_t item) override {
    return verbatim() ? text_value(std::to_string(item)) : value(item, {});
  }
  bool number_float(number_float_t item, const string_t& raw) override { return value(item, raw); }
  bool string(string_t& item) override {
    if (verbatim()) {
      begin_text();
      append_json_string(verbatim_, item);
      return true;
    }
    return value(std::move(item), {});
  }
  bool binary(binary_t& /*item*/) override { return false; }  // No such thing in JSON text.

  bool start_object(std::size_t /*elements*/) override {
    if (verbatim()) keys_.emplace_back();
    return open(Json::object(), '{');
  }
  bool start_array(std::size_t /*elements*/) override { return open(Json::array(), '['); }
  bool end_object() override {
    if (verbatim_depth_ > 0) keys_.pop_back();
    return close('}');
  }
  bool end_array() override { return close(']'); }

  bool key(string_t& name) override {
    if (occurs_twice(name)) {
      std::string quoted;
      append_json_string(quoted, cut_utf8(name, kMaxQuotedText));
      return fail(refusal(400, "the key " + quoted + " occurs twice in one object"));
    }
    if (verbatim()) {
      if (comma_) verbatim_ += ',';
      append_json_string(verbatim_, name);
      verbatim_ += ':';
      comma_ = false;
      return true;
    }
    key_ = std::move(name);
    next_is_verbatim_ =
        stack_.size() == 1 && !bounds_.verbatim_member.empty() && key_ == bounds_.verbatim_member;
    return true;
  }

  bool parse_error(std::size_t position, const std::string& /*last_token*/,
                   const nlohmann::detail::exception& error) override {
    return fail(malformed(text_, position == 0 ? 0 : position - 1, reason_of(error.what())));
  }

  ApiResult<StrictJson> result() {
    if (error_) return std::move(*error_);
    StrictJson document;
    document.root = std::move(root_);
    if (seen_verbatim_) document.verbatim = std::move(verbatim_);
    return document;
  }

 private:
  [[nodiscard]] bool verbatim() const { return verbatim_depth_ > 0 || next_is_verbatim_; }

  /// Of a key in the object that is open.
  bool occurs_twice(const std::string& name) {
    if (verbatim()) return !keys_.back().insert(name).second;
    if (stack_.size() == 1 && seen_verbatim_ && name == bounds_.verbatim_member) return true;
    return stack_.back()->contains(name);
  }

  bool fail(ApiError error) {
    error_ = std::move(error);
    return false;
  }

  void begin_text() {
    if (next_is_verbatim_) {
      next_is_verbatim_ = false;
      seen_verbatim_ = true;
    } else if (comma_) {
      verbatim_ += ',';
    }
    comma_ = true;
  }

  bool text_value(std::string_view token) {
    begin_text();
    verbatim_ += token;
    return true;
  }

  /// A value that is not a container; `token` is its text where it has one.
  bool value(Json item, std::string_view token) {
    if (verbatim()) return text_value(token);
    return place(std::move(item)) != nullptr;
  }

  bool open(Json container, char bracket) {
    if (verbatim()) {
      begin_text();
      verbatim_ += bracket;
      comma_ = false;
      if (++verbatim_depth_ <= bounds_.max_verbatim_depth) return true;
      return fail(refusal(422, std::string(bounds_.verbatim_member) + " is nested deeper than " +
                                   std::to_string(bounds_.max_verbatim_depth) + " levels"));
    }
    Json* const placed = place(std::move(container));
    if (placed == nullptr) return false;
    stack_.push_back(placed);
    if (stack_.size() <= bounds_.max_depth) return true;
    return fail(
        refusal(422, "the body is nested deeper than " + std::to_string(bounds_.max_depth) + " levels"));
  }

  bool close(char bracket) {
    if (verbatim_depth_ > 0) {
      verbatim_ += bracket;
      --verbatim_depth_;
      comma_ = true;
    } else {
      stack_.pop_back();
    }
    return true;
  }

  Json* place(Json item) {
    if (++values_ > bounds_.max_values) {
      fail(refusal(422, "the body has more than " + std::to_string(bounds_.max_values) + " values"));
      return nullptr;
    }
    if (stack_.empty()) {
      root_ = std::move(item);
      return &root_;
    }
    Json& parent = *stack_.back();
    if (parent.is_array()) {
      parent.push_back(std::move(item));
      return &parent.back();
    }
    Json& member = parent[key_];
    member = std::move(item);
    return &member;
  }

  std::string_view text_;
  const JsonBounds& bounds_;
  Json root_;
  std::vector<Json*> stack_;  // Open containers. A container's address holds while only its last child grows.
  std::vector<std::unordered_set<std::string>> keys_;  // Of the open objects in the verbatim member.
  std::string key_;
  std::size_t values_ = 0;
  std::string verbatim_;
  std::size_t verbatim_depth_ = 0;
  bool next_is_verbatim_ = false;
  bool seen_verbatim_ = false;
  bool comma_ = false;
  std::optional<ApiError> error_;
};

}  // namespace

ApiResult<StrictJson> parse_strict_json(std::string_view text, const JsonBounds& bounds) {
  if (text.empty()) return refusal(400, "the body is empty");
  if (const std::size_t bad = find_invalid_utf8(text); bad != std::string_view::npos) {
    return malformed(text, bad, "invalid UTF-8");
  }
  Handler fast(text, bounds);
  if (give_json_events(text, fast)) return fast.result();
  // Refused, for whatever reason: the slower reader finds it again, and has the words for it.
  Handler handler(text, bounds);
  Json::sax_parse(text.begin(), text.end(), &handler);
  return handler.result();
}

}  // namespace sallyport::broker
