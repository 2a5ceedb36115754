package millrace.database;

import java.sql.SQLException;

/** The database did not take a write of the run tables. */
public final class WriteFailed extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final boolean passing;
    private final boolean uncertain;

    WriteFailed(SQLException cause, boolean passing, boolean uncertain) {
        super(cause.getMessage(), cause);
        this.passing = passing;
        this.uncertain = uncertain;
    }

    /** Whether the same write can succeed later: the database is away, busy, full or read-only. */
    public boolean mayPass() {
        return passing;
    }

    /** Whether it may have been written nevertheless: the connection was lost before the answer. */
    public boolean uncertain() {
        return uncertain;
    }
}
