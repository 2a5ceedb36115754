package millrace.testkit;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code ./millrace torture}: prints one line, and what was broken; ends with 1 when something was, and with another code
 * when that could not be found out.
 */
@Command(name = "millrace torture", mixinStandardHelpOptions = true)
public final class TortureCommand implements Callable<Integer> {
    private static final int MOST_LINES = 100;
    private static final int MOST_MINUTES = 10_000;
    private static final int MOST_KILLS = 100_000;

    @Spec
    private CommandSpec spec = CommandSpec.create();

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

    private TortureCommand() {}

    public static void main(String[] arguments) {
        ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).setLevel(Level.WARN);
        System.exit(CommandLines.execute(new CommandLine(new TortureCommand()), arguments));
    }

    @Override
    public Integer call() {
        CommandLines.require(spec.commandLine(), "--minutes", minutes, 1, MOST_MINUTES);
        CommandLines.require(spec.commandLine(), "--kills", kills, 1, MOST_KILLS);
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
        return report.broken().isEmpty() ? 0 : 1;
    }
}
