package millrace.database;

import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;

/** There was no connection to send anything on: what was to be done has certainly not been done. */
final class NotConnected extends SQLTransientConnectionException {
    private static final long serialVersionUID = 1;

    NotConnected(String message) {
        super(message, "08001");
    }

    NotConnected(SQLException cause) {
        super(cause.getMessage(), cause.getSQLState(), cause);
    }
}
