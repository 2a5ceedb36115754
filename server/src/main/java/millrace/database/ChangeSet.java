package millrace.database;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * One step of the schema and its way back.
 *
 * @param id its number and name, {@code 0003_runs}
 * @param checksum SHA-256 of {@code up}: a change set that was applied never changes
 */
record ChangeSet(String id, String up, String down, String checksum) {
    private static final String FOLDER = "/millrace/schema/";
    /** On the first line of a script whose statements are committed one by one. */
    private static final String STEPWISE = "-- statement by statement";
    /** Before a statement of such a script that is repeated until it changes no row. */
    private static final String REPEATED = "-- until no row is left";

    /**
     * Whether its statements are committed one by one, since they can't run in a transaction (CREATE INDEX
     * CONCURRENTLY) or would hold locks for too long (batches). Each must be repeatable: after a kill all run again.
     */
    boolean stepwise() {
        return up.startsWith(STEPWISE);
    }

    /** Whether a statement of a stepwise script changes rows in batches. */
    static boolean repeated(String statement) {
        return statement.lines().takeWhile(line -> line.startsWith("--")).anyMatch(REPEATED::equals);
    }

    static ChangeSet of(String id, String up, String down) {
        return new ChangeSet(id, up, down, sha256(up));
    }

    /** All that this program knows, in order, in the words of the database. */
    static List<ChangeSet> all(Dialect dialect) {
        var variant = dialect.postgres() ? ".postgresql.sql" : ".sqlite.sql";
        return resource(FOLDER + "changesets")
                .orElseThrow()
                .lines()
                .map(id -> load(id, variant))
                .toList();
    }

    private static ChangeSet load(String id, String variant) {
        return of(id, script(id + "/up", variant), script(id + "/down", variant));
    }

    private static String script(String name, String variant) {
        return resource(FOLDER + name + variant)
                .or(() -> resource(FOLDER + name + ".sql"))
                .orElseThrow(() -> new IllegalStateException("the change set has no " + name + variant));
    }

    private static Optional<String> resource(String path) {
        // The class only names the jar: the change sets lie beside the generated tables.
        try (var in = millrace.schema.Tables.class.getResourceAsStream(path)) {
            return in == null ? Optional.empty() : Optional.of(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String sha256(String text) {
        try {
            var digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
