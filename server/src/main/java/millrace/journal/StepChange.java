package millrace.journal;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import millrace.database.RunFlush;
import millrace.engine.RecordCodec;
import org.jspecify.annotations.Nullable;

/**
 * The flush of a step that changes what its project has: its journal row is made while that is locked, since it tells what
 * was there. Used by the thread that writes; its outcome by the run's thread after that.
 */
public final class StepChange implements RunFlush.Change {
    private final List<String> locks;
    private final int seq;
    private final RunFlush rest;
    private final @Nullable String firstPath;
    private final @Nullable String lastPath;
    private final byte[] records;
    private final Decision decision;
    private @Nullable Changed changed;
    private int bytes;

    /** Makes the change. */
    @FunctionalInterface
    public interface Decision {
        /** Changes the rows, or refuses to and leaves them. */
        Changed of(RunFlush.Rows rows);
    }

    /**
     * @param rest what is written beside the journal row
     * @param records those before the step's own
     */
    StepChange(
            List<String> locks,
            int seq,
            RunFlush rest,
            @Nullable String firstPath,
            @Nullable String lastPath,
            byte[] records,
            Decision decision) {
        this.locks = List.copyOf(locks);
        this.seq = seq;
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
    public List<String> locks() {
        return locks;
    }

    @Override
    public RunFlush settle(RunFlush.Rows rows) {
        var decided = decision.of(rows);
        changed = decided;
        var told = decided.told();
        if (told == null) {
            return whole(records, records.length, lastPath, List.of());
        }
        var blobs = new ArrayList<RunFlush.BlobRow>();
        var beside = RunJournal.putBeside(told, blobs::add);
        var out = new ByteArrayOutputStream(records.length + 256);
        out.writeBytes(records);
        RecordCodec.write(out, told, beside);
        return whole(out.toByteArray(), out.size(), told.path(), blobs);
    }

    private RunFlush whole(byte[] all, int length, @Nullable String last, List<RunFlush.BlobRow> blobs) {
        var document = JournalDocument.pack(all, length);
        bytes = document.length
                + blobs.stream().mapToInt(blob -> blob.data().length).sum();
        var first = firstPath == null ? last : firstPath;
        return rest.changing(this).with(new RunFlush.JournalRow(seq, first, last, document), blobs);
    }

    /** What was decided when it counted. */
    Changed changed() {
        return Objects.requireNonNull(changed, "a change is durable that nobody has made");
    }

    /** What is stored of it in the journal. */
    int bytes() {
        return bytes;
    }
}
