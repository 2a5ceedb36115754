package millrace.archive;

import static millrace.schema.Tables.RUN_QUEUE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import millrace.config.DatabaseSettings;
import millrace.database.Database;
import millrace.database.DatabaseRefusal;
import millrace.database.OnBothDatabases;
import millrace.database.TestDatabases;
import org.junit.jupiter.api.io.TempDir;

class MoveTest {
    private static final Move.Progress QUIET = (table, rows, of) -> {};

    @TempDir
    private Path folder;

    @OnBothDatabases
    void a_database_moves_away_and_back_and_is_the_same(TestDatabases databases) throws Exception {
        var here = databases.migrated();
        Filled.fill(here);
        var there = new DatabaseSettings.Sqlite(folder.resolve("there.db"));
        var back = databases.empty();

        Move.move(here, there, QUIET);
        Move.move(there, back, QUIET);

        assertThat(Filled.sums(there)).isEqualTo(Filled.sums(here));
        assertThat(Filled.sums(back)).isEqualTo(Filled.sums(here));
        assertThatThrownBy(() -> Move.move(here, back, QUIET))
                .isInstanceOf(DatabaseRefusal.class)
                .hasMessageContaining("must be empty");
        try (var database = Database.open(back)) {
            database.prepare();
            new Hold(database, true).begin();
            var origin = database.read(tx -> new OriginStore().find(tx).orElseThrow());
            assertThat(origin.state()).isEqualTo(Origin.State.OWN);
        }
    }

    /** Nobody has looked at it between the restore and the move. */
    @OnBothDatabases
    void what_came_from_an_archive_is_held_where_it_moves(TestDatabases databases) throws Exception {
        var here = databases.migrated();
        Filled.fill(here);
        var made = new Backup("test", InstantSource.system()).make(here, ArchivePlaces.file(folder.resolve("b")));
        for (var mode : List.of(Restore.Mode.HELD, Restore.Mode.CLONE)) {
            var restored = new DatabaseSettings.Sqlite(folder.resolve(mode + ".db"));
            var there = databases.empty();
            Restore.restore(made.place(), restored, false, mode, null);

            Move.move(restored, there, QUIET);

            try (var database = Database.open(there)) {
                var hold = new Hold(database, true);
                hold.begin();
                assertThat(hold.isClone()).isEqualTo(mode == Restore.Mode.CLONE);
                var runs = database.read(
                        tx -> tx.sql().select(RUN_QUEUE.HELD).from(RUN_QUEUE).fetch(RUN_QUEUE.HELD));
                assertThat(runs).isNotEmpty().doesNotContain(false);
                hold.close();
            }
        }
    }

    @OnBothDatabases
    void an_interrupted_move_goes_on_and_no_server_starts_before_it_is_done(TestDatabases databases) throws Exception {
        var from = databases.migrated();
        Filled.fill(from);
        var to = databases.empty();

        assertThatThrownBy(() -> Move.move(from, to, (table, rows, of) -> {
                    if (table.equals("flow")) {
                        throw new IllegalStateException("killed");
                    }
                }))
                .hasMessageContaining("killed");
        try (var database = Database.open(to)) {
            assertThatThrownBy(database::prepare)
                    .isInstanceOf(DatabaseRefusal.class)
                    .hasMessageContaining("unfinished target of a move");
        }
        var moved = Move.move(from, to, QUIET);

        assertThat(moved.resumed()).isTrue();
        assertThat(Filled.sums(to)).isEqualTo(Filled.sums(from));
    }
}
