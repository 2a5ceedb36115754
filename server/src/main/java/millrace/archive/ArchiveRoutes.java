package millrace.archive;

import java.nio.charset.StandardCharsets;
import java.util.List;
import millrace.access.PrincipalType;
import millrace.database.MigrationStatus;
import millrace.http.Answer;
import millrace.http.Call;
import millrace.http.Room;
import millrace.http.Routes;

/** Migrations, backups, the hold and what could be lost over HTTP, for administrators of the installation. */
public final class ArchiveRoutes implements Room {
    private static final String DATABASE = "/platform-admin/database";

    private final BackupService backups;

    public ArchiveRoutes(BackupService backups) {
        this.backups = backups;
    }

    /** The backups, newest first. */
    public record Backups(List<BackupRecord> data) {
        public Backups {
            data = List.copyOf(data);
        }
    }

    /** Body of {@code POST …/release}. */
    public record Release(Hold.Decision decision) {}

    @Override
    public void declare(Routes routes) {
        routes.get(DATABASE + "/status", this::schema)
                .principals(PrincipalType.USER, PrincipalType.SERVICE)
                .answers(MigrationStatus.class);
        routes.get(DATABASE + "/backups", this::list)
                .principals(PrincipalType.USER, PrincipalType.SERVICE)
                .answers(Backups.class);
        routes.post(DATABASE + "/backups", this::begin)
                .principals(PrincipalType.USER, PrincipalType.SERVICE)
                .answers(BackupRecord.class)
                .status(202);
        routes.get(DATABASE + "/hold", this::held)
                .principals(PrincipalType.USER, PrincipalType.SERVICE)
                .answers(Hold.Held.class);
        routes.get(DATABASE + "/rpo", this::recoveryPoint)
                .principals(PrincipalType.USER, PrincipalType.SERVICE)
                .answers(RecoveryPoint.class);
        routes.get("/metrics", this::metrics)
                .principals(PrincipalType.USER, PrincipalType.SERVICE)
                .answers(String.class);
        routes.post(DATABASE + "/release", this::release)
                .principals(PrincipalType.USER, PrincipalType.SERVICE)
                .takes(Release.class)
                .answers(Hold.Released.class);
    }

    private MigrationStatus schema(Call call) {
        return backups.schema(call.principal());
    }

    private Backups list(Call call) {
        return new Backups(backups.list(call.principal()));
    }

    private BackupRecord begin(Call call) {
        return backups.begin(call.principal());
    }

    private Hold.Held held(Call call) {
        return backups.held(call.principal());
    }

    private RecoveryPoint recoveryPoint(Call call) {
        return backups.recoveryPoint(call.principal());
    }

    private Answer metrics(Call call) {
        var text = backups.recoveryPoint(call.principal()).metrics();
        return Answer.bytes("text/plain; version=0.0.4; charset=utf-8", text.getBytes(StandardCharsets.UTF_8));
    }

    private Hold.Released release(Call call) {
        return backups.release(call.principal(), call.body(Release.class).decision());
    }
}
