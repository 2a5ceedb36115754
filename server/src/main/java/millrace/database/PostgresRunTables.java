package millrace.database;

import static millrace.database.SqlRows.execute;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import millrace.schema.StorableText;
import org.jooq.Configuration;
import org.jspecify.annotations.Nullable;

/** {@link RunTables} on PostgreSQL: one statement a flush, its rows handed over as arrays. */
final class PostgresRunTables implements RunTables {

    /**
     * Goes before a statement on the queue, in its round trip and its transaction. The queue is planned for while it is
     * empty and is thousands of pages long a minute later, so a plan that was right once would read them all at each
     * commit; and to plan a flush takes longer than to run it. Not a session's setting: poolers share sessions.
     */
    private static final String BY_INDEX = """
            SELECT set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
                set_config('enable_mergejoin', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true);
            """;

    // Every part asks the fence, and the fence locks the lane's row: a takeover waits for a commit under way, and a
    // fenced writer inserts nothing. The fence also notes the flush's number, by which a writer that has not heard of
    // its
    // commit learns of it. Large values go before their record: those of a process that died in between give way.
    private static final String FLUSH_ANY = """
            WITH fence AS (
                UPDATE lane SET "lastFlush" = ? WHERE "processId" = ? AND lane = ? AND epoch = ? RETURNING 1
            ), accepted AS (
                INSERT INTO run_queue (id, created, "projectId", "flowId", "flowVersionId", environment, status, priority,
                        "processId", lane, "startTime", "parentRunId", "failParentOnFailure", "triggeredBy",
                        "stepNameToTest", recorded, doc)
                SELECT q.id, to_timestamp(q.created / 1e6), q.project, q.flow, q.version, q.environment,
                        CASE WHEN q.process IS NULL THEN 'QUEUED' ELSE 'RUNNING' END, q.priority, q.process, q.lane,
                        to_timestamp(q.started / 1e6), q.parent, q.failparent, q.triggeredby, q.test, q.recorded, q.doc
                FROM unnest(?::text[], ?::int8[], ?::text[], ?::text[], ?::text[], ?::text[], ?::int2[], ?::text[],
                        ?::int2[], ?::int8[], ?::text[], ?::bool[], ?::text[], ?::text[], ?::bool[], ?::bytea[])
                    AS q(id, created, project, flow, version, environment, priority, process, lane, started, parent,
                        failparent, triggeredby, test, recorded, doc)
                WHERE EXISTS (SELECT FROM fence)
                ON CONFLICT DO NOTHING
            ), journalled AS (
                INSERT INTO run_journal ("runId", seq, "projectId", "firstPath", "lastPath", doc)
                SELECT j.run, j.seq, j.project, j.first, j.last, j.doc
                FROM unnest(?::text[], ?::int4[], ?::text[], ?::text[], ?::text[], ?::bytea[])
                    AS j(run, seq, project, first, last, doc)
                WHERE EXISTS (SELECT FROM fence)
                ON CONFLICT DO NOTHING -- returning
            ), blobs AS (
                INSERT INTO run_blob ("runId", path, part, "projectId", data)
                SELECT b.run, b.path, b.part, b.project, b.data
                FROM unnest(?::text[], ?::text[], ?::int4[], ?::text[], ?::bytea[]) AS b(run, path, part, project, data)
                WHERE EXISTS (SELECT FROM fence)
                ON CONFLICT ("runId", path, part) DO UPDATE SET data = excluded.data
            ), ran AS (
                INSERT INTO flow_run (id, created, "projectId", "flowId", "flowVersionId", environment, status,
                        "parentRunId", "failParentOnFailure", "triggeredBy", "startTime", "finishTime", "failedStep",
                        "stepsCount", "stepNameToTest", "internalError", tags, journal)
                SELECT r.id, to_timestamp(r.created / 1e6), r.project, r.flow, r.version, r.environment, r.status,
                        r.parent, r.failparent, r.triggeredby, to_timestamp(r.started / 1e6),
                        to_timestamp(r.finished / 1e6), r.failed::jsonb, r.steps, r.test, r.error::jsonb,
                        r.tags::varchar[], r.journal
                FROM unnest(?::text[], ?::int8[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[],
                        ?::bool[], ?::text[], ?::int8[], ?::int8[], ?::text[], ?::int4[], ?::text[], ?::text[],
                        ?::text[], ?::bytea[])
                    AS r(id, created, project, flow, version, environment, status, parent, failparent, triggeredby,
                        started, finished, failed, steps, test, error, tags, journal)
                WHERE EXISTS (SELECT FROM fence) -- paused
                ON CONFLICT (id) DO UPDATE SET status = excluded.status, updated = now(),
                        "startTime" = excluded."startTime", "finishTime" = excluded."finishTime",
                        "failedStep" = excluded."failedStep", "stepsCount" = excluded."stepsCount",
                        "internalError" = excluded."internalError", tags = excluded.tags, journal = excluded.journal
            ), ended AS (
                DELETE FROM run_queue WHERE id = ANY (?::text[]) AND EXISTS (SELECT FROM fence)
            ), recorded AS (
                UPDATE run_queue SET recorded = true WHERE id = ANY (?::text[]) AND EXISTS (SELECT FROM fence)
            ) -- effects
            SELECT count(*) FROM fence
            """;

