package millrace.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.SecureRandom;
import java.time.Instant;
import java.util.HashSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class IdsTest {
    private final Ids ids = new Ids(new SecureRandom());

    @Test
    void ids_have_21_characters_of_the_alphabet_and_differ() {
        var seen = new HashSet<String>();
        for (int i = 0; i < 10_000; i++) {
            var id = ids.random();
            assertThat(id).matches("[0-9A-Za-z]{21}");
            assertThat(Ids.isId(id)).isTrue();
            assertThat(seen.add(id)).isTrue();
        }
    }

    @Test
    void every_symbol_is_as_likely_as_the_others() {
        var counts = new int[128];
        for (int i = 0; i < 20_000; i++) {
            ids.random().chars().forEach(c -> counts[c]++);
        }

        // 420,000 symbols, 6,774 each; six standard deviations are 490.
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                .chars()
                .forEach(c -> assertThat(counts[c]).isBetween(6_280, 7_270));
    }

    @Property
    void run_ids_sort_by_their_millisecond(
            @ForAll @LongRange(min = 0, max = 4_000_000_000_000L) long a,
            @ForAll @LongRange(min = 0, max = 4_000_000_000_000L) long b) {
        var first = ids.runId(Instant.ofEpochMilli(a));
        var second = ids.runId(Instant.ofEpochMilli(b));

        assertThat(first).matches("[0-9A-Za-z]{21}").startsWith(Ids.timePrefix(Instant.ofEpochMilli(a)));
        if (a != b) {
            assertThat(Integer.signum(first.compareTo(second))).isEqualTo(Long.signum(a - b));
        }
    }

    @Test
    void the_first_character_is_zero_until_2081() {
        assertThat(Ids.timePrefix(Instant.parse("2081-08-05T00:00:00Z"))).startsWith("0z");
        assertThat(Ids.timePrefix(Instant.parse("2081-08-07T00:00:00Z"))).startsWith("1");
    }
}
