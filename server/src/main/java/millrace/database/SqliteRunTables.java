package millrace.database;

import static millrace.database.SqlRows.execute;
import static millrace.database.SqlRows.set;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import millrace.engine.Json;
import millrace.schema.StorableText;
import org.jooq.Configuration;
import org.jspecify.annotations.Nullable;

/**
 * {@link RunTables} on SQLite: batched statements in the transaction of {@link DedicatedWriter#write}. The connection is
 * the one writer's, so nothing competes with them.
 */
final class SqliteRunTables implements RunTables {
    private static final String NOW = "(CAST(unixepoch('subsec') * 1000000 AS INTEGER))";
    private static final String PUT_ENTRY = """
            INSERT INTO store_entry (id, "projectId", key, value) VALUES (?, ?, ?, ?)
            ON CONFLICT ("projectId", key) DO UPDATE SET value = excluded.value, updated = %s
            """.formatted(NOW);
    private static final String READY =
            "status = 'QUEUED' AND held = 0 AND \"processId\" IS NULL AND NOT \"cancelAsked\" AND \"projectId\" = ?";
    private static final String URGENT = "priority, created";

    private final Dialect dialect;
    private final Configuration configuration;

    SqliteRunTables(Dialect dialect) {
        this.dialect = dialect;
        this.configuration = Database.configuration(dialect);
    }

    @Override
    public boolean flush(Connection connection, Lane lane, long number, List<RunFlush> asked) throws SQLException {
        var held = execute(
                connection,
                "UPDATE lane SET \"lastFlush\" = ? WHERE \"processId\" = ? AND lane = ? AND epoch = ?",
                number,
                lane.processId(),
                lane.number(),
                lane.epoch());
        if (held == 0) {
            return false;
        }
        var changes = FlushChanges.of(asked);
        var batch = changes.isEmpty() ? asked : changes.settled(new Tx(connection, dialect, configuration));
        accept(connection, batch);
        journal(connection, batch);
        runs(connection, batch);
        queue(connection, batch, RunFlush.QueueChange.DELETE, "DELETE FROM run_queue WHERE id = ?");
        queue(connection, batch, RunFlush.QueueChange.RECORD, "UPDATE run_queue SET recorded = 1 WHERE id = ?");
        for (var flush : batch) {
            var effects = flush.effects();
            if (effects != null) {
                effects(connection, lane, flush, effects);
            }
        }
        if (!changes.isEmpty()) {
            changes.store(connection, PUT_ENTRY);
        }
        return true;
    }

    /** A commit's outcome is never unknown here: what hangs on the journal row elsewhere needs no such care. */
    private static void effects(Connection connection, Lane lane, RunFlush flush, RunFlush.Effects effects)
            throws SQLException {
        for (var row : effects.waitpoints()) {
            execute(
                    connection,
                    """
                    INSERT INTO waitpoint (id, "flowRunId", "projectId", "stepName", type, status, version,
                        "resumeDateTime", policy)
                    VALUES (?, ?, ?, ?, ?, 'PENDING', ?, ?, ?)
                    ON CONFLICT ("flowRunId", "stepName") DO UPDATE SET id = excluded.id, created = %1$s, updated = %1$s,
                        type = excluded.type, status = excluded.status, version = excluded.version,
                        "resumeDateTime" = excluded."resumeDateTime", "resumePayload" = NULL, policy = excluded.policy
                    WHERE waitpoint.id <> excluded.id
                    """.formatted(NOW),
                    row.id(),
                    flush.runId(),
                    flush.projectId(),
                    row.stepName(),
                    row.type(),
                    row.version(),
                    micros(row.resumeDateTime()),
                    row.policy());
        }
        for (var child : effects.children()) {
            var row = child.row();
            execute(
                    connection,
                    """
                    INSERT INTO run_queue (id, created, "projectId", "flowId", "flowVersionId", environment, status,
                        priority, "parentRunId", "failParentOnFailure", "parentWaitpointId", doc)
                    VALUES (?, ?, ?, ?, ?, ?, 'QUEUED', ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                    """,
                    child.runId(),
                    micros(row.created()),
                    flush.projectId(),
                    row.flowId(),
                    row.flowVersionId(),
                    row.environment(),
                    row.priority(),
                    flush.runId(),
                    row.failParentOnFailure(),
                    row.parentWaitpointId(),
                    row.doc());
        }
        var pause = effects.pause();
        if (pause != null) {
            execute(
                    connection,
                    """
                    UPDATE run_queue SET "processId" = NULL, lane = NULL, woken = 0, recorded = 1,
                        status = CASE WHEN woken THEN 'QUEUED' ELSE 'PAUSED' END,
                        "dueAt" = ?, "waitpointId" = ?, "replyTo" = ?, takeovers = 0, "takeoverPath" = NULL
                    WHERE id = ? AND "processId" = ?
                    """,
                    micros(pause.dueAt()),
                    pause.waitpointId(),
                    pause.replyTo(),
                    flush.runId(),
                    lane.processId());
        }
        for (var completion : effects.completions()) {
            var found = execute(connection, """
                    UPDATE run_queue SET
                        status = CASE WHEN status = 'PAUSED' AND "waitpointId" = ?1 THEN 'QUEUED' ELSE status END,
                        "dueAt" = CASE WHEN status = 'PAUSED' AND "waitpointId" = ?1 THEN NULL ELSE "dueAt" END,
                        woken = status <> 'PAUSED'
                    WHERE id = ?2 AND EXISTS (SELECT 1 FROM waitpoint w WHERE w.id = ?1 AND w.status = 'PENDING')
                    """, completion.waitpointId(), completion.runId());
            if (found == 1) {
                execute(
                        connection,
                        """
                        UPDATE waitpoint SET status = 'COMPLETED', updated = %s, "resumePayload" = ?
                        WHERE id = ? AND "flowRunId" = ? AND status = 'PENDING'
                        """.formatted(NOW),
                        StorableText.storeJson(completion.payload()),
                        completion.waitpointId(),
                        completion.runId());
            }
        }
        if (effects.ended()) {
            execute(connection, "DELETE FROM waitpoint WHERE \"flowRunId\" = ?", flush.runId());
        }
    }

