package millrace.database;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import millrace.schema.StorableText;
import org.jspecify.annotations.Nullable;

/**
 * What the steps of a batch of flushes change in the key-value store, within the transaction of the flush. The entries
 * are locked first, by their names, since an entry that is not there has no row to lock; then each change sees what the
 * one before it left.
 */
final class StoreChanges {
    private final List<RunFlush> batch;
    private final Map<Entry, @Nullable String> changed = new LinkedHashMap<>();

    private record Entry(String projectId, String key) {}

    private StoreChanges(List<RunFlush> batch) {
        this.batch = batch;
    }

    static StoreChanges of(List<RunFlush> batch) {
        return new StoreChanges(batch);
    }

    boolean isEmpty() {
        return batch.stream().noneMatch(flush -> change(flush) != null);
    }

    private static RunFlush.@Nullable Change change(RunFlush flush) {
        return flush.effects() == null ? null : flush.effects().change();
    }

    /** The locks of the entries, in the order in which everybody takes them. */
    Long[] locks() {
        var locks = new TreeSet<Long>();
        for (var flush : batch) {
            var change = change(flush);
            if (change != null) {
                locks.add(EntryLock.number(flush.projectId(), change.key()));
            }
        }
        return locks.toArray(Long[]::new);
    }

    /** The batch with the journal rows that tell the changes. The entries are locked. */
    List<RunFlush> settled(Connection connection) throws SQLException {
        var entries = new LinkedHashMap<Entry, @Nullable String>();
        var whole = new ArrayList<RunFlush>(batch.size());
        for (var flush : batch) {
            var change = change(flush);
            if (change == null) {
                whole.add(flush);
                continue;
            }
            var entry = new Entry(flush.projectId(), StorableText.store(change.key()));
            if (written(connection, flush.runId(), change.seq())) {
                whole.add(change.again().flush());
                continue;
            }
            if (!entries.containsKey(entry)) {
                entries.put(entry, find(connection, entry));
            }
            var settled = change.settle(entries.get(entry));
            if (settled.changed()) {
                entries.put(entry, settled.value());
                changed.put(entry, settled.value());
            }
            whole.add(settled.flush());
        }
        return Collections.unmodifiableList(whole);
    }

    /** A commit of unknown outcome is repeated: what it has changed may not be changed again. */
    private static boolean written(Connection connection, String runId, int seq) throws SQLException {
        try (var statement = connection.prepareStatement("SELECT 1 FROM run_journal WHERE \"runId\" = ? AND seq = ?")) {
            SqlRows.set(statement, runId, seq);
            try (var rows = statement.executeQuery()) {
                return rows.next();
            }
        }
    }

    private static @Nullable String find(Connection connection, Entry entry) throws SQLException {
        try (var statement =
                connection.prepareStatement("SELECT value FROM store_entry WHERE \"projectId\" = ? AND key = ?")) {
            SqlRows.set(statement, entry.projectId(), entry.key());
            try (var rows = statement.executeQuery()) {
                var value = rows.next() ? rows.getString(1) : null;
                return value == null ? null : StorableText.loadJson(value);
            }
        }
    }

    /**
     * Writes what the entries hold from now on.
     *
     * @param put with the parameters id, project, key and JSON text
     */
    void store(Connection connection, String put) throws SQLException {
        for (var entry : changed.keySet()) {
            var value = changed.get(entry);
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

    /** An entry's id is chosen where no other is: what is written again is the same. */
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
