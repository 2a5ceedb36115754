package millrace.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import millrace.config.TableSettings;
import millrace.database.Database;
import millrace.database.Ids;
import millrace.database.OnBothDatabases;
import millrace.engine.FieldType;
import millrace.engine.TableChange;
import millrace.file.Tenants;
import millrace.nativepiece.PieceFailure;
import millrace.nativepiece.ProjectTables;
import millrace.nativepiece.RecordFilter;

class TableServiceTest {
    private static final int ALL = Integer.MAX_VALUE;

    private final Ids ids = new Ids(new Random());

    private TableService service(Database database) {
        return new TableService(database, ids, new TableSettings(1_200, 3));
    }

    private static JsonNode change(Database database, TableService tables, String project, TableChange change) {
        return database.transaction(tx -> tables.change(tx, project, change));
    }

    private ProjectTables.Table table(Database database, TableService tables, String project) {
        var made = change(
                database,
                tables,
                project,
                new TableChange.Create(
                        ids.random(),
                        "Things",
                        List.of(
                                new TableChange.NewField("Zebra", FieldType.TEXT, List.of()),
                                new TableChange.NewField("Age", FieldType.NUMBER, List.of()))));
        return Objects.requireNonNull(
                tables.of(project).find(made.path("externalId").asText()));
    }

    private static List<String> values(JsonNode records, ProjectTables.Field field) {
        var values = new ArrayList<String>();
        records.forEach(record ->
                values.add(record.path("cells").path(field.id()).path("value").asText()));
        return values;
    }

    @OnBothDatabases
    void records_keep_the_order_in_which_they_came(Database database) {
        var tables = service(database);
        var project = Tenants.project(database, ids);
        var table = table(database, tables, project);
        var field = table.fields().getFirst();
        var texts = IntStream.range(0, 1_100).mapToObj(Integer::toString).toList();
        var cells = texts.stream().map(text -> Map.of(field.id(), text)).toList();

        var added = change(database, tables, project, new TableChange.AddRecords(table.id(), cells.subList(0, 1_000)));
        change(database, tables, project, new TableChange.AddRecords(table.id(), cells.subList(1_000, 1_100)));

        assertThat(table.fields()).extracting(ProjectTables.Field::name).containsExactly("Zebra", "Age");
        assertThat(values(added, field)).isEqualTo(texts.subList(0, 1_000));
        assertThat(tables.of(project).records(table, List.of(), 1_000)).isEqualTo(added);
        assertThat(values(tables.of(project).records(table, List.of(), ALL), field))
                .isEqualTo(texts);
        var few = new RecordFilter(table.fields().getFirst(), RecordFilter.Operator.CO, "99");
        assertThat(values(tables.of(project).records(table, List.of(few), 3), field))
                .containsExactly("99", "199", "299");
        assertThatThrownBy(() -> change(
                        database, tables, project, new TableChange.AddRecords(table.id(), cells.subList(0, 101))))
                .hasMessageContaining("AP_MAX_RECORDS_PER_TABLE");
        var large = IntStream.range(0, 20).boxed().collect(Collectors.toMap(i -> "f" + i, i -> "x"));
        assertThatThrownBy(() -> change(
                        database,
                        tables,
                        project,
                        new TableChange.AddRecords(table.id(), Collections.nCopies(1_000, large))))
                .hasMessageContaining("in parts");
        assertThat(tables.of(project).records(table, List.of(), ALL)).hasSize(1_100);
    }

    @OnBothDatabases
    void an_update_sets_some_cells_and_a_record_may_have_none(Database database) {
        var tables = service(database);
        var project = Tenants.project(database, ids);
        var table = table(database, tables, project);
        var name = table.fields().get(0);
        var age = table.fields().get(1);
        var added = change(
                database,
                tables,
                project,
                new TableChange.AddRecords(table.id(), List.of(Map.of(name.id(), "a\0b", "gone", "x"), Map.of())));
        var id = added.path(0).path("id").asText();

        var updated =
                change(database, tables, project, new TableChange.UpdateRecord(table.id(), id, Map.of(age.id(), "7")));
        change(database, tables, project, new TableChange.UpdateRecord(table.id(), id, Map.of(age.id(), "8")));

        assertThat(added.path(1).path("cells")).isEmpty();
        assertThat(updated.path("cells").path(name.id()).path("value").asText()).isEqualTo("a\0b");
        assertThat(updated.path("cells").path(age.id()).path("fieldName").asText())
                .isEqualTo("Age");
        assertThat(Objects.requireNonNull(tables.of(project).record(table, id))
                        .path("cells")
                        .path(age.id())
                        .path("value")
                        .asText())
                .isEqualTo("8");
        var empty = new RecordFilter(name, RecordFilter.Operator.NOT_EXISTS, "");
        assertThat(tables.of(project).records(table, List.of(empty), ALL)).hasSize(1);
    }

    @OnBothDatabases
    void changes_name_what_is_there_in_the_project_or_change_nothing(Database database) {
        var tables = service(database);
        var project = Tenants.project(database, ids);
        var other = Tenants.project(database, ids);
        var table = table(database, tables, project);
        var added =
                change(database, tables, project, new TableChange.AddRecords(table.id(), List.of(Map.of(), Map.of())));
        var id = added.path(0).path("id").asText();

        assertThat(tables.of(other).find(table.externalId())).isNull();
        assertThat(tables.of(other).find(table.id())).isNull();
        assertThat(tables.of(other).record(table, id)).isNull();
        assertThat(tables.of(other).records(table, List.of(), ALL)).isEmpty();
        for (var change : List.of(
                new TableChange.Delete(table.id()),
                new TableChange.Clear(table.id()),
                new TableChange.AddRecords(table.id(), List.of(Map.of())),
                new TableChange.UpdateRecord(table.id(), id, Map.of()),
                new TableChange.DeleteRecords(table.id(), List.of(id)))) {
            assertThatThrownBy(() -> change(database, tables, other, change)).isInstanceOf(PieceFailure.class);
        }
        for (var change : List.of(
                new TableChange.DeleteRecords(table.id(), List.of(id, "r".repeat(21))),
                new TableChange.UpdateRecord(table.id(), "r".repeat(21), Map.of()),
                new TableChange.Clear("t".repeat(21)),
                new TableChange.Create(
                        ids.random(),
                        "Wide",
                        Collections.nCopies(4, new TableChange.NewField("f", FieldType.TEXT, List.of()))))) {
            assertThatThrownBy(() -> change(database, tables, project, change)).isInstanceOf(PieceFailure.class);
        }
        assertThat(tables.of(project).records(table, List.of(), ALL)).hasSize(2);

        change(database, tables, project, new TableChange.DeleteRecords(table.id(), List.of(id)));
        assertThat(tables.of(project).records(table, List.of(), ALL)).hasSize(1);
        change(database, tables, project, new TableChange.Clear(table.id()));
        assertThat(tables.of(project).records(table, List.of(), ALL)).isEmpty();
        change(database, tables, project, new TableChange.Delete(table.id()));
        assertThat(tables.of(project).find(table.externalId())).isNull();
    }
}
