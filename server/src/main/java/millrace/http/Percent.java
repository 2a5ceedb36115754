package millrace.http;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Percent-decoding of paths and queries. */
final class Percent {
    private Percent() {}

    /** Null when a percent sign is not followed by two hexadecimal digits, or when the bytes are not UTF-8. */
    static @Nullable String strict(String text, boolean plusIsBlank) {
        var bytes = decode(text, plusIsBlank, true);
        if (bytes == null) {
            return null;
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }

    /** Bad percent signs stay as they are, bytes that are not UTF-8 become U+FFFD. */
    static String lenient(String text, boolean plusIsBlank) {
        if (text.indexOf('%') < 0 && !(plusIsBlank && text.indexOf('+') >= 0)) {
            return text;
        }
        var bytes = decode(text, plusIsBlank, false);
        return bytes == null ? text : new String(bytes, StandardCharsets.UTF_8);
    }

    private static byte @Nullable [] decode(String text, boolean plusIsBlank, boolean strict) {
        var in = text.getBytes(StandardCharsets.UTF_8);
        var out = new byte[in.length];
        int length = 0;
        for (int i = 0; i < in.length; i++) {
            byte b = in[i];
            if (b == '%') {
                int high = i + 2 < in.length ? Character.digit(in[i + 1], 16) : -1;
                int low = i + 2 < in.length ? Character.digit(in[i + 2], 16) : -1;
                if (high >= 0 && low >= 0) {
                    out[length++] = (byte) (high << 4 | low);
                    i += 2;
                    continue;
                }
                if (strict) {
                    return null;
                }
            }
            out[length++] = b == '+' && plusIsBlank ? (byte) ' ' : b;
        }
        return java.util.Arrays.copyOf(out, length);
    }
}
