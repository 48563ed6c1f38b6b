#include "broker/admission/fair_queue.hpp"

#include <utility>

namespace sallyport::broker {
namespace {

/// What a submission costs of its owner's turns: low, normal, high.
constexpr std::array<double, kPriorities> kCosts = {4, 1, 0.25};

}  // namespace

/// The class whose turn it is; some class must have entries. Of equal tags the higher priority.
std::size_t FairQueue::Account::head() const {
  std::size_t best = kPriorities;
  for (std::size_t i = kPriorities; i-- > 0;) {
    if (classes[i].entries.empty()) continue;
    if (best == kPriorities || classes[i].start + kCosts[i] < classes[best].start + kCosts[best]) best = i;
  }
  return best;
}

FairQueue::Account& FairQueue::open(const Owner& owner) {
  const auto [key, new_key] = keys_.try_emplace(owner.key, owner.key);
  // A key's weight holds from its next rest on: it must not change under the order of those who wait.
  if (key->second.waiting == 0 && owner.key_weight > 0) key->second.weight = owner.key_weight;
  const auto [account, is_new] = key->second.accounts.try_emplace(owner.user, key->second, owner.user);
  if (is_new) ++accounts_;
  return account->second;
}

void FairQueue::forget_if_idle(Account& account) {
  if (account.waiting > 0 || account.running > 0) return;
  Key& key = account.key;
  // By copies: the names die with what they are erased from.
  const std::string user = account.user;
  key.accounts.erase(user);
  --accounts_;
  if (!key.accounts.empty()) return;
  const std::string name = key.name;
  keys_.erase(name);
}

bool FairQueue::may_run(const Account& account) const {
  return max_running_ == 0 || account.running < max_running_;
}
std::uint64_t FairQueue::waiting(const Account& account) {
  return account.waiting;
}
std::uint64_t FairQueue::running(const Account& account) {
  return account.running;
}

void FairQueue::begin(Account& account) {
  if (account.waiting == 0) {
    ++account.running;
    return;
  }
  take_out(account);
  ++account.running;
  put_back(account);
}

void FairQueue::end(Account& account) {
  if (account.waiting == 0) {
    --account.running;
    forget_if_idle(account);
    return;
  }
  take_out(account);
  --account.running;
  put_back(account);
}

void FairQueue::push(Entry& entry, Account& account, Priority priority) {
  take_out(account);
  const auto index = static_cast<std::size_t>(priority);
  Class& own = account.classes[index];
  if (own.entries.empty()) own.start = account.now;
  entry.account_ = &account;
  entry.priority_ = priority;
  entry.place_ = own.entries.insert(own.entries.end(), &entry);
  entry.waits_ = true;
  ++account.waiting;
  ++account.key.waiting;
  ++size_;
  ++sizes_by_priority_[index];
  put_back(account);
}

void FairQueue::remove(Entry& entry) {
  if (!entry.waits_) return;
  Account& account = *entry.account_;
  take_out(account);
  unlink(entry);
  put_back(account);
  forget_if_idle(account);
}

FairQueue::Entry* FairQueue::next() {
  if (turns_.empty()) return nullptr;
  Key& key = **turns_.begin();
  Account& account = **key.turns.begin();
  const std::size_t index = account.head();
  Class& own = account.classes[index];
  Entry* const entry = own.entries.front();

  take_out(account);
  now_ = key.turn.start = key.turn.finish;
  key.now = account.turn.start = account.turn.finish;
  own.start += kCosts[index];
  account.now = own.start;
  // Behind all who wait for the same time by now, those that came new included.
  account.turn.order = key.turn.order = ++moves_;
  unlink(*entry);
  ++account.running;
  put_back(account);
  return entry;
}

FairQueue::Entry* FairQueue::displaceable(const Account& newcomer) const {
  if (by_size_.empty()) return nullptr;
  const Key* key = *by_size_.rbegin();
  const Key& own = newcomer.key;
  if (key == &own || static_cast<double>(own.waiting + 1) / own.weight >= key->load()) {
    // No other key has more than its share beside this one; perhaps another user of the same key has.
    if (own.by_size.empty()) return nullptr;
    if (newcomer.waiting + 1 >= (*own.by_size.rbegin())->waiting) return nullptr;
    key = &own;
  }
  const Account& largest = **key->by_size.rbegin();
  for (const Class& each : largest.classes) {
    if (!each.entries.empty()) return each.entries.back();
  }
  return nullptr;
}

void FairQueue::unlink(Entry& entry) {
  Account& account = *entry.account_;
  const auto index = static_cast<std::size_t>(entry.priority_);
  account.classes[index].entries.erase(entry.place_);
  entry.waits_ = false;
  --account.waiting;
  --account.key.waiting;
  --size_;
  --sizes_by_priority_[index];
}

/// Before anything that the orders depend on changes.
void FairQueue::take_out(Account& account) {
  Key& key = account.key;
  if (key.has_turn) turns_.erase(&key);
  if (key.waiting > 0) by_size_.erase(&key);
  if (account.has_turn) key.turns.erase(&account);
  if (account.waiting == 0) return;
  key.by_size.erase(&account);
  --waiting_accounts_;
}

/// After it. Who comes new into an order begins at its present time: nobody saves turns up by waiting for
/// something else.
void FairQueue::put_back(Account& account) {
  Key& key = account.key;
  const bool may = account.waiting > 0 && may_run(account);
  if (may) {
    if (!account.has_turn) {
      account.turn.start = key.now;
      account.turn.order = ++moves_;
    }
    const std::size_t head = account.head();
    account.turn.finish = account.turn.start + kCosts[head];
    key.turns.insert(&account);
  }
  account.has_turn = may;
  if (account.waiting > 0) {
    key.by_size.insert(&account);
    ++waiting_accounts_;
  }

  const bool key_may = !key.turns.empty();
  if (key_may) {
    if (!key.has_turn) {
      key.turn.start = now_;
      key.turn.order = ++moves_;
    }
    const Account& first = **key.turns.begin();
    key.turn.finish = key.turn.start + (first.turn.finish - first.turn.start) / key.weight;
    turns_.insert(&key);
  }
  key.has_turn = key_may;
  if (key.waiting > 0) by_size_.insert(&key);
}

}  // namespace sallyport::broker
