package millrace.testkit;

import static millrace.testkit.FlowBuilder.flow;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.HashMap;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import millrace.engine.Json;
import millrace.engine.RunStatus;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Two servers on one database that they reach through a pooler: nothing they leave on a connection lasts. */
class PgBouncerTest {
    /** More often than the driver waits before it prepares a statement on the connection. */
    private static final int OFTEN = 12;

    @Test
    void flows_loops_pauses_and_takeovers_work_behind_a_transaction_pooler() throws InterruptedException {
        Assumptions.assumeTrue(PgBouncer.installed(), "PgBouncer is not installed");
        var database = TestDatabase.create(TestDatabase.Kind.POSTGRES);
        var direct = URI.create(Objects.requireNonNull(database.settings().get("AP_POSTGRES_URL")));
        var settings = new HashMap<>(database.settings());
        settings.put("AP_ENCRYPTION_KEY", "0123456789abcdef0123456789abcdef");
        settings.put("AP_JWT_SECRET", "a-secret-of-both");
        settings.put("AP_NETWORK_MODE", "UNRESTRICTED");
        try (var bouncer = PgBouncer.before(direct.getPort());
                var echo = EchoServer.start()) {
            settings.put("AP_POSTGRES_URL", "postgresql://postgres@127.0.0.1:" + bouncer.port() + direct.getRawPath());
            try (var first = ServerProcess.start(settings);
                    var second = ServerProcess.start(settings);
                    var owner = Client.owner(first.base());
                    var other = Client.owner(second.base())) {
                assertThat(first.output()).contains("behind a connection pooler");
                answers(owner, other);
                loops(owner);
                goesOnInTheOther(owner, other);
                survives(first, owner, other, echo);
                assertThat(second.output()).doesNotContain("prepared statement", "ERROR");
            }
        }
    }

    private static void answers(Client owner, Client other) {
        var flow = owner.publish(FlowBuilder.fourSteps());
        for (int i = 0; i < OFTEN; i++) {
            assertThat(owner.sync(flow, Json.object()).text()).isEqualTo("6");
            assertThat(other.webhook(flow, Json.object()).status()).isEqualTo(200);
        }
        assertThat(owner.ended(flow, 2 * OFTEN))
                .allMatch(run -> run.path("status").asText().equals("SUCCEEDED"));
    }

    private static void loops(Client owner) {
        var flow = owner.publish(flow().onWebhook()
                .step(
                        "loop",
                        Step.loop("{{trigger['output'].body.items}}")
                                .step(
                                        "twice",
                                        Step.code("return inputs.n * 2").input("n", "{{loop['output'].item}}"))));
        var body = Json.object();
        for (int i = 0; i < 50; i++) {
            body.withArray("items").add(i);
        }

        owner.sync(flow, body);

        assertThat(owner.onlyRun(flow)
                        .at("/steps/loop/output/iterations/49/twice/output")
                        .asInt())
                .isEqualTo(98);
    }

    private static void goesOnInTheOther(Client owner, Client other) {
        var flow = owner.publish(flow().onWebhook()
                .step("wait", Step.piece("@activepieces/piece-approval", "0.1.8", "wait_for_approval")));
        owner.webhook(flow, Json.object());
        var paused = owner.paused(flow).path("id").asText();

        other.open("POST", "/flow-runs/" + paused + "/requests/any", Json.object());

        assertThat(owner.onlyRun(flow).path("status").asText()).isEqualTo("SUCCEEDED");
    }

    private static void survives(ServerProcess first, Client owner, Client other, EchoServer echo)
            throws InterruptedException {
        var flow = owner.publish(flow().onWebhook().step("tell", Step.httpPost(echo.url() + "/told", Json.object())));
        var told = echo.holds("/told");
        owner.webhook(flow, Json.object());
        assertThat(told.await(Client.DEADLINE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        echo.answersAgain("/told");

        first.kill();

        other.awaitOnlyRun(flow, RunStatus.SUCCEEDED);
        assertThat(echo.count("/told")).isEqualTo(2);
    }
}
