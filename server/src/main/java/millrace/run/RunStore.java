package millrace.run;

import static millrace.database.Tenancy.within;
import static millrace.schema.Tables.FLOW_RUN;
import static millrace.schema.Tables.FLOW_VERSION;
import static millrace.schema.Tables.RUN_BLOB;
import static millrace.schema.Tables.RUN_JOURNAL;
import static millrace.schema.Tables.RUN_QUEUE;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import millrace.access.Scope;
import millrace.database.Tx;
import millrace.engine.RunEnvironment;
import org.jooq.Condition;
import org.jooq.Field;
import org.jooq.Record;
import org.jooq.impl.DSL;
import org.jspecify.annotations.Nullable;

/** Reads runs: those with a row of their own, and those that only the queue knows yet. */
final class RunStore {
    private static final int DOCUMENTS_AT_ONCE = 16;

    /**
     * A run and where its journal is.
     *
     * @param whole the packed journal of a run that has no rows in {@code run_journal}
     */
    record Found(FlowRun run, byte @Nullable [] whole) {}

    /** How many runs of the filter's project and time window have each status. */
    List<StatusCount> countByStatus(Tx tx, RunFilter filter) {
        var counts = new TreeMap<String, Long>();
        var recorded = new ArrayList<Condition>();
        recorded.add(FLOW_RUN.PROJECT_ID.eq(filter.projectId()));
        recorded.add(FLOW_RUN.ENVIRONMENT.eq(DSL.inline(RunEnvironment.PRODUCTION.name())));
        recorded.add(FLOW_RUN.ARCHIVED_AT.isNull());
        between(recorded, FLOW_RUN.CREATED, filter);
        tx.sql()
                .select(FLOW_RUN.STATUS, DSL.count())
                .from(FLOW_RUN)
                .where(recorded)
                .groupBy(FLOW_RUN.STATUS)
                .forEach(row -> counts.merge(row.value1(), (long) row.value2(), Long::sum));
        var queued = new ArrayList<Condition>();
        queued.add(RUN_QUEUE.PROJECT_ID.eq(filter.projectId()));
        queued.add(RUN_QUEUE.ENVIRONMENT.eq(RunEnvironment.PRODUCTION.name()));
        queued.add(RUN_QUEUE.RECORDED.isFalse());
        between(queued, RUN_QUEUE.CREATED, filter);
        tx.sql()
                .select(RUN_QUEUE.STATUS, DSL.count())
                .from(RUN_QUEUE)
                .where(queued)
                .groupBy(RUN_QUEUE.STATUS)
                .forEach(row -> counts.merge(row.value1(), (long) row.value2(), Long::sum));
        return counts.entrySet().stream()
                .map(count -> new StatusCount(count.getKey(), count.getValue()))
                .toList();
    }

    /** The runs of a project that have one of these ids, of any environment. */
    List<FlowRun> named(Tx tx, String projectId, List<String> runIds) {
        var found = new ArrayList<>(tx.sql()
                .select(columns())
                .from(FLOW_RUN)
                .leftJoin(FLOW_VERSION)
                .on(FLOW_VERSION.ID.eq(FLOW_RUN.FLOW_VERSION_ID))
                .where(FLOW_RUN.ID.in(runIds), FLOW_RUN.PROJECT_ID.eq(projectId))
                .fetch(RunStore::fromRun));
        found.addAll(tx.sql()
                .select(RUN_QUEUE.asterisk(), FLOW_VERSION.DISPLAY_NAME)
                .from(RUN_QUEUE)
                .leftJoin(FLOW_VERSION)
                .on(FLOW_VERSION.ID.eq(RUN_QUEUE.FLOW_VERSION_ID))
                .where(RUN_QUEUE.ID.in(runIds), RUN_QUEUE.PROJECT_ID.eq(projectId), RUN_QUEUE.RECORDED.isFalse())
                .fetch(RunStore::fromQueue));
        return found;
    }