    private static boolean held(Connection connection, Lane lane) throws SQLException {
        try (var statement =
                connection.prepareStatement("SELECT 1 FROM lane WHERE \"processId\" = ? AND lane = ? AND epoch = ?")) {
            set(statement, lane.processId(), lane.number(), lane.epoch());
            try (var rows = statement.executeQuery()) {
                return rows.next();
            }
        }
    }

    private static void accept(Connection connection, List<RunFlush> batch) throws SQLException {
        try (var statement = connection.prepareStatement("""
                INSERT INTO run_queue (id, created, "projectId", "flowId", "flowVersionId", environment, status, priority,
                    "processId", lane, "startTime", "parentRunId", "failParentOnFailure", "triggeredBy",
                    "stepNameToTest", recorded, doc)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                """)) {
            for (var flush : batch) {
                var row = flush.accepted();
                if (row == null) {
                    continue;
                }
                var lane = row.lane();
                set(
                        statement,
                        flush.runId(),
                        micros(row.created()),
                        flush.projectId(),
                        row.flowId(),
                        row.flowVersionId(),
                        row.environment(),
                        lane == null ? "QUEUED" : "RUNNING",
                        row.priority(),
                        lane == null ? null : lane.processId(),
                        lane == null ? null : lane.number(),
                        micros(row.startTime()),
                        row.parentRunId(),
                        row.failParentOnFailure(),
                        row.triggeredBy(),
                        row.stepNameToTest(),
                        row.recorded(),
                        row.doc());
                statement.addBatch();
            }
            statement.executeBatch();
        }
    }

    private static void journal(Connection connection, List<RunFlush> batch) throws SQLException {
        try (var records = connection.prepareStatement("""
                        INSERT INTO run_journal ("runId", seq, "projectId", "firstPath", "lastPath", doc)
                        VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                        """);
                var blobs = connection.prepareStatement("""
                        INSERT INTO run_blob ("runId", path, part, "projectId", data) VALUES (?, ?, ?, ?, ?)
                        ON CONFLICT ("runId", path, part) DO UPDATE SET data = excluded.data
                        """)) {
            for (var flush : batch) {
                var row = flush.journal();
                if (row != null) {
                    set(
                            records,
                            flush.runId(),
                            row.seq(),
                            flush.projectId(),
                            row.firstPath(),
                            row.lastPath(),
                            row.doc());
                    records.addBatch();
                }
                for (var blob : flush.blobs()) {
                    set(blobs, flush.runId(), blob.path(), blob.part(), flush.projectId(), blob.data());
                    blobs.addBatch();
                }
            }
            records.executeBatch();
            blobs.executeBatch();
        }
    }

