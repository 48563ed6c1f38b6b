// What calls of methods give: "a".join(x), [1].copy(), str.join("", x). text_methods.cpp has those of texts.
#pragma once

#include "validators/policy/evaluator/call_site.hpp"
#include "validators/policy/fold.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport::validators::policy {

class MethodCall : private CallSite {
 public:
  MethodCall(Evaluator& evaluator, const Call& node, Values& into, const Value& method);

  void evaluate();

 private:
  void look_for_bombs();
  void format_bombs();

  // The object comes as the first argument: str.join("", [...]).
  void of_type();
  void from_hexadecimal();
  void join_of_type();
  void of_container();
  [[nodiscard]] Values container_values() const;
  void of_unknown();

  // text_methods.cpp
  void of_text();
  [[nodiscard]] bool is_known_text() const { return is_only_one_ && !self_.prefix_only; }
  void give_like_self(std::string text) { give_text(std::move(text), self_.kind); }
  void join();
  void give_joined(std::string_view separator, SetId items, ValueKind kind);
  void format();
  SetId field_value(const FormatField& field, std::size_t& automatic) const;
  void give_beginning(std::string text);
  void recode();
  void change_case();
  void strip();
  void replace();
  void remove_end();
  void split();
  [[nodiscard]] std::vector<SetId> words();
  [[nodiscard]] std::vector<SetId> pieces(std::string_view separator);

  std::string_view name_;
  SetId base_;
  Value self_;                // what it is called on; of several, the first
  bool is_only_one_ = false;  // there are no others
};

}  // namespace sallyport::validators::policy
