package millrace.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CursorTest {
    private static final String ID = "aB3dE6gH9jK2mN5pQ8sT1";
    private static final Instant MOMENT = Instant.parse("2026-01-02T03:04:05.678901Z");

    /** reference/data-model §5, test vectors. */
    private static final String NEXT = "bmV4dF9leUpqY21WaGRHVmtJam9pTWpBeU5pMHdNUzB3TWlBd016b3dORG93TlM0Mk56ZzVN"
            + "REVyTURBaUxDSnBaQ0k2SW1GQ00yUkZObWRJT1dwTE1tMU9OWEJST0hOVU1TSjk=";

    private static final String LEGACY = "bmV4dF9ZM0psWVhSbFpEb3hOelkzTXpJek1EUTFOamM0";

    @Test
    void the_encoding_is_the_references() {
        assertThat(Cursor.next(Cursor.Keys.of("created", MOMENT, ID))).isEqualTo(NEXT);
    }

    @Test
    void a_cursor_is_read_in_full_precision() {
        var cursor = read(NEXT);

        assertThat(cursor.backwards()).isFalse();
        assertThat(cursor.moment("created")).isEqualTo(MOMENT);
        assertThat(cursor.text("id")).isEqualTo(ID);
    }

    @Test
    void cursors_of_older_releases_are_read() {
        var cursor = read(LEGACY);

        assertThat(cursor.moment("created")).isEqualTo(Instant.ofEpochMilli(1_767_323_045_678L));
        assertThat(cursor.text("id")).isNull();
    }

    @Test
    void postgres_leaves_out_zeros_at_the_end_of_a_moment() {
        for (var text : List.of("2026-01-02 03:04:05+00", "2026-01-02 03:04:05.6+00", "2026-01-02 04:04:05.6+01")) {
            var inner = base64("{\"created\":\"" + text + "\"}");
            assertThat(read(base64("next_" + inner)).moment("created")).isNotNull();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "nonsense", "====", "bmV4dA==", "bmV4dF8=", "bmV4dF9lMzA=", "\u00e9"})
    void what_is_no_cursor_is_ignored(String text) {
        assertThat(Cursor.parse(text)).isNull();
    }

    @Test
    void unreadable_keys_are_left_out() {
        var cursor = read(base64("prev_" + base64("{\"created\":\"yesterday\",\"id\":[1]}")));

        assertThat(cursor.backwards()).isTrue();
        assertThat(cursor.moment("created")).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"created\":\"-999999999-01-01 00:00:00+00\"}",
                "{\"created\":\"+10000-01-01 00:00:00+00\"}",
                "created:99999999999999999",
            })
    void moments_that_no_database_holds_are_left_out(String inner) {
        assertThat(read(base64("next_" + base64(inner))).moment("created")).isNull();
    }

    private static Cursor read(String text) {
        return Objects.requireNonNull(Cursor.parse(text));
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    @Property
    void every_moment_survives(@ForAll @LongRange(min = 0, max = 4_102_444_800_000_000L) long micros) {
        var moment = Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
        var cursor = read(Cursor.previous(Cursor.Keys.of("created", moment, ID)));

        assertThat(cursor.moment("created")).isEqualTo(moment);
    }

    /** Walks a list of numbers forwards and back, whatever its length and the page's. */
    @Property
    void walking_there_and_back_sees_everything_once(
            @ForAll @IntRange(max = 30) int length, @ForAll @IntRange(min = 1, max = 7) int limit) {
        var page = page(length, new PageRequest(limit, null));
        assertThat(page.previous()).isNull();
        var there = new ArrayList<>(page.data());
        while (page.next() != null) {
            page = page(length, new PageRequest(limit, Cursor.parse(page.next())));
            there.addAll(page.data());
        }
        var back = new ArrayList<>(page.data());
        while (page.previous() != null) {
            page = page(length, new PageRequest(limit, Cursor.parse(page.previous())));
            back.addAll(0, page.data());
        }

        assertThat(there).hasSize(length).doesNotHaveDuplicates();
        assertThat(back).isEqualTo(there);
    }

    private static SeekPage<Integer> page(int length, PageRequest request) {
        var all = java.util.stream.IntStream.range(0, length).boxed().toList();
        var cursor = request.cursor();
        var from = cursor == null ? null : Integer.valueOf(cursor.text("n"));
        var beyond = (request.backwards() ? all.reversed() : all)
                .stream()
                        .filter(n -> from == null || (request.backwards() ? n < from : n > from))
                        .limit(request.fetchSize())
                        .toList();
        return SeekPage.of(beyond, request, n -> new Cursor.Keys().text("n", n.toString()));
    }
}
