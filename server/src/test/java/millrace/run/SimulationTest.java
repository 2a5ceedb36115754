package millrace.run;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;

/** The protocol of journal, leases and takeover, with everything that can happen to it; each history on one thread. */
class SimulationTest {
    /** {@code ./millrace test nightly} tries a million. */
    private static final long SEEDS = Long.getLong("simulation.seeds", 10_000);

    private static final long FIRST_SEED = Long.getLong("simulation.first", 1);
    private static final int ENOUGH_SEEDS_FOR_A_MUTATION = 1_000;

    private static Level before = Level.WARN;

    /** Each lost lease would be a line. */
    @BeforeAll
    static void quiet() {
        before = logger().getEffectiveLevel();
        logger().setLevel(Level.OFF);
    }

    @AfterAll
    static void loud() {
        logger().setLevel(before);
    }

    private static Logger logger() {
        return (Logger) LoggerFactory.getLogger("millrace");
    }

    @Test
    void every_promise_holds_in_every_history() {
        var reached = LongStream.range(FIRST_SEED, FIRST_SEED + SEEDS)
                .parallel()
                .mapToObj(SimulationTest::held)
                .flatMap(outcome -> outcome.reached().stream())
                .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));

        assertThat(reached).as("bad states that were reached").containsOnlyKeys(BadState.values());
    }

    private static Simulation.Outcome held(long seed) {
        var outcome = Simulation.run(seed, Simulation.Mutation.NONE);
        assertThat(outcome.broken())
                .as("seed " + seed + "\n" + outcome.history())
                .isEmpty();
        return outcome;
    }

    @ParameterizedTest
    @EnumSource(names = "NONE", mode = EnumSource.Mode.EXCLUDE)
    void a_protocol_without_one_of_its_parts_breaks_a_promise(Simulation.Mutation mutation) {
        var broken = false;
        for (var seed = 1L; !broken && seed <= ENOUGH_SEEDS_FOR_A_MUTATION; seed++) {
            broken = !Simulation.run(seed, mutation).broken().isEmpty();
        }

        assertThat(broken).isTrue();
    }

    @Test
    void a_seed_is_a_history() {
        for (var seed = 1L; seed <= 20; seed++) {
            var once = Simulation.run(seed, Simulation.Mutation.NONE);

            assertThat(Simulation.run(seed, Simulation.Mutation.NONE)).isEqualTo(once);
        }
    }
}