    private static void runs(Connection connection, List<RunFlush> batch) throws SQLException {
        try (var statement = connection.prepareStatement("""
                INSERT INTO flow_run (id, created, "projectId", "flowId", "flowVersionId", environment, status,
                    "parentRunId", "failParentOnFailure", "triggeredBy", "startTime", "finishTime", "failedStep",
                    "stepsCount", "stepNameToTest", "internalError", tags, journal)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET status = excluded.status, updated = %s,
                    "startTime" = excluded."startTime", "finishTime" = excluded."finishTime",
                    "failedStep" = excluded."failedStep", "stepsCount" = excluded."stepsCount",
                    "internalError" = excluded."internalError", tags = excluded.tags, journal = excluded.journal
                """.formatted(NOW))) {
            for (var flush : batch) {
                var row = flush.run();
                if (row == null) {
                    continue;
                }
                set(
                        statement,
                        flush.runId(),
                        micros(row.created()),
                        flush.projectId(),
                        row.flowId(),
                        row.flowVersionId(),
                        row.environment(),
                        row.status(),
                        row.parentRunId(),
                        row.failParentOnFailure(),
                        row.triggeredBy(),
                        micros(row.startTime()),
                        micros(row.finishTime()),
                        json(row.failedStep()),
                        row.stepsCount(),
                        row.stepNameToTest(),
                        json(row.internalError()),
                        tags(row.tags()),
                        row.journal());
                statement.addBatch();
            }
            statement.executeBatch();
        }
    }

    private static @Nullable String tags(List<String> tags) {
        return tags.isEmpty()
                ? null
                : Json.text(Json.MAPPER.valueToTree(
                        tags.stream().map(StorableText::store).toList()));
    }

    /** As PostgreSQL stores it, so that a database can move. */
    private static @Nullable String json(@Nullable String document) {
        return document == null ? null : StorableText.storeJson(document);
    }

    private static void queue(Connection connection, List<RunFlush> batch, RunFlush.QueueChange change, String sql)
            throws SQLException {
        try (var statement = connection.prepareStatement(sql)) {
            for (var flush : batch) {
                if (flush.queue() == change) {
                    statement.setString(1, flush.runId());
                    statement.addBatch();
                }
            }
            statement.executeBatch();
        }
    }

    @Override
    public void register(Connection connection, String processId, String name, int lanes) throws SQLException {
        execute(
                connection,
                "INSERT INTO process (id, name, started, heartbeat) VALUES (?, ?, " + NOW + ", " + NOW + ")",
                processId,
                name);
        for (int lane = 0; lane < lanes; lane++) {
            execute(connection, "INSERT INTO lane (\"processId\", lane, epoch) VALUES (?, ?, 1)", processId, lane);
        }
    }

    @Override
    public boolean heartbeat(Connection connection, String processId) throws SQLException {
        return execute(connection, "UPDATE process SET heartbeat = " + NOW + " WHERE id = ?", processId) == 1;
    }

    @Override
    public void release(Connection connection, String processId) throws SQLException {
        free(connection, processId, 0);
    }

