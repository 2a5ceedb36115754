package millrace.database;

import static millrace.schema.Tables.FLOW_RUN;
import static org.assertj.core.api.Assertions.assertThat;

import java.security.SecureRandom;
import java.sql.SQLWarning;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import millrace.config.DatabaseSettings;
import org.junit.jupiter.api.Assumptions;

class PartitionsTest {
    private static final DateTimeFormatter DAY = DateTimeFormatter.BASIC_ISO_DATE;

    private final Ids ids = new Ids(new SecureRandom());
    private final LocalDate today = LocalDate.now(ZoneOffset.UTC);

    @OnBothDatabases
    void there_is_one_a_day_for_today_and_14_days_ahead_and_a_default(TestDatabases databases, DatabaseKind kind) {
        Assumptions.assumeTrue(kind.postgres());
        var catalogue = new Catalogue(databases.migrated());

        for (var table : List.of("flow_run", "run_journal", "run_blob")) {
            var wanted = new ArrayList<String>();
            today.datesUntil(today.plusDays(15)).forEach(day -> wanted.add(table + "_" + DAY.format(day)));
            wanted.add(table + "_default");
            assertThat(partitions(catalogue, table)).containsExactlyInAnyOrderElementsOf(wanted);
        }
    }

    @OnBothDatabases
    void partitions_inherit_storage_and_bring_their_own_vacuum_settings(TestDatabases databases, DatabaseKind kind) {
        Assumptions.assumeTrue(kind.postgres());
        var catalogue = new Catalogue(databases.migrated());

        assertThat(catalogue.texts(
                        "SELECT DISTINCT a.attstorage::text FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
                                + " WHERE (c.relname, a.attname) IN (('flow_run_default', 'journal'),"
                                + " ('run_journal_default', 'doc'), ('run_blob_" + DAY.format(today) + "', 'data'))"))
                .containsExactly("e");
        assertThat(catalogue.texts("SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'"
                        + " AND NOT coalesce(reloptions::text, '') LIKE '%autovacuum_vacuum_insert_threshold%'"))
                .isEmpty();
    }

