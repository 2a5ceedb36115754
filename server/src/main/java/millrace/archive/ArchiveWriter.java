package millrace.archive;

import com.github.luben.zstd.Zstd;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes an archive: a first line, then frames. A frame is its kind (1 byte), the number of its table (2), the lengths
 * of its contents unpacked and packed (4 each), the contents packed by zstd, and SHA-256 over all of that and the frame
 * before it (32). The sums form a chain, so a frame that is changed, missing, added or moved is found, and the last one
 * is a checksum over every byte of the archive.
 */
final class ArchiveWriter {
    static final byte[] FIRST_LINE = RowBuffer.utf8("Millrace archive 1\n");
    static final int HEAD = 1 + 2 + 4 + 4;
    static final byte MANIFEST = 'M';
    static final byte ROWS = 'R';
    static final byte END = 'E';

    private static final int FRAME = 1 << 20;
    private static final int LEVEL = 1;

    private final OutputStream out;
    private final MessageDigest digest = TableSum.sha256();
    private final RowBuffer rows = new RowBuffer(FRAME + (FRAME >> 2));
    private final List<TableSum.Result> sums = new ArrayList<>();
    private byte[] chain;
    private long written;

    ArchiveWriter(OutputStream out, Manifest manifest) throws IOException {
        this.out = out;
        out.write(FIRST_LINE);
        written = FIRST_LINE.length;
        chain = digest.digest(FIRST_LINE);
        var bytes = manifest.bytes();
        frame(MANIFEST, 0, bytes, bytes.length);
    }

    /** Takes the rows of one table. @param number its place in the manifest */
    Table table(TableShape shape, int number) {
        return new Table(shape, number);
    }

    final class Table {
        private final TableShape shape;
        private final int number;
        private final TableSum sum;

        private Table(TableShape shape, int number) {
            this.shape = shape;
            this.number = number;
            this.sum = new TableSum(shape);
        }

        void add(@Nullable Object[] row) throws IOException {
            sum.add(row);
            rows.put(shape, row, false);
            if (rows.length() >= FRAME) {
                flush();
            }
        }

        private void flush() throws IOException {
            frame(ROWS, number, rows.array(), rows.length());
            rows.clear();
        }

        void end() throws IOException {
            if (rows.length() > 0) {
                flush();
            }
            sums.add(sum.result());
        }
    }

    /** Writes the counts and checksums of all tables. @return what the archive holds */
    Contents end() throws IOException {
        var bytes = Manifest.bytes(sums);
        frame(END, 0, bytes, bytes.length);
        out.flush();
        return new Contents(sums, HexFormat.of().formatHex(chain), written);
    }

    private void frame(byte kind, int table, byte[] contents, int length) throws IOException {
        var bound = new byte[(int) Zstd.compressBound(length)];
        int packed = (int) Zstd.compressByteArray(bound, 0, bound.length, contents, 0, length, LEVEL);
        if (Zstd.isError(packed)) {
            throw new IOException("packing failed: " + Zstd.getErrorName(packed));
        }
        var head = ByteBuffer.allocate(HEAD)
                .put(kind)
                .putShort((short) table)
                .putInt(length)
                .putInt(packed)
                .array();
        digest.update(chain);
        digest.update(head);
        digest.update(bound, 0, packed);
        chain = digest.digest();
        out.write(head);
        out.write(bound, 0, packed);
        out.write(chain);
        written += HEAD + packed + chain.length;
    }

    /**
     * What an archive holds.
     *
     * @param checksum SHA-256 over every byte, 64 hexadecimal digits
     */
    record Contents(List<TableSum.Result> tables, String checksum, long bytes) {
        Contents {
            tables = List.copyOf(tables);
        }

        long rows() {
            return tables.stream().mapToLong(TableSum.Result::rows).sum();
        }
    }
}
