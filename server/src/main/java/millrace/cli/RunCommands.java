package millrace.cli;

import millrace.access.Scope;
import millrace.database.Database;
import millrace.engine.ErrorCode;
import millrace.engine.Json;
import millrace.engine.MillraceException;
import millrace.run.RunInspection;
import millrace.run.RunWhy;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code run …}: what an operator asks about one run. A server that runs on SQLite has the file to itself. */
@Command(
        name = "run",
        mixinStandardHelpOptions = true,
        description = "Looks at one run in the configured database.",
        synopsisSubcommandLabel = "COMMAND")
final class RunCommands {
    @ParentCommand
    @SuppressWarnings("NullAway.Init")
    private Main main;

    @Command(name = "why", description = "Says why a run is where it is.")
    int why(
            @Parameters(paramLabel = "ID", description = "The run's id.") String runId,
            @Option(names = "--json", description = "As one JSON object.") boolean json) {
        try (var database = Database.open(main.settings(System.err).database())) {
            database.migrations().check();
            var why = new RunInspection(database).why(Scope.system("the operator asks about a run"), runId);
            System.out.println(json ? json(why) : text(why));
            return 0;
        } catch (MillraceException refused) {
            if (refused.code() != ErrorCode.ENTITY_NOT_FOUND) {
                throw refused;
            }
            throw new IllegalArgumentException("there is no run " + runId + " in this database", refused);
        }
    }

    private static String text(RunWhy why) {
        return why.status() + " " + why.reason() + (why.step() == null ? "" : " at " + why.step()) + "\n" + why.text();
    }

    private static String json(RunWhy why) {
        return Json.text(Json.object()
                .put("runId", why.runId())
                .put("projectId", why.projectId())
                .put("status", why.status().name())
                .put("reason", why.reason().name())
                .put("text", why.text())
                .put("step", why.step())
                .put("until", why.until() == null ? null : why.until().toString()));
    }
}
