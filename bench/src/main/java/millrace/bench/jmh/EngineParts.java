package millrace.bench.jmh;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import millrace.definition.Condition;
import millrace.definition.Operator;
import millrace.engine.JournalRecord;
import millrace.engine.Json;
import millrace.engine.RecordCodec;
import millrace.engine.StepStatus;
import millrace.expression.Conditions;
import millrace.expression.Scope;
import millrace.expression.Template;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Expressions, conditions and the journal's encoding, each on values as a small step has them. */
@State(org.openjdk.jmh.annotations.Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class EngineParts {
    private final Scope scope = new Steps(Json.read("""
            {"output": {"body": {"customer": {"name": "Ada", "orders": [{"id": 1}, {"id": 2, "total": 12.50}]}}}}
            """));
    private final JsonNode pathText = Json.read("{\"total\": \"{{trigger['output'].body.customer.orders[1].total}}\"}");
    private final Template path = Template.of(pathText);
    private final Template mixed = Template.of(Json.read("""
            {"subject": "Order {{trigger['output'].body.customer.orders[1].id}} of {{trigger['output'].body.customer.name}}",
             "to": ["{{trigger['output'].body.customer.name}}"], "fixed": 7}
            """));
    private final Condition greater = new Condition(
            Operator.NUMBER_IS_GREATER_THAN,
            Json.object().textNode("12.50"),
            Json.object().textNode("9"),
            false);
    private final Condition contains = new Condition(
            Operator.TEXT_CONTAINS,
            Json.object().textNode("Ada Lovelace"),
            Json.object().textNode("LOVE"),
            false);
    private final JournalRecord record = new JournalRecord.Finished(
            "loop[41]/sum",
            "PIECE",
            StepStatus.SUCCEEDED,
            Json.object().put("first_number", 41).put("second_number", 42),
            Json.object().numberNode(83),
            null,
            0);
    private final byte[] written = write();
    private final ByteArrayOutputStream out = new ByteArrayOutputStream(1 << 12);

    private byte[] write() {
        var bytes = new ByteArrayOutputStream();
        RecordCodec.write(bytes, record, false);
        return bytes.toByteArray();
    }

    @Benchmark
    public Template parsePath() {
        return Template.of(pathText);
    }

    @Benchmark
    public JsonNode resolvePath() {
        return path.resolve(scope, Map.of());
    }

    @Benchmark
    public JsonNode resolveMixedText() {
        return mixed.resolve(scope, Map.of());
    }

    @Benchmark
    public boolean compareNumbers() {
        return Conditions.holds(greater, greater.firstValue(), greater.secondValue());
    }

    @Benchmark
    public boolean findText() {
        return Conditions.holds(contains, contains.firstValue(), contains.secondValue());
    }

    @Benchmark
    public int encodeRecord() {
        out.reset();
        RecordCodec.write(out, record, false);
        return out.size();
    }

    @Benchmark
    public List<JournalRecord> decodeRecord() {
        return RecordCodec.read(written, name -> Json.object());
    }

    private record Steps(JsonNode trigger) implements Scope {
        @Override
        public @Nullable JsonNode root(String name) {
            return name.equals("trigger") ? trigger : null;
        }

        @Override
        public @Nullable JsonNode connection(String externalId) {
            return null;
        }

        @Override
        public @Nullable JsonNode variable(String name) {
            return null;
        }
    }
}
