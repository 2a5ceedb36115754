package millrace.archive;

import millrace.config.DatabaseSettings;
import millrace.database.DatabaseRefusal;
import millrace.database.Direct;

/**
 * Moves a database to another place or kind. The source is only read; nothing that it holds changes on the way, and the
 * target is not held: it is the same installation in another place.
 */
public final class Move {
    private Move() {}

    /** Hears how far a move has come. */
    @FunctionalInterface
    public interface Progress {
        void copied(String table, long rows, long of);
    }

    /** @param resumed whether it went on with one that was interrupted */
    public record Moved(String from, String to, int tables, long rows, boolean resumed) {}

    /**
     * Copies everything into an empty database, or goes on with a move that was interrupted, and compares all tables.
     * Until it is done, no server starts on the target.
     *
     * @throws DatabaseRefusal when a server runs on either, the target is not empty, or they differ in the end
     */
    public static Moved move(DatabaseSettings from, DatabaseSettings to, Progress progress) {
        if (from.place().equals(to.place())) {
            throw new DatabaseRefusal("--from and --to name the same database " + from.place());
        }
        try (var source = Direct.aloneOn(from, "move");
                var target = Direct.alone(to, "move")) {
            return new MoveStore(source, target, progress).move();
        }
    }
}
