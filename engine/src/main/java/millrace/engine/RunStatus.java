package millrace.engine;

import java.util.EnumSet;
import java.util.Set;

/**
 * The statuses of a run and the one table of its legal moves (reference/engine-semantics §2; the diagram is in
 * docs/architecture.md).
 */
public enum RunStatus {
    /** Waits for a process with room. */
    QUEUED(false, "RUNNING CANCELED QUOTA_EXCEEDED"),
    /** Back to QUEUED when its process died or handed it over. */
    RUNNING(
            false,
            "QUEUED PAUSED SUCCEEDED FAILED INTERNAL_ERROR TIMEOUT MEMORY_LIMIT_EXCEEDED LOG_SIZE_EXCEEDED"
                    + " QUOTA_EXCEEDED CANCELED"),
    /** Waits for a time or a call; one that is due is executed without being QUEUED before. */
    PAUSED(false, "QUEUED RUNNING CANCELED"),
    SUCCEEDED(false, ""),
    /** Like every end of a run that did not get to its last step: a retry from the failed step goes on from here. */
    FAILED(true, "QUEUED"),
    INTERNAL_ERROR(true, "QUEUED"),
    TIMEOUT(true, "QUEUED"),
    MEMORY_LIMIT_EXCEEDED(true, "QUEUED"),
    LOG_SIZE_EXCEEDED(false, "QUEUED"),
    QUOTA_EXCEEDED(true, "QUEUED"),
    CANCELED(false, "");

    private final boolean failed;
    private final String next;

    RunStatus(boolean failed, String next) {
        this.failed = failed;
        this.next = next;
    }

    /** Whether a run may go from this status to that one. */
    public boolean mayBecome(RunStatus status) {
        return moves().contains(status);
    }

    /** The statuses that may follow this one. */
    public Set<RunStatus> moves() {
        var moves = EnumSet.noneOf(RunStatus.class);
        if (!next.isEmpty()) {
            for (var name : next.split(" ")) {
                moves.add(valueOf(name));
            }
        }
        return moves;
    }

    /** Whether the run has ended; one that a retry takes up again has ended too. */
    public boolean terminal() {
        return switch (this) {
            case QUEUED, RUNNING, PAUSED -> false;
            default -> true;
        };
    }

    /** Whether a run that ended so can go on from the step that failed. */
    public boolean retriable() {
        return terminal() && mayBecome(QUEUED);
    }

    /** The reference's failed group, which LOG_SIZE_EXCEEDED is not in. */
    public boolean failed() {
        return failed;
    }
}
