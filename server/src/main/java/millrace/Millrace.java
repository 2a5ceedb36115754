package millrace;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import millrace.access.Access;
import millrace.archive.ArchivePlaces;
import millrace.archive.ArchiveRoutes;
import millrace.archive.Backup;
import millrace.archive.BackupService;
import millrace.archive.Hold;
import millrace.archive.MigrationBackup;
import millrace.config.DatabaseSettings;
import millrace.config.Keys;
import millrace.config.ProgramSettings;
import millrace.config.Settings;
import millrace.connection.ConnectionService;
import millrace.connection.Encryption;
import millrace.database.Database;
import millrace.database.Ids;
import millrace.definition.Trigger;
import millrace.dispatch.Dispatch;
import millrace.dispatch.DispatchSettings;
import millrace.draft.DraftRoutes;
import millrace.draft.DraftService;
import millrace.draft.TriggerEvents;
import millrace.file.FileRoutes;
import millrace.file.FileService;
import millrace.file.FileSettings;
import millrace.flow.FlowRoutes;
import millrace.flow.FlowService;
import millrace.flow.FlowStatus;
import millrace.flow.FolderRoutes;
import millrace.flow.FolderService;
import millrace.http.HttpServer;
import millrace.identity.IdentityRoutes;
import millrace.identity.IdentityService;
import millrace.identity.Passwords;
import millrace.identity.TokenAuthenticator;
import millrace.identity.Tokens;
import millrace.instance.Flags;
import millrace.instance.Health;
import millrace.instance.InstanceRoutes;
import millrace.instance.KeyCheck;
import millrace.keyvalue.KeyValueRoutes;
import millrace.keyvalue.KeyValueService;
import millrace.notify.EventRoutes;
import millrace.notify.LiveRuns;
import millrace.payload.WebhookBody;
import millrace.piece.HostPool;
import millrace.piece.HostSettings;
import millrace.piece.PieceRoutes;
import millrace.pieces.AddressGuard;
import millrace.pieces.GuardedHttpSender;
import millrace.pieces.NativePieces;
import millrace.project.ProjectMemberships;
import millrace.project.ProjectRoutes;
import millrace.project.ProjectService;
import millrace.retention.Retention;
import millrace.run.CallBounds;
import millrace.run.CallSigner;
import millrace.run.ResumeService;
import millrace.run.RunActions;
import millrace.run.RunForks;
import millrace.run.RunPlaces;
import millrace.run.RunRoutes;
import millrace.run.RunService;
import millrace.run.StepCalls;
import millrace.run.StepChanges;
import millrace.run.WaitpointService;
import millrace.table.TableService;
import millrace.trigger.ResumeRoutes;
import millrace.trigger.WebhookRoutes;
import millrace.trigger.WebhookService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The composition root: builds every room in the order of dependency and closes them in reverse. Reading it is reading
 * the architecture.
 */
public final class Millrace implements AutoCloseable {
    /** The version of the program, as flags and the command line show it. */
    public static final String VERSION = ProgramSettings.VERSION;

    private static final Logger log = LoggerFactory.getLogger(Millrace.class);

    /** Largest answer that a piece's HTTP call takes in. */
    private static final long MAX_ANSWER_BYTES = 64L << 20;

    private static final Duration POLL = Duration.ofMillis(250);

    /** What processes tell each other: runs are free, runs are to be canceled. */
    private static final String RUNS = "runs";

    private static final String CANCELS = "cancels";

    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private final HttpServer http;

    /** Starts the server; when this returns, it answers requests. */
    public static Millrace start(Settings settings) {
        return new Millrace(settings);
    }

