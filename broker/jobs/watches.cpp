#include "broker/jobs/watches.hpp"

#include <utility>

namespace sallyport::broker {

Watches::Watch::~Watch() {
  const auto watches = watches_.lock();
  if (!watches) return;
  const auto found = watches->find(id_);
  // Unless a newer one has taken its place.
  if (found != watches->end() && found->second.expired()) watches->erase(found);
}

Watches::Pointer Watches::watch(const std::string& id) {
  if (const auto found = watches_->find(id); found != watches_->end()) {
    if (auto known = found->second.lock()) return known;
  }
  auto made = std::make_shared<Watch>(executor_, id, watches_);
  (*watches_)[id] = made;
  return made;
}

void Watches::ended(const std::string& id, std::optional<ApiError> not_served) {
  const auto found = watches_->find(id);
  if (found == watches_->end()) return;
  const Pointer watch = found->second.lock();
  watches_->erase(found);
  if (!watch) return;
  watch->not_served = std::move(not_served);
  watch->ended.set();
}

}  // namespace sallyport::broker
