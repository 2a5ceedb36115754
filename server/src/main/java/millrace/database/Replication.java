package millrace.database;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jooq.Record;
import org.jooq.exception.DataAccessException;
import org.jspecify.annotations.Nullable;

/**
 * What a PostgreSQL primary tells about the copies that take over when it dies.
 *
 * @param timeline counts the promotions of the cluster; 0 where the server does not tell
 * @param synchronousCommit the setting of our transactions
 * @param synchronousStandbyNames the setting; empty when no commit waits for a standby
 * @param recoveryTarget whether the cluster's settings name a moment in the past to which it was recovered
 * @param standbys those that are connected now
 */
public record Replication(
        long timeline,
        String synchronousCommit,
        String synchronousStandbyNames,
        boolean recoveryTarget,
        List<Standby> standbys) {
    private static final String STANDBYS = """
            SELECT application_name, sync_state, greatest(0, pg_current_wal_flush_lsn() - flush_lsn)::bigint,
                   extract(epoch FROM flush_lag)::float8
            FROM pg_stat_replication
            WHERE state IS DISTINCT FROM 'backup'
            ORDER BY application_name
            """;
    private static final Set<String> WAITING = Set.of("on", "remote_write", "remote_apply");

    public Replication {
        standbys = List.copyOf(standbys);
    }

    /**
     * One that repeats this primary.
     *
     * @param syncState async, potential, sync or quorum; null, as the others, when our role lacks pg_monitor
     * @param bytesBehind what it has not flushed yet
     * @param secondsBehind from a flush here to the same flush there, measured lately
     */
    public record Standby(
            @Nullable String name,
            @Nullable String syncState,
            @Nullable Long bytesBehind,
            @Nullable Double secondsBehind) {}

    /** Whether each commit that was acknowledged has reached a standby. */
    public boolean synchronous() {
        return WAITING.contains(synchronousCommit) && !synchronousStandbyNames.isBlank();
    }

    /** Asks the primary; a service that hides its log and its standbys has no timeline here. PostgreSQL only. */
    public static Replication of(Tx tx) {
        var settings = tx.sql().resultQuery("""
                        SELECT current_setting('synchronous_commit'), current_setting('synchronous_standby_names'),
                               current_setting('recovery_target') || current_setting('recovery_target_time')
                               || current_setting('recovery_target_xid') || current_setting('recovery_target_lsn')
                               || current_setting('recovery_target_name')
                        """).fetchSingle();
        var timeline = new AtomicLong();
        var standbys = new ArrayList<Standby>();
        try {
            // A statement that fails ends a transaction, unless it stands behind a savepoint.
            tx.sql().transaction(inner -> {
                timeline.set(PrimaryHosts.timeline(inner.dsl()
                        .resultQuery("SELECT pg_walfile_name(pg_current_wal_lsn())")
                        .fetchSingle(0, String.class)));
                standbys.addAll(inner.dsl().resultQuery(STANDBYS).fetch(Replication::standby));
            });
        } catch (DataAccessException e) {
            if (Failures.away(Failures.sqlCause(e))) {
                throw e;
            }
        }
        return new Replication(
                timeline.get(),
                settings.get(0, String.class),
                settings.get(1, String.class),
                !settings.get(2, String.class).isEmpty(),
                standbys);
    }

    private static Standby standby(Record row) {
        var bytes = row.get(2, Long.class);
        var seconds = row.get(3, Double.class);
        // One that has everything has nothing to measure after a while.
        return new Standby(
                row.get(0, String.class),
                row.get(1, String.class),
                bytes,
                seconds == null && bytes != null && bytes == 0 ? Double.valueOf(0) : seconds);
    }
}