    /** Most flushes: nothing pauses, and no step has done anything inside the database. */
    private static final String FLUSH = BY_INDEX
            + FLUSH_ANY.replace("-- returning", "").replace("-- paused", "").replace("-- effects", "");

    // A pause gives the run away, so it hangs on the journal row that tells it, which is new only once. A completion
    // and a pause meet on the run's queue row: whichever comes second
    // waits for the row's lock, is evaluated again on what the first left there, and sees it in woken or in status.
    private static final String FLUSH_WITH_EFFECTS = BY_INDEX
            + FLUSH_ANY
                    .replace("-- returning", "RETURNING \"runId\"")
                    .replace("-- paused", "AND (r.status <> 'PAUSED' OR r.id IN (SELECT \"runId\" FROM journalled))")
                    .replace("-- effects", """
            , opened AS (
                INSERT INTO waitpoint (id, "flowRunId", "projectId", "stepName", type, status, version, "resumeDateTime",
                        policy)
                SELECT w.id, w.run, w.project, w.step, w.type, 'PENDING', w.version, to_timestamp(w.due / 1e6),
                        w.policy::json
                FROM unnest(?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::int8[], ?::text[])
                    AS w(id, run, project, step, type, version, due, policy)
                WHERE w.run IN (SELECT "runId" FROM journalled)
                ON CONFLICT ("flowRunId", "stepName") DO UPDATE SET id = excluded.id, created = now(), updated = now(),
                        type = excluded.type, status = excluded.status, version = excluded.version,
                        "resumeDateTime" = excluded."resumeDateTime", "resumePayload" = NULL, policy = excluded.policy
                    WHERE waitpoint.id <> excluded.id
            ), started AS (
                INSERT INTO run_queue (id, created, "projectId", "flowId", "flowVersionId", environment, status, priority,
                        "parentRunId", "failParentOnFailure", "parentWaitpointId", doc)
                SELECT c.id, to_timestamp(c.created / 1e6), c.project, c.flow, c.version, c.environment, 'QUEUED',
                        c.priority, c.parent, c.failparent, c.waitpoint, c.doc
                FROM unnest(?::text[], ?::int8[], ?::text[], ?::text[], ?::text[], ?::text[], ?::int2[], ?::text[],
                        ?::bool[], ?::text[], ?::bytea[])
                    AS c(id, created, project, flow, version, environment, priority, parent, failparent, waitpoint, doc)
                WHERE c.parent IN (SELECT "runId" FROM journalled)
                ON CONFLICT DO NOTHING
            ), parked AS (
                UPDATE run_queue q SET "processId" = NULL, lane = NULL, woken = false, recorded = true,
                        status = CASE WHEN q.woken THEN 'QUEUED' ELSE 'PAUSED' END,
                        "dueAt" = to_timestamp(p.due / 1e6), "waitpointId" = p.waitpoint, "replyTo" = p.reply,
                        takeovers = 0, "takeoverPath" = NULL
                FROM unnest(?::text[], ?::int8[], ?::text[], ?::text[]) AS p(id, due, waitpoint, reply)
                WHERE q.id = p.id AND p.id IN (SELECT "runId" FROM journalled)
            ), woken AS (
                UPDATE run_queue q SET
                        status = CASE WHEN q.status = 'PAUSED' AND q."waitpointId" = c.waitpoint
                            THEN 'QUEUED' ELSE q.status END,
                        "dueAt" = CASE WHEN q.status = 'PAUSED' AND q."waitpointId" = c.waitpoint
                            THEN NULL ELSE q."dueAt" END,
                        woken = q.status <> 'PAUSED'
                FROM unnest(?::text[], ?::text[]) AS c(run, waitpoint)
                WHERE q.id = c.run AND EXISTS (SELECT FROM fence)
                    AND EXISTS (SELECT FROM waitpoint w WHERE w.id = c.waitpoint AND w.status = 'PENDING')
                RETURNING q.id
            ), completed AS (
                UPDATE waitpoint w SET status = 'COMPLETED', updated = now(), "resumePayload" = c.payload::json
                FROM unnest(?::text[], ?::text[], ?::text[]) AS c(run, waitpoint, payload)
                WHERE w.id = c.waitpoint AND w."flowRunId" = c.run AND w.status = 'PENDING'
                    AND c.run IN (SELECT id FROM woken)
            ), forgotten AS (
                DELETE FROM waitpoint WHERE "flowRunId" = ANY (?::text[]) AND EXISTS (SELECT FROM fence)
            )
            """);

