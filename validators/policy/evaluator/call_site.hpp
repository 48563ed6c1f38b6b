// What the evaluation of every kind of call has: its arguments, and the set that its results go to.
#pragma once

#include "validators/policy/evaluator.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace sallyport::validators::policy {

class CallSite {
 protected:
  using Call = python::ast::Call;

  CallSite(Evaluator& evaluator, const Call& node, Values& into)
      : evaluator_(evaluator), pool_(evaluator.pool()), node_(node), into_(into) {}

  [[nodiscard]] std::size_t argument_count() const { return node_.args.size(); }
  // Evaluated when it is asked for. `nothing` where the call does not have it.
  [[nodiscard]] SetId argument(std::size_t i) const {
    return i < node_.args.size() ? evaluator_.eval(node_.args[i]) : nothing;
  }
  // 0 where it is no number that is known.
  [[nodiscard]] std::int64_t size_argument(std::size_t i) const {
    return pool_.figure(argument(i)).value_or(0);
  }

  void give(const Value& value) { add_to(into_, value); }
  void give(SetId set) { pool_.add_to(into_, set); }
  void give_unknown() { give(Value{}); }
  void give_assembled() { give(pool_.assembled_unknown()); }
  // A text that was put together, or else an unknown one.
  void give_text(std::string text, ValueKind kind) { give(pool_.text(std::move(text), true, kind)); }

  void bomb(std::int64_t size, bool bits = false) {
    evaluator_.bomb(&node_, static_cast<std::uint64_t>(size), bits);
  }

  Evaluator& evaluator_;
  ValuePool& pool_;
  const Call& node_;
  Values& into_;
};

}  // namespace sallyport::validators::policy
