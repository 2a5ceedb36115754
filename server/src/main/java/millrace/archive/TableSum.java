package millrace.archive;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.jspecify.annotations.Nullable;

/**
 * How many rows a table has and a checksum of them that does not ask for their order: the sum of each row's SHA-256, of
 * which 128 bits count. Rows of both databases with the same contents have the same sum.
 */
final class TableSum {
    private final TableShape table;
    private final MessageDigest digest = sha256();
    private final RowBuffer buffer = new RowBuffer(1 << 12);
    private final byte[] hash = new byte[32];
    private long rows;
    private long first;
    private long second;

    TableSum(TableShape table) {
        this.table = table;
    }

    void add(@Nullable Object[] row) {
        buffer.clear();
        buffer.put(table, row, true);
        digest.update(buffer.array(), 0, buffer.length());
        try {
            digest.digest(hash, 0, hash.length);
        } catch (java.security.DigestException e) {
            throw new IllegalStateException(e);
        }
        var words = ByteBuffer.wrap(hash);
        first += words.getLong();
        second += words.getLong();
        rows++;
    }

    Result result() {
        return new Result(table.name(), rows, "%016x%016x".formatted(first, second));
    }

    /** @param sum 32 hexadecimal digits */
    record Result(String table, long rows, String sum) {}

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