    private final Dialect dialect;
    private final Configuration configuration;

    PostgresRunTables(Dialect dialect) {
        this.dialect = dialect;
        this.configuration = Database.configuration(dialect);
    }

    @Override
    public boolean flush(Connection connection, Lane lane, long number, List<RunFlush> batch) throws SQLException {
        var changes = FlushChanges.of(batch);
        if (changes.isEmpty()) {
            return flushAtOnce(connection, lane, number, batch);
        }
        connection.setAutoCommit(false);
        try {
            var held = lock(connection, lane, changes);
            if (held) {
                flushAtOnce(connection, lane, number, changes.settled(new Tx(connection, dialect, configuration)));
                changes.store(connection, PUT_ENTRY);
            }
            connection.commit();
            return held;
        } catch (SQLException | RuntimeException e) {
            connection.rollback();
            throw e;
        } finally {
            connection.setAutoCommit(true);
        }
    }

    /** Executes what begins with {@link #BY_INDEX}: the rows of the statement behind it. */
    private static ResultSet rowsByIndex(PreparedStatement statement) throws SQLException {
        statement.execute();
        statement.getMoreResults();
        return statement.getResultSet();
    }

    private static final String PUT_ENTRY = """
            INSERT INTO store_entry (id, "projectId", key, value) VALUES (?, ?, ?, ?::json)
            ON CONFLICT ("projectId", key) DO UPDATE SET value = excluded.value, updated = now()
            """;

    // A process that stands still in the middle must not keep its lane from those who take its runs over.
    private static final String LOCK_NAMES = """
            WITH fence AS MATERIALIZED (
                SELECT set_config('idle_in_transaction_session_timeout', '2s', true) FROM lane
                WHERE "processId" = ? AND lane = ? AND epoch = ? FOR UPDATE
            ) SELECT pg_advisory_xact_lock(name) FROM fence LEFT JOIN unnest(?::int8[]) AS name ON true
            """;

    private static boolean lock(Connection connection, Lane lane, FlushChanges changes) throws SQLException {
        try (var statement = connection.prepareStatement(LOCK_NAMES)) {
            statement.setString(1, lane.processId());
            statement.setInt(2, lane.number());
            statement.setLong(3, lane.epoch());
            statement.setArray(4, connection.createArrayOf("int8", changes.locks()));
            try (var rows = statement.executeQuery()) {
                return rows.next();
            }
        }
    }

