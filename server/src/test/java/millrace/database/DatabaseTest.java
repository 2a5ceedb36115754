package millrace.database;

import static millrace.schema.Tables.FLAG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.concurrent.Executors;
import millrace.engine.Json;
import org.jooq.exception.DataAccessException;

class DatabaseTest {
    @OnBothDatabases
    void a_transaction_is_kept_and_its_news_follow_the_commit(Database database) {
        var news = new ArrayList<String>();

        database.transact(tx -> {
            insert(tx, "KEPT");
            tx.afterCommit(() -> news.add(read(database, "KEPT")));
        });

        assertThat(news).containsExactly("\"KEPT\"");
    }

    @OnBothDatabases
    void a_transaction_that_throws_leaves_nothing_and_tells_nobody(Database database) {
        var news = new ArrayList<String>();

        assertThatThrownBy(() -> database.transact(tx -> {
                    insert(tx, "UNDONE");
                    tx.afterCommit(() -> news.add("told"));
                    throw new IllegalStateException("stop");
                }))
                .hasMessage("stop");

        assertThat(read(database, "UNDONE")).isEqualTo("nothing");
        assertThat(news).isEmpty();
    }

    @OnBothDatabases
    void a_read_can_not_write(Database database) {
        assertThatThrownBy(() -> database.read(tx -> insert(tx, "READ"))).isInstanceOf(RuntimeException.class);
        assertThat(read(database, "READ")).isEqualTo("nothing");
    }

    @OnBothDatabases
    void a_read_sees_one_state(Database database) {
        var counts = database.read(tx -> {
            int before = tx.sql().fetchCount(FLAG);
            database.transact(other -> insert(other, "MEANWHILE"));
            return new int[] {before, tx.sql().fetchCount(FLAG)};
        });

        assertThat(counts[1]).isEqualTo(counts[0]);
    }

    @OnBothDatabases
    void a_second_row_of_one_key_is_a_duplicate(Database database) {
        database.transact(tx -> insert(tx, "TWICE"));

        assertThatThrownBy(() -> database.transact(tx -> insert(tx, "TWICE")))
                .isInstanceOfSatisfying(
                        DataAccessException.class,
                        e -> assertThat(database.dialect().duplicate(e)).isTrue());
    }

    @OnBothDatabases
    void transactions_of_many_threads_all_pass(Database database) throws Exception {
        database.transact(tx -> tx.sql()
                .insertInto(FLAG, FLAG.ID, FLAG.VALUE)
                .values("COUNTER", Json.read("0"))
                .execute());

        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 64; i++) {
                threads.submit(() -> database.transact(tx -> {
                    var flag = tx.dialect()
                            .forUpdate(tx.sql().selectFrom(FLAG).where(FLAG.ID.eq("COUNTER")))
                            .fetchSingle();
                    flag.setValue(Json.read(String.valueOf(flag.getValue().asInt() + 1)));
                    flag.store();
                }));
            }
        }

        assertThat(read(database, "COUNTER")).isEqualTo("64");
    }

    @OnBothDatabases
    void a_dedicated_writer_commits_each_work(Database database) throws Exception {
        try (var writer = database.writer("journal")) {
            int rows = writer.write(connection -> {
                try (var statement = connection.createStatement()) {
                    return statement.executeUpdate("INSERT INTO flag (id, value) VALUES ('WRITTEN', '1')");
                }
            });
            assertThat(rows).isOne();
        }
        assertThat(read(database, "WRITTEN")).isEqualTo("1");
    }

    private static int insert(Tx tx, String id) {
        return tx.sql()
                .insertInto(FLAG, FLAG.ID, FLAG.VALUE)
                .values(id, Json.MAPPER.valueToTree(id))
                .execute();
    }

    private static String read(Database database, String id) {
        return database.read(tx -> tx.sql()
                .select(FLAG.VALUE)
                .from(FLAG)
                .where(FLAG.ID.eq(id))
                .fetchOptional(FLAG.VALUE)
                .map(Json::text)
                .orElse("nothing"));
    }
}
