package millrace.journal;

import millrace.database.WriteFailed;

/** The database can't store what this run wrote; no other run is concerned. */
public final class JournalRefused extends RuntimeException {
    private static final long serialVersionUID = 1;

    JournalRefused(String runId, WriteFailed cause) {
        super("the database refused the journal of run " + runId + ": " + cause.getMessage(), cause);
    }
}
