package millrace.config;

import static millrace.config.Kind.addresses;
import static millrace.config.Kind.list;
import static millrace.config.Kind.oneOf;
import static millrace.config.Kind.size;
import static millrace.config.Kind.text;
import static millrace.config.Kind.time;
import static millrace.config.Kind.webAddress;
import static millrace.config.Kind.wholeNumber;
import static millrace.config.Kind.window;
import static millrace.config.Kind.yesOrNo;
import static millrace.config.Setting.Chapter.DATABASE;
import static millrace.config.Setting.Chapter.KEYS;
import static millrace.config.Setting.Chapter.LIMITS;
import static millrace.config.Setting.Chapter.RUNS;
import static millrace.config.Setting.Chapter.SANDBOX;
import static millrace.config.Setting.Chapter.SERVER;
import static millrace.config.Setting.Chapter.WEBHOOKS;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import millrace.config.SandboxSettings.ExecutionMode;
import millrace.config.SandboxSettings.NetworkMode;

/** Every setting, in the order of the documentation. Names and defaults are the reference's (data-model §8). */
final class Catalogue {
    private static final long KB = 1024;
    private static final long MB = 1024 * KB;
    private static final Duration MILLISECOND = Duration.ofMillis(1);
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration DAY = Duration.ofDays(1);
    private static final long TEN_YEARS_IN_DAYS = 3_650;

    private final List<Setting<?>> declared = new ArrayList<>();

    final Setting<Integer> port =
            add(SERVER, "AP_PORT", wholeNumber(0, 65_535), "8080", "", "Port of the HTTP server; 0 takes a free one.");
    final Setting<URI> frontendUrl = add(
            SERVER,
            "AP_FRONTEND_URL",
            webAddress(),
            "",
            "",
            "Public base URL, as browsers and third parties reach the server; http://localhost with the port when unset.");
    final Setting<String> environment = add(
            SERVER,
            "AP_ENVIRONMENT",
            oneOf("prod", "dev", "test"),
            "prod",
            "",
            "What the flag ENVIRONMENT shows; it changes nothing else.");
    final Setting<String> edition = add(
            SERVER,
            "AP_EDITION",
            oneOf("ce", "ee", "cloud"),
            "ce",
            "",
            "What the flag EDITION shows; it changes nothing else.");
    final Setting<String> logLevel = add(
            SERVER,
            "AP_LOG_LEVEL",
            oneOf("trace", "debug", "info", "warn", "error"),
            "info",
            "",
            "Least severe log lines that are written; debug also prints stack traces of failed starts.");
    final Setting<String> clientAddressHeader = add(
            SERVER,
            "AP_CLIENT_REAL_IP_HEADER",
            text(),
            "x-real-ip",
            "",
            "Header in which the reverse proxy puts the client's address.");
    final Setting<Boolean> signInLimited = add(
            SERVER,
            "AP_API_RATE_LIMIT_AUTHN_ENABLED",
            yesOrNo(),
            "true",
            "",
            "Limits sign-in and sign-up for each client address.");
    final Setting<Integer> signInMax = add(
            SERVER,
            "AP_API_RATE_LIMIT_AUTHN_MAX",
            wholeNumber(1, 1_000_000),
            "50",
            "",
            "Sign-ins and sign-ups that one client address has in each window.");
    final Setting<Duration> signInWindow =
            add(SERVER, "AP_API_RATE_LIMIT_AUTHN_WINDOW", window(), "1 minute", "", "Length of that window.");
    final Setting<Boolean> telemetry = add(
            SERVER,
            "AP_TELEMETRY_ENABLED",
            yesOrNo(),
            "false",
            "",
            "What the flag TELEMETRY_ENABLED shows; nothing is ever sent anywhere.");

    final Setting<Secret> encryptionKey = secret(
            KEYS,
            "AP_ENCRYPTION_KEY",
            Kind.secret("exactly 32 characters (openssl rand -hex 16)", Pattern.compile("[\\x21-\\x7e]{32}")),
            "Encrypts connections and other secrets in the database.");
    final Setting<Secret> jwtSecret = secret(
            KEYS,
            "AP_JWT_SECRET",
            Kind.secret("text without blanks (openssl rand -hex 32)", Pattern.compile("\\S+")),
            "Signs all tokens; changing it signs everybody out.");

