package millrace.database;

import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/**
 * The lock of something that a project has, by its name: an entry of the key-value store that is not there has no row to
 * lock, and a table is more than one. Held until the transaction ends.
 */
public final class NameLock {
    /** Sets these apart from other advisory locks. */
    private static final long NAMES = 0x6d6c_7374_0000_0000L;

    private NameLock() {}

    /** The name of an entry of the key-value store. */
    public static String entry(String key) {
        return key;
    }

    /** The name of a table with its fields and records. */
    public static String table(String tableId) {
        return "table " + tableId;
    }

    /** SQLite has one writer, which has the lock. */
    public static void take(Tx tx, String projectId, String name) {
        if (tx.dialect().postgres()) {
            tx.sql().execute("SELECT pg_advisory_xact_lock(?)", number(projectId, name));
        }
    }

    /** Two names may share one: then they wait for each other in vain. */
    static long number(String projectId, String name) {
        var sum = new CRC32C();
        sum.update((projectId + "/" + name).getBytes(StandardCharsets.UTF_8));
        return NAMES | sum.getValue();
    }
}
