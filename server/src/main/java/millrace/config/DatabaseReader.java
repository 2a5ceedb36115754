package millrace.config;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import millrace.config.DatabaseSettings.Host;
import millrace.config.DatabaseSettings.Tls;
import org.jspecify.annotations.Nullable;

/** Puts the database's settings together: the URL first, then the single settings, then libpq's defaults. */
final class DatabaseReader {
    private static final String CERTIFICATE = "-----BEGIN CERTIFICATE-----";

    private final Catalogue in;
    private final Values values;
    private final Path workingDirectory;

    DatabaseReader(Catalogue in, Values values, Path workingDirectory) {
        this.in = in;
        this.values = values;
        this.workingDirectory = workingDirectory;
    }

    DatabaseSettings read() {
        var type = values.find(in.databaseType)
                .orElseGet(() -> in.all().stream()
                                .anyMatch(
                                        setting -> setting.name().startsWith("AP_POSTGRES_") && values.present(setting))
                        ? "POSTGRES"
                        : "SQLITE3");
        return type.equals("POSTGRES") ? postgres() : new DatabaseSettings.Sqlite(sqliteFile());
    }

    private Path sqliteFile() {
        var text = values.get(in.sqlitePath);
        try {
            return workingDirectory.toAbsolutePath().resolve(text).normalize();
        } catch (InvalidPathException e) {
            values.fault(in.sqlitePath, "is not a path");
            return workingDirectory;
        }
    }

    private DatabaseSettings postgres() {
        var replica = values.present(in.replicaUrl) ? postgres(in.replicaUrl, null) : null;
        return postgres(in.postgresUrl, replica);
    }

    private DatabaseSettings.Postgres postgres(Setting<Secret> from, DatabaseSettings.@Nullable Postgres replica) {
        var url = values.find(from)
                .flatMap(secret -> parsed(from, secret.value()))
                .orElseGet(() -> PostgresUrl.parse("postgresql://"));
        var user = filled(url.user())
                .or(() -> values.find(in.postgresUser))
                .orElseGet(() -> System.getProperty("user.name"));
        var parameters = new HashMap<>(url.parameters());
        List.of("sslmode", "sslrootcert", "sslcert", "sslkey").forEach(parameters::remove);
        return new DatabaseSettings.Postgres(
                hosts(from, url),
                filled(url.database())
                        .or(() -> values.find(in.postgresDatabase))
                        .orElse(user),
                user,
                filled(url.password())
                        .map(Secret::new)
                        .or(() -> values.find(in.postgresPassword))
                        .orElse(null),
                tls(from, url),
                Map.copyOf(parameters),
                values.get(in.poolSize),
                values.get(in.idleTimeout),
                values.get(in.connectTimeout),
                values.get(in.acquireTimeout),
                replica);
    }

    private Optional<PostgresUrl> parsed(Setting<Secret> from, String url) {
        try {
            return Optional.of(PostgresUrl.parse(url));
        } catch (IllegalArgumentException e) {
            values.fault(from, String.valueOf(e.getMessage()));
            return Optional.empty();
        }
    }

    private List<Host> hosts(Setting<Secret> from, PostgresUrl url) {
        var standardHost = values.find(in.postgresHost).orElse("localhost");
        int standardPort = values.get(in.postgresPort);
        return url.hosts().stream()
                .map(one -> new Host(
                        one.host().isEmpty() ? standardHost : one.host(),
                        one.port().isEmpty() ? standardPort : port(from, one.port(), standardPort)))
                .toList();
    }

    private int port(Setting<Secret> from, String text, int standard) {
        if (text.matches("\\d{1,5}")) {
            var port = Integer.parseInt(text);
            if (port >= 1 && port <= 65_535) {
                return port;
            }
        }
        values.fault(from, "a port in the URL is not a whole number from 1 to 65535");
        return standard;
    }

    private Tls tls(Setting<Secret> from, PostgresUrl url) {
        var setting = values.find(in.postgresCa);
        var fromUrl = url.parameter("sslrootcert");
        var ca =
                fromUrl.or(() -> setting).filter(text -> !text.equals("system")).orElse(null);
        if (ca != null && !holdsCertificate(ca)) {
            values.fault(
                    fromUrl.isPresent() ? from : in.postgresCa,
                    (fromUrl.isPresent() ? "sslrootcert" : "its value")
                            + " is neither a readable file with a PEM certificate nor PEM text with one");
        }
        readable(from, url, "sslcert", this::holdsCertificate);
        readable(from, url, "sslkey", this::readableFile);
        if (url.parameter("sslcert").isPresent() != url.parameter("sslkey").isPresent()) {
            values.fault(from, "sslcert and sslkey must be given together");
        }
        var mode = url.parameter("sslmode").orElseGet(() -> modeWithoutUrl(ca));
        return new Tls(
                mode,
                ca == null || !ca.contains(CERTIFICATE) ? ca : ca.replace("\\n", "\n"),
                url.parameter("sslcert").orElse(null),
                url.parameter("sslkey").orElse(null));
    }

    private String modeWithoutUrl(@Nullable String ca) {
        if (!values.get(in.postgresUseSsl)) {
            return "disable";
        }
        if (ca != null) {
            return "verify-full";
        }
        values.warn("AP_POSTGRES_USE_SSL without AP_POSTGRES_SSL_CA: the connection is encrypted, but the server's"
                + " certificate is not checked");
        return "require";
    }

    private void readable(Setting<Secret> from, PostgresUrl url, String parameter, Predicate<String> good) {
        if (url.parameter(parameter).filter(good.negate()).isPresent()) {
            values.fault(from, parameter + " is not a readable PEM file");
        }
    }

    private boolean readableFile(String path) {
        try {
            return Files.isReadable(workingDirectory.resolve(path));
        } catch (InvalidPathException e) {
            return false;
        }
    }

    private boolean holdsCertificate(String ca) {
        try {
            var pem = ca.contains(CERTIFICATE)
                    ? ca.replace("\\n", "\n")
                    : Files.readString(workingDirectory.resolve(ca), StandardCharsets.ISO_8859_1);
            return pem.contains(CERTIFICATE)
                    && !CertificateFactory.getInstance("X.509")
                            .generateCertificates(new ByteArrayInputStream(
                                    pem.substring(pem.indexOf(CERTIFICATE)).getBytes(StandardCharsets.ISO_8859_1)))
                            .isEmpty();
        } catch (IOException | InvalidPathException | CertificateException e) {
            return false;
        }
    }

    private static Optional<String> filled(@Nullable String text) {
        return Optional.ofNullable(text).filter(value -> !value.isEmpty());
    }
}