    final Setting<String> databaseType = add(
            DATABASE,
            "AP_DB_TYPE",
            oneOf("SQLITE3", "POSTGRES"),
            "",
            "",
            "Kind of database; POSTGRES when a setting AP_POSTGRES_… is there, else SQLITE3.");
    final Setting<String> sqlitePath = add(
            DATABASE,
            "AP_SQLITE_PATH",
            text(),
            "activepieces.db",
            "",
            "File of the SQLite database, from the working directory.");
    final Setting<Secret> postgresUrl = secret(
            DATABASE,
            "AP_POSTGRES_URL",
            Kind.secret(
                    "postgresql://[user[:password]@][host][:port][,…][/database][?parameter=value&…]",
                    Pattern.compile("(?s)postgres(ql)?://.*")),
            "Connection URL; what it leaves out comes from the settings below, and where both give a value it wins.");
    final Setting<String> postgresHost =
            add(DATABASE, "AP_POSTGRES_HOST", text(), "", "", "Host of PostgreSQL; localhost when unset.");
    final Setting<Integer> postgresPort =
            add(DATABASE, "AP_POSTGRES_PORT", wholeNumber(1, 65_535), "5432", "", "Port of PostgreSQL.");
    final Setting<String> postgresDatabase =
            add(DATABASE, "AP_POSTGRES_DATABASE", text(), "", "", "Name of the database; the user's name when unset.");
    final Setting<String> postgresUser = add(
            DATABASE,
            "AP_POSTGRES_USERNAME",
            text(),
            "",
            "",
            "User (role) of PostgreSQL; the operating system's user when unset.");
    final Setting<Secret> postgresPassword = secret(
            DATABASE, "AP_POSTGRES_PASSWORD", Kind.secret("text", Pattern.compile("(?s).+")), "Password of that user.");
    final Setting<Boolean> postgresUseSsl = add(
            DATABASE,
            "AP_POSTGRES_USE_SSL",
            yesOrNo(),
            "false",
            "",
            "Encrypts the connection: verify-full with AP_POSTGRES_SSL_CA, require without it; sslmode in the URL wins.");
    final Setting<String> postgresCa = add(
            DATABASE,
            "AP_POSTGRES_SSL_CA",
            text(),
            "",
            "",
            "Certificate authority of the server: a path, or PEM text (also with \\n for its line ends).");
    final Setting<Secret> replicaUrl = secret(
            DATABASE,
            "AP_POSTGRES_REPLICA_URL",
            Kind.secret(
                    "postgresql://[user[:password]@][host][:port][,…][/database][?parameter=value&…]",
                    Pattern.compile("(?s)postgres(ql)?://.*")),
            "A standby that answers lists when it has everything that was committed; what the URL leaves out is as in the"
                    + " settings above.");
    final Setting<Integer> poolSize = add(
            DATABASE,
            "AP_POSTGRES_POOL_SIZE",
            wholeNumber(3, 1_000),
            "10",
            "",
            "Most connections that one server process opens, for all purposes together.");
    final Setting<Duration> idleTimeout = add(
            DATABASE,
            "AP_POSTGRES_IDLE_TIMEOUT_MS",
            time(MILLISECOND, 10_000, 86_400_000),
            "300000",
            "milliseconds",
            "Idle connections are closed after this time.");
    final Setting<Duration> connectTimeout = add(
            DATABASE,
            "AP_POSTGRES_CONNECT_TIMEOUT_SECONDS",
            time(SECOND, 1, 3_600),
            "60",
            "seconds",
            "How long a start waits for a database that is not there yet.");
    final Setting<Duration> acquireTimeout = add(
            DATABASE,
            "AP_POSTGRES_ACQUIRE_TIMEOUT_MS",
            time(MILLISECOND, 100, 600_000),
            "5000",
            "milliseconds",
            "How long a request is parked while the database is away before it is answered 503; webhooks are for"
                    + " AP_WEBHOOK_TIMEOUT_SECONDS.");
    final Setting<Duration> liveness = add(
            DATABASE,
            "AP_LIVENESS_DATABASE_SECONDS",
            time(SECOND, 1, 86_400),
            "120",
            "seconds",
            "How long the server counts as alive without its database; then /api/v1/health/live answers 503.");
    final Setting<Boolean> holdAfterAsyncFailover = add(
            DATABASE,
            "AP_HOLD_AFTER_ASYNC_FAILOVER",
            yesOrNo(),
            "true",
            "",
            "Whether runs in flight are held, as after a restore, when a standby that was not synchronous became the"
                    + " primary.");

