package millrace.instance;

import millrace.database.Database;

/** Whether the server can do its work: its database answers. */
public final class Health {
    private final Database database;
    private final HealthStore store = new HealthStore();

    public Health(Database database) {
        this.database = database;
    }

    /** Asks the database one small question. */
    public boolean healthy() {
        try {
            return database.read(store::answers);
        } catch (RuntimeException e) {
            // Whatever it is, the answer to this question is no; the database room logs why it is away.
            return false;
        }
    }
}
