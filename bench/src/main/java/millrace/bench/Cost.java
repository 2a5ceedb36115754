package millrace.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Locale;
import millrace.engine.Json;

/**
 * What a server and its PostgreSQL have used so far, as both count it themselves; two of these make the cost of what came
 * between them. Needs PostgreSQL 14 and {@code /proc}: elsewhere, and for a database on another machine, processor times
 * are 0.
 *
 * @param commits of the database
 * @param walBytes of the whole cluster
 * @param serverMicros processor time of the server
 * @param postgresMicros processor time of all processes of PostgreSQL
 */
record Cost(long commits, long walBytes, long serverMicros, long postgresMicros) {
    private static final long MICROS_PER_TICK = 10_000;

    static Cost of(Postgres database, long serverPid) throws SQLException {
        var numbers = database.numbers("""
                SELECT (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()),
                    (SELECT wal_bytes FROM pg_stat_wal)::bigint,
                    (SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer')
                """);
        return new Cost(numbers[0], numbers[1], micros(serverPid), postgres(numbers[2]));
    }

    Cost since(Cost before) {
        return new Cost(
                commits - before.commits,
                walBytes - before.walBytes,
                serverMicros - before.serverMicros,
                postgresMicros - before.postgresMicros);
    }

    String perRun(long runs) {
        return String.format(
                Locale.ROOT,
                "a run cost %.3f commits, %.0f bytes of WAL, %.0f µs of processor in the server and %.0f µs in PostgreSQL",
                (double) commits / runs,
                (double) walBytes / runs,
                (double) serverMicros / runs,
                (double) postgresMicros / runs);
    }

    ObjectNode json(long runs) {
        return Json.object()
                .put("commits", (double) commits / runs)
                .put("walBytes", (double) walBytes / runs)
                .put("serverMicros", (double) serverMicros / runs)
                .put("postgresMicros", (double) postgresMicros / runs);
    }

    /** All children of its parent, the ended ones too. */
    private static long postgres(long checkpointer) {
        try (var processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            if (!stat(checkpointer)[0].startsWith("postgres")) {
                return 0;
            }
            var postmaster = stat(checkpointer)[2];
            var stat = stat(Long.parseLong(postmaster));
            var ticks = Long.parseLong(stat[12])
                    + Long.parseLong(stat[13])
                    + Long.parseLong(stat[14])
                    + Long.parseLong(stat[15]);
            for (var process : processes) {
                var child = stat(Long.parseLong(process.getFileName().toString()));
                if (child[2].equals(postmaster)) {
                    ticks += Long.parseLong(child[12]) + Long.parseLong(child[13]);
                }
            }
            return ticks * MICROS_PER_TICK;
        } catch (IOException | NumberFormatException e) {
            return 0;
        }
    }

    private static long micros(long pid) {
        var stat = stat(pid);
        return (Long.parseLong(stat[12]) + Long.parseLong(stat[13])) * MICROS_PER_TICK;
    }

    /** The process's name, then the fields after it: state, parent, … 12 and 13 are user and system time, 14 and 15 its children's. */
    private static String[] stat(long pid) {
        try {
            var text = Files.readString(Path.of("/proc/" + pid + "/stat"));
            var fields = text.substring(text.lastIndexOf(')') + 2).split(" ");
            var named = new String[fields.length + 1];
            named[0] = text.substring(text.indexOf('(') + 1, text.lastIndexOf(')'));
            System.arraycopy(fields, 0, named, 1, fields.length);
            return named;
        } catch (IOException gone) {
            return new String[] {"", "", "", "0", "0", "0", "0", "0", "0", "0", "0", "0", "0", "0", "0", "0", "0"};
        }
    }
}
