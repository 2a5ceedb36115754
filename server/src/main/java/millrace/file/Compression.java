package millrace.file;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How bytes lie in the table (reference/data-model §2.6). */
enum Compression {
    NONE,
    ZSTD;

    private static final int WORTH_TRYING = 512;
    private static final int LEVEL = 3;
    private static final int MAGIC = 0xFD2FB528;
    private static final int SKIPPABLE_MAGIC = 0x184D2A50;

    /** Bytes and how they are packed. */
    record Packed(Compression compression, byte[] bytes) {}

    /** Compressed where it saves at least an eighth; what is compressed by its nature is not tried. */
    static Packed pack(byte[] bytes, @Nullable String mimeType) {
        if (bytes.length < WORTH_TRYING || compressedByNature(mimeType)) {
            return new Packed(NONE, bytes);
        }
        var compressed = Zstd.compress(bytes, LEVEL);
        return compressed.length < bytes.length - bytes.length / 8
                ? new Packed(ZSTD, compressed)
                : new Packed(NONE, bytes);
    }

    /**
     * The bytes as they were. Old rows of the reference may carry the wrong word, and their frames tell the truth; but
     * an archive that a user made with zstd lies as it is, in the size that its row names.
     *
     * @param size as the row has it; null in old rows
     */
    static byte[] unpack(String compression, byte[] stored, @Nullable Integer size) {
        var packed = isFrame(stored) && (compression.equals(ZSTD.name()) || size == null || size != stored.length);
        if (!packed) {
            return stored;
        }
        try (var frames = new ZstdInputStream(new ByteArrayInputStream(stored))) {
            return frames.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException("a stored file can't be unpacked", e);
        }
    }

    private static boolean isFrame(byte[] bytes) {
        if (bytes.length < Integer.BYTES) {
            return false;
        }
        var magic = (bytes[0] & 0xff) | (bytes[1] & 0xff) << 8 | (bytes[2] & 0xff) << 16 | (bytes[3] & 0xff) << 24;
        return magic == MAGIC || (magic & ~0xf) == SKIPPABLE_MAGIC;
    }

    private static boolean compressedByNature(@Nullable String mimeType) {
        if (mimeType == null) {
            return false;
        }
        var type = mimeType.toLowerCase(Locale.ROOT);
        return type.startsWith("video/")
                || type.startsWith("audio/")
                || (type.startsWith("image/") && !type.startsWith("image/svg") && !type.startsWith("image/bmp"))
                || type.startsWith("application/zip")
                || type.startsWith("application/gzip")
                || type.startsWith("application/pdf");
    }
}
