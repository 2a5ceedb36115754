package millrace.archive;

import static millrace.schema.Tables.APP_CONNECTION;
import static millrace.schema.Tables.BACKUP;
import static millrace.schema.Tables.LANE;
import static millrace.schema.Tables.PROCESS;
import static millrace.schema.Tables.RUN_QUEUE;

import com.fasterxml.jackson.databind.JsonNode;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;
import millrace.archive.Origin.Identity;
import millrace.archive.Origin.State;
import millrace.database.Direct;
import millrace.database.Replication;
import millrace.database.SchemaBuilder;
import millrace.database.Tx;
import millrace.engine.Json;

/** The row 'origin' of the table backup: comparisons of databases leave that table out. */
final class OriginStore {
    private static final String ID = "origin";

    /** Whether the schema has the table. */
    static boolean present(Direct direct) {
        try {
            return new SchemaBuilder(direct).tables().contains(BACKUP.getName());
        } catch (SQLException e) {
            throw direct.refusal("reading", e);
        }
    }

    Optional<Origin> lock(Tx tx) {
        return tx.dialect()
                .forUpdate(tx.sql()
                        .select(BACKUP.STATUS, BACKUP.MESSAGE, BACKUP.DETAIL, BACKUP.CREATED)
                        .from(BACKUP)
                        .where(BACKUP.ID.eq(ID)))
                .fetchOptional(row -> origin(
                        row.get(BACKUP.STATUS),
                        row.get(BACKUP.MESSAGE),
                        row.get(BACKUP.DETAIL),
                        row.get(BACKUP.CREATED)));
    }

    Optional<Origin> find(Tx tx) {
        return tx.sql()
                .select(BACKUP.STATUS, BACKUP.MESSAGE, BACKUP.DETAIL, BACKUP.CREATED)
                .from(BACKUP)
                .where(BACKUP.ID.eq(ID))
                .fetchOptional(row -> origin(row.value1(), row.value2(), row.value3(), row.value4()));
    }

    private static Origin origin(String status, String reason, JsonNode detail, Instant since) {
        var database = detail == null ? null : detail.path("database").textValue();
        return new Origin(
                State.valueOf(status),
                reason,
                database == null
                        ? null
                        : new Identity(
                                detail.path("cluster").textValue(),
                                database,
                                detail.path("tables").textValue(),
                                detail.path("timeline").longValue(),
                                detail.path("synchronous").booleanValue()),
                since);
    }

    /** Whether the row was new. */
    boolean addFirst(Tx tx, Origin origin) {
        return tx.sql()
                        .insertInto(BACKUP)
                        .set(BACKUP.ID, ID)
                        .set(BACKUP.KIND, "ORIGIN")
                        .set(BACKUP.STATUS, origin.state().name())
                        .set(BACKUP.MESSAGE, origin.reason())
                        .set(BACKUP.DETAIL, detail(origin))
                        .onConflictDoNothing()
                        .execute()
                == 1;
    }

    /** Its hold, if it is one, begins now. */
    void save(Tx tx, Origin origin) {
        addFirst(tx, origin);
        tx.sql()
                .update(BACKUP)
                .set(BACKUP.STATUS, origin.state().name())
                .set(BACKUP.MESSAGE, origin.reason())
                .set(BACKUP.DETAIL, detail(origin))
                .set(BACKUP.CREATED, tx.dialect().now())
                .set(BACKUP.UPDATED, tx.dialect().now())
                .where(BACKUP.ID.eq(ID))
                .execute();
    }

    /** Where it lies now; it is held no more and no less than before. */
    void remember(Tx tx, Origin origin) {
        tx.sql()
                .update(BACKUP)
                .set(BACKUP.DETAIL, detail(origin))
                .where(BACKUP.ID.eq(ID))
                .execute();
    }

    private static JsonNode detail(Origin origin) {
        var detail = Json.object();
        var identity = origin.identity();
        if (identity != null) {
            detail.put("cluster", identity.cluster())
                    .put("database", identity.database())
                    .put("tables", identity.tables())
                    .put("timeline", identity.timeline())
                    .put("synchronous", identity.synchronous());
        }
        return detail;
    }

    /** Where the database lies now. */
    Identity identity(Tx tx) {
        if (!tx.dialect().postgres()) {
            return Identity.SQLITE;
        }
        // Asking for the cluster without the right to would end the transaction.
        boolean allowed = Boolean.TRUE.equals(tx.sql()
                .resultQuery("SELECT has_function_privilege('pg_control_system()', 'execute')")
                .fetchOne(0, Boolean.class));
        var cluster = allowed
                ? tx.sql()
                        .resultQuery("SELECT system_identifier::text FROM pg_control_system()")
                        .fetchOne(0, String.class)
                : null;
        var database = tx.sql()
                .resultQuery("SELECT oid::text FROM pg_database WHERE datname = current_database()")
                .fetchOne(0, String.class);
        var replication = Replication.of(tx);
        var tables =
                tx.sql().resultQuery("SELECT to_regclass('backup')::oid::text").fetchOne(0, String.class);
        return new Identity(
                cluster, String.valueOf(database), tables, replication.timeline(), replication.synchronous());
    }

    /** Every process is declared dead: what it has in memory is worth nothing, and its writers write nothing more. */
    void fence(Tx tx) {
        tx.sql().update(LANE).set(LANE.EPOCH, LANE.EPOCH.plus(1)).execute();
        freeRuns(tx);
        tx.sql().deleteFrom(LANE).execute();
        tx.sql().deleteFrom(PROCESS).execute();
    }

    /** Runs that a process of the source had are nobody's here. */
    void freeRuns(Tx tx) {
        tx.sql()
                .update(RUN_QUEUE)
                .setNull(RUN_QUEUE.PROCESS_ID)
                .setNull(RUN_QUEUE.LANE)
                .set(RUN_QUEUE.STATUS, "QUEUED")
                .where(RUN_QUEUE.PROCESS_ID.isNotNull())
                .execute();
        tx.sql()
                .update(RUN_QUEUE)
                .setNull(RUN_QUEUE.REPLY_TO)
                .where(RUN_QUEUE.REPLY_TO.isNotNull())
                .execute();
    }

    /** @return how many connections have no value any more */
    int blankConnections(Tx tx) {
        return tx.sql()
                .update(APP_CONNECTION)
                .set(APP_CONNECTION.VALUE, Json.object())
                .set(APP_CONNECTION.STATUS, "MISSING")
                .execute();
    }

    /** Nobody has begun with anything yet: what a restore would hold. */
    int unended(Tx tx) {
        return tx.sql().fetchCount(RUN_QUEUE);
    }
}
