package millrace.database;

/** The databases that store tests run on. The system property {@code millrace.databases} leaves some out. */
public enum DatabaseKind {
    SQLITE,
    POSTGRES_14,
    POSTGRES_NEWEST;

    public boolean postgres() {
        return this != SQLITE;
    }
}
