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
import millrace.database.Database;
import millrace.database.MigrationStatus;
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
    private static final int LISTED = 200;
    private static final DateTimeFormatter MINUTE =
            DateTimeFormatter.ofPattern("'cron'yyyyMMdd'T'HHmm").withZone(ZoneOffset.UTC);

    private final Database database;
    private final BackupSettings settings;
    private final Access access;
    private final Hold hold;
    private final String fingerprint;
    private final Supplier<String> ids;
    private final InstantSource clock;
    private final Backup backup;
    private final ArchivePlaces places;
    private final BackupLog list;
    private final BackupAlert alert;
    private final UsableBackups usable;
    private final BackupStore backups = new BackupStore();
    private final RecoveryMeter meter;
    private final Thread schedule;

    /** @param fingerprint of the encryption key of this process */
    public BackupService(
            Database database,
            BackupSettings settings,
            Access access,
            Hold hold,
            Backup backup,
            ArchivePlaces places,
            String fingerprint,
            Supplier<String> ids,
            InstantSource clock) {
        this.database = database;
        this.settings = settings;
        this.access = access;
        this.hold = hold;
        this.backup = backup;
        this.places = places;
        this.usable = new UsableBackups(places);
        this.list = new BackupLog(database);
        this.alert = new BackupAlert(settings.alertUrl());
        this.fingerprint = fingerprint;
        this.ids = ids;
        this.clock = clock;
        this.meter = new RecoveryMeter(database, places, clock);
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
                alert.failed(database.place(), MINUTE.format(next), next, "it could not be begun: " + e.getMessage());
            }
        }
    }

    private void scheduled(Instant moment) {
        var id = MINUTE.format(moment);
        var next = places.next();
        if (database.transaction(tx -> backups.begin(tx, id, next.toString()))) {
            make(id, next);
        }
    }

    private void make(String id, ArchivePlace next) {
        try {
            var made = list.recordVerified(id, () -> verified(next));
            var removed = backup.removeOlder(made.place(), settings.keep());
            log.info(
                    "backed up {} rows to {} and verified it; removed {} old backups",
                    made.rows(),
                    made.place(),
                    removed.size());
        } catch (RuntimeException e) {
            var reason = String.valueOf(e.getMessage());
            log.error("the backup failed: {}", reason);
            alert.failed(database.place(), id, clock.instant(), reason);
        }
    }

    private Backup.Made verified(ArchivePlace next) {
        Backup.Made made;
        try (var connection = database.direct("backup")) {
            made = backup.make(connection, next);
        }
        Verification.verify(next, fingerprint);
        return made;
    }

    /**
     * Newest first.
     *
     * @throws MillraceException AUTHORIZATION for anybody but an administrator of the installation
     */
    public List<BackupRecord> list(Principal principal) {
        requireOperator(principal);
        var records = new ArrayList<>(database.<List<BackupRecord>>transaction(tx -> {
            backups.giveUp(tx, BackupLog.LOST);
            return backups.list(tx, LISTED);
        }));
        for (int i = 0; i < records.size(); i++) {
            if (usable.test(records.get(i))) {
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
        var next = places.next();
        database.transact(tx -> {
            backups.giveUp(tx, BackupLog.LOST);
            if (backups.running(tx)) {
                throw MillraceException.conflict("A backup is being made.");
            }
            backups.begin(tx, id, next.toString());
        });
        Thread.ofVirtual().name("backup-" + id).start(() -> make(id, next));
        return database.read(tx -> backups.find(tx, id).orElseThrow());
    }

    /** What is applied and what is pending. @throws MillraceException AUTHORIZATION as above */
    public MigrationStatus schema(Principal principal) {
        requireOperator(principal);
        return database.schema();
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
