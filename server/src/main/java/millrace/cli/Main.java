package millrace.cli;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import millrace.config.BadSettings;
import millrace.config.DatabaseSettings;
import millrace.config.Settings;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;

/** What the launcher starts. Without a command it is the server. Its exit code is the command's. */
@Command(
        name = "millrace",
        subcommands = {Training.class, DatabaseCommands.class, RunCommands.class, Documentation.class})
public final class Main {
    private static final int FAILED = 1;

    private final Map<String, String> environment;
    private final Path workingDirectory;

    Path workingDirectory() {
        return workingDirectory;
    }

    Main(Map<String, String> environment, Path workingDirectory) {
        this.environment = environment;
        this.workingDirectory = workingDirectory;
    }

    public static void main(String[] arguments) {
        var main = new Main(System.getenv(), Path.of("").toAbsolutePath());
        System.exit(main.run(arguments.length == 0 ? new String[] {"server"} : arguments));
    }

    int run(String... arguments) {
        if (List.of(arguments).equals(List.of("server"))) {
            return serve();
        }
        return new CommandLine(this)
                .setParameterExceptionHandler((wrong, all) -> misused(wrong))
                .setExecutionExceptionHandler((failure, command, parsed) -> refused(failure))
                .execute(arguments);
    }

    /** Picocli's class files are too old for the JVM's cache: parsing "server" with it takes a third of a start. */
    private int serve() {
        try {
            return server();
        } catch (InterruptedException | RuntimeException e) {
            return refused(e);
        }
    }

    @Command(name = "server")
    int server() throws InterruptedException {
        return Server.serve(settings(System.out));
    }

    /** @param log where log lines go: standard output is for the results of a command that prints some */
    Settings settings(PrintStream log) {
        return configured(Settings.load(environment, workingDirectory), log);
    }

    /**
     * The database that an option names: {@code sqlite:PATH} or a PostgreSQL URL. What the URL leaves out comes from the
     * settings, its password first from PGPASSWORD.
     */
    DatabaseSettings database(String option, String url) {
        var all = new HashMap<>(environment);
        if (url.startsWith("sqlite:")) {
            all.put("AP_DB_TYPE", "SQLITE3");
            all.put("AP_SQLITE_PATH", url.substring("sqlite:".length()));
        } else if (url.matches("postgres(ql)?://.*")) {
            all.put("AP_DB_TYPE", "POSTGRES");
            all.put("AP_POSTGRES_URL", url);
            var password = environment.get("PGPASSWORD");
            if (password != null) {
                all.put("AP_POSTGRES_PASSWORD", password);
            }
        } else {
            throw new BadSettings(List.of(option + ": is neither sqlite:PATH nor a URL postgresql://…"));
        }
        try {
            return Settings.load(all, workingDirectory).database();
        } catch (BadSettings e) {
            throw new BadSettings(e.faults().stream()
                    .map(fault -> fault.replace("AP_POSTGRES_URL", option).replace("AP_SQLITE_PATH", option))
                    .toList());
        }
    }

    /** Settings of a server beside the operator's: nothing of the environment but where the program lies. */
    Settings settings(Map<String, String> own, Path directory) {
        var all = new HashMap<>(own);
        environment.forEach((name, value) -> {
            if (!name.startsWith("AP_")) {
                all.put(name, value);
            }
        });
        return configured(Settings.load(all, directory), System.out);
    }

    private static Settings configured(Settings settings, PrintStream log) {
        Logs.configure(settings.server().logLevel(), log);
        return settings;
    }

    /** The last line says what is wrong; the stack is for those who asked for it. */
    private int refused(Exception failure) {
        if (failure instanceof BadSettings bad) {
            System.err.println("millrace: " + oneLine(bad));
            return BadSettings.EXIT_CODE;
        }
        if (Logs.debugging()) {
            failure.printStackTrace();
        }
        System.err.println("millrace: " + oneLine(failure));
        return FAILED;
    }

    /** One line too: the whole usage is for those who ask. */
    private static int misused(ParameterException wrong) {
        var command = wrong.getCommandLine();
        System.err.println("millrace: " + oneLine(wrong) + "; see millrace "
                + command.getCommandSpec().qualifiedName().replaceFirst("^millrace ?", "") + " --help");
        return command.getCommandSpec().exitCodeOnInvalidInput();
    }

    private static String oneLine(Throwable failure) {
        var message = failure.getMessage();
        var text = message == null || message.isBlank() ? failure.getClass().getSimpleName() : message;
        return text.strip().replaceAll("\\s*\\R\\s*", "; ");
    }
}
