#include "broker/store/schema.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <vector>

namespace sallyport::broker::store {
namespace {

using Statements = std::vector<std::string>;

/// What the versions added, the first one first. One that has been released is never changed.
///
/// The texts of a job stand last: SQLite reads a row from its beginning and follows long texts page by page.
const std::vector<Statements>& migrations() {
  static const std::vector<Statements> all = {
      {
          R"(CREATE TABLE jobs (
               id TEXT PRIMARY KEY,
               owner_key TEXT NOT NULL,
               user_json TEXT NOT NULL,
               state TEXT NOT NULL,
               turn BIGINT NOT NULL,
               turn_cost BIGINT NOT NULL,
               created_ms BIGINT NOT NULL,
               not_before_ms BIGINT NOT NULL,
               wait_until_ms BIGINT NOT NULL,
               started_ms BIGINT,
               ended_ms BIGINT,
               token BIGINT NOT NULL,
               lease_until_ms BIGINT,
               interruptions BIGINT NOT NULL,
               request_bytes BIGINT NOT NULL,
               kept_bytes BIGINT NOT NULL,
               error TEXT,
               request TEXT,
               result TEXT))",
          "CREATE INDEX jobs_turns ON jobs (turn, id) WHERE state = 'queued'",
          R"(CREATE INDEX jobs_user_turns ON jobs (owner_key, user_json, turn_cost, turn)
             WHERE state = 'queued')",
          "CREATE INDEX jobs_waits ON jobs (wait_until_ms, request_bytes) WHERE state = 'queued'",
          "CREATE INDEX jobs_leases ON jobs (lease_until_ms) WHERE state = 'running'",
          "CREATE INDEX jobs_ended ON jobs (ended_ms, kept_bytes) WHERE ended_ms IS NOT NULL",
          "CREATE INDEX jobs_lists ON jobs (owner_key, id)",
          R"(CREATE TABLE idempotency_keys (
               owner_key TEXT NOT NULL,
               key TEXT NOT NULL,
               fingerprint TEXT NOT NULL,
               expires_ms BIGINT NOT NULL,
               payload TEXT NOT NULL,
               PRIMARY KEY (owner_key, key)))",
          "CREATE INDEX idempotency_keys_expiry ON idempotency_keys (expires_ms)",
      },
      {
          "ALTER TABLE jobs ADD COLUMN callback_url TEXT NOT NULL DEFAULT ''",
          R"(CREATE TABLE webhook_deliveries (
               job_id TEXT PRIMARY KEY,
               owner_key TEXT NOT NULL,
               url TEXT NOT NULL,
               state TEXT NOT NULL,
               attempts BIGINT NOT NULL,
               due_ms BIGINT NOT NULL,
               error TEXT))",
          "CREATE INDEX webhook_deliveries_due ON webhook_deliveries (state, due_ms)",
      },
      {
          "ALTER TABLE jobs ADD COLUMN callback_form TEXT NOT NULL DEFAULT ''",
          "ALTER TABLE webhook_deliveries ADD COLUMN form TEXT NOT NULL DEFAULT ''",
          R"(CREATE TABLE quota_uses (
               key_id TEXT PRIMARY KEY,
               began_ms BIGINT NOT NULL,
               requests BIGINT NOT NULL))",
      },
  };
  return all;
}

}  // namespace

void migrate(SqlConnection& connection) {
  const SqlDialect& dialect = connection.dialect();
  connection.run(dialect.begin);
  if (!dialect.schema_lock.empty()) connection.run(dialect.schema_lock);
  connection.run("CREATE TABLE IF NOT EXISTS schema_versions (version BIGINT PRIMARY KEY)");
  auto rows = connection.run("SELECT COALESCE(MAX(version), 0) FROM schema_versions");
  const auto version = static_cast<std::size_t>(rows.at(0).integer(0));
  if (version > migrations().size()) {
    throw SqlFailure{{StoreError::Kind::broken, "the store has been used by a newer version of Sallyport"},
                     SqlFailure::Extent::transaction};
  }
  for (std::size_t next = version; next < migrations().size(); ++next) {
    for (const std::string& statement : migrations()[next]) connection.run(statement);
    connection.run("INSERT INTO schema_versions (version) VALUES ($1)",
                   {static_cast<std::int64_t>(next + 1)});
  }
  connection.run("COMMIT");
}

}  // namespace sallyport::broker::store
