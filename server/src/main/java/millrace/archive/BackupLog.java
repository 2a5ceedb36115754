package millrace.archive;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import millrace.archive.Backup.Made;
import millrace.config.DatabaseSettings;
import millrace.database.Database;
import millrace.database.Direct;
import millrace.database.Tx;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts backups into the list that the database keeps of its own, whoever makes them. A row is renewed while its backup is
 * being made, so that one whose process was killed counts as failed.
 */
public final class BackupLog implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(BackupLog.class);
    private static final Duration RENEWED = Duration.ofSeconds(10);
    /** So that a backup which fails since the network fell silent is not waited for here. */
    private static final Duration ANSWERED = Duration.ofSeconds(15);
    /** A backup whose row is older has lost its process. */
    static final Duration LOST = Duration.ofMinutes(1);

    private final BackupStore backups = new BackupStore();
    private final Transactions database;
    private final AutoCloseable connection;

    private interface Transactions {
        void run(Consumer<Tx> work);
    }

    BackupLog(Database database) {
        this.database = database::transact;
        this.connection = () -> {};
    }

    private BackupLog(Direct direct, AutoCloseable connection) {
        direct.answersWithin(ANSWERED);
        var lock = new java.util.concurrent.locks.ReentrantLock();
        boolean there = OriginStore.present(direct);
        this.database = work -> {
            if (!there) {
                return;
            }
            lock.lock();
            try {
                work.accept(direct.tx());
            } finally {
                lock.unlock();
            }
        };
        this.connection = connection;
    }

    /** For a command, on a connection of its own, also beside a server. A schema from before the list has none. */
    public static BackupLog of(DatabaseSettings settings) {
        var direct = Direct.beside(settings, "backup");
        return new BackupLog(direct, direct);
    }

    /** The same through a connection that its owner uses again afterwards. */
    static BackupLog through(Direct direct) {
        return new BackupLog(direct, () -> direct.answersWithin(Duration.ZERO));
    }

    /** Makes a backup as the row of this id, which is new. One that can't be put into the list is made all the same. */
    public Made record(String id, ArchivePlace place, Supplier<Made> work) {
        return begun(id, place) ? finish(id, work, made -> null) : work.get();
    }

    /** The same for work that verifies it, too. */
    Made recordVerified(String id, ArchivePlace place, Supplier<Made> work) {
        return begun(id, place) ? recordVerified(id, work) : work.get();
    }

    private boolean begun(String id, ArchivePlace place) {
        return noted(tx -> backups.begin(tx, id, place.toString()));
    }

    private interface Check {
        @org.jspecify.annotations.Nullable
        String version(Made made);
    }

    /** The same for a row that is there. */
    Made recordVerified(String id, Supplier<Made> work) {
        return finish(id, work, made -> made.place().version().orElse(""));
    }

    private Made finish(String id, Supplier<Made> work, Check check) {
        var ended = new CountDownLatch(1);
        var renewing = Thread.ofVirtual().name("backup-row").start(() -> renew(id, ended));
        try {
            var made = work.get();
            var version = check.version(made);
            noted(tx -> backups.made(tx, id, made, version));
            return made;
        } catch (RuntimeException e) {
            noted(tx -> backups.failed(tx, id, String.valueOf(e.getMessage())));
            throw e;
        } finally {
            ended.countDown();
            join(renewing);
        }
    }

    /** Not interrupted in the middle of a statement, which would cost the connection. */
    private static void join(Thread renewing) {
        try {
            renewing.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void renew(String id, CountDownLatch ended) {
        try {
            while (!ended.await(RENEWED.toMillis(), TimeUnit.MILLISECONDS)) {
                noted(tx -> backups.renew(tx, id));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Notes that the archive has been verified. @return whether it is in the list */
    public boolean verified(ArchivePlace place, String checksum) {
        var found = new boolean[1];
        noted(tx -> found[0] =
                backups.verified(tx, place.toString(), checksum, place.version().orElse("")));
        return found[0];
    }

    private boolean noted(Consumer<Tx> work) {
        try {
            database.run(work);
            return true;
        } catch (RuntimeException e) {
            log.warn("the list of backups in the database could not be written: {}", e.getMessage());
            return false;
        }
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
