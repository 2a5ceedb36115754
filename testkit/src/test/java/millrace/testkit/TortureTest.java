package millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A short torture; {@code ./millrace test nightly} kills ten times as often, with another seed each night, and also a
 * protocol without each of its parts, which must be found out.
 */
class TortureTest {
    private static final Duration AT_MOST = Duration.ofMinutes(5);

    @ParameterizedTest
    @CsvSource({"POSTGRES, 12", "SQLITE, 8"})
    void every_promise_holds_though_everything_breaks(TestDatabase.Kind database, int kills) {
        var report = Torture.run(new Torture.Options(1, kills, AT_MOST, database, null));

        assertThat(report.broken()).as("promises broken with seed 1: " + report).isEmpty();
        assertThat(report.kills()).isGreaterThanOrEqualTo(kills);
    }
}
