package millrace.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.concurrent.Callable;
import millrace.engine.Json;
import millrace.testkit.CommandLines;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** A measurement on an empty durable PostgreSQL. */
abstract class PostgresBench implements Callable<Integer> {
    @Option(
            names = "--database",
            description = "AP_POSTGRES_URL of an empty database; a PostgreSQL of its own if unset.")
    private @Nullable String database;

    @Option(names = "--json", description = "Writes the result to this file too.")
    private @Nullable Path json;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    /** Refuses a number of the command line that is out of range. */
    final void require(String option, long value, long least, long most) {
        CommandLines.require(spec.commandLine(), option, value, least, most);
    }

    @Override
    public Integer call() throws IOException, SQLException {
        if (database != null) {
            return measure(database);
        }
        try (var postgres = DurablePostgres.start()) {
            return measure(postgres.url());
        }
    }

    /** @return the exit code */
    abstract int measure(String url) throws IOException, SQLException;

    /** Prints the result as JSON, and writes it to the file that was asked for. */
    final void tell(JsonNode result) throws IOException {
        System.out.println(Json.text(result));
        if (json != null) {
            Files.writeString(json, Json.text(result) + "\n");
        }
    }
}
