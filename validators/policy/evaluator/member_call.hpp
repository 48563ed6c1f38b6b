// What the functions of modules give: base64.b64decode(x), itertools.repeat(x), numpy.zeros(n).
#pragma once

#include "validators/policy/evaluator/call_site.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::validators::policy {

class MemberCall : private CallSite {
 public:
  MemberCall(Evaluator& evaluator, const Call& node, Values& into, const Value& member)
      : CallSite(evaluator, node, into), module_(member.text), name_(member.name) {}

  void evaluate();

 private:
  // member_sizes.cpp: how much is made of what.
  void look_for_bombs();
  void math_bombs();
  void numpy_bombs();
  [[nodiscard]] std::int64_t array_size() const;
  [[nodiscard]] std::int64_t random_size() const;
  [[nodiscard]] std::int64_t shape_size() const;
  [[nodiscard]] std::int64_t iterator_size() const;
  [[nodiscard]] std::int64_t product_size() const;
  [[nodiscard]] std::int64_t permutations_size() const;

  void iterator(std::int64_t size);
  // False: it is no decoder, and nothing was given.
  bool decoded();
  void codec();
  void give_decoded(std::optional<std::string> text, ValueKind kind);
  [[nodiscard]] bool hides_text() const;
  // A text or bytes.
  [[nodiscard]] std::optional<Value> coded(SetId set) const;

  std::string_view module_;
  std::string_view name_;
};

}  // namespace sallyport::validators::policy
