#include "broker/store/job_tables.hpp"

#include "broker/store/delivery_tables.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace sallyport::broker::store::tables {
namespace {

/// Rows that one step of a sweep changes of each kind: other calls wait for no more than these.
constexpr std::int64_t kSweepRows = 200;

const std::string kJobColumns = "id, owner_key, user_json, state, created_ms, started_ms, ended_ms";
constexpr std::size_t kJobColumnCount = 7;

/// Sorts behind every id.
constexpr std::string_view kBehindAll = "~";

Job job_of(SqlRow& row) {
  Job job;
  job.id = row.text(0);
  job.owner_key = row.text(1);
  job.user_json = row.text(2);
  job.state = job_state_from(row.text(3)).value_or(JobState::failed);
  job.created_ms = row.integer(4);
  job.started_ms = row.optional_integer(5);
  job.ended_ms = row.optional_integer(6);
  return job;
}

std::int64_t size_of(const std::string& text) {
  return static_cast<std::int64_t>(text.size());
}

[[noreturn]] void refuse_full(std::string message) {
  throw SqlFailure{{StoreError::Kind::full, std::move(message)}, SqlFailure::Extent::statement};
}

// Whose turn it is: each job of a user stands behind the user's last one that waits, by its cost, and the
// first one beside the head of the queue. So users take turns however many jobs each has, and none waits for
// ever. Jobs of other costs are lines of their own.
const std::string kHeadOfQueue = "COALESCE((SELECT MIN(turn) FROM jobs WHERE state = 'queued'), 0)";

std::int64_t next_turn(SqlConnection& connection, const NewJob& job) {
  static const std::string head = "SELECT " + kHeadOfQueue;
  static const std::string behind =
      "SELECT COALESCE(MAX(turn) + $3, 0) FROM jobs "
      "WHERE state = 'queued' AND owner_key = $1 AND user_json = $2 AND turn_cost = $3";
  const std::int64_t now = connection.run(head).at(0).integer(0);
  const std::int64_t own =
      connection.run(behind, {job.owner_key, job.user_json, job.turn_cost}).at(0).integer(0);
  return std::max(now, own);
}

void check_room(SqlConnection& connection, const Submission& submission, const StoreBounds& bounds) {
  if (submission.run_now) return;  // It takes no place in the queue; admission bounds what runs.
  static const std::string load =
      "SELECT COUNT(*), COALESCE(SUM(request_bytes), 0) FROM jobs WHERE state = 'queued'";
  SqlRow row = std::move(connection.run(load).at(0));
  auto jobs = static_cast<std::uint64_t>(row.integer(0));
  auto bytes = static_cast<std::uint64_t>(row.integer(1));
  jobs += submission.jobs.size();
  for (const NewJob& job : submission.jobs) bytes += job.request_json.size();
  if (jobs > bounds.max_queued) refuse_full("the queue of jobs is full");
  if (bytes > bounds.max_queued_bytes) refuse_full("the jobs that wait hold as many bytes as they may");
}

std::optional<IdempotencyRecord> known_key(SqlConnection& connection, const IdempotencyRecord& record) {
  static const std::string select =
      "SELECT fingerprint, expires_ms, payload FROM idempotency_keys WHERE owner_key = $1 AND key = $2";
  auto rows = connection.run(select, {record.owner_key, record.key});
  if (rows.empty()) return std::nullopt;
  IdempotencyRecord known = record;
  known.fingerprint = rows[0].text(0);
  known.expires_ms = rows[0].integer(1);
  known.payload = rows[0].text(2);
  return known;
}

/// Keeps the key, or gives the one that is known. Of two brokers that try at once, one waits here until the
/// other's transaction has ended.
std::optional<IdempotencyRecord> keep_key(SqlConnection& connection, const IdempotencyRecord& record,
                                          std::int64_t now_ms) {
  static const std::string forget =
      "DELETE FROM idempotency_keys WHERE owner_key = $1 AND key = $2 AND expires_ms <= $3";
  static const std::string insert =
      "INSERT INTO idempotency_keys (owner_key, key, fingerprint, expires_ms, payload) "
      "VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING key";
  connection.run(forget, {record.owner_key, record.key, now_ms});
  const auto kept = connection.run(
      insert, {record.owner_key, record.key, record.fingerprint, record.expires_ms, record.payload});
  if (!kept.empty()) return std::nullopt;
  auto known = known_key(connection, record);
  if (!known) {
    throw SqlFailure{{StoreError::Kind::unavailable, "the idempotency key was being changed"},
                     SqlFailure::Extent::statement};
  }
  return known;
}

}  // namespace

