package millrace.archive;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Rows as bytes: a bit for each column that is null, then the others in order. Whole numbers are zigzag varints; texts,
 * bytes and documents have their length before them.
 */
final class RowBuffer {
    private byte[] bytes;
    private int length;
    private int position;

    RowBuffer(int capacity) {
        bytes = new byte[capacity];
    }

    /** For reading. */
    RowBuffer(byte[] content) {
        bytes = content;
        length = content.length;
    }

    byte[] array() {
        return bytes;
    }

    int length() {
        return length;
    }

    boolean atEnd() {
        return position == length;
    }

    void clear() {
        length = 0;
        position = 0;
    }

    /** @param canonical whether documents whose meaning alone counts are written in the one form that all agree on */
    void put(TableShape table, @Nullable Object[] row, boolean canonical) {
        int columns = row.length;
        int nulls = length;
        room((columns + 7) / 8);
        Arrays.fill(bytes, nulls, nulls + (columns + 7) / 8, (byte) 0);
        length += (columns + 7) / 8;
        for (int i = 0; i < columns; i++) {
            var value = row[i];
            if (value == null) {
                bytes[nulls + i / 8] |= (byte) (1 << (i % 8));
                continue;
            }
            switch (table.columns().get(i).type()) {
                case TEXT, BYTES, JSON -> put((byte[]) value);
                case JSONB -> put(canonical ? CanonicalJson.of((byte[]) value) : (byte[]) value);
                case INTEGER, MOMENT -> putLong((Long) value);
                case BOOLEAN -> putByte((Boolean) value ? 1 : 0);
                case TEXTS -> {
                    var texts = (byte[][]) value;
                    putVarint(texts.length);
                    for (var text : texts) {
                        put(text);
                    }
                }
            }
        }
    }

    /** @throws IndexOutOfBoundsException when the bytes end within a row */
    @Nullable
    Object[] row(TableShape table) {
        var columns = table.columns();
        var row = new Object[columns.size()];
        int nulls = position;
        position += (row.length + 7) / 8;
        for (int i = 0; i < row.length; i++) {
            if ((bytes[nulls + i / 8] & 1 << (i % 8)) == 0) {
                row[i] = value(columns.get(i).type());
            }
        }
        return row;
    }

    private Object value(ColumnType type) {
        return switch (type) {
            case TEXT, BYTES, JSON, JSONB -> bytes();
            case INTEGER, MOMENT -> {
                long coded = varint();
                yield (coded >>> 1) ^ -(coded & 1);
            }
            case BOOLEAN -> bytes[position++] != 0;
            case TEXTS -> {
                var texts = new byte[(int) varint()][];
                for (int i = 0; i < texts.length; i++) {
                    texts[i] = bytes();
                }
                yield texts;
            }
        };
    }

    private byte[] bytes() {
        int size = (int) varint();
        var value = Arrays.copyOfRange(bytes, position, position + size);
        position += size;
        return value;
    }

    private long varint() {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            byte next = bytes[position++];
            value |= (long) (next & 0x7f) << shift;
            if (next >= 0) {
                return value;
            }
        }
    }

    private void put(byte[] value) {
        putVarint(value.length);
        room(value.length);
        System.arraycopy(value, 0, bytes, length, value.length);
        length += value.length;
    }

    private void putByte(int value) {
        room(1);
        bytes[length++] = (byte) value;
    }

    private void putLong(long value) {
        putVarint((value << 1) ^ (value >> 63));
    }

    private void putVarint(long value) {
        room(10);
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            bytes[length++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        bytes[length++] = (byte) rest;
    }

    private void room(int more) {
        if (bytes.length - length < more) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + more));
        }
    }

    static String text(byte[] utf8) {
        return new String(utf8, StandardCharsets.UTF_8);
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
