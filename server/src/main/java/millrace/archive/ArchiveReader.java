package millrace.archive;

import com.github.luben.zstd.Zstd;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads an archive and believes nothing: each frame is unpacked only after its checksum was compared, counts and
 * checksums of the tables are compared at the end, and nothing may follow.
 */
final class ArchiveReader implements AutoCloseable {
    private static final int CHAIN = 32;

    private final ArchivePlace place;
    private final long size;
    private final InputStream in;
    private final MessageDigest digest = TableSum.sha256();
    private final Manifest manifest;
    private byte[] chain;
    private long read;

    /** @throws ArchiveRefusal when it does not begin as an archive does */
    ArchiveReader(ArchivePlace place) {
        this.place = place;
        var contents = place.open();
        size = contents.size();
        in = new BufferedInputStream(contents.in(), 1 << 20);
        try {
            if (!Arrays.equals(bytes(ArchiveWriter.FIRST_LINE.length), ArchiveWriter.FIRST_LINE)) {
                throw damaged("it does not begin as an archive of Millrace does");
            }
            chain = digest.digest(ArchiveWriter.FIRST_LINE);
            var first = frame();
            if (first.kind() != ArchiveWriter.MANIFEST) {
                throw damaged("it has no manifest");
            }
            manifest = Manifest.read(first.contents());
        } catch (ArchiveRefusal | IllegalArgumentException e) {
            close();
            throw e;
        }
    }

    Manifest manifest() {
        return manifest;
    }

    /** Takes the rows of an archive in order, table after table. */
    interface Rows {
        void begin(TableShape table);

        void row(@Nullable Object[] row);

        void end();
    }

    /**
     * Hands over all rows and compares counts and checksums with what the archive says.
     *
     * @throws ArchiveRefusal at the first byte that is not as it was written
     */
    ArchiveWriter.Contents readAll(Rows rows) {
        var sums = new ArrayList<TableSum.Result>();
        int frames = 0;
        var frame = frame();
        for (int number = 0; number < manifest.tables().size(); number++) {
            var table = manifest.tables().get(number);
            var sum = new TableSum(table);
            rows.begin(table);
            for (; frame.kind() == ArchiveWriter.ROWS && frame.table() == number; frame = frame()) {
                frames++;
                var contents = new RowBuffer(frame.contents());
                while (!contents.atEnd()) {
                    var row = row(contents, table);
                    sum.add(row);
                    rows.row(row);
                }
            }
            rows.end();
            sums.add(sum.result());
        }
        if (frame.kind() != ArchiveWriter.END) {
            throw damaged("frame " + frames + " is of no table that the manifest names");
        }
        compare(Manifest.sums(frame.contents()), sums);
        ends();
        return new ArchiveWriter.Contents(sums, HexFormat.of().formatHex(chain), size);
    }

    /** Reads every byte, but no rows. @return SHA-256 over all of it */
    String checksum() {
        for (var frame = frame(); frame.kind() != ArchiveWriter.END; frame = frame()) {}
        ends();
        return HexFormat.of().formatHex(chain);
    }

    private void ends() {
        if (read != size) {
            throw damaged((size - read) + " bytes follow its end");
        }
    }

    private @Nullable Object[] row(RowBuffer contents, TableShape table) {
        try {
            return contents.row(table);
        } catch (IndexOutOfBoundsException | NegativeArraySizeException | IllegalArgumentException e) {
            throw damaged("a row of " + table.name() + " can't be read");
        }
    }

    private void compare(List<TableSum.Result> said, List<TableSum.Result> found) {
        for (int i = 0; i < Math.max(said.size(), found.size()); i++) {
            if (i >= said.size() || i >= found.size() || !said.get(i).equals(found.get(i))) {
                throw damaged("the rows of "
                        + manifest.tables().get(Math.min(i, found.size() - 1)).name()
                        + " are not those that the archive counts");
            }
        }
    }

    private record Frame(byte kind, int table, byte[] contents) {}

    private Frame frame() {
        long at = read;
        var head = bytes(ArchiveWriter.HEAD);
        var fields = ByteBuffer.wrap(head);
        byte kind = fields.get();
        int table = fields.getShort();
        int length = fields.getInt();
        int packed = fields.getInt();
        if (packed < 0 || packed > size - read - CHAIN) {
            throw damaged("it is cut off or changed in the frame at byte " + at);
        }
        var contents = bytes(packed);
        digest.update(chain);
        digest.update(head);
        digest.update(contents);
        var expected = digest.digest();
        if (!MessageDigest.isEqual(expected, bytes(CHAIN))) {
            throw damaged("the checksum of the frame at byte " + at + " is wrong");
        }
        chain = expected;
        var unpacked = new byte[length];
        if (Zstd.decompressByteArray(unpacked, 0, length, contents, 0, packed) != length) {
            throw damaged("the frame at byte " + at + " can't be unpacked");
        }
        return new Frame(kind, table, unpacked);
    }

    private byte[] bytes(int count) {
        try {
            var bytes = in.readNBytes(count);
            if (bytes.length < count) {
                throw new EOFException();
            }
            read += count;
            return bytes;
        } catch (EOFException e) {
            throw damaged("it is cut off after " + size + " bytes");
        } catch (IOException e) {
            throw place.refusal("the archive " + place + " can't be read", e);
        }
    }

    private ArchiveRefusal damaged(String what) {
        return new ArchiveRefusal("the archive " + place + " is damaged: " + what + "; use another backup");
    }

    @Override
    public void close() {
        try {
            in.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
