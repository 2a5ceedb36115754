package millrace.testkit;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import millrace.Millrace;
import millrace.config.DatabaseSettings;
import millrace.config.Secret;
import millrace.config.Settings;
import millrace.engine.Json;
import millrace.identity.Tokens;
import org.jspecify.annotations.Nullable;

/** A server in this process, on a free port and a new database, and its owner. */
public final class TestMillrace implements AutoCloseable {
    private static final String JWT_SECRET = "tests-tests-tests-tests-tests-tests-tests";
    private static final Map<String, String> STANDARD = Map.of(
            "AP_PORT", "0",
            "AP_ENVIRONMENT", "test",
            "AP_JWT_SECRET", JWT_SECRET,
            "AP_NETWORK_MODE", "UNRESTRICTED",
            "AP_API_RATE_LIMIT_AUTHN_ENABLED", "false");

    private final Map<String, String> environment;
    private final Path directory;
    private final EchoServer echo = EchoServer.start();
    private Millrace server;
    private Client owner;

    private TestMillrace(Map<String, String> environment, Path directory) {
        this.environment = environment;
        this.directory = directory;
        this.server = Millrace.start(Settings.load(environment, directory));
        this.owner = Client.owner(base());
    }

    public static TestMillrace start(TestDatabase.Kind kind) {
        return start(kind, Map.of());
    }

    public static TestMillrace start(TestDatabase.Kind kind, Map<String, String> settings) {
        var environment = new HashMap<>(STANDARD);
        environment.put("PATH", System.getenv("PATH"));
        environment.putAll(TestDatabase.create(kind).settings());
        environment.putAll(settings);
        try {
            return new TestMillrace(Map.copyOf(environment), Files.createTempDirectory("millrace-test-"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public String base() {
        return "http://127.0.0.1:" + server.port();
    }

    /** The server's database, for what no route does yet. The caller closes the connection. */
    public Connection connection() {
        var url = environment.get("AP_POSTGRES_URL");
        try {
            return url == null
                    ? DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("activepieces.db"))
                    : DriverManager.getConnection("jdbc:" + url.replace("postgres@", "") + "?user=postgres");
        } catch (SQLException e) {
            throw new IllegalStateException("the server's database is closed to the test", e);
        }
    }

    /** What names the server's database to commands beside it. */
    public DatabaseSettings databaseSettings() {
        return Settings.load(environment, directory).database();
    }

    public EchoServer echo() {
        return echo;
    }

    public Client owner() {
        return owner;
    }

    /** What the code of a run in the owner's project has: the server gives it to nobody else. */
    public String engineToken() {
        var claims = Json.read(Base64.getUrlDecoder().decode(owner.token().split("\\.")[1]));
        return new Tokens(new Secret(JWT_SECRET), InstantSource.system())
                .engine("run", claims.at("/platform/id").asText(), owner.projectId());
    }

    /** A call with the {@link #engineToken}, of a path below {@code /api/v1}. */
    public Answer engine(String method, String path, @Nullable JsonNode body) {
        return owner.open(method, path, body, "authorization", "Bearer " + engineToken());
    }

    public String publish(FlowBuilder flow) {
        return owner.publish(flow);
    }

    public Answer sync(String flowId, String json) {
        return owner.sync(flowId, Json.read(json));
    }

    public Answer webhook(String flowId, String json) {
        return owner.webhook(flowId, Json.read(json));
    }

    /** The flow's only run, once it has ended, with its steps. */
    public JsonNode onlyRun(String flowId) {
        return owner.onlyRun(flowId);
    }

    /** Ends the server in order and starts it again on the same database. */
    public void restart() {
        owner.close();
        server.close();
        server = Millrace.start(Settings.load(environment, directory));
        owner = Client.owner(base());
    }

    @Override
    public void close() {
        owner.close();
        server.close();
        echo.close();
    }
}
