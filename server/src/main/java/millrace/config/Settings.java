package millrace.config;

import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import millrace.config.HttpSettings.SignInLimit;

/**
 * All settings of one process, checked.
 *
 * @param warnings for the log: unknown names, with the nearest known one
 */
public record Settings(
        ProgramSettings program,
        ServerSettings server,
        HttpSettings http,
        DatabaseSettings database,
        BackupSettings backups,
        S3Settings s3,
        KeySettings keys,
        WebhookSettings webhooks,
        RunSettings runs,
        SandboxSettings sandbox,
        TableSettings tables,
        boolean telemetry,
        List<String> warnings) {
    public Settings {
        warnings = List.copyOf(warnings);
    }

    /**
     * Reads {@code AP_*} from the environment and from {@code .env} in the working directory; the environment wins.
     *
     * @throws BadSettings naming every fault at once
     */
    public static Settings load(Map<String, String> environment, Path workingDirectory) {
        var faults = new ArrayList<String>();
        var values = new Values(EnvFile.merge(workingDirectory.resolve(".env"), environment, faults), faults);
        var in = new Catalogue();
        var port = values.get(in.port);
        var location = BackupLocation.of(values.get(in.backupLocation), workingDirectory);
        var s3 = s3(in, values);
        var database = new DatabaseReader(in, values, workingDirectory).read();
        if (values.present(in.backupCron)
                && database instanceof DatabaseSettings.Postgres postgres
                && (postgres.poolSize() == 3 || postgres.poolSize() == 6)) {
            values.fault(
                    in.poolSize, "leaves no connection for the backups of AP_BACKUP_CRON; take 4, 5 or at least 7");
        }
        if (location instanceof BackupLocation.Bucket) {
            faults.addAll(s3.faults());
        }
        var settings = new Settings(
                ProgramSettings.find(environment),
                new ServerSettings(
                        values.get(in.environment),
                        values.get(in.edition),
                        values.get(in.logLevel),
                        values.get(in.lease),
                        values.get(in.liveness),
                        values.get(in.holdAfterAsyncFailover),
                        workingDirectory.toAbsolutePath().normalize()),
                new HttpSettings(
                        port,
                        values.find(in.frontendUrl).orElseGet(() -> URI.create("http://localhost:" + port)),
                        values.text(in.clientAddressHeader),
                        new SignInLimit(
                                values.get(in.signInLimited), values.get(in.signInMax), values.get(in.signInWindow)),
                        values.get(in.maxFile)),
                database,
                new BackupSettings(
                        values.find(in.backupCron).orElse(null),
                        values.get(in.backupKeep),
                        location,
                        values.find(in.alertUrl).orElse(null)),
                s3,
                new KeySettings(
                        values.find(in.encryptionKey).orElse(null),
                        values.find(in.jwtSecret).orElse(null)),
                new WebhookSettings(
                        values.get(in.webhookTimeout), values.get(in.webhookPayload), values.get(in.webhookInline)),
                new RunSettings(
                        values.get(in.concurrency),
                        values.get(in.flowTimeout),
                        values.get(in.pausedTimeout),
                        values.get(in.retention),
                        values.get(in.runLog),
                        values.get(in.outputSlice),
                        values.get(in.inputTruncate),
                        values.get(in.storeEntry),
                        values.get(in.maxCallDepth),
                        values.get(in.maxSelfStarts),
                        values.get(in.projectLimited) ? projectLimit(in, values) : 0),
                new SandboxSettings(
                        values.get(in.executionMode),
                        values.get(in.sandboxMemory),
                        Set.copyOf(values.find(in.propagated).orElse(List.of())),
                        values.get(in.networkMode),
                        values.find(in.allowed).orElse(List.of())),
                new TableSettings(values.get(in.maxRecords), values.get(in.maxFields)),
                values.get(in.telemetry),
                values.warnings(in));
        if (!faults.isEmpty()) {
            throw new BadSettings(faults);
        }
        return settings;
    }

    private static S3Settings s3(Catalogue in, Values values) {
        return new S3Settings(
                values.find(in.s3Endpoint)
                        .or(() -> values.foreign(in.s3Endpoint, "AWS_ENDPOINT_URL"))
                        .orElse(null),
                values.find(in.s3Region)
                        .or(() -> values.foreign(in.s3Region, "AWS_REGION"))
                        .orElse("us-east-1"),
                values.find(in.s3Bucket).orElse(null),
                values.find(in.s3AccessKeyId).orElse(null),
                values.find(in.s3SecretAccessKey).orElse(null),
                values.get(in.s3Role));
    }

    private static int projectLimit(Catalogue in, Values values) {
        return values.present(in.projectLimit)
                ? values.get(in.projectLimit)
                : values.find(in.projectLimitOld).orElseGet(() -> values.get(in.projectLimit));
    }
}
