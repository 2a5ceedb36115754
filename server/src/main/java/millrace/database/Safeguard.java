package millrace.database;

/** Keeps a copy of the whole database before a change set drops or rewrites rows. */
@FunctionalInterface
public interface Safeguard {
    /** For whom no rows may be lost. */
    Safeguard NONE = (changeSet, database) -> {
        throw new DatabaseRefusal("this command keeps no copies");
    };

    /**
     * Makes the copy and sees that it restores.
     *
     * @param changeSet the id of the change set, for the copy's name
     * @param database the migration's own connection, in autocommit mode, to note the copy: while a start migrates, at
     *     most one more may be opened
     * @return where the copy lies
     * @throws RuntimeException whose message says, in one line, why there is none
     */
    String keep(String changeSet, Direct database);
}
