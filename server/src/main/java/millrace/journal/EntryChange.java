package millrace.journal;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Objects;
import millrace.database.RunFlush;
import millrace.engine.Json;
import millrace.engine.RecordCodec;
import org.jspecify.annotations.Nullable;

/**
 * The flush of a step that changes an entry of the key-value store: its journal row is made while the entry is locked,
 * since it tells what the entry held. Used by the thread that writes; its outcome by the run's thread after that.
 */
public final class EntryChange extends RunFlush.Change {
    private final RunFlush rest;
    private final @Nullable String firstPath;
    private final @Nullable String lastPath;
    private final byte[] records;
    private final Decision decision;
    private @Nullable Stored stored;
    private int bytes;

    /** What becomes of an entry. */
    @FunctionalInterface
    public interface Decision {
        /** @param before the entry's value; null when there is no entry */
        Stored of(@Nullable JsonNode before);
    }

    /**
     * @param rest what is written beside the journal row
     * @param records those before the step's own
     */
    EntryChange(
            String key,
            int seq,
            RunFlush rest,
            @Nullable String firstPath,
            @Nullable String lastPath,
            byte[] records,
            Decision decision) {
        super(key, seq);
        this.rest = rest;
        this.firstPath = firstPath;
        this.lastPath = lastPath;
        this.records = records;
        this.decision = decision;
    }

    /** Without its journal row. */
    RunFlush flush() {
        return rest.changing(this);
    }

    @Override
    protected RunFlush.Settled of(@Nullable String before) {
        var decided = decision.of(before == null ? null : Json.readStored(before.getBytes(UTF_8)));
        stored = decided;
        var told = decided.told();
        if (told == null) {
            return new RunFlush.Settled(false, null, whole(records, records.length, lastPath, null));
        }
        var beside = RunJournal.beside(RecordCodec.large(told));
        var out = new ByteArrayOutputStream(records.length + 256);
        out.writeBytes(records);
        RecordCodec.write(out, told, beside != null);
        var value = decided.value();
        return new RunFlush.Settled(
                true,
                value == null ? null : Json.text(value),
                whole(out.toByteArray(), out.size(), told.path(), beside));
    }

    private RunFlush whole(byte[] all, int length, @Nullable String last, byte @Nullable [] beside) {
        var document = JournalDocument.pack(all, length);
        bytes = document.length + (beside == null ? 0 : beside.length);
        var first = firstPath == null ? last : firstPath;
        return rest.changing(this)
                .with(
                        new RunFlush.JournalRow(seq(), first, last, document),
                        beside == null || last == null ? List.of() : List.of(new RunFlush.BlobRow(last, beside)));
    }

    /** What was decided when it counted. */
    Stored stored() {
        return Objects.requireNonNull(stored, "a change is durable that nobody has made");
    }

    /** What is stored of it in the journal. */
    int bytes() {
        return bytes;
    }
}
