package millrace.archive;

import org.jspecify.annotations.Nullable;

/**
 * An archive can't be written or used. The message is for the operator: one line that says what is wrong, where, and
 * what repairs it.
 */
public final class ArchiveRefusal extends RuntimeException {
    private static final long serialVersionUID = 1;

    ArchiveRefusal(String message) {
        this(message, null);
    }

    ArchiveRefusal(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