    /** A SQLite file has one server, so every other process in it is dead whatever its heartbeat says. */
    @Override
    public int takeOver(Connection connection, Duration lease, String except) throws SQLException {
        var dead = new ArrayList<String>();
        try (var statement = connection.prepareStatement("SELECT id FROM process WHERE id <> ?")) {
            statement.setString(1, except);
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

    private static int free(Connection connection, String processId, int takeovers) throws SQLException {
        execute(connection, "DELETE FROM lane WHERE \"processId\" = ?", processId);
        execute(connection, "DELETE FROM process WHERE id = ?", processId);
        execute(connection, "UPDATE run_queue SET \"replyTo\" = NULL WHERE \"replyTo\" = ?", processId);
        return execute(connection, """
                    UPDATE run_queue SET "processId" = NULL, lane = NULL, status = 'QUEUED', takeovers = takeovers + ?
                    WHERE "processId" = ?
                    """, takeovers, processId);
    }

    @Override
    public List<Claimed> claim(Connection connection, Lane lane, int limit, Turn turn) throws SQLException {
        var claimed = new ArrayList<Claimed>();
        if (!held(connection, lane)) {
            return claimed;
        }
        var due = "status = 'PAUSED' AND held = 0 AND \"dueAt\" <= " + NOW + " AND NOT \"cancelAsked\"";
        var share = (limit + 1) / 2;
        if (turn.perProject() == 0) {
            claim(connection, lane, due, "\"dueAt\"", null, share, claimed);
        }
        if (turn.perProject() > 0 || claimed.size() >= share) {
            // Timers that are due join the turns of their projects: one project's many do not come before another's.
            execute(connection, """
                    UPDATE run_queue SET status = 'QUEUED'
                    WHERE id IN (SELECT id FROM run_queue WHERE %s ORDER BY "dueAt" LIMIT ?)
                    """.formatted(due), MOST_RUNG);
        }
        var projects = waiting(connection, turn.after(), limit);
        int each = projects.isEmpty() ? 0 : (limit + projects.size() - 1) / projects.size();
        for (var project : projects) {
            if (turn.perProject() == 0) {
                claim(connection, lane, READY, URGENT, project, Math.min(each, limit - claimed.size()), claimed);
                continue;
            }
            var tests = READY + " AND environment <> 'PRODUCTION' AND priority <= 2";
            claim(connection, lane, tests, URGENT, project, Math.min(each, limit - claimed.size()), claimed);
            var room = Math.min(each, room(connection, project, turn.perProject()));
            var runs = READY + " AND environment = 'PRODUCTION'";
            claim(connection, lane, runs, URGENT, project, Math.min(room, limit - claimed.size()), claimed);
        }
        return SqlRows.withJournals(connection, claimed, id -> true);
    }

    /** The projects that have runs waiting, in turn. */
    private static List<String> waiting(Connection connection, String after, int limit) throws SQLException {
        var projects = new ArrayList<String>();
        try (var statement = connection.prepareStatement(
                "SELECT \"projectId\" FROM run_queue WHERE status = 'QUEUED' AND held = 0 AND \"projectId\" > ? ORDER BY \"projectId\" LIMIT 1")) {
            var from = after;
            for (var round = 0; projects.size() < limit && round < 2; ) {
                statement.setString(1, from);
                try (var rows = statement.executeQuery()) {
                    var next = rows.next() ? rows.getString(1) : null;
                    if (next == null || (round == 1 && next.compareTo(after) > 0)) {
                        round++;
                        from = "";
                    } else {
                        projects.add(next);
                        from = next;
                    }
                }
            }
        }
        return projects;
    }

    /** How many production runs the project may begin now. */
    private static int room(Connection connection, String project, int standard) throws SQLException {
        try (var statement = connection.prepareStatement("""
                SELECT coalesce((SELECT "maxConcurrentJobs" FROM project WHERE id = ?1), ?2) - (
                    SELECT count(*) FROM run_queue
                    WHERE "processId" IN (SELECT id FROM process) AND environment = 'PRODUCTION' AND "projectId" = ?1)
                """)) {
            set(statement, project, standard);
            try (var rows = statement.executeQuery()) {
                rows.next();
                return Math.max(0, rows.getInt(1));
            }
        }
    }

    private static void claim(
            Connection connection,
            Lane lane,
            String which,
            String order,
            @Nullable String project,
            int limit,
            List<Claimed> claimed)
            throws SQLException {
        try (var statement = connection.prepareStatement("""
                    UPDATE run_queue SET "processId" = ?, lane = ?, status = 'RUNNING',
                        "startTime" = coalesce("startTime", %1$s)
                    WHERE id IN (SELECT id FROM run_queue WHERE %2$s ORDER BY %3$s LIMIT ?)
                    RETURNING id, "projectId", created, "flowId", "flowVersionId", environment, priority, "startTime",
                        "parentRunId", "failParentOnFailure", "parentWaitpointId", "triggeredBy", "stepNameToTest",
                        recorded, doc, takeovers, "takeoverPath", "waitpointId", coalesce("dueAt" <= %1$s, 0)
                    """.formatted(NOW, which, order))) {
            if (project == null) {
                set(statement, lane.processId(), lane.number(), limit);
            } else {
                set(statement, lane.processId(), lane.number(), project, limit);
            }
            try (var rows = statement.executeQuery()) {
                while (rows.next()) {
                    claimed.add(SqlRows.claimed(rows, lane, instant(rows.getLong(3)), instant(rows.getLong(8))));
                }
            }
        }
    }

    @Override
    public int unclaim(Connection connection, Lane lane, Collection<String> known) throws SQLException {
        if (!held(connection, lane)) {
            return 0;
        }
        return execute(connection, """
                UPDATE run_queue SET "processId" = NULL, lane = NULL, status = 'QUEUED'
                WHERE "processId" = ? AND lane = ? AND id NOT IN (SELECT value FROM json_each(?))
                """, lane.processId(), lane.number(), Json.text(Json.MAPPER.valueToTree(known)));
    }

    @Override
    public Instant now(Connection connection) throws SQLException {
        try (var statement = connection.prepareStatement("SELECT " + NOW);
                var rows = statement.executeQuery()) {
            rows.next();
            return instant(rows.getLong(1));
        }
    }

    private static Instant instant(long micros) {
        return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
    }

    private static @Nullable Long micros(@Nullable Instant moment) {
        return moment == null ? null : ChronoUnit.MICROS.between(Instant.EPOCH, moment);
    }
}
