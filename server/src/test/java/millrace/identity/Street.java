package millrace.identity;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import millrace.access.Access;
import millrace.config.DatabaseSettings;
import millrace.config.HttpSettings;
import millrace.config.Secret;
import millrace.config.Settings;
import millrace.database.Database;
import millrace.database.Ids;
import millrace.engine.Json;
import millrace.http.HttpServer;
import millrace.instance.Flags;
import millrace.instance.Health;
import millrace.instance.InstanceRoutes;
import millrace.project.ProjectMemberships;
import millrace.project.ProjectRoutes;
import millrace.project.ProjectService;
import org.jspecify.annotations.Nullable;

/** The rooms of people and projects behind a real server on a real database, and a client. */
public final class Street implements AutoCloseable {
    public static final String PASSWORD = "Correct-horse-9";

    private final Database database;
    private final HttpServer server;
    private final Tokens tokens;
    private final TokenAuthenticator authenticator;
    private final ProjectMemberships memberships;
    private final HttpClient client = HttpClient.newHttpClient();

    private Street(Database database) {
        var random = new SecureRandom();
        var ids = new Ids(random);
        var clock = InstantSource.system();
        this.database = database;
        this.tokens = new Tokens(new Secret("a secret of tests"), clock);
        this.memberships = new ProjectMemberships(database);
        var projects = new ProjectService(database, new Access(memberships), memberships, ids, clock, random);
        projects.prepare();
        var identities = new IdentityService(database, projects, new Passwords(random), tokens, ids, clock);
        this.authenticator = new TokenAuthenticator(database, tokens);
        var settings = Settings.load(Map.of(), Path.of("target"));
        this.server = HttpServer.start(
                new HttpSettings(
                        0,
                        URI.create("http://x"),
                        "",
                        new HttpSettings.SignInLimit(false, 1, Duration.ofMinutes(1)),
                        1),
                List.of(
                        new IdentityRoutes(identities),
                        new ProjectRoutes(projects),
                        new InstanceRoutes(
                                new Flags(settings, "0.1.0", identities::userCreated),
                                new Health(database, Duration.ofMinutes(2)))),
                authenticator,
                random);
    }

    public static Street on(DatabaseSettings settings) {
        return new Street(Database.open(settings));
    }

    public record Reply(int status, JsonNode json) {
        public String code() {
            return json.path("code").asText();
        }

        public String text(String field) {
            return json.path(field).asText();
        }
    }

    public Database database() {
        return database;
    }

    public HttpServer server() {
        return server;
    }

    Tokens tokens() {
        return tokens;
    }

    /** After a change behind the server's back. */
    public void forget() {
        authenticator.forget();
        memberships.forget();
    }

    public Reply get(String path, @Nullable String token) {
        return send("GET", path, token, BodyPublishers.noBody());
    }

    public Reply post(String path, @Nullable String token, JsonNode body) {
        return send("POST", path, token, BodyPublishers.ofString(Json.text(body)));
    }

    public Reply signUp(String email) {
        return post(
                "/authentication/sign-up",
                null,
                Json.object()
                        .put("email", email)
                        .put("password", PASSWORD)
                        .put("firstName", "Ada")
                        .put("lastName", "Owner")
                        .put("trackEvents", false)
                        .put("newsLetter", false));
    }

    public Reply signIn(String email, String password) {
        return post(
                "/authentication/sign-in",
                null,
                Json.object().put("email", email).put("password", password));
    }

    private Reply send(String method, String path, @Nullable String token, HttpRequest.BodyPublisher body) {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/api/v1" + path))
                .method(method, body)
                .header("content-type", "application/json");
        if (token != null) {
            request.header("authorization", "Bearer " + token);
        }
        try {
            var answer = client.send(request.build(), BodyHandlers.ofString());
            return new Reply(
                    answer.statusCode(),
                    answer.body().isEmpty() ? MissingNode.getInstance() : Json.read(answer.body()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        server.close();
        client.close();
        database.close();
    }
}
