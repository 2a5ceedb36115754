package millrace.archive;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import millrace.database.DatabaseRefusal;
import millrace.database.Direct;
import millrace.database.SchemaBuilder;

/** Writes a whole database as an archive, in one snapshot. */
final class DumpStore {
    /** Rows of living processes: they mean nothing elsewhere. */
    static final Set<String> LEFT_OUT = Set.of("process", "lane");

    private DumpStore() {}

    /** @throws UncheckedIOException when the archive can't be written */
    static ArchiveWriter.Contents dump(Direct direct, OutputStream out, String program, InstantSource clock) {
        var database = CopyStore.of(direct);
        try {
            var schema = schema(direct);
            database.snapshot();
            var tables = database.tables().stream()
                    .filter(table -> !LEFT_OUT.contains(table.name()))
                    .toList();
            var manifest = new Manifest(
                    program,
                    direct.dialect().postgres() ? "POSTGRES" : "SQLITE",
                    clock.instant(),
                    schema,
                    database.keyFingerprint(),
                    tables);
            var archive = new ArchiveWriter(out, manifest);
            for (int i = 0; i < tables.size(); i++) {
                var table = archive.table(tables.get(i), i);
                database.read(tables.get(i), false, row -> add(table, row));
                table.end();
            }
            direct.execute("COMMIT");
            return archive.end();
        } catch (SQLException e) {
            throw direct.refusal("copying the database", e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void add(ArchiveWriter.Table table, Object[] row) {
        try {
            table.add(row);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @return the ids of the change sets of a database that can be copied */
    static List<String> schema(Direct direct) throws SQLException {
        var schema = new SchemaBuilder(direct);
        var applied = schema.applied();
        if (applied.isEmpty()) {
            throw new DatabaseRefusal(
                    "the database " + direct.place() + " holds no Millrace: there is nothing to copy");
        }
        schema.refuseUnknown();
        return applied;
    }
}
