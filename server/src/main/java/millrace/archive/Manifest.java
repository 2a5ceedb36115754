package millrace.archive;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import millrace.archive.TableShape.Column;
import millrace.engine.Json;
import org.jspecify.annotations.Nullable;

/**
 * What an archive says of itself, at its beginning; the tables' counts and checksums stand at its end.
 *
 * @param program the version of the program that wrote it
 * @param source the kind of database that it was made of, POSTGRES or SQLITE
 * @param schema the ids of the change sets that its schema has
 * @param keyFingerprint of the encryption key that its secrets need; null when none was ever used
 */
record Manifest(
        String program,
        String source,
        Instant created,
        List<String> schema,
        @Nullable String keyFingerprint,
        List<TableShape> tables) {
    private static final int FORMAT = 1;

    Manifest {
        schema = List.copyOf(schema);
        tables = List.copyOf(tables);
    }

    byte[] bytes() {
        var json = Json.object()
                .put("format", FORMAT)
                .put("program", program)
                .put("source", source)
                .put("created", created.toString())
                .put("keyFingerprint", keyFingerprint);
        schema.forEach(json.putArray("schema")::add);
        var all = json.putArray("tables");
        for (var table : tables) {
            var one = all.addObject().put("name", table.name());
            table.key().forEach(one.putArray("key")::add);
            var columns = one.putArray("columns");
            table.columns()
                    .forEach(column -> columns.addArray()
                            .add(column.name())
                            .add(column.type().name()));
        }
        return Json.bytes(json);
    }

    static Manifest read(byte[] bytes) {
        var json = Json.read(bytes);
        if (json.path("format").asInt() != FORMAT) {
            throw new ArchiveRefusal("it has format " + json.path("format").asText() + ", this program reads " + FORMAT
                    + ": use the newer Millrace that wrote it");
        }
        var tables = new ArrayList<TableShape>();
        for (var table : json.path("tables")) {
            var columns = new ArrayList<Column>();
            table.path("columns")
                    .forEach(column -> columns.add(new Column(
                            column.path(0).asText(),
                            ColumnType.valueOf(column.path(1).asText()))));
            tables.add(new TableShape(table.path("name").asText(), texts(table.path("key")), columns));
        }
        return new Manifest(
                json.path("program").asText(),
                json.path("source").asText(),
                Instant.parse(json.path("created").asText()),
                texts(json.path("schema")),
                json.path("keyFingerprint").textValue(),
                tables);
    }

    private static List<String> texts(JsonNode array) {
        var texts = new ArrayList<String>();
        array.forEach(text -> texts.add(text.asText()));
        return texts;
    }

    static byte[] bytes(List<TableSum.Result> sums) {
        var all = Json.array();
        sums.forEach(sum -> all.addObject()
                .put("table", sum.table())
                .put("rows", sum.rows())
                .put("sum", sum.sum()));
        return Json.bytes(all);
    }

    static List<TableSum.Result> sums(byte[] bytes) {
        var sums = new ArrayList<TableSum.Result>();
        Json.read(bytes)
                .forEach(sum -> sums.add(new TableSum.Result(
                        sum.path("table").asText(),
                        sum.path("rows").asLong(),
                        sum.path("sum").asText())));
        return sums;
    }
}