Accepted accept(SqlConnection& connection, const Submission& submission, const StoreBounds& bounds) {
  static const std::string insert =
      "INSERT INTO jobs (id, owner_key, user_json, state, turn, created_ms, not_before_ms, wait_until_ms, "
      "turn_cost, "
      "started_ms, token, lease_until_ms, interruptions, request_bytes, kept_bytes, request, callback_url, "
      "callback_form) VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8, $9, $10, $11, 0, $12, 0, $13, $14, $15)";
  Accepted accepted;
  if (submission.idempotency) {
    accepted.earlier = keep_key(connection, *submission.idempotency, submission.now_ms);
    if (accepted.earlier) return accepted;
  }
  check_room(connection, submission, bounds);
  const bool now = submission.run_now;
  for (const NewJob& job : submission.jobs) {
    const SqlValue started = now ? SqlValue(submission.now_ms) : SqlValue();
    const SqlValue lease = now ? SqlValue(submission.lease_until_ms) : SqlValue();
    const std::string_view state = to_string(now ? JobState::running : JobState::queued);
    const std::int64_t turn = now ? 0 : next_turn(connection, job);
    const std::int64_t token = now ? 1 : 0;
    connection.run(insert,
                   {job.id, job.owner_key, job.user_json, state, turn, submission.now_ms, job.wait_until_ms,
                    job.turn_cost, started, token, lease, size_of(job.request_json), job.request_json,
                    job.callback_url, job.callback_form});
    if (now) accepted.claims.push_back({job.id, token});
  }
  return accepted;
}

std::optional<StoredJob> find(SqlConnection& connection, const std::string& id,
                              const std::string& owner_key) {
  static const std::string select =
      "SELECT " + kJobColumns + ", error, result FROM jobs WHERE id = $1 AND owner_key = $2";
  auto rows = connection.run(select, {id, owner_key});
  if (rows.empty()) return std::nullopt;
  StoredJob found;
  found.job = job_of(rows[0]);
  found.error_json = rows[0].text(kJobColumnCount);
  found.result_json = rows[0].text(kJobColumnCount + 1);
  return found;
}

std::vector<Job> list(SqlConnection& connection, const ListQuery& query) {
  static const std::string select =
      "SELECT " + kJobColumns +
      " FROM jobs WHERE owner_key = $1 AND id < $2 AND ($3 = '' OR state = $3)"
      " AND ($4 = '' OR user_json = $4 OR user_json = $5) AND created_ms >= $6 AND created_ms < $7"
      " ORDER BY id DESC LIMIT $8";
  const std::string_view state = query.state ? to_string(*query.state) : std::string_view();
  const std::string_view before = query.before_id.empty() ? kBehindAll : std::string_view(query.before_id);
  const std::string_view user = query.user_json.empty() ? std::string_view() : query.user_json.front();
  const std::string_view other_user = query.user_json.empty() ? std::string_view() : query.user_json.back();
  auto rows = connection.run(select, {query.owner_key, before, state, user, other_user, query.created_from_ms,
                                      query.created_until_ms, static_cast<std::int64_t>(query.most)});
  std::vector<Job> jobs;
  jobs.reserve(rows.size());
  for (SqlRow& row : rows) jobs.push_back(job_of(row));
  return jobs;
}

std::optional<Job> cancel(SqlConnection& connection, const std::string& id, const std::string& owner_key,
                          std::int64_t now_ms) {
  static const std::string update =
      "UPDATE jobs SET state = 'cancelled', ended_ms = $3, lease_until_ms = NULL, request = NULL, "
      "kept_bytes = $4 WHERE id = $1 AND owner_key = $2 AND state IN ('queued', 'running') RETURNING id";
  static const std::string select = "SELECT " + kJobColumns + " FROM jobs WHERE id = $1 AND owner_key = $2";
  if (!connection.run(update, {id, owner_key, now_ms, kJobOverhead}).empty()) {
    add_deliveries(connection, id, now_ms);
  }
  auto rows = connection.run(select, {id, owner_key});
  return rows.empty() ? std::nullopt : std::optional(job_of(rows[0]));
}

