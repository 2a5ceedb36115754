package millrace.retention;

import java.time.Duration;
import millrace.database.Database;
import millrace.database.RunRetention;
import millrace.file.FileService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the run tables in shape while the server runs: makes the partitions of the days to come, removes what is older
 * than the retention. Every process does it; the steps are safe beside each other.
 */
public final class Retention implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Retention.class);
    private static final Duration EVERY = Duration.ofHours(1);

    private final Database database;
    private final FileService files;
    private final Duration keep;
    private final Thread thread;

    /** Begins at once, beside the caller. @param keep how long ended runs stay */
    public Retention(Database database, FileService files, Duration keep) {
        this.database = database;
        this.files = files;
        this.keep = keep;
        this.thread = Thread.ofVirtual().name("retention").start(this::repeat);
    }

    private void repeat() {
        while (!Thread.currentThread().isInterrupted()) {
            try {
                pass();
            } catch (RuntimeException e) {
                log.warn("old runs could not be removed and are tried again in {}: {}", EVERY, e.getMessage());
            }
            try {
                Thread.sleep(EVERY);
            } catch (InterruptedException closing) {
                return;
            }
        }
    }

    /** One pass over all tables. */
    RunRetention.Removed pass() {
        database.partitions().ensure();
        var runs = database.runRetention();
        var before = runs.now().minus(keep);
        var removed = runs.removeBefore(before);
        var goneFiles = files.removeExpired(before);
        if (removed.days() + removed.runs() + goneFiles > 0) {
            runs.giveBack();
            log.info(
                    "removed what is older than {} days: {} days of runs, {} single runs, {} files",
                    keep.toDays(),
                    removed.days(),
                    removed.runs(),
                    goneFiles);
        }
        return removed;
    }

    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
