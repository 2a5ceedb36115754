package millrace.journal;

import com.github.luben.zstd.Zstd;
import java.util.Arrays;
import java.util.List;
import millrace.engine.JournalRecord;
import millrace.engine.RecordCodec;

/**
 * The bytes of a journal row: one byte of packing (1 plain, 2 zstd), then the records as {@link RecordCodec} wrote
 * them. Documents of every released version stay readable.
 */
final class JournalDocument {
    private static final byte PLAIN = 1;
    private static final byte ZSTD = 2;
    private static final int COMPRESS_ABOVE = 1_536;
    private static final int LEVEL = 1;

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

    /** Packs an output that is kept beside the journal. */
    static byte[] packBlob(byte[] output) {
        return pack(output, output.length);
    }

    static byte[] unpackBlob(byte[] packed) {
        return body(packed);
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
