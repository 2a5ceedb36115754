package millrace.bench;

import java.util.stream.Collectors;
import millrace.testkit.CommandLines;
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
        var scenario = arguments.length == 0 || arguments[0].startsWith("-") ? null : arguments[0];
        if (scenario != null && !commands.getSubcommands().containsKey(scenario)) {
            System.err.println("millrace bench: there is no scenario " + scenario + ", only "
                    + commands.getSubcommands().keySet().stream().sorted().collect(Collectors.joining(", ")));
            System.exit(CommandLine.ExitCode.USAGE);
        }
        System.exit(CommandLines.execute(commands, arguments));
    }
}
