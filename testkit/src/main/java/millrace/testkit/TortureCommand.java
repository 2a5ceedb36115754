package millrace.testkit;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ./millrace torture}: prints one line a database, and what was broken; ends with 1 when something was. */
@Command(name = "millrace torture", mixinStandardHelpOptions = true)
public final class TortureCommand implements Runnable {
    private static final int MOST_LINES = 100;

    @Option(names = "--seed", description = "Which faults come when.", defaultValue = "1")
    private long seed;

    @Option(names = "--minutes", description = "The faults end after so many.", defaultValue = "10")
    private long minutes;

    @Option(names = "--kills", description = "The faults end after so many kills.", defaultValue = "20")
    private int kills;

    @Option(names = "--database", description = "sqlite or postgres.", defaultValue = "postgres")
    private TestDatabase.Kind database = TestDatabase.Kind.POSTGRES;

    @Option(
            names = "--without",
            description = "A part of the protocol to leave out, to see that it is missed: barrier, epoch or intent.")
    private TorturedSurroundings.@Nullable Part without;

    private boolean failed;

    private TortureCommand() {}

    public static void main(String[] arguments) {
        ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).setLevel(Level.WARN);
        var command = new TortureCommand();
        var ended = new CommandLine(command)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .execute(arguments);
        System.exit(ended != 0 ? ended : command.failed ? 1 : 0);
    }

    @Override
    public void run() {
        var report = Torture.run(new Torture.Options(seed, kills, Duration.ofMinutes(minutes), database, without));
        System.out.printf(
                "torture of %s%s, seed %d: %d kills, %d accepted, %d runs (%d given up), %d effects of which %d were"
                        + " repeated, %d promises broken%n",
                database,
                without == null ? "" : " without " + without,
                seed,
                report.kills(),
                report.accepted(),
                report.runs(),
                report.givenUp(),
                report.effects(),
                report.repeated(),
                report.broken().size());
        if (!report.leftOut().isEmpty()) {
            System.out.println("left out: " + report.leftOut());
        }
        report.broken().stream().limit(MOST_LINES).forEach(System.out::println);
        if (!report.broken().isEmpty()) {
            System.out.println("faults, effects and logs: " + report.directory());
        }
        failed = !report.broken().isEmpty();
    }
}