    @OnBothDatabases
    void made_again_nothing_changes_also_by_several_at_once(TestDatabases databases, DatabaseKind kind)
            throws Exception {
        Assumptions.assumeTrue(kind.postgres());
        var settings = databases.empty();
        try (var database = Database.open(settings)) {
            database.migrations().apply();
            var ensure = new ArrayList<Callable<Boolean>>();
            for (int i = 0; i < 3; i++) {
                ensure.add(() -> {
                    database.partitions().ensure();
                    return true;
                });
            }
            try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
                for (var done : threads.invokeAll(ensure)) {
                    done.get();
                }
            }
            var made = new Catalogue(settings).all();

            database.partitions().ensure();

            assertThat(new Catalogue(settings).all()).isEqualTo(made);
            assertThat(partitions(new Catalogue(settings), "flow_run")).hasSize(16);
        }
    }

    @OnBothDatabases
    void a_run_lies_in_the_partition_of_its_day_and_old_ones_in_the_default(Database database, DatabaseKind kind) {
        Assumptions.assumeTrue(kind.postgres());

        assertThat(partitionOf(database, stored(database, today.atStartOfDay().toInstant(ZoneOffset.UTC))))
                .isEqualTo("flow_run_" + DAY.format(today));
        assertThat(partitionOf(
                        database,
                        stored(
                                database,
                                today.plusDays(1)
                                        .atStartOfDay()
                                        .toInstant(ZoneOffset.UTC)
                                        .minusMillis(1))))
                .isEqualTo("flow_run_" + DAY.format(today));
        assertThat(partitionOf(database, stored(database, Instant.parse("2020-01-01T00:00:00Z"))))
                .isEqualTo("flow_run_default");
    }

    @OnBothDatabases
    void a_look_up_reads_one_partition(Database database, DatabaseKind kind) {
        Assumptions.assumeTrue(kind.postgres());
        var id = ids.runId(Instant.now());

        var plan = database.read(tx -> String.join(
                "\n",
                tx.sql()
                        .resultQuery("EXPLAIN SELECT * FROM flow_run WHERE id = '" + id + "'")
                        .fetch(0, String.class)));

        assertThat(plan).contains("flow_run_" + DAY.format(today) + "_pkey").doesNotContain("Append");
    }

    @OnBothDatabases
    void the_next_days_are_made_after_the_check_has_moved_and_without_reading_the_default(
            TestDatabases databases, DatabaseKind kind) throws Exception {
        Assumptions.assumeTrue(kind.postgres());
        var settings = databases.migrated();
        try (var database = Database.open(settings)) {
            stored(database, Instant.parse("2020-01-01T00:00:00Z"));
            drop(database, today.plusDays(13), today.plusDays(14));
            var catalogue = new Catalogue(settings);

            database.partitions().ensure();

            assertThat(partitions(catalogue, "flow_run")).hasSize(16);
            assertThat(catalogue.texts("SELECT conname || ' ' || convalidated FROM pg_constraint"
                            + " WHERE conname LIKE 'ids_to_come%' AND conrelid = 'flow_run_default'::regclass"))
                    .containsExactly("ids_to_come_" + DAY.format(today.plusDays(13)) + " true");
            assertThat(messagesOfNextDay(settings))
                    .anyMatch(
                            message -> message.contains("flow_run_default") && message.contains("implied by existing"));
        }
    }

    @OnBothDatabases
    void a_process_that_dies_between_the_steps_is_gone_on_from(TestDatabases databases, DatabaseKind kind) {
        Assumptions.assumeTrue(kind.postgres());
        var settings = databases.migrated();
        try (var database = Database.open(settings)) {
            drop(database, today.plusDays(14), today.plusDays(14));
            database.transact(tx -> {
                tx.sql().execute("ALTER TABLE flow_run_default DROP CONSTRAINT ids_to_come_" + DAY.format(today));
                tx.sql()
                        .execute("ALTER TABLE flow_run_default ADD CONSTRAINT ids_to_come_"
                                + DAY.format(today.plusDays(14)) + " CHECK (id < '"
                                + Partitions.bound(today.plusDays(14)) + "' OR id >= '1') NOT VALID");
            });

            database.partitions().ensure();

            var catalogue = new Catalogue(settings);
            assertThat(partitions(catalogue, "flow_run")).hasSize(16);
            assertThat(catalogue.texts("SELECT conname FROM pg_constraint WHERE NOT convalidated"))
                    .isEmpty();
        }
    }

    private static void drop(Database database, LocalDate from, LocalDate to) {
        database.transact(tx -> from.datesUntil(to.plusDays(1)).forEach(day -> {
            for (var table : List.of("flow_run", "run_journal", "run_blob")) {
                tx.sql().execute("DROP TABLE " + table + "_" + DAY.format(day));
            }
        }));
    }

    private List<String> messagesOfNextDay(DatabaseSettings settings) throws Exception {
        var day = today.plusDays(15);
        try (var connection = Connector.of(settings).open("test");
                var statement = connection.createStatement()) {
            statement.execute("SET client_min_messages = debug1");
            statement.execute("CREATE TABLE flow_run_next PARTITION OF flow_run FOR VALUES FROM ('"
                    + Partitions.bound(day) + "') TO ('" + Partitions.bound(day.plusDays(1)) + "')");
            var messages = new ArrayList<String>();
            for (SQLWarning w = statement.getWarnings(); w != null; w = w.getNextWarning()) {
                messages.add(String.valueOf(w.getMessage()));
            }
            return messages;
        }
    }

    private static List<String> partitions(Catalogue catalogue, String table) {
        return catalogue.texts(
                "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = '" + table + "'::regclass");
    }

    private String stored(Database database, Instant moment) {
        var id = ids.runId(moment);
        database.transact(tx -> tx.sql()
                .insertInto(FLOW_RUN)
                .set(FLOW_RUN.ID, id)
                .set(FLOW_RUN.PROJECT_ID, ids.random())
                .set(FLOW_RUN.FLOW_ID, ids.random())
                .set(FLOW_RUN.FLOW_VERSION_ID, ids.random())
                .set(FLOW_RUN.STATUS, "SUCCEEDED")
                .execute());
        return id;
    }

    private static String partitionOf(Database database, String id) {
        return database.read(tx -> tx.sql()
                .resultQuery("SELECT tableoid::regclass::text FROM flow_run WHERE id = {0}", org.jooq.impl.DSL.val(id))
                .fetchSingle(0, String.class));
    }
}
