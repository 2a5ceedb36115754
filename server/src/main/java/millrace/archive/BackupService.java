package millrace.archive;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import millrace.access.Access;
import millrace.access.Principal;
import millrace.config.BackupSettings;
import millrace.config.DatabaseSettings;
import millrace.database.Database;
import millrace.engine.ErrorCode;
import millrace.engine.MillraceException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Backs the database up by the schedule or on demand, verifies each backup, and keeps the list. Of several processes one
 * makes each: the row's id is the moment of the schedule.
 */
public final class BackupService implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(BackupService.class);
    private static final Duration LONGEST = Duration.ofHours(12);
    private static final int LISTED = 200;
    private static final DateTimeFormatter MINUTE =
            DateTimeFormatter.ofPattern("'cron'yyyyMMdd'T'HHmm").withZone(ZoneOffset.UTC);

    private final Database database;
    private final DatabaseSettings place;
    private final BackupSettings settings;
    private final Access access;
    private final Hold hold;
    private final String fingerprint;
    private final Supplier<String> ids;
    private final InstantSource clock;
    private final Backup backup;
    private final BackupStore backups = new BackupStore();
    private final RecoveryMeter meter;
    private final Thread schedule;

    /** @param fingerprint of the encryption key of this process */
    public BackupService(
            Database database,
            DatabaseSettings place,
            BackupSettings settings,
            Access access,
            Hold hold,
            Backup backup,
            String fingerprint,
            Supplier<String> ids,
            InstantSource clock) {
        this.database = database;
        this.place = place;
        this.settings = settings;
        this.access = access;
        this.hold = hold;
        this.backup = backup;
        this.fingerprint = fingerprint;
        this.ids = ids;
        this.clock = clock;
        this.meter = new RecoveryMeter(database, clock);
        this.schedule = Thread.ofVirtual().name("backups").start(this::repeat);
    }

    private void repeat() {
        var last = clock.instant();
        while (true) {
            var next = settings.next(last).orElse(null);
            if (next == null) {
                return;
            }
            try {
                Thread.sleep(Duration.between(clock.instant(), next));
                last = next;
                scheduled(next);
            } catch (InterruptedException closing) {
                return;
            } catch (RuntimeException e) {
                log.error("the backup of {} could not be begun: {}", next, e.getMessage());
            }
        }
    }

    private void scheduled(Instant moment) {
        var id = MINUTE.format(moment);
        if (database.transaction(tx -> backups.begin(tx, id))) {
            make(id);
        }
    }

    private void make(String id) {
        try {
            var made = backup.make(place, backup.fileIn(settings.location()));
            Verification.verify(made.file(), fingerprint);
            database.transact(tx -> backups.verified(tx, id, made));
            var removed = backup.removeOlder(made.file(), settings.keep());
            log.info(
                    "backed up {} rows to {} and verified it; removed {} old backups",
                    made.rows(),
                    made.file(),
                    removed.size());
        } catch (RuntimeException e) {
            var reason = String.valueOf(e.getMessage());
            log.error("the backup failed: {}", reason);
            database.transact(tx -> backups.failed(tx, id, reason));
        }
    }

    /**
     * Newest first.
     *
     * @throws MillraceException AUTHORIZATION for anybody but an administrator of the installation
     */
    public List<BackupRecord> list(Principal principal) {
        requireOperator(principal);
        var records = new ArrayList<>(database.<List<BackupRecord>>read(tx -> backups.list(tx, LISTED)));
        for (int i = 0; i < records.size(); i++) {
            if (RecoveryMeter.usable(records.get(i))) {
                records.set(i, records.get(i).offeredNow());
                break;
            }
        }
        return records;
    }

    /**
     * Begins a backup beside the caller.
     *
     * @throws MillraceException AUTHORIZATION as above; VALIDATION (409) while one is being made
     */
    public BackupRecord begin(Principal principal) {
        requireOperator(principal);
        var id = ids.get();
        database.transact(tx -> {
            if (backups.running(tx, LONGEST)) {
                throw MillraceException.conflict("A backup is being made.");
            }
            backups.begin(tx, id);
        });
        Thread.ofVirtual().name("backup-" + id).start(() -> make(id));
        return database.read(tx -> backups.find(tx, id).orElseThrow());
    }

    /** What would be lost if the database died now. @throws MillraceException AUTHORIZATION as above */
    public RecoveryPoint recoveryPoint(Principal principal) {
        requireOperator(principal);
        return meter.measure();
    }

    /** What is held. @throws MillraceException AUTHORIZATION as above */
    public Hold.Held held(Principal principal) {
        requireOperator(principal);
        return hold.held();
    }

    /** @throws MillraceException AUTHORIZATION as above; DATABASE_IS_A_CLONE */
    public Hold.Released release(Principal principal, Hold.Decision decision) {
        requireOperator(principal);
        if (hold.isClone()) {
            throw MillraceException.of(ErrorCode.DATABASE_IS_A_CLONE, "A clone is never released.");
        }
        return hold.release(decision);
    }

    /** The database is everybody's: administrators of a platform that came later see nothing of it. */
    private void requireOperator(Principal principal) {
        access.requireAdministrator(principal);
        var first = database.read(tx -> backups.firstPlatform(tx).orElse(""));
        if (!first.equals(principal.platformId())) {
            throw MillraceException.of(
                    ErrorCode.AUTHORIZATION, "Only administrators of the first platform look after the database.");
        }
    }

    @Override
    public void close() {
        schedule.interrupt();
        try {
            schedule.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
