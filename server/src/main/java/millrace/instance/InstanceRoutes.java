package millrace.instance;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.function.BooleanSupplier;
import millrace.http.Answer;
import millrace.http.Call;
import millrace.http.Room;
import millrace.http.Routes;

/** The street door of what needs no token. */
public final class InstanceRoutes implements Room {
    private final Flags flags;
    private final BooleanSupplier healthy;

    /** @param healthy may take as long as the database's own timeouts */
    public InstanceRoutes(Flags flags, BooleanSupplier healthy) {
        this.flags = flags;
        this.healthy = healthy;
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
        return healthy.getAsBoolean() ? Answer.of(200, new Status("Healthy")) : Answer.of(503, new Status("Unhealthy"));
    }

    /** The process answers; asks nobody. */
    private Status live(Call call) {
        return new Status("Healthy");
    }
}