std::vector<ClaimedJob> claim(SqlConnection& connection, std::size_t most, std::int64_t now_ms,
                              std::int64_t lease_until_ms) {
  const std::string update =
      "UPDATE jobs SET state = 'running', token = token + 1, started_ms = $1, lease_until_ms = $2 "
      "WHERE id IN (SELECT id FROM jobs WHERE state = 'queued' AND not_before_ms <= $1 AND wait_until_ms > "
      "$1 "
      "ORDER BY turn, id LIMIT $3" +
      connection.dialect().row_lock + ") RETURNING " + kJobColumns + ", token, interruptions, request, turn";
  auto rows = connection.run(update, {now_ms, lease_until_ms, static_cast<std::int64_t>(most)});
  // They come in no order.
  std::sort(rows.begin(), rows.end(), [](const SqlRow& a, const SqlRow& b) {
    return std::pair(a.integer(kJobColumnCount + 3), a.view(0)) <
           std::pair(b.integer(kJobColumnCount + 3), b.view(0));
  });
  std::vector<ClaimedJob> claimed;
  claimed.reserve(rows.size());
  for (SqlRow& row : rows) {
    ClaimedJob next;
    next.job = job_of(row);
    next.claim = {next.job.id, row.integer(kJobColumnCount)};
    next.interruptions = static_cast<std::uint64_t>(row.integer(kJobColumnCount + 1));
    next.request_json = row.text(kJobColumnCount + 2);
    claimed.push_back(std::move(next));
  }
  return claimed;
}

std::vector<std::string> renew(SqlConnection& connection, const std::vector<Claim>& claims,
                               std::int64_t lease_until_ms) {
  static const std::string update =
      "UPDATE jobs SET lease_until_ms = $3 WHERE id = $1 AND token = $2 AND state = 'running' RETURNING id";
  std::vector<std::string> lost;
  for (const Claim& claim : claims) {
    if (connection.run(update, {claim.id, claim.token, lease_until_ms}).empty()) lost.push_back(claim.id);
  }
  return lost;
}

bool finish(SqlConnection& connection, const Claim& claim, const Ending& ending) {
  static const std::string update =
      "UPDATE jobs SET state = $3, ended_ms = $4, error = $5, result = $6, kept_bytes = $7, "
      "lease_until_ms = NULL, request = NULL "
      "WHERE id = $1 AND token = $2 AND state = 'running' RETURNING id";
  const std::int64_t bytes = kJobOverhead + size_of(ending.error_json) + size_of(ending.result_json);
  const auto rows = connection.run(update, {claim.id, claim.token, to_string(ending.state), ending.ended_ms,
                                            ending.error_json, ending.result_json, bytes});
  if (rows.empty()) return false;
  add_deliveries(connection, claim.id, ending.ended_ms);
  return true;
}

bool release(SqlConnection& connection, const Claim& claim, std::int64_t not_before_ms) {
  static const std::string update = "UPDATE jobs SET state = 'queued', turn = " + kHeadOfQueue +
                                    ", not_before_ms = $3, started_ms = NULL, lease_until_ms = NULL "
                                    "WHERE id = $1 AND token = $2 AND state = 'running' RETURNING id";
  return !connection.run(update, {claim.id, claim.token, not_before_ms}).empty();
}

bool withdraw(SqlConnection& connection, const Claim& claim, const std::string& idempotency_key) {
  static const std::string forget_job =
      "DELETE FROM jobs WHERE id = $1 AND token = $2 AND state = 'running' RETURNING owner_key";
  static const std::string forget_key = "DELETE FROM idempotency_keys WHERE owner_key = $1 AND key = $2";
  auto rows = connection.run(forget_job, {claim.id, claim.token});
  if (rows.empty()) return false;
  connection.run(forget_key, {rows[0].text(0), idempotency_key});
  return true;
}

std::size_t recover(SqlConnection& connection) {
  if (!connection.dialect().exclusive) return 0;
  static const std::string update =
      "UPDATE jobs SET state = 'queued', turn = " + kHeadOfQueue +
      ", interruptions = interruptions + 1, started_ms = NULL, lease_until_ms = NULL "
      "WHERE state = 'running' RETURNING id";
  return connection.run(update).size();
}

