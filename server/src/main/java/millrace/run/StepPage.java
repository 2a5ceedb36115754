package millrace.run;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import millrace.engine.JournalRecord;
import millrace.engine.Json;
import millrace.engine.StepStatus;
import millrace.http.Cursor;
import millrace.http.PageRequest;
import millrace.http.SeekPage;
import org.jspecify.annotations.Nullable;

/**
 * Collects one page of a run's executed steps from its records. A place is a document of the journal and a record in it.
 * Steps may be large: a page ends early behind the one with which it has some megabytes.
 */
final class StepPage {
    private static final long MOST_BYTES = 8 * 1024 * 1024;

    private int limit;
    private long bytes;
    private final int afterDocument;
    private final int afterRecord;
    private final List<Placed> found = new ArrayList<>();
    /** What effectful steps were called with: their results do not say it again. */
    private final Map<String, JsonNode> inputs = new HashMap<>();

    private record Placed(int document, int record, ExecutedStep step) {}

    StepPage(PageRequest request) {
        this.limit = request.limit();
        var cursor = request.backwards() ? null : request.cursor();
        this.afterDocument = number(cursor, "document");
        this.afterRecord = number(cursor, "record");
    }

    private static int number(@Nullable Cursor cursor, String key) {
        var text = cursor == null ? null : cursor.text(key);
        return text == null || !text.matches("[0-9]{1,9}") ? -1 : Integer.parseInt(text);
    }

    /** Where to begin to read. A call's intent ends the document before that of its result. */
    int firstDocument() {
        return Math.max(0, afterDocument - 1);
    }

    /** Takes the next record; false once the page is full. */
    boolean take(int document, int record, JournalRecord taken) {
        if (taken instanceof JournalRecord.Intent intent) {
            inputs.put(intent.path(), intent.input());
        }
        var beyond = document > afterDocument || (document == afterDocument && record > afterRecord);
        var step = beyond ? step(taken) : null;
        if (step != null) {
            found.add(new Placed(document, record, step));
            bytes += Json.size(step.input()) + Json.size(step.output());
            if (bytes > MOST_BYTES) {
                limit = Math.min(limit, found.size());
            }
        }
        if (taken instanceof JournalRecord.Finished done) {
            inputs.remove(done.path());
        }
        // One more than the page holds: it says that there is a next page.
        return found.size() <= limit;
    }

    private @Nullable ExecutedStep step(JournalRecord record) {
        return switch (record) {
            case JournalRecord.Began began ->
                new ExecutedStep(
                        "trigger",
                        "PIECE_TRIGGER",
                        StepStatus.SUCCEEDED.name(),
                        began.triggerInput(),
                        began.payload(),
                        0,
                        null);
            case JournalRecord.Finished done ->
                new ExecutedStep(
                        done.path(),
                        done.type(),
                        done.status().name(),
                        done.input() == null ? inputs.get(done.path()) : done.input(),
                        done.output(),
                        done.millis(),
                        done.error() == null ? null : Json.text(done.error()));
            case JournalRecord.LoopEnded loop ->
                new ExecutedStep(
                        loop.path(),
                        "LOOP_ON_ITEMS",
                        StepStatus.SUCCEEDED.name(),
                        null,
                        Json.object().put("iterations", loop.iterations()),
                        loop.millis(),
                        null);
            case JournalRecord.Intent ignored -> null;
            case JournalRecord.Attempted ignored -> null;
            case JournalRecord.Paused ignored -> null;
            case JournalRecord.Resumed ignored -> null;
            case JournalRecord.Retried ignored -> null;
            case JournalRecord.BackingOff ignored -> null;
            case JournalRecord.Given ignored -> null;
            case JournalRecord.Tagged ignored -> null;
            case JournalRecord.LoopBegan ignored -> null;
        };
    }

    SeekPage<ExecutedStep> page() {
        var forwards = new PageRequest(limit, null);
        return SeekPage.of(found, forwards, StepPage::place).map(Placed::step);
    }

    private static Cursor.Keys place(Placed step) {
        return new Cursor.Keys()
                .text("document", Integer.toString(step.document()))
                .text("record", Integer.toString(step.record()));
    }
}
