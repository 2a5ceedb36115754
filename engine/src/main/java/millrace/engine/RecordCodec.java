package millrace.engine;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Format 1 of journalled records: JSON values one after the other, each an array whose first element is the record's
 * letter. Every released format stays readable.
 */
public final class RecordCodec {
    /** The format that {@link #write} writes. */
    public static final int FORMAT = 1;

    /** Stands in a record for a value that is kept beside the journal. */
    private static final String BESIDE = "beside";

    /** Reads one record of many: what follows is not a fault. */
    private static final ObjectReader ONE_VALUE =
            Json.STORED.reader().without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private RecordCodec() {}

    /** The value of a record that may be large: a step's output, a loop's items. */
    public static @Nullable JsonNode large(JournalRecord record) {
        return switch (record) {
            case JournalRecord.Finished done -> done.output();
            case JournalRecord.LoopBegan loop -> loop.items();
            default -> null;
        };
    }

    /**
     * Appends one record to {@code out}.
     *
     * @param beside true when the record's {@link #large} value is stored elsewhere and only marked here
     */
    public static void write(ByteArrayOutputStream out, JournalRecord record, boolean beside) {
        try (var json = Json.MAPPER.getFactory().createGenerator(out)) {
            json.writeStartArray();
            switch (record) {
                case JournalRecord.Began began -> {
                    json.writeString("B");
                    json.writeNumber(FORMAT);
                    json.writeString(began.flowVersionId());
                    json.writeString(began.environment().name());
                    json.writeString(began.timeZone());
                    json.writeTree(began.payload());
                    json.writeTree(began.triggerInput());
                    writeNullable(json, began.draft());
                    if (!began.origin().equals(RunOrigin.NONE)) {
                        json.writeTree(origin(began.origin()));
                    }
                }
                case JournalRecord.Intent intent -> {
                    json.writeString("I");
                    json.writeString(intent.path());
                    json.writeNumber(intent.attempt());
                    json.writeTree(intent.input());
                }
                case JournalRecord.Attempted tried -> {
                    json.writeString("A");
                    json.writeString(tried.path());
                    json.writeNumber(tried.attempt());
                    json.writeString(tried.error().message());
                    json.writeTree(tried.error().friendly());
                }
                case JournalRecord.Paused wait -> {
                    json.writeString("P");
                    json.writeString(wait.path());
                    json.writeString(wait.type());
                    json.writeNumber(wait.attempt());
                    json.writeString(wait.waitpointId());
                    if (wait.until() == null) {
                        json.writeNull();
                    } else {
                        json.writeNumber(wait.until().toEpochMilli());
                    }
                    json.writeNumber(wait.millis());
                    writeOptional(json, wait.input());
                    writeOptional(json, wait.output());
                }
                case JournalRecord.Resumed resumed -> {
                    json.writeString("W");
                    json.writeString(resumed.path());
                    writeOptional(json, resumed.payload());
                    var error = resumed.error();
                    if (error == null) {
                        json.writeNull();
                        json.writeNull();
                    } else {
                        json.writeString(error.message());
                        json.writeTree(error.friendly());
                    }
                }
                case JournalRecord.Retried retried -> {
                    json.writeString("R");
                    json.writeNumber(retried.atMillis());
                }
                case JournalRecord.BackingOff backOff -> {
                    json.writeString("D");
                    json.writeString(backOff.path());
                    json.writeNumber(backOff.attempt());
                    json.writeNumber(backOff.untilMillis());
                }
                case JournalRecord.Given given -> {
                    json.writeString("G");
                    json.writeString(given.path());
                    json.writeTree(given.input());
                }
                case JournalRecord.Tagged tagged -> {
                    json.writeString("T");
                    json.writeString(tagged.path());
                    for (var tag : tagged.tags()) {
                        json.writeString(tag);
                    }
                }
                case JournalRecord.LoopBegan loop -> {
                    json.writeString("L");
                    json.writeString(loop.path());
                    if (beside) {
                        json.writeString(BESIDE);
                    } else {
                        json.writeTree(loop.items());
                    }
                }
                case JournalRecord.LoopEnded loop -> {
                    json.writeString("E");
                    json.writeString(loop.path());
                    json.writeNumber(loop.iterations());
                    json.writeNumber(loop.millis());
                }
                case JournalRecord.Finished done -> {
                    json.writeString("F");
                    json.writeString(done.path());
                    json.writeString(done.type());
                    json.writeString(done.status().name());
                    json.writeNumber(done.millis());
                    // Absent, null and JSON null are three things: absent values leave an empty list.
                    writeOptional(json, done.input());
                    if (beside) {
                        json.writeString(BESIDE);
                    } else {
                        writeOptional(json, done.output());
                    }
                    writeOptional(json, done.error());
                }
            }
            json.writeEndArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Reads all records of one document.
     *
     * @param beside gives the value that is kept beside the journal, by step path
     */
    public static List<JournalRecord> read(byte[] document, Beside beside) {
        var records = new ArrayList<JournalRecord>();
        try (JsonParser parser = ONE_VALUE.createParser(document)) {
            while (parser.nextToken() == JsonToken.START_ARRAY) {
                records.add(record(ONE_VALUE.readTree(parser), beside));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return records;
    }

    /** Gives a value that is kept beside the journal. */
    @FunctionalInterface
    public interface Beside {
        JsonNode value(String path);
    }

    private static JournalRecord record(JsonNode row, Beside beside) {
        return switch (row.get(0).textValue()) {
            case "B" ->
                new JournalRecord.Began(
                        row.get(2).textValue(),
                        RunEnvironment.valueOf(row.get(3).textValue()),
                        row.get(4).textValue(),
                        row.get(5),
                        row.get(6),
                        row.get(7).isNull() ? null : row.get(7),
                        origin(row.path(8)));
            case "I" -> new JournalRecord.Intent(text(row, 1), row.get(2).intValue(), row.get(3));
            case "A" ->
                new JournalRecord.Attempted(
                        text(row, 1), row.get(2).intValue(), new StepError(text(row, 3), (ObjectNode) row.get(4)));
            case "P" ->
                new JournalRecord.Paused(
                        text(row, 1),
                        text(row, 2),
                        row.get(3).intValue(),
                        text(row, 4),
                        row.get(5).isNull()
                                ? null
                                : Instant.ofEpochMilli(row.get(5).longValue()),
                        optional(row.get(7)),
                        optional(row.get(8)),
                        row.get(6).longValue());
            case "W" ->
                new JournalRecord.Resumed(
                        text(row, 1),
                        optional(row.get(2)),
                        row.get(3).isNull() ? null : new StepError(text(row, 3), (ObjectNode) row.get(4)));
            case "R" -> new JournalRecord.Retried(row.get(1).longValue());
            case "D" ->
                new JournalRecord.BackingOff(
                        text(row, 1), row.get(2).intValue(), row.get(3).longValue());
            case "G" -> new JournalRecord.Given(text(row, 1), (ObjectNode) row.get(2));
            case "T" -> new JournalRecord.Tagged(text(row, 1), tags(row));
            case "L" ->
                new JournalRecord.LoopBegan(
                        text(row, 1), (ArrayNode) (row.get(2).isTextual() ? beside.value(text(row, 1)) : row.get(2)));
            case "E" ->
                new JournalRecord.LoopEnded(
                        text(row, 1), row.get(2).intValue(), row.get(3).longValue());
            case "F" ->
                new JournalRecord.Finished(
                        text(row, 1),
                        text(row, 2),
                        StepStatus.valueOf(text(row, 3)),
                        optional(row.get(5)),
                        row.get(6).isTextual() ? beside.value(text(row, 1)) : optional(row.get(6)),
                        (ObjectNode) optional(row.get(7)),
                        row.get(4).longValue());
            default -> throw new IllegalStateException("unknown journal record " + row.get(0));
        };
    }

    private static List<String> tags(JsonNode row) {
        var tags = new ArrayList<String>();
        for (int i = 2; i < row.size(); i++) {
            tags.add(text(row, i));
        }
        return tags;
    }

    private static ObjectNode origin(RunOrigin origin) {
        var json = Json.object();
        if (!origin.callers().isEmpty()) {
            origin.callers().forEach(json.putArray("callers")::add);
        }
        if (origin.forkedFrom() != null) {
            json.put("forkedFrom", origin.forkedFrom());
        }
        var test = origin.test();
        if (test != null) {
            json.put("test", test.stepName()).set("outputs", test.outputs());
        }
        return json;
    }

    private static RunOrigin origin(JsonNode json) {
        if (json.isMissingNode()) {
            return RunOrigin.NONE;
        }
        var callers = new ArrayList<String>();
        json.path("callers").forEach(flow -> callers.add(flow.textValue()));
        var test = json.path("test").textValue();
        return new RunOrigin(
                callers,
                json.path("forkedFrom").textValue(),
                test == null ? null : new RunOrigin.StepTest(test, (ObjectNode) json.path("outputs")));
    }

    private static String text(JsonNode row, int index) {
        return row.get(index).textValue();
    }

    private static void writeNullable(JsonGenerator json, @Nullable JsonNode value) throws IOException {
        if (value == null) {
            json.writeNull();
        } else {
            json.writeTree(value);
        }
    }

    private static void writeOptional(JsonGenerator json, @Nullable JsonNode value) throws IOException {
        json.writeStartArray();
        if (value != null) {
            json.writeTree(value);
        }
        json.writeEndArray();
    }

    private static @Nullable JsonNode optional(JsonNode wrapped) {
        return wrapped.isEmpty() ? null : wrapped.get(0);
    }
}
