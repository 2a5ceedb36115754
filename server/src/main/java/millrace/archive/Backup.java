package millrace.archive;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import millrace.config.DatabaseSettings;
import millrace.database.Direct;

/**
 * Makes backups. One that is under its name is complete and durable; of one that failed nothing is left, also when this
 * process is told to end meanwhile.
 */
public final class Backup {
    private final String program;
    private final InstantSource clock;

    /** @param program the version of the program */
    public Backup(String program, InstantSource clock) {
        this.program = program;
        this.clock = clock;
    }

    /**
     * A backup that was made.
     *
     * @param checksum SHA-256 over every byte
     */
    public record Made(ArchivePlace place, int tables, long rows, long bytes, String checksum) {}

    /**
     * Copies the database, also beside a running server, in one state after this call began.
     *
     * @throws ArchiveRefusal when it can't be written there
     */
    public Made make(DatabaseSettings settings, ArchivePlace place) {
        try (var database = Direct.beside(settings, "backup")) {
            return make(database, place);
        }
    }

    /** The same through a connection that is there. */
    Made make(Direct database, ArchivePlace place) {
        try (var draft = place.begin(clock.instant());
                var end = new AtEnd(draft)) {
            var contents = Background.call("backup", () -> DumpStore.dump(database, draft.out(), program, clock));
            draft.complete();
            return new Made(place, contents.tables().size(), contents.rows(), contents.bytes(), contents.checksum());
        } catch (UncheckedIOException e) {
            throw refusal(place, Objects.requireNonNull(e.getCause()));
        } catch (IOException e) {
            throw refusal(place, e);
        }
    }

    private static ArchiveRefusal refusal(ArchivePlace place, IOException e) {
        return place.refusal("the backup " + place + " can't be written", e);
    }

    /** Gives a draft up when the JVM ends before it is complete. */
    private static final class AtEnd implements AutoCloseable {
        private final Thread hook;

        AtEnd(ArchivePlace.Draft draft) {
            hook = new Thread(() -> giveUp(draft), "backup-end");
            Runtime.getRuntime().addShutdownHook(hook);
        }

        private static void giveUp(ArchivePlace.Draft draft) {
            try {
                draft.close();
            } catch (IOException e) {
                // The next backup to the same place removes it.
            }
        }

        @Override
        public void close() {
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException ending) {
                // It runs already.
            }
        }
    }

    /** Removes the archives beside this one that were last changed longer ago. @return their addresses */
    public List<String> removeOlder(ArchivePlace newest, Duration keep) {
        try {
            return newest.removeOlder(clock.instant().minus(keep));
        } catch (IOException e) {
            throw newest.refusal("the backup " + newest + " is complete, but old ones could not be removed", e);
        }
    }
}