    final Setting<String> backupCron = add(
            DATABASE,
            "AP_BACKUP_CRON",
            Kind.cron(),
            "",
            "",
            "When the server backs its database up: five fields, UTC; it does not when unset.");
    final Setting<Duration> backupKeep = add(
            DATABASE,
            "AP_BACKUP_KEEP_DAYS",
            time(DAY, 1, TEN_YEARS_IN_DAYS),
            "30",
            "days",
            "After a backup that was verified, older ones in the same folder are removed.");
    final Setting<String> backupLocation = add(
            DATABASE,
            "AP_BACKUP_LOCATION",
            Kind.folderOrBucket(),
            "backups",
            "",
            "Where the server's backups and those of db backup without --out go; a folder is relative to the working"
                    + " directory.");
    final Setting<Secret> alertUrl = secret(
            DATABASE,
            "AP_ALERT_WEBHOOK_URL",
            Kind.secretAddress(),
            "A webhook that is told of a failed backup of the server, as JSON in a POST.");

    final Setting<URI> s3Endpoint = add(
            DATABASE,
            "AP_S3_ENDPOINT",
            webAddress(),
            "",
            "",
            "Address of the S3 service, for example of MinIO; AWS_ENDPOINT_URL, or AWS itself, when unset.");
    final Setting<String> s3Region = add(
            DATABASE, "AP_S3_REGION", text(), "", "", "Region of the bucket; AWS_REGION, or us-east-1, when unset.");
    final Setting<String> s3Bucket = add(
            DATABASE,
            "AP_S3_BUCKET",
            text(),
            "",
            "",
            "Bucket of db backup --s3, under backups/, unless AP_BACKUP_LOCATION names one.");
    final Setting<String> s3AccessKeyId =
            add(DATABASE, "AP_S3_ACCESS_KEY_ID", text(), "", "", "Access key of the S3 service.");
    final Setting<Secret> s3SecretAccessKey = secret(
            DATABASE,
            "AP_S3_SECRET_ACCESS_KEY",
            Kind.secret("text without blanks", Pattern.compile("\\S+")),
            "Its secret key.");
    final Setting<Boolean> s3Role = add(
            DATABASE,
            "AP_S3_USE_IRSA",
            yesOrNo(),
            "false",
            "",
            "Takes the credentials from the role of the pod, container or machine (or the AWS_ variables) instead.");

    final Setting<Duration> webhookTimeout = add(
            WEBHOOKS,
            "AP_WEBHOOK_TIMEOUT_SECONDS",
            time(SECOND, 1, 900),
            "30",
            "seconds",
            "How long a synchronous webhook waits for the flow's answer; then it answers 204 and the run goes on.");
    final Setting<Long> webhookPayload = add(
            WEBHOOKS,
            "AP_MAX_WEBHOOK_PAYLOAD_SIZE_MB",
            size(MB, 1_024),
            "25",
            "MB",
            "Largest body of a webhook; a larger one is answered 413.");
    final Setting<Long> webhookInline = add(
            WEBHOOKS,
            "AP_WEBHOOK_PAYLOAD_INLINE_THRESHOLD_KB",
            size(KB, MB),
            "512",
            "KB",
            "Larger payloads are kept as files.");

