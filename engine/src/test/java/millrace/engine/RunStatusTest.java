package millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Every pair of statuses, against the arrows of reference/engine-semantics §2 written out. */
class RunStatusTest {
    private static final String ENDS = "SUCCEEDED FAILED INTERNAL_ERROR TIMEOUT MEMORY_LIMIT_EXCEEDED LOG_SIZE_EXCEEDED"
            + " QUOTA_EXCEEDED CANCELED";
    private static final Map<String, String> ARROWS = Map.ofEntries(
            Map.entry("QUEUED", "RUNNING CANCELED QUOTA_EXCEEDED"),
            Map.entry("RUNNING", "QUEUED PAUSED " + ENDS),
            Map.entry("PAUSED", "QUEUED RUNNING CANCELED"),
            Map.entry("SUCCEEDED", ""),
            Map.entry("FAILED", "QUEUED"),
            Map.entry("INTERNAL_ERROR", "QUEUED"),
            Map.entry("TIMEOUT", "QUEUED"),
            Map.entry("MEMORY_LIMIT_EXCEEDED", "QUEUED"),
            Map.entry("LOG_SIZE_EXCEEDED", "QUEUED"),
            Map.entry("QUOTA_EXCEEDED", "QUEUED"),
            Map.entry("CANCELED", ""));

    @Test
    void every_pair_is_an_arrow_or_illegal() {
        for (var from : RunStatus.values()) {
            var arrows = Set.of(ARROWS.getOrDefault(from.name(), "").split(" "));
            for (var to : RunStatus.values()) {
                assertThat(from.mayBecome(to)).as(from + " -> " + to).isEqualTo(arrows.contains(to.name()));
            }
        }
    }

    @Test
    void what_has_ended_goes_on_by_a_retry_only() {
        var ended = Arrays.stream(RunStatus.values())
                .filter(RunStatus::terminal)
                .map(Enum::name)
                .collect(Collectors.toSet());

        assertThat(ended).containsExactlyInAnyOrder(ENDS.split(" "));
        for (var status : RunStatus.values()) {
            if (status.terminal()) {
                assertThat(status.moves()).isSubsetOf(RunStatus.QUEUED);
            } else {
                assertThat(status.moves()).as("the way out of " + status).isNotEmpty();
            }
        }
    }
}
