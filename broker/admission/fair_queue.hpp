// In which order those who wait get their turn. No clock and no coroutine in here.
#pragma once

#include "broker/admission/owner.hpp"
#include "broker/api/priority.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <set>
#include <string>

namespace sallyport::broker {

/// Weighted fair queueing by virtual time: first among keys, then among the users of a key, then among the
/// priorities of a user. Each of these has a tag, the virtual time at which its next submission would end if
/// all were served at once; the smallest tag is next. So each key gets turns by its weight, each of n users
/// of a key every n-th of that key's turns however many submissions the others have, and whoever comes new is
/// served within one round. A submission of high priority costs its user a fourth of a turn and one of low
/// priority four turns: it is served sooner, or later, but none waits for ever.
///
/// What is remembered about an owner is its waiting and its running submissions, and nothing once it has
/// neither: a flood of owners takes no more memory than the bounds on these permit. Forgetting an owner is no
/// advantage for it: its tag would have been in the past.
///
/// All operations take O(log n) in the number of owners that wait. Not safe from several threads.
class FairQueue {
 public:
  class Account;

  /// One that waits. Belongs to the caller, who keeps it in place while it is in a queue, and takes it out of
  /// there before it is destroyed.
  class Entry {
   public:
    Entry() = default;
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    ~Entry() = default;

    [[nodiscard]] bool waits() const { return waits_; }

   private:
    friend class FairQueue;
    Account* account_ = nullptr;
    Priority priority_ = Priority::normal;
    std::list<Entry*>::iterator place_;
    bool waits_ = false;
  };

  /// `max_running` is of one user, 0 for any number.
  explicit FairQueue(std::uint64_t max_running) : max_running_(max_running) {}

  /// The owner's account. It lives while the owner has anything waiting or running; one that has neither
  /// must be given up by `forget_if_idle` before the next call.
  Account& open(const Owner& owner);
  void forget_if_idle(Account& account);

  /// Whether the owner may have one more running, as far as its own limit goes.
  [[nodiscard]] bool may_run(const Account& account) const;
  [[nodiscard]] static std::uint64_t waiting(const Account& account);
  [[nodiscard]] static std::uint64_t running(const Account& account);

  /// One of the owner's runs without having waited.
  void begin(Account& account);
  /// One of the owner's has ended. The account may be gone after it.
  void end(Account& account);

  void push(Entry& entry, Account& account, Priority priority);
  /// Gives up waiting. The account may be gone after it.
  void remove(Entry& entry);
  /// Takes out whose turn it is, and counts it as running; null when nobody waits who may run.
  Entry* next();
  [[nodiscard]] static Account& account_of(const Entry& entry) { return *entry.account_; }

  /// Whom a newcomer of this owner may push out of a full queue: the newest of the least priority of the
  /// owner that has the largest part of it, if that would still have no less than the newcomer's owner. Null
  /// when the newcomer's owner itself has as much as anybody.
  [[nodiscard]] Entry* displaceable(const Account& newcomer) const;

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] std::uint64_t size(Priority priority) const {
    return sizes_by_priority_[static_cast<std::size_t>(priority)];
  }
  /// Owners that have something waiting, or one that runs.
  [[nodiscard]] std::uint64_t owners() const { return accounts_; }
  /// Users that have something waiting.
  [[nodiscard]] std::uint64_t waiting_owners() const { return waiting_accounts_; }

 private:
  struct Key;

  /// A child's tag and, of equal ones, who has been waiting longer for it.
  struct Turn {
    double start = 0;
    double finish = 0;
    std::uint64_t order = 0;
  };
  template <class Child>
  struct ByTurn {
    bool operator()(const Child* a, const Child* b) const {
      if (a->turn.finish != b->turn.finish) return a->turn.finish < b->turn.finish;
      return a->turn.order < b->turn.order;
    }
  };
  template <class Child>
  struct BySize {
    bool operator()(const Child* a, const Child* b) const {
      if (a->load() != b->load()) return a->load() < b->load();
      return a < b;
    }
  };
  struct Class {
    std::list<Entry*> entries;
    double start = 0;
  };

 public:
  /// One user's. Its members are the queue's own business.
  class Account {
    friend class FairQueue;
    friend struct ByTurn<Account>;
    friend struct BySize<Account>;

   public:
    Account(Key& key_in, std::string user_in) : key(key_in), user(std::move(user_in)) {}

   private:
    [[nodiscard]] double load() const { return static_cast<double>(waiting); }
    [[nodiscard]] std::size_t head() const;

    Key& key;
    std::string user;
    std::array<Class, kPriorities> classes;
    double now = 0;  // Virtual time of the classes.
    std::uint64_t waiting = 0;
    std::uint64_t running = 0;
    Turn turn;
    bool has_turn = false;
  };

 private:
  struct Key {
    explicit Key(std::string name_in) : name(std::move(name_in)) {}
    [[nodiscard]] double load() const { return static_cast<double>(waiting) / weight; }

    std::string name;
    double weight = 1;
    std::map<std::string, Account> accounts;
    std::set<Account*, ByTurn<Account>> turns;    // Those who may run.
    std::set<Account*, BySize<Account>> by_size;  // Those who wait.
    double now = 0;
    std::uint64_t waiting = 0;
    Turn turn;
    bool has_turn = false;
  };

  void take_out(Account& account);
  void put_back(Account& account);
  void unlink(Entry& entry);

  std::uint64_t max_running_;
  std::map<std::string, Key> keys_;
  std::set<Key*, ByTurn<Key>> turns_;
  std::set<Key*, BySize<Key>> by_size_;
  double now_ = 0;
  std::uint64_t size_ = 0;
  std::uint64_t accounts_ = 0;
  std::uint64_t waiting_accounts_ = 0;
  std::uint64_t moves_ = 0;  // Numbers the orders of the turns.
  std::array<std::uint64_t, kPriorities> sizes_by_priority_{};
};

}  // namespace sallyport::broker
