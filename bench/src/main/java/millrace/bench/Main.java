package millrace.bench;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code ./millrace bench …}. */
@Command(name = "millrace bench", subcommands = WebhookBench.class, mixinStandardHelpOptions = true)
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Main())
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    System.err.println("millrace bench: " + failure.getMessage());
                    return 1;
                })
                .execute(arguments));
    }
}
