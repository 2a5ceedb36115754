package millrace.payload;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Bytes read as text, without replacing what is none. */
final class Text {
    private Text() {}

    /** Null when the bytes are no text in this charset. */
    static @Nullable String decoded(byte[] bytes, Charset charset) {
        try {
            return charset.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException broken) {
            return null;
        }
    }

    /**
     * A name or value of a form: plus is a blank, a percent sign without two digits is one itself. Null when the bytes
     * are not UTF-8.
     */
    static @Nullable String ofForm(byte[] bytes, int from, int to) {
        var out = new byte[to - from];
        var length = 0;
        for (var i = from; i < to; i++) {
            var high = bytes[i] == '%' && i + 2 < to ? Character.digit(bytes[i + 1], 16) : -1;
            var low = high < 0 ? -1 : Character.digit(bytes[i + 2], 16);
            if (low >= 0) {
                out[length++] = (byte) (high << 4 | low);
                i += 2;
            } else {
                out[length++] = bytes[i] == '+' ? (byte) ' ' : bytes[i];
            }
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(out, 0, length))
                    .toString();
        } catch (CharacterCodingException broken) {
            return null;
        }
    }
}
