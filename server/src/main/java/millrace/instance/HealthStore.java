package millrace.instance;

import millrace.database.Tx;

/** The smallest question to the database. */
final class HealthStore {
    boolean answers(Tx tx) {
        return tx.sql().selectOne().fetchOne() != null;
    }
}
