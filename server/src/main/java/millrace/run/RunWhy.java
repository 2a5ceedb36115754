package millrace.run;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import millrace.engine.JournalRecord;
import millrace.engine.Replay;
import millrace.engine.RunStatus;
import org.jspecify.annotations.Nullable;

/**
 * Why a run is where it is.
 *
 * @param text one or two sentences for a person
 * @param step path of the step that the run is in, or that ended it; null before the first
 * @param until when the wait ends by itself; null when nobody knows
 */
public record RunWhy(
        String runId,
        String projectId,
        RunStatus status,
        Reason reason,
        String text,
        @Nullable String step,
        @Nullable Instant until) {
    /** Names the error of a step whose piece or action is not on this server. */
    static final String PIECE_NOT_FOUND = "PieceNotFoundError";

    /** A process beats once a second: after so long something is wrong with it. */
    private static final Duration SILENT = Duration.ofSeconds(3);

    /** What keeps a run where it is. */
    public enum Reason {
        /** Nothing: it is over. */
        ENDED,
        /** No process has room for it. */
        SLOT,
        /** Its process is silent; another takes the run over when the lease has ended. */
        LEASE,
        /** A process executes it. */
        STEP,
        /** An attempt failed, and the next one follows after a pause. */
        BACK_OFF,
        /** It waits for a time or for an answer. */
        WAITPOINT,
        /** It came with a restored database, which is held until its operator decides. */
        HELD,
        /** It ended because a piece that it needs is not on this server. */
        PIECE_MISSING,
        /** A person is to say whether a call has happened. */
        IN_DOUBT,
        /** It is to be canceled, and its process has not done so yet. */
        CANCELING
    }

    static RunWhy of(RunFacts facts, List<JournalRecord> records) {
        if (facts.ended()) {
            var reason = pieceMissing(records) ? Reason.PIECE_MISSING : Reason.ENDED;
            return because(facts, reason, ended(facts), facts.failedStep(), null);
        }
        var replay = Replay.of(records);
        var step = replay.position();
        if (facts.cancelAsked()) {
            return because(
                    facts,
                    Reason.CANCELING,
                    "Somebody has canceled the run. Its process stops it, or waits for a call that can't be interrupted.",
                    step,
                    null);
        }
        if (facts.held()) {
            return because(facts, Reason.HELD, held(facts, replay), step, facts.dueAt());
        }
        if (facts.asks()) {
            return because(
                    facts,
                    Reason.IN_DOUBT,
                    "The server stopped during " + step + ": a person is to say whether the step has happened.",
                    step,
                    null);
        }
        return switch (facts.status()) {
            case PAUSED -> waits(facts, replay.waiting(), step);
            case QUEUED -> because(facts, Reason.SLOT, queued(facts), step, null);
            default -> executed(facts, records, step);
        };
    }

    private static boolean pieceMissing(List<JournalRecord> records) {
        return !records.isEmpty()
                && records.getLast() instanceof JournalRecord.Finished last
                && last.error() != null
                && last.error().path("errorName").asText().equals(PIECE_NOT_FOUND);
    }

    private static String ended(RunFacts facts) {
        var failed = facts.failedStep() == null
                ? ""
                : " in " + facts.failedStep() + (facts.message() == null ? "" : ": " + facts.message());
        return "The run has ended " + facts.status() + failed + (failed.endsWith(".") ? "" : ".")
                + (facts.status().retriable() ? " It can be retried." : "");
    }

    private static String held(RunFacts facts, Replay replay) {
        return "It came with a restored database, and may have gone on in the world since the backup: it stays still"
                + " until the operator decides by millrace db release."
                + (replay.inDoubt() == null
                        ? ""
                        : " It stopped during " + replay.inDoubt() + ", which may have happened.")
                + (facts.dueAt() == null ? "" : " Its pause ends " + facts.dueAt() + ".");
    }

    private static String queued(RunFacts facts) {
        if (facts.processes() == 0) {
            return "No server process is alive on this database.";
        }
        return "It waits for a free slot: " + facts.ahead() + " runs are ahead of it, and " + facts.executed()
                + " are executed by " + facts.processes() + " processes (AP_WORKER_CONCURRENCY), " + facts.ofProject()
                + " of them of its project (AP_PROJECT_RATE_LIMITER_ENABLED may bound those)."
                + (facts.takeovers() == 0 ? "" : " A process has ended " + facts.takeovers() + " times in its step.");
    }

    private static RunWhy waits(RunFacts facts, JournalRecord.@Nullable Paused wait, String step) {
        if (wait == null) {
            return because(facts, Reason.BACK_OFF, "It waits before " + step + " is tried again.", step, facts.dueAt());
        }
        var text = wait.until() == null
                ? "It waits in " + wait.path() + " for an answer, at the longest until " + facts.dueAt() + "."
                : "It waits in " + wait.path() + " until " + wait.until() + ", or for an answer.";
        return because(facts, Reason.WAITPOINT, text, wait.path(), wait.until() == null ? facts.dueAt() : wait.until());
    }

    private static RunWhy executed(RunFacts facts, List<JournalRecord> records, String step) {
        var silence = facts.silence();
        if (silence == null || silence.compareTo(SILENT) > 0) {
            var text = "Its process has not been heard of"
                    + (silence == null ? "" : " for " + silence.toSeconds() + " s")
                    + ". When the lease has ended, another process takes the run over.";
            return because(facts, Reason.LEASE, text, step, null);
        }
        var failed = failedAttempt(records);
        if (failed != null) {
            var until = records.getLast() instanceof JournalRecord.BackingOff backOff
                    ? Instant.ofEpochMilli(backOff.untilMillis())
                    : null;
            return because(
                    facts,
                    Reason.BACK_OFF,
                    "Attempt " + failed.attempt() + " of " + failed.path() + " failed ("
                            + failed.error().message() + "), and the next one follows "
                            + (until == null ? "after a pause." : "at " + until + "."),
                    failed.path(),
                    until);
        }
        var text = step.equals(Replay.of(records).inDoubt())
                ? "The process " + facts.process() + " calls " + step + "."
                : "The process " + facts.process() + " executes it; the last step on record is " + step + ".";
        return because(facts, Reason.STEP, text, step, null);
    }

    /** The attempt after which the run waits, if it does. */
    private static JournalRecord.@Nullable Attempted failedAttempt(List<JournalRecord> records) {
        for (var record : records.reversed()) {
            if (record instanceof JournalRecord.Attempted tried) {
                return tried;
            }
            if (!(record instanceof JournalRecord.BackingOff)) {
                return null;
            }
        }
        return null;
    }

    private static RunWhy because(
            RunFacts facts, Reason reason, String text, @Nullable String step, @Nullable Instant until) {
        return new RunWhy(facts.runId(), facts.projectId(), facts.status(), reason, text, step, until);
    }
}
