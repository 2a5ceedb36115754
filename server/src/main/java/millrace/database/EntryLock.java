package millrace.database;

import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/** The lock of an entry of the key-value store: one that is not there has no row to lock. Held until the transaction ends. */
public final class EntryLock {
    /** Sets these apart from other advisory locks. */
    private static final long ENTRIES = 0x6d6c_7374_0000_0000L;

    private EntryLock() {}

    /** SQLite has one writer, which has the lock. */
    public static void take(Tx tx, String projectId, String key) {
        if (tx.dialect().postgres()) {
            tx.sql().execute("SELECT pg_advisory_xact_lock(?)", number(projectId, key));
        }
    }

    /** Entries may share one: then they wait for each other in vain. */
    static long number(String projectId, String key) {
        var sum = new CRC32C();
        sum.update((projectId + "/" + key).getBytes(StandardCharsets.UTF_8));
        return ENTRIES | sum.getValue();
    }
}