    static List<Field<?>> columns() {
        var columns = new ArrayList<Field<?>>();
        for (var field : FLOW_RUN.fields()) {
            if (!field.equals(FLOW_RUN.JOURNAL) && !field.equals(FLOW_RUN.INTERNAL_ERROR)) {
                columns.add(field);
            }
        }
        columns.add(FLOW_VERSION.DISPLAY_NAME);
        return columns;
    }

    static void between(List<Condition> conditions, Field<Instant> created, RunFilter filter) {
        if (filter.createdAfter() != null) {
            conditions.add(created.ge(filter.createdAfter()));
        }
        if (filter.createdBefore() != null) {
            conditions.add(created.le(filter.createdBefore()));
        }
    }

    /** The run with its journal; empty outside the scope. */
    Optional<Found> find(Tx tx, Scope scope, String runId) {
        return recorded(tx, scope, runId)
                .or(() -> queued(tx, scope, runId)
                        .map(row -> new Found(fromQueue(row), journalled(tx, runId) ? null : row.get(RUN_QUEUE.DOC))));
    }

    /** A run that has its own row, without its documents, and its whole journal where it has no other. */
    Optional<Found> head(Tx tx, Scope scope, String runId) {
        return recorded(tx, scope, runId)
                .or(() -> queued(tx, scope, runId).map(row -> new Found(fromQueue(row), null)));
    }

    private static Optional<Found> recorded(Tx tx, Scope scope, String runId) {
        return tx.sql()
                .select(FLOW_RUN.asterisk(), FLOW_VERSION.DISPLAY_NAME)
                .from(FLOW_RUN)
                .leftJoin(FLOW_VERSION)
                .on(FLOW_VERSION.ID.eq(FLOW_RUN.FLOW_VERSION_ID))
                .where(FLOW_RUN.ID.eq(runId), within(scope, FLOW_RUN.PROJECT_ID))
                .fetchOptional(row -> new Found(fromRun(row), row.get(FLOW_RUN.JOURNAL)));
    }

    private static Optional<Record> queued(Tx tx, Scope scope, String runId) {
        return tx.sql()
                .select(RUN_QUEUE.asterisk(), FLOW_VERSION.DISPLAY_NAME)
                .from(RUN_QUEUE)
                .leftJoin(FLOW_VERSION)
                .on(FLOW_VERSION.ID.eq(RUN_QUEUE.FLOW_VERSION_ID))
                .where(RUN_QUEUE.ID.eq(runId), within(scope, RUN_QUEUE.PROJECT_ID))
                .fetchOptional();
    }

    static List<byte[]> documents(Tx tx, String runId, byte @Nullable [] whole) {
        if (whole != null) {
            return List.of(whole);
        }
        return tx.sql()
                .select(RUN_JOURNAL.DOC)
                .from(RUN_JOURNAL)
                .where(RUN_JOURNAL.RUN_ID.eq(runId))
                .orderBy(RUN_JOURNAL.SEQ)
                .fetch(RUN_JOURNAL.DOC);
    }

    private static boolean journalled(Tx tx, String runId) {
        return tx.sql().fetchExists(RUN_JOURNAL, RUN_JOURNAL.RUN_ID.eq(runId));
    }

    /** Some of the documents of a run's journal, in order, from this number on; none when there are no more. */
    List<byte[]> documentsFrom(Tx tx, String runId, int seq) {
        return tx.sql()
                .select(RUN_JOURNAL.DOC)
                .from(RUN_JOURNAL)
                .where(RUN_JOURNAL.RUN_ID.eq(runId), RUN_JOURNAL.SEQ.ge(seq))
                .orderBy(RUN_JOURNAL.SEQ)
                .limit(DOCUMENTS_AT_ONCE)
                .fetch(RUN_JOURNAL.DOC);
    }

