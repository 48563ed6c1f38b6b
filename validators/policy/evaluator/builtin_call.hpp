// What calls of the builtins give: chr(65), list(x), getattr(x, "y").
#pragma once

#include "validators/policy/evaluator/call_site.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace sallyport::validators::policy {

class BuiltinCall : private CallSite {
 public:
  BuiltinCall(Evaluator& evaluator, const Call& node, Values& into) : CallSite(evaluator, node, into) {}

  void evaluate(std::string_view name);

 private:
  [[nodiscard]] bool has_star() const;
  // Of map and zip: as many as the shortest argument, from the `first` on, has; 0 where one is not known.
  [[nodiscard]] std::int64_t shortest(std::size_t first) const;

  void character();
  void str();
  void format();
  void pow();
  void integer();
  void bytes();

  void range();
  void reversed();
  void collection();
  void one_of();
  void map();
  void zip();
  void enumerate();
  void dict();
  void append_pairs(std::vector<SetId>& items);
  void append_keywords(std::vector<SetId>& items);

  void attribute();
  void super();
  void dir();

  std::string_view name_;
};

}  // namespace sallyport::validators::policy
