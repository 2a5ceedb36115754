package millrace.instance;

import com.fasterxml.jackson.databind.node.ObjectNode;
import millrace.http.Answer;
import millrace.http.Call;
import millrace.http.Room;
import millrace.http.Routes;

/** The street door of what needs no token. */
public final class InstanceRoutes implements Room {
    private final Flags flags;
    private final Health health;

    public InstanceRoutes(Flags flags, Health health) {
        this.flags = flags;
        this.health = health;
    }

    @Override
    public void declare(Routes routes) {
        routes.get("/flags", this::flags).open().answers(ObjectNode.class);
        routes.get("/health", this::health).open().answers(Status.class);
        routes.get("/health/live", this::live).open().answers(Status.class);
    }

    /** Healthy or Unhealthy. */
    public record Status(String status) {}

    private ObjectNode flags(Call call) {
        return flags.all();
    }

    private Answer health(Call call) {
        return answer(health.healthy());
    }

    private Answer live(Call call) {
        return answer(health.live());
    }

    private static Answer answer(boolean well) {
        return well ? Answer.of(200, new Status("Healthy")) : Answer.of(503, new Status("Unhealthy"));
    }
}
