package millrace.piece;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * One message of host/protocol.mjs: length of the rest, kind, id, number, then fields, each a length and bytes.
 *
 * @param id of the request that it asks or answers; 0 where there is none
 */
record Frame(int kind, int id, int number, List<byte[]> fields) {
    static final int VERSION = 1;

    static final int PING = 1;
    static final int SOURCE = 2;
    static final int CODE = 3;
    static final int EVALUATE = 4;
    static final int CANCEL = 5;
    static final int READY = 101;
    static final int PONG = 102;
    static final int OK = 103;
    static final int FAILED = 104;
    static final int VALUES = 105;
    static final int UNKNOWN_SOURCE = 106;

    /** Host and server refuse longer ones. */
    static final int MAX_BYTES = 256 << 20;

    private static final int HEADER = 9;

    static Frame of(int kind, int id, int number) {
        return new Frame(kind, id, number, List.of());
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    String text(int field) {
        return new String(fields.get(field), StandardCharsets.UTF_8);
    }

    /** The bytes as they cross the socket; null when there are more than the other side takes. */
    ByteBuffer encoded() {
        var length = HEADER;
        for (var field : fields) {
            length = Math.addExact(length, Math.addExact(4, field.length));
        }
        var buffer = ByteBuffer.allocate(Math.addExact(4, length));
        buffer.putInt(length).put((byte) kind).putInt(id).putInt(number);
        for (var field : fields) {
            buffer.putInt(field.length).put(field);
        }
        return buffer.flip();
    }

    /** Reads the frame whose length has been read already, from the buffer's position up to {@code end}. */
    static Frame decoded(ByteBuffer buffer, int end) {
        var kind = buffer.get();
        var id = buffer.getInt();
        var number = buffer.getInt();
        var fields = new ArrayList<byte[]>(2);
        while (buffer.position() < end) {
            var field = new byte[buffer.getInt()];
            buffer.get(field);
            fields.add(field);
        }
        return new Frame(kind, id, number, fields);
    }
}