    /** Bytes of the run's journal as stored, large outputs included. */
    long storedBytes(Tx tx, String runId) {
        var rows = tx.sql()
                .select(DSL.sum(DSL.octetLength(RUN_JOURNAL.DOC.coerce(String.class))))
                .from(RUN_JOURNAL)
                .where(RUN_JOURNAL.RUN_ID.eq(runId))
                .fetchOne(0, Long.class);
        var blobs = tx.sql()
                .select(DSL.sum(DSL.octetLength(RUN_BLOB.DATA.coerce(String.class))))
                .from(RUN_BLOB)
                .where(RUN_BLOB.RUN_ID.eq(runId))
                .fetchOne(0, Long.class);
        return (rows == null ? 0 : rows) + (blobs == null ? 0 : blobs);
    }

    /** A part of a packed value that is kept beside the journal. */
    byte[] blob(Tx tx, String runId, String path, int part) {
        var data = tx.sql()
                .select(RUN_BLOB.DATA)
                .from(RUN_BLOB)
                .where(RUN_BLOB.RUN_ID.eq(runId), RUN_BLOB.PATH.eq(path), RUN_BLOB.PART.eq(part))
                .fetchOne(RUN_BLOB.DATA);
        if (data == null) {
            throw new IllegalStateException("the output " + path + " of run " + runId + " is missing");
        }
        return data;
    }

    /** The run was in another step than before when its process died: this takeover is the first in it. */
    void countTakeoversAnew(Tx tx, String runId, String path) {
        tx.sql()
                .update(RUN_QUEUE)
                .set(RUN_QUEUE.TAKEOVER_PATH, path)
                .set(RUN_QUEUE.TAKEOVERS, 1)
                .where(RUN_QUEUE.ID.eq(runId))
                .execute();
    }

    static FlowRun fromRun(Record row) {
        return new FlowRun(
                row.get(FLOW_RUN.ID),
                row.get(FLOW_RUN.CREATED),
                row.get(FLOW_RUN.UPDATED),
                row.get(FLOW_RUN.PROJECT_ID),
                row.get(FLOW_RUN.FLOW_ID),
                row.get(FLOW_RUN.FLOW_VERSION_ID),
                versionName(row),
                row.get(FLOW_RUN.ENVIRONMENT),
                row.get(FLOW_RUN.STATUS),
                row.get(FLOW_RUN.START_TIME),
                row.get(FLOW_RUN.FINISH_TIME),
                row.get(FLOW_RUN.FAILED_STEP),
                row.get(FLOW_RUN.TAGS),
                row.get(FLOW_RUN.STEPS_COUNT),
                row.get(FLOW_RUN.TRIGGERED_BY),
                row.get(FLOW_RUN.STEP_NAME_TO_TEST),
                row.get(FLOW_RUN.PARENT_RUN_ID),
                row.get(FLOW_RUN.FAIL_PARENT_ON_FAILURE),
                row.get(FLOW_RUN.LOGS_FILE_ID),
                row.get(FLOW_RUN.ARCHIVED_AT),
                null,
                null,
                row.field(FLOW_RUN.INTERNAL_ERROR) == null ? null : row.get(FLOW_RUN.INTERNAL_ERROR),
                null);
    }

    static FlowRun fromQueue(Record row) {
        var created = row.get(RUN_QUEUE.CREATED);
        return new FlowRun(
                row.get(RUN_QUEUE.ID),
                created,
                created,
                row.get(RUN_QUEUE.PROJECT_ID),
                row.get(RUN_QUEUE.FLOW_ID),
                row.get(RUN_QUEUE.FLOW_VERSION_ID),
                versionName(row),
                row.get(RUN_QUEUE.ENVIRONMENT),
                row.get(RUN_QUEUE.STATUS),
                row.get(RUN_QUEUE.START_TIME),
                null,
                null,
                null,
                0,
                row.get(RUN_QUEUE.TRIGGERED_BY),
                row.get(RUN_QUEUE.STEP_NAME_TO_TEST),
                row.get(RUN_QUEUE.PARENT_RUN_ID),
                row.get(RUN_QUEUE.FAIL_PARENT_ON_FAILURE),
                null,
                null,
                null,
                null,
                null,
                null);
    }

    private static FlowRun.@Nullable VersionName versionName(Record row) {
        var name = row.get(FLOW_VERSION.DISPLAY_NAME);
        return name == null ? null : new FlowRun.VersionName(name);
    }
}
