package millrace.testkit;

import static millrace.testkit.FlowBuilder.flow;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import millrace.engine.Json;
import org.jspecify.annotations.Nullable;

/** What a browser hears of runs while they happen, by the HTTP API alone. */
class EventsTest {
    private static final FlowBuilder LOOP = flow().onWebhook()
            .step(
                    "loop",
                    Step.loop("{{trigger['output'].body.items}}")
                            .step("twice", Step.code("return inputs.n * 2").input("n", "{{loop['output'].item}}")));

    private record Event(String id, String name, JsonNode data) {}

    /** An open stream of one reader. */
    private static final class Stream implements AutoCloseable {
        private final HttpClient http = HttpClient.newHttpClient();
        private final HttpResponse<InputStream> answer;
        private final BufferedReader lines;

        Stream(TestMillrace millrace, Client who, String projectId, @Nullable String last) {
            var address = millrace.base() + "/api/v1/events?projectId=" + projectId;
            // Once as a browser does it, once as a program.
            var request = last == null
                    ? HttpRequest.newBuilder(URI.create(address + "&token=" + who.token()))
                    : HttpRequest.newBuilder(URI.create(address))
                            .header("authorization", "Bearer " + who.token())
                            .header("last-event-id", last);
            try {
                answer = http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
                lines = new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8));
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }

        /** The next event; null when the server has ended the stream. */
        @Nullable
        Event next() throws IOException {
            String id = "";
            String name = "";
            for (var line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("id: ")) {
                    id = line.substring(4);
                } else if (line.startsWith("event: ")) {
                    name = line.substring(7);
                } else if (line.startsWith("data: ")) {
                    return new Event(id, name, Json.read(line.substring(6)));
                }
            }
            return null;
        }

        List<Event> until(String name) throws IOException {
            var events = new ArrayList<Event>();
            for (var event = next(); event != null; event = next()) {
                events.add(event);
                if (event.name().equals(name)) {
                    return events;
                }
            }
            throw new AssertionError("the stream ended before " + name + ": " + events);
        }

        @Override
        public void close() {
            http.shutdownNow();
        }
    }

    @OnBothDatabases
    void a_listener_hears_each_step_and_the_end_and_goes_on_where_it_was(TestMillrace millrace) throws IOException {
        var owner = millrace.owner();
        var flow = millrace.publish(LOOP);
        Event third;
        try (var stream = new Stream(millrace, owner, owner.projectId(), null)) {
            assertThat(stream.answer.headers().firstValue("content-type")).contains("text/event-stream; charset=utf-8");
            millrace.sync(flow, "{\"items\": [1, 2]}");

            var events = stream.until("FLOW_RUN_PROGRESS");

            var run = events.getLast().data();
            assertThat(run.path("status").asText()).isEqualTo("SUCCEEDED");
            assertThat(run.path("flowId").asText()).isEqualTo(flow);
            var twice = events.stream()
                    .map(event -> event.data().path("step"))
                    .filter(step -> step.path("name").asText().equals("twice"))
                    .toList();
            assertThat(twice)
                    .extracting(step -> step.path("path").toString())
                    .containsExactly("[[\"loop\",0]]", "[[\"loop\",1]]");
            assertThat(twice.getLast().at("/output/output").asInt()).isEqualTo(4);
            third = events.get(2);
            var fourth = events.get(3);
            try (var again = new Stream(millrace, owner, owner.projectId(), third.id())) {
                assertThat(again.next()).isEqualTo(fourth);
            }
        }
    }

    @OnBothDatabases
    void who_may_not_see_the_project_hears_nothing(TestMillrace millrace) throws SQLException {
        var owner = millrace.owner();
        var other = SecondTenant.of(millrace);

        try (var foreign = new Stream(millrace, other, owner.projectId(), null)) {
            assertThat(foreign.answer.statusCode()).isEqualTo(403);
        }
        assertThat(owner.open("GET", "/events?projectId=" + owner.projectId(), null)
                        .status())
                .isEqualTo(403);
        assertThat(owner.open("GET", "/events?projectId=" + owner.projectId() + "&token=x.y.z", null)
                        .status())
                .isEqualTo(401);
        assertThat(owner.get("/events").status()).isEqualTo(403);
    }

    @OnBothDatabases
    void a_stream_ends_soon_after_its_listener_has_lost_the_right(TestMillrace millrace)
            throws IOException, SQLException {
        var other = SecondTenant.of(millrace);
        try (var stream = new Stream(millrace, other, other.projectId(), null);
                var connection = millrace.connection();
                var statement = connection.createStatement()) {
            statement.execute("UPDATE \"user\" SET status = 'INACTIVE' WHERE id = '" + "u".repeat(21) + "'");
            try {
                assertThat(stream.next()).isNull();
            } finally {
                statement.execute("UPDATE \"user\" SET status = 'ACTIVE' WHERE id = '" + "u".repeat(21) + "'");
            }
        }
    }
}
