#include "validators/output/findings.hpp"

#include <algorithm>

namespace sallyport::validators::output {

const Finding& Findings::front() {
  if (!sorted_) {
    list_.erase(list_.begin(), list_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
    std::sort(list_.begin(), list_.end());
    sorted_ = true;
  }
  return list_[first_];
}

}  // namespace sallyport::validators::output
