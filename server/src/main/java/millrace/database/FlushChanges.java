package millrace.database;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import millrace.schema.StorableText;
import org.jooq.exception.DataAccessException;
import org.jspecify.annotations.Nullable;

/**
 * What the steps of a batch of flushes change beyond their runs, within the transaction of the flush. What they change is
 * locked first, by name; then each change sees what the one before it left.
 */
final class FlushChanges {
    private final List<RunFlush> batch;
    /** Read once and written once, however many steps change them. */
    private final Map<Entry, @Nullable String> entries = new HashMap<>();

    private final Set<Entry> changed = new LinkedHashSet<>();

    private record Entry(String projectId, String key) {}

    private FlushChanges(List<RunFlush> batch) {
        this.batch = batch;
    }

    static FlushChanges of(List<RunFlush> batch) {
        return new FlushChanges(batch);
    }

    boolean isEmpty() {
        return batch.stream().noneMatch(flush -> change(flush) != null);
    }

    private static RunFlush.@Nullable Change change(RunFlush flush) {
        return flush.effects() == null ? null : flush.effects().change();
    }

    /** The locks, in the order in which everybody takes them. */
    Long[] locks() {
        var locks = new TreeSet<Long>();
        for (var flush : batch) {
            var change = change(flush);
            if (change != null) {
                change.locks().forEach(name -> locks.add(NameLock.number(flush.projectId(), name)));
            }
        }
        return locks.toArray(Long[]::new);
    }

    /** The batch with the journal rows that tell the changes. The locks are held. */
    List<RunFlush> settled(Tx tx) throws SQLException {
        var whole = new ArrayList<RunFlush>(batch.size());
        for (var flush : batch) {
            var change = change(flush);
            whole.add(change == null ? flush : settle(tx, flush.projectId(), change));
        }
        return Collections.unmodifiableList(whole);
    }

    /** Whatever fails fails this transaction, and in the end the one flush that it came from. */
    private RunFlush settle(Tx tx, String projectId, RunFlush.Change change) throws SQLException {
        try {
            return change.settle(new ProjectRows(tx, projectId));
        } catch (RuntimeException e) {
            var sql = Failures.sqlCause(e);
            throw sql == null ? new SQLException("a step's change failed", e) : sql;
        }
    }

    private final class ProjectRows implements RunFlush.Rows {
        private final Tx tx;
        private final String projectId;

        ProjectRows(Tx tx, String projectId) {
            this.tx = tx;
            this.projectId = projectId;
        }

        @Override
        public @Nullable String entry(String key) {
            var entry = new Entry(projectId, StorableText.store(key));
            if (!entries.containsKey(entry)) {
                entries.put(entry, find(tx.connection(), entry));
            }
            return entries.get(entry);
        }

        @Override
        public void put(String key, @Nullable String value) {
            var entry = new Entry(projectId, StorableText.store(key));
            entries.put(entry, value);
            changed.add(entry);
        }

        @Override
        public Tx tx() {
            return tx;
        }
    }

    private static @Nullable String find(Connection connection, Entry entry) {
        try (var statement =
                connection.prepareStatement("SELECT value FROM store_entry WHERE \"projectId\" = ? AND key = ?")) {
            SqlRows.set(statement, entry.projectId(), entry.key());
            try (var rows = statement.executeQuery()) {
                var value = rows.next() ? rows.getString(1) : null;
                return value == null ? null : StorableText.loadJson(value);
            }
        } catch (SQLException e) {
            throw new DataAccessException("an entry can't be read", e);
        }
    }

    /**
     * Writes what the entries hold from now on.
     *
     * @param put with the parameters id, project, key and JSON text
     */
    void store(Connection connection, String put) throws SQLException {
        for (var entry : changed) {
            var value = entries.get(entry);
            if (value == null) {
                SqlRows.execute(
                        connection,
                        "DELETE FROM store_entry WHERE \"projectId\" = ? AND key = ?",
                        entry.projectId(),
                        entry.key());
            } else {
                SqlRows.execute(
                        connection, put, id(entry), entry.projectId(), entry.key(), StorableText.storeJson(value));
            }
        }
    }

    /** An entry's id comes of its project and key. */
    private static String id(Entry entry) {
        try {
            var hash = MessageDigest.getInstance("SHA-256")
                    .digest((entry.projectId() + "/" + entry.key()).getBytes(StandardCharsets.UTF_8));
            return Ids.of(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