    final Setting<Integer> concurrency = add(
            RUNS,
            "AP_WORKER_CONCURRENCY",
            wholeNumber(1, 100_000),
            "256",
            "",
            "Runs that this process executes at the same time.");
    final Setting<Integer> maxCallDepth = add(
            RUNS,
            "AP_MAX_FLOW_CALL_DEPTH",
            wholeNumber(1, 1_000),
            "25",
            "",
            "How many runs may have started each other, one by the other: by subflows, or by steps that call webhooks of"
                    + " this server. A step that would start one more fails.");
    final Setting<Integer> maxSelfStarts = add(
            RUNS,
            "AP_MAX_SELF_STARTS_PER_MINUTE",
            wholeNumber(1, 1_000_000),
            "600",
            "",
            "How often a flow may start itself within a minute, directly or through others, in each process. A step that"
                    + " would start it once more fails.");
    final Setting<Boolean> projectLimited = add(
            RUNS,
            "AP_PROJECT_RATE_LIMITER_ENABLED",
            yesOrNo(),
            "false",
            "",
            "Bounds the production runs that a project has at once, in all processes together: others wait, and"
                    + " synchronous webhooks are answered 429.");
    final Setting<Integer> projectLimit = add(
            RUNS,
            "AP_DEFAULT_CONCURRENT_JOBS_LIMIT",
            wholeNumber(1, 100_000),
            "5",
            "",
            "That number, for projects that set none of their own.");
    final Setting<Integer> projectLimitOld = add(
            RUNS,
            "AP_MAX_CONCURRENT_JOBS_PER_PROJECT",
            wholeNumber(1, 100_000),
            "",
            "",
            "Older name of AP_DEFAULT_CONCURRENT_JOBS_LIMIT, which wins.");
    final Setting<Duration> lease = add(
            RUNS,
            "AP_LEASE_SECONDS",
            time(SECOND, 2, 60),
            "8",
            "seconds",
            "After how long without a sign of life other processes take over the runs of one; the same for all processes"
                    + " on a database.");
    final Setting<Duration> flowTimeout = add(
            RUNS,
            "AP_FLOW_TIMEOUT_SECONDS",
            time(SECOND, 1, 86_400),
            "600",
            "seconds",
            "Active time of a run, pauses left out; then it ends with TIMEOUT.");
    final Setting<Duration> pausedTimeout = add(
            RUNS,
            "AP_PAUSED_FLOW_TIMEOUT_DAYS",
            time(DAY, 1, TEN_YEARS_IN_DAYS),
            "30",
            "days",
            "Longest pause of a run.");
    final Setting<Duration> retention = add(
            RUNS,
            "AP_EXECUTION_DATA_RETENTION_DAYS",
            time(DAY, 1, TEN_YEARS_IN_DAYS),
            "30",
            "days",
            "How long finished runs, their logs and their files are kept.");
    final Setting<Long> runLog = add(
            RUNS,
            "AP_MAX_FLOW_RUN_LOG_SIZE_MB",
            size(MB, 1_024),
            "50",
            "MB",
            "Stored bytes of one run's log; a larger one ends the run with LOG_SIZE_EXCEEDED. Half of it is"
                    + " how large one step's output may be as JSON, at most 200 MB.");
    final Setting<Long> outputSlice = add(
            RUNS,
            "AP_FLOW_RUN_LOG_SLICE_THRESHOLD_KB",
            size(KB, MB),
            "32",
            "KB",
            "Larger step outputs are stored beside the run.");
    final Setting<Long> storeEntry = add(
            RUNS,
            "AP_MAX_STORE_ENTRY_VALUE_SIZE_KB",
            size(KB, MB),
            "512",
            "KB",
            "Longest value, as JSON, under one key of a project's key-value store.");
    final Setting<Long> inputTruncate = add(
            RUNS,
            "AP_FLOW_RUN_LOG_INPUT_TRUNCATE_THRESHOLD_KB",
            size(KB, MB),
            "2",
            "KB",
            "Larger step inputs are shown truncated.");

