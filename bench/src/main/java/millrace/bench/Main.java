package millrace.bench;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code ./millrace bench …}. */
@Command(name = "millrace bench", mixinStandardHelpOptions = true)
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        var commands = new CommandLine(new Main());
        Scenario.all().forEach((name, scenario) -> commands.addSubcommand(name, new FlowBench(name, scenario)));
        commands.addSubcommand("list", new ListBench());
        commands.addSubcommand("resume", new ResumeBench());
        commands.addSubcommand("retention", new RetentionBench());
        commands.addSubcommand("jmh", new JmhBench());
        System.exit(commands.setExecutionExceptionHandler((failure, command, parsed) -> {
                    System.err.println("millrace bench: " + failure.getMessage());
                    return 1;
                })
                .execute(arguments));
    }
}
