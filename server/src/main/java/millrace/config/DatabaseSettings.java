package millrace.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where everything is kept. */
public sealed interface DatabaseSettings {
    /** For people: host:port/database or the file; never a password. */
    String place();

    /** How long a request is parked while the database is away. */
    Duration acquireTimeout();

    /** One file, one process. */
    record Sqlite(Path file) implements DatabaseSettings {
        private static final Duration ACQUIRE_TIMEOUT = Duration.ofSeconds(5);

        @Override
        public Duration acquireTimeout() {
            return ACQUIRE_TIMEOUT;
        }

        @Override
        public String place() {
            return file.toString();
        }
    }

    /**
     * One PostgreSQL, shared by any number of processes.
     *
     * @param hosts at least one
     * @param password null: none is sent
     * @param parameters the URL's other parameters, by libpq's names (connect_timeout, application_name, options,
     *     target_session_attrs)
     * @param poolSize the most connections of this process, all purposes together
     * @param replica a standby that may answer lists; null without one
     */
    record Postgres(
            List<Host> hosts,
            String database,
            String user,
            @Nullable Secret password,
            Tls tls,
            Map<String, String> parameters,
            int poolSize,
            Duration idleTimeout,
            Duration connectTimeout,
            Duration acquireTimeout,
            @Nullable Postgres replica)
            implements DatabaseSettings {
        public Postgres {
            hosts = List.copyOf(hosts);
            parameters = Map.copyOf(parameters);
        }

        @Override
        public String place() {
            return String.join(",", hosts.stream().map(Host::toString).toList()) + "/" + database;
        }
    }

    /** A name, an address (IPv6 without brackets) or, beginning with a slash, the folder of a Unix socket. */
    record Host(String name, int port) {
        public boolean socketFolder() {
            return name.startsWith("/");
        }

        @Override
        public String toString() {
            return (name.contains(":") ? "[" + name + "]" : name) + ":" + port;
        }
    }

    /**
     * @param mode libpq's sslmode: disable, allow, prefer, require, verify-ca or verify-full
     * @param rootCertificate the CA: a path, or PEM text; null: the system's bundle
     * @param certificate the client's certificate, a path
     * @param key the client's key, a path
     */
    record Tls(
            String mode,
            @Nullable String rootCertificate,
            @Nullable String certificate,
            @Nullable String key) {}
}
