package millrace.instance;

import java.time.Duration;
import millrace.database.Database;

/** Whether the server can do its work: its database answers. */
public final class Health {
    private final Database database;
    private final Duration liveFor;

    /** @param liveFor how long a server counts as alive without its database */
    public Health(Database database, Duration liveFor) {
        this.database = database;
        this.liveFor = liveFor;
    }

    /** Whether requests are served now; asks the database one small question. */
    boolean healthy() {
        return database.answers();
    }

    /** Whether the process should go on. One that has lost its database for long may find it again by a restart. */
    boolean live() {
        return database.silence().compareTo(liveFor) < 0;
    }
}
