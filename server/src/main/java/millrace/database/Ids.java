package millrace.database;

import java.math.BigInteger;
import java.time.Instant;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Makes ids: 21 characters {@code 0-9A-Za-z}. Ids of runs sort by time: 8 characters are the milliseconds since 1970
 * in base 62 (ASCII order), 13 are random. May be used from any thread when the generator may (SecureRandom).
 */
public final class Ids {
    public static final int LENGTH = 21;

    private static final String ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private static final int TIME_LENGTH = 8;
    private static final Instant FIRST = Instant.parse("2020-01-01T00:00:00Z");
    private static final Instant LAST = Instant.parse("2081-01-01T00:00:00Z");

    private final RandomGenerator random;

    public Ids(RandomGenerator random) {
        this.random = random;
    }

    /** An id that tells nothing, not even its age. */
    public String random() {
        return String.valueOf(randomTail(new char[LENGTH], 0));
    }

    /** The id that stands for these 32 bytes: the same for the same. */
    static String of(byte[] bytes) {
        var number = new BigInteger(1, bytes);
        var id = new StringBuilder(LENGTH);
        while (id.length() < LENGTH) {
            var rest = number.divideAndRemainder(BigInteger.valueOf(ALPHABET.length()));
            id.append(ALPHABET.charAt(rest[1].intValue()));
            number = rest[0];
        }
        return id.toString();
    }

    /** An id that sorts after those of earlier milliseconds. */
    public String runId(Instant now) {
        var id = new char[LENGTH];
        timePrefix(now).getChars(0, TIME_LENGTH, id, 0);
        return String.valueOf(randomTail(id, TIME_LENGTH));
    }

    /** What all run ids of this millisecond begin with; less than each of them, so it bounds a range of ids. */
    public static String timePrefix(Instant moment) {
        var prefix = new char[TIME_LENGTH];
        long rest = moment.toEpochMilli();
        for (int i = TIME_LENGTH - 1; i >= 0; i--) {
            prefix[i] = ALPHABET.charAt((int) (rest % 62));
            rest /= 62;
        }
        return String.valueOf(prefix);
    }

    /**
     * The moment of the run ids that begin so, to the precision of the characters given; empty for the beginning of an
     * id that tells no time of this century.
     */
    static Optional<Instant> momentOf(String prefix) {
        long millis = 0;
        for (int i = 0; i < TIME_LENGTH; i++) {
            int digit = i < prefix.length() ? ALPHABET.indexOf(prefix.charAt(i)) : 0;
            if (digit < 0) {
                return Optional.empty();
            }
            millis = millis * 62 + digit;
        }
        var moment = Instant.ofEpochMilli(millis);
        return moment.isAfter(FIRST) && moment.isBefore(LAST) ? Optional.of(moment) : Optional.empty();
    }

    /** Whether the text has the shape of an id. */
    public static boolean isId(String text) {
        return text.length() == LENGTH && text.chars().allMatch(c -> ALPHABET.indexOf(c) >= 0);
    }

    private char[] randomTail(char[] id, int from) {
        var bytes = new byte[32];
        int next = from;
        while (next < LENGTH) {
            random.nextBytes(bytes);
            for (int i = 0; i < bytes.length && next < LENGTH; i++) {
                int symbol = bytes[i] & 63;
                // The two surplus values are drawn again: all symbols stay equally likely.
                if (symbol < 62) {
                    id[next++] = ALPHABET.charAt(symbol);
                }
            }
        }
        return id;
    }
}