namespace {

std::size_t reclaim(SqlConnection& connection, std::int64_t now_ms) {
  const std::string update =
      "UPDATE jobs SET state = 'queued', turn = " + kHeadOfQueue +
      ", interruptions = interruptions + 1, started_ms = NULL, lease_until_ms = NULL "
      "WHERE id IN (SELECT id FROM jobs WHERE state = 'running' AND lease_until_ms < $1 LIMIT $2" +
      connection.dialect().row_lock + ") RETURNING id";
  return connection.run(update, {now_ms, kSweepRows}).size();
}

std::size_t expire(SqlConnection& connection, std::int64_t now_ms) {
  const std::string update =
      "UPDATE jobs SET state = 'expired', ended_ms = $1, request = NULL, kept_bytes = $2 "
      "WHERE id IN (SELECT id FROM jobs WHERE state = 'queued' AND wait_until_ms <= $1 LIMIT $3" +
      connection.dialect().row_lock + ") RETURNING id";
  const std::size_t expired = connection.run(update, {now_ms, kJobOverhead, kSweepRows}).size();
  if (expired > 0) add_deliveries(connection, "", now_ms);
  return expired;
}

std::size_t drop_old(SqlConnection& connection, std::int64_t ended_before_ms) {
  const std::string remove =
      "DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE ended_ms < $1 LIMIT $2" +
      connection.dialect().row_lock + ") RETURNING id";
  return connection.run(remove, {ended_before_ms, kSweepRows}).size();
}

/// The oldest, until what is left is within the bound, but no more than one step's worth.
std::size_t drop_beyond(SqlConnection& connection, std::uint64_t max_kept_bytes) {
  static const std::string sum = "SELECT COALESCE(SUM(kept_bytes), 0) FROM jobs WHERE ended_ms IS NOT NULL";
  static const std::string oldest =
      "SELECT id, kept_bytes FROM jobs WHERE ended_ms IS NOT NULL ORDER BY ended_ms LIMIT $1";
  static const std::string remove = "DELETE FROM jobs WHERE id = $1";
  std::int64_t kept = connection.run(sum).at(0).integer(0);
  const auto most = static_cast<std::int64_t>(max_kept_bytes);
  if (kept <= most) return 0;
  std::size_t dropped = 0;
  for (SqlRow& row : connection.run(oldest, {kSweepRows})) {
    if (kept <= most) break;
    kept -= row.integer(1);
    connection.run(remove, {row.text(0)});
    ++dropped;
  }
  return dropped;
}

std::size_t forget_keys(SqlConnection& connection, std::int64_t now_ms) {
  const std::string remove =
      "DELETE FROM idempotency_keys WHERE (owner_key, key) IN (SELECT owner_key, key FROM idempotency_keys "
      "WHERE expires_ms <= $1 LIMIT $2" +
      connection.dialect().row_lock + ") RETURNING key";
  return connection.run(remove, {now_ms, kSweepRows}).size();
}

}  // namespace

Swept sweep(SqlConnection& connection, const SweepBounds& bounds) {
  Swept swept;
  swept.reclaimed = reclaim(connection, bounds.now_ms);
  swept.expired = expire(connection, bounds.now_ms);
  const std::size_t old = drop_old(connection, bounds.ended_before_ms);
  const std::size_t beyond = drop_beyond(connection, bounds.max_kept_bytes);
  const std::size_t keys = forget_keys(connection, bounds.now_ms);
  swept.dropped = old + beyond;
  const auto full = static_cast<std::size_t>(kSweepRows);
  swept.more = std::max({swept.reclaimed, swept.expired, old, beyond, keys}) >= full;
  return swept;
}

QueueLoad load(SqlConnection& connection) {
  static const std::string select =
      "SELECT (SELECT COUNT(*) FROM jobs WHERE state = 'queued'), "
      "(SELECT COALESCE(SUM(request_bytes), 0) FROM jobs WHERE state = 'queued'), "
      "(SELECT COUNT(*) FROM jobs WHERE state = 'running')";
  const SqlRow row = std::move(connection.run(select).at(0));
  QueueLoad load;
  load.queued = static_cast<std::uint64_t>(row.integer(0));
  load.queued_bytes = static_cast<std::uint64_t>(row.integer(1));
  load.running = static_cast<std::uint64_t>(row.integer(2));
  return load;
}

}  // namespace sallyport::broker::store::tables