    private static boolean flushAtOnce(Connection connection, Lane lane, long number, List<RunFlush> batch)
            throws SQLException {
        var effects = batch.stream()
                .filter(f -> f.effects() != null && !f.effects().onlyChange())
                .toList();
        try (var statement = connection.prepareStatement(effects.isEmpty() ? FLUSH : FLUSH_WITH_EFFECTS)) {
            var columns = new Columns(connection, statement);
            columns.fence(lane, number);
            var accepted = batch.stream().filter(f -> f.accepted() != null).toList();
            columns.text(accepted, RunFlush::runId);
            columns.moment(accepted, f -> queue(f).created());
            columns.text(accepted, RunFlush::projectId);
            columns.text(accepted, f -> queue(f).flowId());
            columns.text(accepted, f -> queue(f).flowVersionId());
            columns.text(accepted, f -> queue(f).environment());
            columns.value("int2", accepted, f -> (short) queue(f).priority());
            columns.text(accepted, f -> processOf(queue(f)));
            columns.value("int2", accepted, f -> laneOf(queue(f)));
            columns.moment(accepted, f -> queue(f).startTime());
            columns.text(accepted, f -> queue(f).parentRunId());
            columns.value("bool", accepted, f -> queue(f).failParentOnFailure());
            columns.text(accepted, f -> queue(f).triggeredBy());
            columns.text(accepted, f -> queue(f).stepNameToTest());
            columns.value("bool", accepted, f -> queue(f).recorded());
            columns.bytes(accepted, f -> queue(f).doc());

            var journalled = batch.stream().filter(f -> f.journal() != null).toList();
            columns.text(journalled, RunFlush::runId);
            columns.value("int4", journalled, f -> journal(f).seq());
            columns.text(journalled, RunFlush::projectId);
            columns.text(journalled, f -> journal(f).firstPath());
            columns.text(journalled, f -> journal(f).lastPath());
            columns.bytes(journalled, f -> journal(f).doc());

            var blobs = new ArrayList<Blob>();
            for (var flush : batch) {
                flush.blobs().forEach(blob -> blobs.add(new Blob(flush, blob)));
            }
            columns.text(blobs, b -> b.flush().runId());
            columns.text(blobs, b -> b.row().path());
            columns.value("int4", blobs, b -> b.row().part());
            columns.text(blobs, b -> b.flush().projectId());
            columns.bytes(blobs, b -> b.row().data());

            var runs = batch.stream().filter(f -> f.run() != null).toList();
            columns.text(runs, RunFlush::runId);
            columns.moment(runs, f -> run(f).created());
            columns.text(runs, RunFlush::projectId);
            columns.text(runs, f -> run(f).flowId());
            columns.text(runs, f -> run(f).flowVersionId());
            columns.text(runs, f -> run(f).environment());
            columns.text(runs, f -> run(f).status());
            columns.text(runs, f -> run(f).parentRunId());
            columns.value("bool", runs, f -> run(f).failParentOnFailure());
            columns.text(runs, f -> run(f).triggeredBy());
            columns.moment(runs, f -> run(f).startTime());
            columns.moment(runs, f -> run(f).finishTime());
            columns.json(runs, f -> run(f).failedStep());
            columns.value("int4", runs, f -> run(f).stepsCount());
            columns.text(runs, f -> run(f).stepNameToTest());
            columns.json(runs, f -> run(f).internalError());
            columns.text(runs, f -> array(run(f).tags()));
            columns.bytes(runs, f -> run(f).journal());

            columns.text(changing(batch, RunFlush.QueueChange.DELETE), RunFlush::runId);
            columns.text(changing(batch, RunFlush.QueueChange.RECORD), RunFlush::runId);
            if (!effects.isEmpty()) {
                effects(columns, effects);
            }
            try (var rows = rowsByIndex(statement)) {
                rows.next();
                return rows.getInt(1) == 1;
            }
        }
    }

    private static void effects(Columns columns, List<RunFlush> flushes) throws SQLException {
        var waitpoints = each(flushes, RunFlush.Effects::waitpoints);
        columns.text(waitpoints, w -> w.row().id());
        columns.text(waitpoints, w -> w.flush().runId());
        columns.text(waitpoints, w -> w.flush().projectId());
        columns.text(waitpoints, w -> w.row().stepName());
        columns.text(waitpoints, w -> w.row().type());
        columns.text(waitpoints, w -> w.row().version());
        columns.moment(waitpoints, w -> w.row().resumeDateTime());
        columns.text(waitpoints, w -> w.row().policy());

        var children = each(flushes, RunFlush.Effects::children);
        columns.text(children, c -> c.row().runId());
        columns.moment(children, c -> c.row().row().created());
        columns.text(children, c -> c.flush().projectId());
        columns.text(children, c -> c.row().row().flowId());
        columns.text(children, c -> c.row().row().flowVersionId());
        columns.text(children, c -> c.row().row().environment());
        columns.value("int2", children, c -> (short) c.row().row().priority());
        columns.text(children, c -> c.flush().runId());
        columns.value("bool", children, c -> c.row().row().failParentOnFailure());
        columns.text(children, c -> c.row().row().parentWaitpointId());
        columns.bytes(children, c -> c.row().row().doc());

        var pauses = each(flushes, effects -> effects.pause() == null ? List.of() : List.of(effects.pause()));
        columns.text(pauses, p -> p.flush().runId());
        columns.moment(pauses, p -> p.row().dueAt());
        columns.text(pauses, p -> p.row().waitpointId());
        columns.text(pauses, p -> p.row().replyTo());

        var completions = each(flushes, RunFlush.Effects::completions);
        columns.text(completions, c -> c.row().runId());
        columns.text(completions, c -> c.row().waitpointId());
        columns.text(completions, c -> c.row().runId());
        columns.text(completions, c -> c.row().waitpointId());
        columns.json(completions, c -> c.row().payload());

        columns.text(flushes.stream().filter(f -> effects(f).ended()).toList(), RunFlush::runId);
    }

