package millrace.journal;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.luben.zstd.RecyclingBufferPool;
import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdInputStream;
import com.github.luben.zstd.ZstdOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import millrace.engine.JournalRecord;
import millrace.engine.Json;
import millrace.engine.RecordCodec;

/**
 * The bytes of a journal row: one byte of packing (1 plain, 2 zstd), then the records as {@link RecordCodec} wrote
 * them. Values that are kept beside are packed alike, always by zstd. Documents of every released version stay readable.
 */
final class JournalDocument {
    private static final byte PLAIN = 1;
    private static final byte ZSTD = 2;
    private static final int COMPRESS_ABOVE = 1_536;
    private static final int LEVEL = 1;
    private static final int BLOB_BUFFER = 8 * 1024;

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

    /** Packs a value that is kept beside the journal, while it is written: its JSON is never in memory as a whole. */
    static byte[] packBlob(JsonNode value) {
        var packed = new ByteArrayOutputStream(BLOB_BUFFER);
        packed.write(ZSTD);
        try (var zstd = new ZstdOutputStream(packed, RecyclingBufferPool.INSTANCE, LEVEL)) {
            Json.write(value, zstd);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return packed.toByteArray();
    }

    static JsonNode unpackBlob(byte[] packed) {
        var body = new ByteArrayInputStream(packed, 1, packed.length - 1);
        try (var json = new ZstdInputStream(body, RecyclingBufferPool.INSTANCE)) {
            return Json.readStored(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
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
