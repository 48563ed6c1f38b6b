#include "broker/store/delivery_tables.hpp"

#include <utility>

namespace sallyport::broker::store::tables {
namespace {

constexpr std::int64_t kDropRows = 200;

}  // namespace

void add_deliveries(SqlConnection& connection, const std::string& job_id, std::int64_t ended_ms) {
  static const std::string insert =
      "INSERT INTO webhook_deliveries (job_id, owner_key, url, form, state, attempts, due_ms) "
      "SELECT id, owner_key, callback_url, callback_form, 'waiting', 0, $2 FROM jobs "
      "WHERE ended_ms = $2 AND callback_url <> '' AND (id = $1 OR ($1 = '' AND state = 'expired')) ON "
      "CONFLICT DO NOTHING";
  connection.run(insert, {job_id, ended_ms});
}

std::vector<Delivery> claim_deliveries(SqlConnection& connection, std::size_t most, std::int64_t now_ms,
                                       std::int64_t again_ms) {
  const std::string update =
      "UPDATE webhook_deliveries SET due_ms = $2, attempts = attempts + 1 WHERE job_id IN "
      "(SELECT job_id FROM webhook_deliveries WHERE state = 'waiting' AND due_ms <= $1 ORDER BY due_ms LIMIT "
      "$3" +
      connection.dialect().row_lock + ") RETURNING job_id, owner_key, url, form, attempts";
  std::vector<Delivery> due;
  for (SqlRow& row : connection.run(update, {now_ms, again_ms, static_cast<std::int64_t>(most)})) {
    Delivery delivery;
    delivery.job_id = row.text(0);
    delivery.owner_key = row.text(1);
    delivery.url = row.text(2);
    delivery.form = row.text(3);
    delivery.attempts = static_cast<std::uint64_t>(row.integer(4));
    due.push_back(std::move(delivery));
  }
  return due;
}

bool delivered(SqlConnection& connection, const std::string& job_id) {
  static const std::string remove = "DELETE FROM webhook_deliveries WHERE job_id = $1 RETURNING job_id";
  return !connection.run(remove, {job_id}).empty();
}

bool not_delivered(SqlConnection& connection, const std::string& job_id, std::optional<std::int64_t> again_ms,
                   std::int64_t now_ms, const std::string& why) {
  static const std::string again =
      "UPDATE webhook_deliveries SET due_ms = $2, error = $3 WHERE job_id = $1 AND state = 'waiting' "
      "RETURNING job_id";
  static const std::string bury =
      "UPDATE webhook_deliveries SET state = 'dead', due_ms = $2, error = $3 WHERE job_id = $1 "
      "AND state = 'waiting' RETURNING job_id";
  const std::int64_t when = again_ms.value_or(now_ms);
  return !connection.run(again_ms ? again : bury, {job_id, when, why}).empty();
}

std::size_t drop_dead_deliveries(SqlConnection& connection, std::int64_t before_ms) {
  const std::string remove =
      "DELETE FROM webhook_deliveries WHERE job_id IN "
      "(SELECT job_id FROM webhook_deliveries WHERE state = 'dead' AND due_ms < $1 LIMIT $2" +
      connection.dialect().row_lock + ") RETURNING job_id";
  return connection.run(remove, {before_ms, kDropRows}).size();
}

DeliveryLoad delivery_load(SqlConnection& connection) {
  static const std::string select = "SELECT state, COUNT(*) FROM webhook_deliveries GROUP BY state";
  DeliveryLoad load;
  for (SqlRow& row : connection.run(select)) {
    const auto count = static_cast<std::uint64_t>(row.integer(1));
    (row.text(0) == "dead" ? load.dead : load.waiting) += count;
  }
  return load;
}

}  // namespace sallyport::broker::store::tables
