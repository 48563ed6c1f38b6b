#include "broker/store/sql_store.hpp"

#include "broker/store/delivery_tables.hpp"
#include "broker/store/job_tables.hpp"
#include "broker/store/quota_tables.hpp"

#include <utility>

namespace sallyport::broker::store {

namespace asio = boost::asio;

namespace {

class SqlStore final : public Store {
 public:
  SqlStore(asio::any_io_executor executor, SqlThread::Open open, SqlThreadOptions options, StoreBounds bounds)
      : bounds_(bounds), thread_(std::move(executor), std::move(open), options) {}

  asio::awaitable<StoreResult<Accepted>> accept(Submission submission) override {
    return run<Accepted>([submission = std::move(submission), bounds = bounds_](SqlConnection& connection) {
      return tables::accept(connection, submission, bounds);
    });
  }
  asio::awaitable<StoreResult<std::optional<StoredJob>>> find(std::string id,
                                                              std::string owner_key) override {
    return run<std::optional<StoredJob>>(
        [id = std::move(id), owner_key = std::move(owner_key)](SqlConnection& connection) {
          return tables::find(connection, id, owner_key);
        });
  }
  asio::awaitable<StoreResult<std::vector<Job>>> list(ListQuery query) override {
    return run<std::vector<Job>>(
        [query = std::move(query)](SqlConnection& connection) { return tables::list(connection, query); });
  }
  asio::awaitable<StoreResult<std::optional<Job>>> cancel(std::string id, std::string owner_key,
                                                          std::int64_t now_ms) override {
    return run<std::optional<Job>>(
        [id = std::move(id), owner_key = std::move(owner_key), now_ms](SqlConnection& connection) {
          return tables::cancel(connection, id, owner_key, now_ms);
        });
  }
  asio::awaitable<StoreResult<std::vector<ClaimedJob>>> claim(std::size_t most, std::int64_t now_ms,
                                                              std::int64_t lease_until_ms) override {
    return run<std::vector<ClaimedJob>>([most, now_ms, lease_until_ms](SqlConnection& connection) {
      return tables::claim(connection, most, now_ms, lease_until_ms);
    });
  }
  asio::awaitable<StoreResult<std::vector<std::string>>> renew(std::vector<Claim> claims,
                                                               std::int64_t lease_until_ms) override {
    return run<std::vector<std::string>>(
        [claims = std::move(claims), lease_until_ms](SqlConnection& connection) {
          return tables::renew(connection, claims, lease_until_ms);
        });
  }
  asio::awaitable<StoreResult<bool>> finish(Claim claim, Ending ending) override {
    return run<bool>([claim = std::move(claim), ending = std::move(ending)](SqlConnection& connection) {
      return tables::finish(connection, claim, ending);
    });
  }
  asio::awaitable<StoreResult<bool>> release(Claim claim, std::int64_t not_before_ms) override {
    return run<bool>([claim = std::move(claim), not_before_ms](SqlConnection& connection) {
      return tables::release(connection, claim, not_before_ms);
    });
  }
  asio::awaitable<StoreResult<bool>> withdraw(Claim claim, std::string idempotency_key) override {
    return run<bool>([claim = std::move(claim), key = std::move(idempotency_key)](SqlConnection& connection) {
      return tables::withdraw(connection, claim, key);
    });
  }
  asio::awaitable<StoreResult<std::size_t>> recover() override {
    return run<std::size_t>([](SqlConnection& connection) { return tables::recover(connection); });
  }
  asio::awaitable<StoreResult<Swept>> sweep(SweepBounds bounds) override {
    return run<Swept>([bounds](SqlConnection& connection) { return tables::sweep(connection, bounds); });
  }
  asio::awaitable<StoreResult<std::vector<Delivery>>> claim_deliveries(std::size_t most, std::int64_t now_ms,
                                                                       std::int64_t again_ms) override {
    return run<std::vector<Delivery>>([most, now_ms, again_ms](SqlConnection& connection) {
      return tables::claim_deliveries(connection, most, now_ms, again_ms);
    });
  }
  asio::awaitable<StoreResult<bool>> delivered(std::string job_id) override {
    return run<bool>([job_id = std::move(job_id)](SqlConnection& connection) {
      return tables::delivered(connection, job_id);
    });
  }
  asio::awaitable<StoreResult<bool>> not_delivered(std::string job_id, std::optional<std::int64_t> again_ms,
                                                   std::int64_t now_ms, std::string why) override {
    return run<bool>(
        [job_id = std::move(job_id), again_ms, now_ms, why = std::move(why)](SqlConnection& connection) {
          return tables::not_delivered(connection, job_id, again_ms, now_ms, why);
        });
  }
  asio::awaitable<StoreResult<std::size_t>> drop_dead_deliveries(std::int64_t before_ms) override {
    return run<std::size_t>([before_ms](SqlConnection& connection) {
      return tables::drop_dead_deliveries(connection, before_ms);
    });
  }
  asio::awaitable<StoreResult<std::vector<QuotaUse>>> quotas(std::int64_t over_ms) override {
    return run<std::vector<QuotaUse>>(
        [over_ms](SqlConnection& connection) { return tables::quotas(connection, over_ms); });
  }
  asio::awaitable<StoreResult<std::vector<QuotaUse>>> use_quotas(std::vector<QuotaUse> used,
                                                                 std::int64_t over_ms) override {
    return run<std::vector<QuotaUse>>([used = std::move(used), over_ms](SqlConnection& connection) {
      return tables::use_quotas(connection, used, over_ms);
    });
  }
  asio::awaitable<StoreResult<DeliveryLoad>> delivery_load() override {
    return run<DeliveryLoad>([](SqlConnection& connection) { return tables::delivery_load(connection); });
  }
  asio::awaitable<StoreResult<QueueLoad>> load() override {
    return run<QueueLoad>([](SqlConnection& connection) { return tables::load(connection); });
  }

 private:
  template <class T, class Work>
  asio::awaitable<StoreResult<T>> run(Work work) {
    return thread_.run<T>(std::function<T(SqlConnection&)>(std::move(work)));
  }

  StoreBounds bounds_;
  SqlThread thread_;
};

}  // namespace

std::unique_ptr<Store> make_sql_store(asio::any_io_executor executor, SqlThread::Open open,
                                      SqlThreadOptions options, StoreBounds bounds) {
  return std::make_unique<SqlStore>(std::move(executor), std::move(open), options, bounds);
}

}  // namespace sallyport::broker::store
