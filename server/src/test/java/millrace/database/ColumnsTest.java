package millrace.database;

import static millrace.schema.Tables.FLOW_RUN;
import static millrace.schema.Tables.RUN_JOURNAL;
import static millrace.schema.Tables.TEMPLATE;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.NullNode;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import millrace.engine.Json;
import millrace.schema.tables.records.FlowRunRow;
import org.jooq.conf.ParamType;
import org.jooq.impl.DSL;

class ColumnsTest {
    private static final Instant MICROS = Instant.parse("2026-01-02T03:04:05.678901Z");

    private final Ids ids = new Ids(new SecureRandom());

    @OnBothDatabases
    void a_run_with_every_field_comes_back_as_it_was(Database database) {
        var run = new FlowRunRow()
                .setId(ids.runId(MICROS))
                .setCreated(MICROS)
                .setUpdated(Instant.parse("1969-12-31T23:59:59.999999Z"))
                .setProjectId(ids.random())
                .setFlowId(ids.random())
                .setFlowVersionId(ids.random())
                .setEnvironment("PRODUCTION")
                .setStatus("FAILED")
                .setParentRunId(ids.runId(MICROS))
                .setFailParentOnFailure(false)
                .setTriggeredBy(ids.random())
                .setTags(List.of("a", "with \"quotes\", comma", "", "{}", "ü", "nul\0", "\uE000"))
                .setStartTime(MICROS)
                .setFinishTime(MICROS.plusSeconds(1))
                .setFailedStep(Json.read("{\"name\":\"step_1\",\"message\":\"ü\"}"))
                .setStepsCount(7)
                .setStepNameToTest("step_1")
                .setArchivedAt(MICROS)
                .setLogsFileId(ids.random())
                .setImportedId(ids.random())
                .setInternalError(Json.read("{\"source\":\"ENGINE\"}"))
                .setJournal(new byte[] {0, 1, -1});

        database.transact(tx -> tx.sql().executeInsert(run));

        assertThat(byId(database, run).intoArray()).isEqualTo(run.intoArray());
    }

    @OnBothDatabases
    void json_keeps_digits_nul_and_null(Database database) {
        var json = Json.read("{\"a\":1.10,\"b\":123456789012345678901234567890,\"c\":\"x\\u0000y\",\"d\\u0000\":null,"
                + "\"e\":\"\\\\u0000\",\"f\":\"\\uE0000\",\"g\":9007199254740993}");
        var run = aRun().setFailedStep(json).setInternalError(NullNode.getInstance());

        database.transact(tx -> tx.sql().executeInsert(run));

        var stored = byId(database, run).getFailedStep();
        assertThat(stored).hasSameSizeAs(json);
        json.properties()
                .forEach(field ->
                        assertThat(Json.text(stored.path(field.getKey()))).isEqualTo(Json.text(field.getValue())));
        assertThat(byId(database, run).getInternalError()).isEqualTo(NullNode.getInstance());
        assertThat(byId(database, aRunOf(database)).getInternalError()).isNull();
    }

    @OnBothDatabases
    void json_columns_keep_the_order_of_keys(Database database) {
        var flows = "[{\"b\":1,\"a\":{\"long\":2,\"c\":1e2}}]";
        var template = database.transaction(tx -> tx.sql()
                .insertInto(TEMPLATE)
                .set(TEMPLATE.ID, ids.random())
                .set(TEMPLATE.NAME, "nul\0 and \uE000")
                .set(TEMPLATE.SUMMARY, "")
                .set(TEMPLATE.DESCRIPTION, "")
                .set(TEMPLATE.AUTHOR, "")
                .set(TEMPLATE.TYPE, "CUSTOM")
                .set(TEMPLATE.STATUS, "PUBLISHED")
                .set(TEMPLATE.FLOWS, Json.read(flows))
                .set(TEMPLATE.TAGS, Json.array())
                .set(TEMPLATE.CATEGORIES, List.of())
                .set(TEMPLATE.PIECES, List.of("a"))
                .returning()
                .fetchSingle());

        assertThat(Json.text(template.getFlows())).isEqualTo(Json.text(Json.read(flows)));
        assertThat(template.getName()).isEqualTo("nul\0 and \uE000");
        assertThat(template.getCategories()).isEmpty();
        assertThat(template.getCreated())
                .isBetween(Instant.now().minusSeconds(60), Instant.now().plusSeconds(60));
    }

    @OnBothDatabases
    void inlined_values_mean_the_same_as_bound_ones(Database database) {
        var run = aRun().setCreated(MICROS).setTags(List.of("it's")).setFailedStep(Json.read("{\"a\":\"it's\"}"));

        database.transact(tx -> {
            var insert = tx.sql().insertInto(FLOW_RUN).set(run).getSQL(ParamType.INLINED);
            try (var statement = tx.connection().createStatement()) {
                statement.execute(insert);
            } catch (SQLException e) {
                throw new IllegalStateException(insert, e);
            }
        });

        var stored = byId(database, run);
        assertThat(stored.getCreated()).isEqualTo(MICROS);
        assertThat(stored.getTags()).containsExactly("it's");
        assertThat(Json.text(stored.getFailedStep())).isEqualTo("{\"a\":\"it's\"}");
        assertThat(database.<Integer>read(tx -> tx.sql()
                        .fetchCount(
                                FLOW_RUN,
                                FLOW_RUN.ID.eq(run.getId()),
                                FLOW_RUN.CREATED.eq(DSL.inline(MICROS, FLOW_RUN.CREATED)))))
                .isOne();
    }

    @OnBothDatabases
    void nanoseconds_are_cut(Database database) {
        var run = aRun().setStartTime(Instant.parse("2026-01-02T03:04:05.678901999Z"));

        database.transact(tx -> tx.sql().executeInsert(run));

        assertThat(byId(database, run).getStartTime()).isEqualTo(MICROS);
    }

    @OnBothDatabases
    void documents_of_a_run_are_kept_as_bytes(Database database) {
        var doc = new byte[100_000];
        new SecureRandom().nextBytes(doc);
        var id = ids.runId(Instant.now());
        database.transact(tx -> tx.sql()
                .insertInto(RUN_JOURNAL)
                .set(RUN_JOURNAL.RUN_ID, id)
                .set(RUN_JOURNAL.SEQ, 1)
                .set(RUN_JOURNAL.PROJECT_ID, ids.random())
                .set(RUN_JOURNAL.FIRST_PATH, "loop[1]/a")
                .set(RUN_JOURNAL.LAST_PATH, "loop[2]/b")
                .set(RUN_JOURNAL.DOC, doc)
                .execute());

        assertThat(database.<byte[]>read(tx -> tx.sql().fetchValue(RUN_JOURNAL.DOC, RUN_JOURNAL.RUN_ID.eq(id))))
                .isEqualTo(doc);
    }

    private FlowRunRow aRunOf(Database database) {
        var run = aRun();
        database.transact(tx -> tx.sql().executeInsert(run));
        return run;
    }

    private FlowRunRow aRun() {
        return new FlowRunRow()
                .setId(ids.runId(Instant.now()))
                .setProjectId(ids.random())
                .setFlowId(ids.random())
                .setFlowVersionId(ids.random())
                .setStatus("SUCCEEDED");
    }

    private static FlowRunRow byId(Database database, FlowRunRow run) {
        return database.read(tx -> tx.sql().fetchSingle(FLOW_RUN, FLOW_RUN.ID.eq(run.getId())));
    }
}
