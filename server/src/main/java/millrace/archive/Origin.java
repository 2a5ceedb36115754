package millrace.archive;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Where a database lies and where it came from.
 *
 * @param state what that means for its runs
 * @param reason why it is held; null when it is not
 * @param identity where it lay when a server last looked; null after a restore
 * @param since when its hold began
 */
record Origin(
        State state,
        @Nullable String reason,
        @Nullable Identity identity,
        @Nullable Instant since) {

    enum State {
        /** It is where it was made, or has been released. */
        OWN,
        /** It came from an archive, and no server has seen it since. */
        RESTORED,
        /** Runs that came with it stay still. */
        HELD,
        /** A copy for trying things out: it never acts on the world by what came with it. */
        CLONE
    }

    /**
     * Of a PostgreSQL database; a SQLite file has none.
     *
     * @param cluster the system identifier, made by initdb; null when the role may not ask
     * @param database its object id, which is new after DROP and CREATE
     * @param tables the object id of one of its tables, which is new after a dump was restored over it; null when an
     *     earlier version looked
     * @param timeline counts the promotions of the cluster; 0 where the server does not tell
     * @param synchronous whether each commit that was acknowledged had reached a standby
     */
    record Identity(
            @Nullable String cluster,
            String database,
            @Nullable String tables,
            long timeline,
            boolean synchronous) {
        static final Identity SQLITE = new Identity(null, "sqlite", null, 0, false);

        /** Whether both can be the same database. */
        boolean same(Identity other) {
            return database.equals(other.database)
                    && (cluster == null || other.cluster == null || cluster.equals(other.cluster));
        }

        /** Whether its tables were dropped and made again between the one and the other. */
        boolean remade(Identity other) {
            return tables != null && other.tables != null && !tables.equals(other.tables);
        }

        /** Whether a standby was promoted between the one and the other. */
        boolean promoted(Identity other) {
            return timeline != other.timeline && timeline != 0 && other.timeline != 0;
        }
    }
}
