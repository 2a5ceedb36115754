package millrace.testkit;

import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** How the commands of this module and of the bench end: what is wrong is one line, and never exit code 0. */
public final class CommandLines {
    /** What a command was asked for could not be done: EX_SOFTWARE of sysexits.h, beside a command's own codes. */
    public static final int BROKE_OFF = 70;

    private CommandLines() {}

    /** @return the exit code: the command's own; 2 when it does not take these arguments; {@link #BROKE_OFF} */
    public static int execute(CommandLine commands, String... arguments) {
        try {
            return commands.setCaseInsensitiveEnumValuesAllowed(true)
                    .setParameterExceptionHandler((wrong, all) -> misused(wrong))
                    .setExecutionExceptionHandler((failure, command, parsed) -> broken(command, failure))
                    .execute(arguments);
        } catch (AssertionError failure) {
            // What the testkit waited for did not come.
            return broken(commands, failure);
        }
    }

    private static int misused(ParameterException wrong) {
        var command = wrong.getCommandLine().getCommandSpec();
        System.err.println(
                command.qualifiedName() + ": " + oneLine(wrong) + "; see " + command.qualifiedName() + " --help");
        return command.exitCodeOnInvalidInput();
    }

    private static int broken(CommandLine command, Throwable failure) {
        System.err.println(command.getCommandSpec().qualifiedName() + ": " + oneLine(failure));
        return BROKE_OFF;
    }

    static String oneLine(Throwable failure) {
        var message = failure.getMessage();
        var text = message == null || message.isBlank() ? failure.getClass().getSimpleName() : message;
        return text.strip().replaceAll("\\s*\\R\\s*", "; ");
    }

    /** Refuses a number that is not from {@code least} to {@code most}. */
    public static void require(CommandLine command, String option, long value, long least, long most) {
        if (value < least || value > most) {
            throw new ParameterException(command, option + " takes a number from " + least + " to " + most);
        }
    }
}
