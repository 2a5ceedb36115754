package millrace.journal;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.luben.zstd.RecyclingBufferPool;
import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdInputStream;
import com.github.luben.zstd.ZstdOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Enumeration;
import java.util.List;
import java.util.function.IntFunction;
import millrace.engine.JournalRecord;
import millrace.engine.Json;
import millrace.engine.RecordCodec;

/**
 * The bytes of a journal row: one byte of packing (1 plain, 2 zstd), then the records as {@link RecordCodec} wrote
 * them. Values that are kept beside are packed by zstd and lie in parts, each behind a byte that says whether it is the last
 * (2) or another follows (3). Documents of every released version stay readable.
 */
final class JournalDocument {
    private static final byte PLAIN = 1;
    private static final byte ZSTD = 2;
    private static final byte ZSTD_GOES_ON = 3;
    private static final int COMPRESS_ABOVE = 1_536;
    private static final int LEVEL = 1;
    /** Bytes of a part, the first of which is not the value's. */
    static final int PART = 1024 * 1024;

    private static final int FIRST_BUFFER = 8 * 1024;

    private JournalDocument() {}

    static byte[] pack(byte[] records, int length) {
        if (length > COMPRESS_ABOVE) {
            var bound = (int) Zstd.compressBound(length);
            var packed = new byte[bound + 1];
            packed[0] = ZSTD;
            var size = Zstd.compressByteArray(packed, 1, bound, records, 0, length, LEVEL);
            if (!Zstd.isError(size) && size + 1 < length) {
                return Arrays.copyOf(packed, (int) size + 1);
            }
        }
        var packed = new byte[length + 1];
        packed[0] = PLAIN;
        System.arraycopy(records, 0, packed, 1, length);
        return packed;
    }

    /** Takes the parts of a value in order, from 0. */
    @FunctionalInterface
    interface Parts {
        void take(int number, byte[] part);
    }

    /** Packs a value that is kept beside the journal, while it is written: it is never in memory as a whole. */
    static void packBeside(JsonNode value, Parts parts) {
        try (var zstd = new ZstdOutputStream(new PartsStream(parts), RecyclingBufferPool.INSTANCE, LEVEL)) {
            Json.write(value, zstd);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static JsonNode unpackBeside(IntFunction<byte[]> parts) {
        try (var json = new ZstdInputStream(new SequenceInputStream(eachOf(parts)), RecyclingBufferPool.INSTANCE)) {
            return Json.readStored(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Enumeration<InputStream> eachOf(IntFunction<byte[]> parts) {
        return new Enumeration<>() {
            private int number;
            private boolean last;

            @Override
            public boolean hasMoreElements() {
                return !last;
            }

            @Override
            public InputStream nextElement() {
                var part = parts.apply(number++);
                last = part[0] == ZSTD;
                return new ByteArrayInputStream(part, 1, part.length - 1);
            }
        };
    }

    /** Cuts what is written into parts; which is the last one is known when the stream is closed. */
    private static final class PartsStream extends OutputStream {
        private final Parts parts;
        private final ByteArrayOutputStream part = new ByteArrayOutputStream(FIRST_BUFFER);
        private int number;

        PartsStream(Parts parts) {
            this.parts = parts;
            part.write(ZSTD_GOES_ON);
        }

        @Override
        public void write(int one) {
            write(new byte[] {(byte) one}, 0, 1);
        }

        @Override
        public void write(byte[] some, int from, int length) {
            for (int at = from, end = from + length; at < end; ) {
                if (part.size() == PART) {
                    parts.take(number++, part.toByteArray());
                    part.reset();
                    part.write(ZSTD_GOES_ON);
                }
                var fits = Math.min(end - at, PART - part.size());
                part.write(some, at, fits);
                at += fits;
            }
        }

        @Override
        public void close() {
            var last = part.toByteArray();
            last[0] = ZSTD;
            parts.take(number, last);
        }
    }

    static List<JournalRecord> unpack(byte[] document, RecordCodec.Beside beside) {
        return RecordCodec.read(body(document), beside);
    }

    private static byte[] body(byte[] document) {
        var body = Arrays.copyOfRange(document, 1, document.length);
        return switch (document[0]) {
            case PLAIN -> body;
            case ZSTD -> {
                var size = Zstd.getFrameContentSize(body);
                if (size < 0) {
                    throw new IllegalStateException("a journal document has no size");
                }
                yield Zstd.decompress(body, (int) size);
            }
            default -> throw new IllegalStateException("unknown journal packing " + document[0]);
        };
    }
}
