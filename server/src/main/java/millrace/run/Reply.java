package millrace.run;

import millrace.engine.Response;
import millrace.engine.RunStatus;

/** What the caller of a synchronous webhook learns. */
public sealed interface Reply {
    /** A step answered. */
    record Answered(Response response) implements Reply {}

    /** The run ended before any step answered. */
    record Ended(RunStatus status) implements Reply {}

    /** Nothing was answered in time; the run goes on. */
    record TimedOut() implements Reply {}

    /** The process holds as many runs as it can; nothing was started. */
    record NoRoom() implements Reply {}

    /** Nothing is known of the run: the database is away, or another process has it. */
    record Lost() implements Reply {}
}