    final Setting<ExecutionMode> executionMode = add(
            SANDBOX,
            "AP_EXECUTION_MODE",
            oneOf(ExecutionMode.class),
            "AUTO",
            "",
            "How user code is held; AUTO is the strongest mode that the machine allows.");
    final Setting<Long> sandboxMemory = add(
            SANDBOX,
            "AP_SANDBOX_MEMORY_LIMIT",
            size(KB, 64 * MB),
            "1048576",
            "KB",
            "Memory of one process that runs user code.");
    final Setting<List<String>> propagated = add(
            SANDBOX,
            "AP_SANDBOX_PROPAGATED_ENV_VARS",
            list(),
            "",
            "",
            "Environment variables that user code may read.");
    final Setting<NetworkMode> networkMode = add(
            SANDBOX,
            "AP_NETWORK_MODE",
            oneOf(NetworkMode.class),
            "STRICT",
            "",
            "STRICT refuses private, loopback, link-local and metadata addresses to flows.");
    final Setting<List<String>> allowed = add(
            SANDBOX, "AP_SSRF_ALLOW_LIST", addresses(), "", "", "Addresses and CIDR blocks that STRICT lets through.");

    final Setting<Long> maxFile = add(
            LIMITS,
            "AP_MAX_FILE_SIZE_MB",
            size(MB, 1_024),
            "25",
            "MB",
            "Largest file of a step, a trigger or an upload.");
    final Setting<Integer> maxRecords = add(
            LIMITS, "AP_MAX_RECORDS_PER_TABLE", wholeNumber(1, 100_000_000), "10000", "", "Most records of one table.");
    final Setting<Integer> maxFields =
            add(LIMITS, "AP_MAX_FIELDS_PER_TABLE", wholeNumber(1, 1_000), "100", "", "Most fields of one table.");

    /** Settings of the reference that have no use here: accepted silently. A name that ends in * stands for all with that start. */
    static final Set<String> ACCEPTED = Set.of(
            "AP_AI_CREDIT_USD_VALUE",
            "AP_APP_WEBHOOK_SECRETS",
            "AP_CLOUD_AUTH_ENABLED",
            "AP_CONFIG_PATH",
            "AP_CONTAINER_TYPE",
            "AP_DEV_PIECES",
            "AP_ENABLE_FLOW_ON_PUBLISH",
            "AP_ENFORCE_CONNECTION_PIECE_BINDING",
            "AP_ENGINE_EXECUTABLE_PATH",
            "AP_EVENT_DESTINATION_TIMEOUT_SECONDS",
            "AP_FILE_STORAGE_LOCATION",
            "AP_GOOGLE_CLIENT_ID",
            "AP_GOOGLE_CLIENT_SECRET",
            "AP_INTERNAL_URL",
            "AP_ISSUE_ARCHIVE_DAYS",
            "AP_LOAD_TRANSLATIONS_FOR_DEV_PIECES",
            "AP_LOG_PRETTY",
            "AP_MAX_BARRIER_SIGNALS",
            "AP_MODEL_CATALOG_URL",
            "AP_OPENAI_API_KEY",
            "AP_PIECES_*",
            "AP_PREWARM_CACHE_ON_STARTUP",
            "AP_QUEUE_*",
            "AP_REDIS_*",
            "AP_RUNS_METADATA_UPDATE_CONCURRENCY",
            "AP_S3_USE_SIGNED_URLS",
            "AP_SCIM_DEFAULT_PROJECT_ROLE",
            "AP_SMTP_*",
            "AP_TOOL_SEARCH_ENABLED",
            "AP_TRIGGER_*",
            "AP_TURNSTILE_*",
            "AP_ZEROBOUNCE_API_KEY");

    /** All settings in the order of their declaration. */
    List<Setting<?>> all() {
        return Collections.unmodifiableList(declared);
    }

    private <T> Setting<T> add(
            Setting.Chapter chapter, String name, Kind<T> kind, String standard, String unit, String sentence) {
        var setting = new Setting<>(chapter, name, kind, standard, unit, false, sentence);
        declared.add(setting);
        return setting;
    }

    private Setting<Secret> secret(Setting.Chapter chapter, String name, Kind<Secret> kind, String sentence) {
        var setting = new Setting<>(chapter, name, kind, "", "", true, sentence);
        declared.add(setting);
        return setting;
    }
}
