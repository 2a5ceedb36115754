package millrace.database;

import java.sql.SQLException;

/** The connection was lost between a COMMIT and its answer. */
final class CommitUnknown extends SQLException {
    private static final long serialVersionUID = 1;

    private final String transaction;

    /** @param transaction the server's number of the transaction, by which it can be asked what became of it */
    CommitUnknown(String transaction, SQLException cause) {
        super(cause.getMessage(), cause.getSQLState(), cause);
        this.transaction = transaction;
    }

    String transaction() {
        return transaction;
    }
}