    private Millrace(Settings settings) {
        try {
            this.http = build(settings);
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    private HttpServer build(Settings settings) {
        var surroundings = Surroundings.find();
        var clock = surroundings.clock();
        RandomGenerator random = new SecureRandom();
        var ids = new Ids(random);
        // Node takes longer to start than anything else, so it starts first and beside the rest.
        var hosts = opened(new HostPool(HostSettings.of(
                settings.program().node(),
                settings.program().hostDirectory(),
                settings.sandbox(),
                settings.runs().maxLogBytes())));
        hosts.warmUp();
        HttpServer.warmUp(settings.http(), random);

        if (settings.database() instanceof DatabaseSettings.Sqlite sqlite) {
            log.warn(
                    "the database is the SQLite file {}: good for development; for production name a PostgreSQL in"
                            + " AP_POSTGRES_URL",
                    sqlite.file());
        }
        var database = opened(Database.open(settings.database()));
        var backup = new Backup(VERSION, clock);
        var places = new ArchivePlaces(settings, clock);
        database.prepare(new MigrationBackup(backup, settings.database(), places, ids::random));
        var keys = keys(settings, database);
        var hold = opened(new Hold(database, settings.server().holdAfterAsyncFailover()));
        hold.begin();

        var memberships = new ProjectMemberships(database);
        var access = new Access(memberships);
        var projects = new ProjectService(database, access, memberships, ids, clock, random);
        projects.prepare();
        var tokens = new Tokens(keys.jwtSecret(), clock);
        var identities = new IdentityService(database, projects, new Passwords(random), tokens, ids, clock);

        var pieces = new NativePieces(random);
        var sender = surroundings.sender(opened(new GuardedHttpSender(guard(settings), MAX_ANSWER_BYTES)));
        var files = new FileService(
                database,
                ids,
                clock,
                keys.jwtSecret(),
                new FileSettings(
                        settings.http().maxFileBytes(),
                        settings.http().frontendUrl(),
                        settings.runs().retention()));
        var connections = new ConnectionService(database, new Encryption(keys.encryptionKey(), random));
        var folders = new FolderService(database, access, ids, clock);
        var flows = new FlowService(database, access, ids, clock, folders, pieces);

        var entries = new KeyValueService(database, ids, settings.runs().maxEntryBytes());
        var tables = new TableService(database, ids, settings.tables());
        var bounds =
                new CallBounds(settings.runs().maxCallDepth(), settings.runs().maxSelfStarts(), System::nanoTime);
        var signer = new CallSigner(
                keys.jwtSecret(), settings.http().frontendUrl(), settings.http().port());
        var notifier = opened(database.notifier(ids.random()));
        var dispatch = opened(new Dispatch(
                purpose -> database.runSession(purpose, surroundings::tables),
                dispatchSettings(settings),
                ids::random,
                "pid " + ProcessHandle.current().pid(),
                clock,
                surroundings.waits(),
                () -> notifier.tell(RUNS)));
        hold.compareWith(dispatch::lastDurable);
        var runs = opened(new RunService(
                database,
                access,
                dispatch,
                new StepCalls(
                        hosts,
                        pieces::find,
                        sender,
                        new RunPlaces(
                                ids,
                                clock,
                                settings.http().frontendUrl(),
                                (project, externalId) -> callable(flows, project, externalId),
                                bounds,
                                entries::find,
                                tables::of,
                                connections::value),
                        signer,
                        new StepChanges(tables::change, settings.runs().maxEntryBytes())),
                connections,
                versionId -> flows.findVersion(versionId).map(version -> (Trigger) version.trigger()),
                (run, step, input, output) ->
                        flows.keepSample(run.projectId(), run.flowId(), run.flowVersionId(), step, input, output),
                settings.runs(),
                clock,
                ids));
        opened(new Retention(database, files, settings.runs().retention()));
        var backups = opened(new BackupService(
                database, settings.backups(), access, hold, backup, places, keys.fingerprint(), ids::random, clock));
        var bodies = new WebhookBody(files);
        var runActions = opened(new RunActions(
                database,
                access,
                runs,
                flowId -> flows.find(flowId).flatMap(flow -> Optional.ofNullable(flow.publishedVersionId())),
                settings.runs().retention(),
                clock,
                () -> notifier.tell(CANCELS)));
        notifier.hear(RUNS, nothing -> dispatch.look());
        notifier.hear(CANCELS, nothing -> runActions.lookForCancels());
        notifier.start();
        var events = new TriggerEvents(database, files, ids, clock);
        var webhooks = new WebhookService(
                flows,
                runs,
                connections,
                pieces::find,
                events,
                new WebhookService.OwnCalls(signer, bounds),
                settings.webhooks());
        var live = new LiveRuns(runs, notifier, ids.random());
        dispatch.follow(live::durable);

        var authenticator = new TokenAuthenticator(database, tokens);
        var started = opened(HttpServer.start(
                settings.http(),
                List.of(
                        new InstanceRoutes(
                                new Flags(settings, VERSION, identities::userCreated),
                                new Health(database, settings.server().liveness())),
                        new IdentityRoutes(identities),
                        new ProjectRoutes(projects),
                        new FlowRoutes(flows),
                        new FolderRoutes(folders),
                        new RunRoutes(
                                runs,
                                runActions,
                                new RunForks(
                                        database, access, runs, settings.runs().retention(), clock, ids),
                                new WaitpointService(
                                        database,
                                        access,
                                        ids,
                                        settings.http().frontendUrl(),
                                        settings.runs().maxPause())),
                        new DraftRoutes(new DraftService(flows, runs, events, pieces::find)),
                        new EventRoutes(live, authenticator, access),
                        new PieceRoutes(pieces),
                        new KeyValueRoutes(entries),
                        new ArchiveRoutes(backups),
                        new FileRoutes(files),
                        new WebhookRoutes(webhooks, bodies, settings.webhooks(), hold::isClone),
                        new ResumeRoutes(new ResumeService(database, runs), bodies, settings.webhooks())),
                authenticator,
                random));
        // Streams end, and runs answer or go, before the server waits for its requests.
        opened(runs);
        opened(live);
        return started;
    }

    /** Flows call the published version of enabled flows with a trigger for that. */
    private static Optional<RunPlaces.CallableFlow> callable(FlowService flows, String projectId, String externalId) {
        return flows.find(projectId, externalId)
                .filter(flow -> flow.status() == FlowStatus.ENABLED)
                .flatMap(flow -> Optional.ofNullable(flow.publishedVersionId())
                        .flatMap(flows::findVersion)
                        .map(version -> new RunPlaces.CallableFlow(flow.id(), version.id(), version.trigger())));
    }

    private static Keys keys(Settings settings, Database database) {
        var check = new KeyCheck(database);
        var keys = Keys.resolve(settings, check.used());
        check.remember(keys.fingerprint());
        if (keys.note() != null) {
            log.warn(keys.note());
        }
        return keys;
    }

    private static AddressGuard guard(Settings settings) {
        return switch (settings.sandbox().networkMode()) {
            case STRICT -> AddressGuard.strict(settings.sandbox().allowedAddresses());
            case UNRESTRICTED -> AddressGuard.unrestricted();
        };
    }

    /** The second is for what comes while the first is held up; a small pool and SQLite have room for one. */
    private static DispatchSettings dispatchSettings(Settings settings) {
        int lanes = switch (settings.database()) {
            case DatabaseSettings.Postgres postgres -> postgres.poolSize() < 6 ? 1 : 2;
            case DatabaseSettings.Sqlite ignored -> 1;
        };
        boolean alone = settings.database() instanceof DatabaseSettings.Sqlite;
        var runs = settings.runs();
        return DispatchSettings.of(
                lanes, runs.concurrency(), alone, settings.server().lease(), POLL, runs.perProject());
    }

    private <T extends AutoCloseable> T opened(T part) {
        opened.push(part);
        return part;
    }

    /** The port on which the server listens. */
    public int port() {
        return http.port();
    }

    /** Hands runs over, stops listening, then closes every room. Safe to call twice. */
    @Override
    public void close() {
        while (!opened.isEmpty()) {
            var part = opened.pop();
            try {
                part.close();
            } catch (Exception e) {
                log.warn("{} did not close", part.getClass().getSimpleName(), e);
            }
        }
    }
}
