package millrace.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import millrace.database.Database;
import millrace.database.DatabaseKind;
import millrace.database.Ids;
import millrace.database.Lane;
import millrace.database.OnBothDatabases;
import millrace.database.RunFlush;
import millrace.journal.Waits;
import org.junit.jupiter.api.Assumptions;

/** What processes tell each other, without any polling that could do it instead. */
class WakeUpTest {
    private static final Duration NEVER = Duration.ofHours(1);

    private final Ids ids = new Ids(RandomGenerator.of("L64X128MixRandom"));

    private Dispatch dispatch(Database database, Runnable announcement) {
        return new Dispatch(
                database::runSession,
                new DispatchSettings(1, 4, false, NEVER, NEVER.multipliedBy(2), NEVER, 0),
                ids::random,
                "test",
                InstantSource.system(),
                Waits.SYSTEM,
                announcement);
    }

    @OnBothDatabases
    void a_process_without_room_gets_its_run_claimed_by_another_at_once(Database database, DatabaseKind kind)
            throws InterruptedException {
        Assumptions.assumeTrue(kind.postgres());
        var claimed = new LinkedBlockingQueue<String>();
        try (var here = database.notifier("here");
                var there = database.notifier("there");
                var full = dispatch(database, () -> here.tell("runs"));
                var idle = dispatch(database, () -> there.tell("runs"));
                var session = database.runSession("test")) {
            var greeted = new LinkedBlockingQueue<String>();
            there.hear("runs", nothing -> idle.look());
            there.hear("hello", greeted::add);
            there.start();
            here.start();
            idle.start((run, writer) -> claimed.add(run.runId()));
            // Until it listens, nothing reaches it.
            while (greeted.poll(20, TimeUnit.MILLISECONDS) == null) {
                here.tell("hello", "there");
            }
            var run = ids.runId(Instant.now());
            session.flush(new Lane(full.processId(), 0, 1), 1, List.of(unowned(run)));
            assertThat(claimed.poll(20, TimeUnit.MILLISECONDS)).isNull();

            full.announce();

            assertThat(claimed.poll(10, TimeUnit.SECONDS)).isEqualTo(run);
        }
    }

    @OnBothDatabases
    void what_is_said_often_is_told_seldom_and_never_to_oneself(Database database, DatabaseKind kind)
            throws InterruptedException {
        Assumptions.assumeTrue(kind.postgres());
        var heard = new LinkedBlockingQueue<String>();
        try (var here = database.notifier("here");
                var there = database.notifier("there")) {
            here.hear("news", heard::add);
            there.hear("news", heard::add);
            here.start();
            there.start();
            while (heard.poll(20, TimeUnit.MILLISECONDS) == null) {
                here.tell("news", "first");
            }
            heard.clear();

            for (int i = 0; i < 10_000; i++) {
                here.tell("news", "again");
            }
            here.tell("news", "last");

            var all = new java.util.ArrayList<String>();
            while (!all.contains("last")) {
                var next = heard.poll(10, TimeUnit.SECONDS);
                assertThat(next).isNotNull();
                all.add(next);
            }
            assertThat(all).hasSizeLessThan(20);
        }
    }

    private RunFlush unowned(String run) {
        var row = new RunFlush.QueueRow(
                Instant.now(),
                ids.random(),
                ids.random(),
                "PRODUCTION",
                3,
                null,
                null,
                null,
                true,
                null,
                null,
                null,
                false,
                new byte[] {1});
        return new RunFlush(run, ids.random(), row, null, List.of(), null, RunFlush.QueueChange.NONE);
    }
}
