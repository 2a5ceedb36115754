package millrace.database;

import org.jspecify.annotations.Nullable;

/**
 * The database can't be used as it is. The message is for the operator: one line that says what is wrong, where, and
 * what repairs it; never a password.
 */
public final class DatabaseRefusal extends RuntimeException {
    private static final long serialVersionUID = 1;

    public DatabaseRefusal(String message) {
        this(message, null);
    }

    public DatabaseRefusal(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