    /** A row with the flush that it belongs to. */
    private record Of<T>(RunFlush flush, T row) {}

    private static <T> List<Of<T>> each(List<RunFlush> flushes, Function<RunFlush.Effects, List<T>> rows) {
        return flushes.stream()
                .flatMap(flush -> rows.apply(effects(flush)).stream().map(row -> new Of<>(flush, row)))
                .toList();
    }

    private static RunFlush.Effects effects(RunFlush flush) {
        return java.util.Objects.requireNonNull(flush.effects());
    }

    private record Blob(RunFlush flush, RunFlush.BlobRow row) {}

    private static List<RunFlush> changing(List<RunFlush> batch, RunFlush.QueueChange change) {
        return batch.stream().filter(f -> f.queue() == change).toList();
    }

    private static RunFlush.QueueRow queue(RunFlush flush) {
        return java.util.Objects.requireNonNull(flush.accepted());
    }

    private static RunFlush.JournalRow journal(RunFlush flush) {
        return java.util.Objects.requireNonNull(flush.journal());
    }

    private static RunFlush.RunRow run(RunFlush flush) {
        return java.util.Objects.requireNonNull(flush.run());
    }

    /** The text of an array; null for an empty one. Arrays of arrays must be of one length, so these go as texts. */
    private static @Nullable String array(List<String> texts) {
        return texts.isEmpty()
                ? null
                : texts.stream()
                        .map(StorableText::store)
                        .map(text -> "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"")
                        .collect(Collectors.joining(",", "{", "}"));
    }

    private static @Nullable String processOf(RunFlush.QueueRow row) {
        return row.lane() == null ? null : row.lane().processId();
    }

    private static @Nullable Short laneOf(RunFlush.QueueRow row) {
        return row.lane() == null ? null : (short) row.lane().number();
    }

    @Override
    public void register(Connection connection, String processId, String name, int lanes) throws SQLException {
        execute(connection, """
                WITH born AS (INSERT INTO process (id, name, started, heartbeat) VALUES (?, ?, now(), now()))
                INSERT INTO lane ("processId", lane, epoch) SELECT ?, number, 1 FROM generate_series(0, ? - 1) AS number
                """, processId, name, processId, lanes);
    }

    @Override
    public boolean heartbeat(Connection connection, String processId) throws SQLException {
        return execute(connection, "UPDATE process SET heartbeat = now() WHERE id = ?", processId) == 1;
    }

    @Override
    public void release(Connection connection, String processId) throws SQLException {
        free(connection, processId, 0);
    }

    @Override
    public int takeOver(Connection connection, Duration lease, String except) throws SQLException {
        var dead = new ArrayList<String>();
        try (var statement = connection.prepareStatement(
                "SELECT id FROM process WHERE heartbeat < now() - ? * interval '1 millisecond' AND id <> ?")) {
            statement.setLong(1, lease.toMillis());
            statement.setString(2, except);
            try (var rows = statement.executeQuery()) {
                while (rows.next()) {
                    dead.add(rows.getString(1));
                }
            }
        }
        int freed = 0;
        for (var processId : dead) {
            freed += free(connection, processId, 1);
        }
        return freed;
    }

    /** Raises the epochs first: that waits for commits under way, and what they wrote is seen by the statement after. */
    private static int free(Connection connection, String processId, int takeovers) throws SQLException {
        var autoCommit = connection.getAutoCommit();
        connection.setAutoCommit(false);
        try {
            execute(connection, "UPDATE lane SET epoch = epoch + 1 WHERE \"processId\" = ?", processId);
            var freed = execute(connection, """
                    UPDATE run_queue SET "processId" = NULL, lane = NULL, status = 'QUEUED', takeovers = takeovers + ?
                    WHERE "processId" = ?
                    """, takeovers, processId);
            execute(connection, "UPDATE run_queue SET \"replyTo\" = NULL WHERE \"replyTo\" = ?", processId);
            execute(connection, "DELETE FROM lane WHERE \"processId\" = ?", processId);
            execute(connection, "DELETE FROM process WHERE id = ?", processId);
            connection.commit();
            return freed;
        } catch (SQLException e) {
            connection.rollback();
            throw e;
        } finally {
            connection.setAutoCommit(autoCommit);
        }
    }

    // turns: the projects that have runs waiting, each found by one look into the index, beginning behind the one that
    // had its turn last and going round once. Each gets an equal share of the slots.
    private static final String CLAIM = BY_INDEX + """
            WITH RECURSIVE fence AS MATERIALIZED (
                SELECT 1 FROM lane WHERE "processId" = ? AND lane = ? AND epoch = ? FOR UPDATE
            ), due AS MATERIALIZED (
                SELECT id FROM run_queue
                WHERE status = 'PAUSED' AND NOT held AND "dueAt" <= now() AND NOT "cancelAsked" AND ("replyTo" IS NULL OR "replyTo" = ?)
                ORDER BY "dueAt" LIMIT ? FOR UPDATE SKIP LOCKED
            ), turns (project, first, number) AS (
                SELECT p.id, p.id, 1 FROM (SELECT coalesce(
                    (SELECT "projectId" FROM run_queue WHERE status = 'QUEUED' AND NOT held AND "projectId" > ?
                        ORDER BY "projectId" LIMIT 1),
                    (SELECT "projectId" FROM run_queue WHERE status = 'QUEUED' AND NOT held ORDER BY "projectId" LIMIT 1)) AS id) p
                UNION ALL
                SELECT p.id, t.first, t.number + 1 FROM turns t CROSS JOIN LATERAL (SELECT coalesce(
                    (SELECT q."projectId" FROM run_queue q WHERE q.status = 'QUEUED' AND NOT q.held AND q."projectId" > t.project
                        ORDER BY q."projectId" LIMIT 1),
                    (SELECT q."projectId" FROM run_queue q WHERE q.status = 'QUEUED' AND NOT q.held
                        ORDER BY q."projectId" LIMIT 1)) AS id) p
                WHERE t.number < ? AND p.id <> t.first
            ), shares AS MATERIALIZED (
                SELECT project, number, (? + count(*) OVER () - 1) / count(*) OVER () AS share FROM turns
                WHERE project IS NOT NULL
            ), -- limits
            ready AS (
                SELECT r.id, s.number FROM (SELECT * FROM shares ORDER BY number) s CROSS JOIN LATERAL (
                    -- those of one project
                ) r LIMIT ? - (SELECT count(*) FROM due)
            ), free AS (
                SELECT id, 0 AS number FROM due UNION ALL SELECT id, number FROM ready
            )
            UPDATE run_queue q SET "processId" = ?, lane = ?, status = 'RUNNING',
                    "startTime" = coalesce(q."startTime", now())
            FROM free WHERE q.id = free.id AND EXISTS (SELECT FROM fence)
            RETURNING q.id, q."projectId", q.created, q."flowId", q."flowVersionId", q.environment, q.priority,
                q."startTime", q."parentRunId", q."failParentOnFailure", q."parentWaitpointId", q."triggeredBy",
                q."stepNameToTest", q.recorded, q.doc, q.takeovers, q."takeoverPath", q."waitpointId",
                coalesce(q."dueAt" <= now(), false), free.number
            """;

    private static final String OF_ONE_PROJECT = """
            SELECT id FROM run_queue
            WHERE status = 'QUEUED' AND NOT held AND "projectId" = s.project AND "processId" IS NULL AND NOT "cancelAsked"
                AND ("replyTo" IS NULL OR "replyTo" = ?) AND %s
            ORDER BY priority, created LIMIT %s FOR UPDATE SKIP LOCKED
            """;

    private static final String CLAIM_FAIRLY = CLAIM.replace("-- limits", "")
            .replace("-- those of one project", OF_ONE_PROJECT.formatted("true", "s.share"));

    // Tests are not counted. They are urgent, so the few that wait stand first in the index.
    private static final String CLAIM_LIMITED = CLAIM.replace("-- limits", """
            busy AS MATERIALIZED (
                SELECT "projectId" AS project, count(*) AS runs FROM run_queue
                WHERE "processId" IN (SELECT id FROM process) AND environment = 'PRODUCTION' GROUP BY 1
            ), rooms AS MATERIALIZED (
                SELECT s.project, s.number, s.share,
                    greatest(0, least(s.share, coalesce(p."maxConcurrentJobs", ?) - coalesce(b.runs, 0))) AS room
                FROM shares s LEFT JOIN project p ON p.id = s.project LEFT JOIN busy b ON b.project = s.project
            ),
            """)
            .replace("FROM (SELECT * FROM shares", "FROM (SELECT * FROM rooms")
            .replace(
                    "-- those of one project",
                    "SELECT id FROM ("
                            + OF_ONE_PROJECT.formatted("environment <> 'PRODUCTION' AND priority <= 2", "s.share")
                            + ") tests UNION ALL SELECT id FROM ("
                            + OF_ONE_PROJECT.formatted("environment = 'PRODUCTION'", "s.room") + ") runs");

    /** Any number, but the same in every version: who counts the runs of projects and claims more holds it. */
    private static final long COUNTING = 0x6d696c6c72616366L;

    @Override
    public List<Claimed> claim(Connection connection, Lane lane, int limit, Turn turn) throws SQLException {
        if (turn.perProject() == 0) {
            var claimed = claim(connection, lane, limit, turn, CLAIM_FAIRLY);
            if (claimed.stream().filter(Claimed::due).count() >= dueShare(limit)) {
                ring(connection);
            }
            return claimed;
        }
        connection.setAutoCommit(false);
        try {
            try (var statement = connection.prepareStatement("SELECT pg_advisory_xact_lock(?)")) {
                statement.setLong(1, COUNTING);
                statement.execute();
            }
            ring(connection);
            var claimed = claim(connection, lane, limit, turn, CLAIM_LIMITED);
            connection.commit();
            return claimed;
        } catch (SQLException e) {
            connection.rollback();
            throw e;
        } finally {
            connection.setAutoCommit(true);
        }
    }

    /** Timers that are due join the turns of their projects, so that one project's many do not come before another's. */
    private static void ring(Connection connection) throws SQLException {
        execute(connection, """
                UPDATE run_queue SET status = 'QUEUED' WHERE id IN (
                    SELECT id FROM run_queue WHERE status = 'PAUSED' AND NOT held AND "dueAt" <= now() AND NOT "cancelAsked"
                    ORDER BY "dueAt" LIMIT ? FOR UPDATE SKIP LOCKED)
                """, MOST_RUNG);
    }

    /** How much of a claim timers have that are due; the rest is for the turns of the projects. */
    private static int dueShare(int limit) {
        return (limit + 1) / 2;
    }

    private static List<Claimed> claim(Connection connection, Lane lane, int limit, Turn turn, String sql)
            throws SQLException {
        record Numbered(int number, Claimed run) {}
        var claimed = new ArrayList<Numbered>();
        try (var statement = connection.prepareStatement(sql)) {
            int at = 0;
            statement.setString(++at, lane.processId());
            statement.setInt(++at, lane.number());
            statement.setLong(++at, lane.epoch());
            statement.setString(++at, lane.processId());
            statement.setInt(++at, dueShare(limit));
            statement.setString(++at, turn.after());
            statement.setInt(++at, limit);
            statement.setInt(++at, limit);
            if (turn.perProject() > 0) {
                statement.setInt(++at, turn.perProject());
                statement.setString(++at, lane.processId());
            }
            statement.setString(++at, lane.processId());
            statement.setInt(++at, limit);
            statement.setString(++at, lane.processId());
            statement.setInt(++at, lane.number());
            try (var rows = rowsByIndex(statement)) {
                while (rows.next()) {
                    var run = claimed(rows, lane, rowInstant(rows, 3), rowInstant(rows, 8));
                    claimed.add(new Numbered(rows.getInt(20), run));
                }
            }
        }
        claimed.sort(Comparator.comparingInt(Numbered::number));
        var runs = claimed.stream().map(Numbered::run).toList();
        return SqlRows.withJournals(connection, runs, begun(connection, runs)::contains);
    }

    // A statement after the claim: the claim's own snapshot may be older than what the run's last owner wrote.
    private static final String BEGUN = BY_INDEX + """
            SELECT id FROM unnest(?::text[]) AS claimed(id)
            WHERE EXISTS (SELECT FROM run_journal WHERE "runId" = claimed.id)
            """;

    /** Those that have journalled something; most are new and have not, and cost no question of their own. */
    private static Set<String> begun(Connection connection, List<Claimed> runs) throws SQLException {
        if (runs.isEmpty()) {
            return Set.of();
        }
        try (var statement = connection.prepareStatement(BEGUN)) {
            new Columns(connection, statement).text(runs, Claimed::runId);
            var begun = new HashSet<String>();
            try (var rows = rowsByIndex(statement)) {
                while (rows.next()) {
                    begun.add(rows.getString(1));
                }
            }
            return begun;
        }
    }

    @Override
    public int unclaim(Connection connection, Lane lane, Collection<String> known) throws SQLException {
        return execute(
                connection,
                """
                WITH fence AS MATERIALIZED (
                    SELECT "processId", lane FROM lane WHERE "processId" = ? AND lane = ? AND epoch = ? FOR UPDATE
                )
                UPDATE run_queue q SET "processId" = NULL, lane = NULL, status = 'QUEUED'
                FROM fence WHERE q."processId" = fence."processId" AND q.lane = fence.lane AND q.id <> ALL (?)
                """,
                lane.processId(),
                lane.number(),
                lane.epoch(),
                connection.createArrayOf("text", known.toArray()));
    }

    private static Claimed claimed(ResultSet rows, Lane lane, @Nullable Instant created, @Nullable Instant started)
            throws SQLException {
        return SqlRows.claimed(rows, lane, java.util.Objects.requireNonNull(created), started);
    }

    private static @Nullable Instant rowInstant(ResultSet rows, int column) throws SQLException {
        var value = rows.getObject(column, OffsetDateTime.class);
        return value == null ? null : value.toInstant();
    }

    @Override
    public Instant now(Connection connection) throws SQLException {
        try (var statement = connection.prepareStatement("SELECT now()");
                var rows = statement.executeQuery()) {
            rows.next();
            return rows.getObject(1, OffsetDateTime.class).toInstant();
        }
    }

    /** Fills the statement's parameters with one array after the other. */
    private static final class Columns {
        private final Connection connection;
        private final PreparedStatement statement;
        private int index = 1;

        Columns(Connection connection, PreparedStatement statement) {
            this.connection = connection;
            this.statement = statement;
        }

        void fence(Lane lane, long number) throws SQLException {
            statement.setLong(index++, number);
            statement.setString(index++, lane.processId());
            statement.setInt(index++, lane.number());
            statement.setLong(index++, lane.epoch());
        }

        /** NUL in a document becomes what the column can hold. */
        <T> void json(List<T> rows, Function<T, @Nullable String> value) throws SQLException {
            text(rows, row -> {
                var json = value.apply(row);
                return json == null ? null : StorableText.storeJson(json);
            });
        }

        <T> void text(List<T> rows, Function<T, @Nullable String> value) throws SQLException {
            value("text", rows, value);
        }

        <T> void moment(List<T> rows, Function<T, @Nullable Instant> value) throws SQLException {
            value("int8", rows, row -> {
                var moment = value.apply(row);
                return moment == null ? null : ChronoUnit.MICROS.between(Instant.EPOCH, moment);
            });
        }

        <T> void value(String type, List<T> rows, Function<T, ? extends @Nullable Object> value) throws SQLException {
            var values = new Object[rows.size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = value.apply(rows.get(i));
            }
            set(connection.createArrayOf(type, values));
        }

        <T> void bytes(List<T> rows, Function<T, byte @Nullable []> value) throws SQLException {
            var values = new byte[rows.size()][];
            for (int i = 0; i < values.length; i++) {
                values[i] = value.apply(rows.get(i));
            }
            set(connection.createArrayOf("bytea", values));
        }

        private void set(Array array) throws SQLException {
            statement.setArray(index++, array);
        }
    }
}
