package millrace.keyvalue;

import static millrace.access.PrincipalType.ENGINE;

import millrace.http.Answer;
import millrace.http.Call;
import millrace.http.Room;
import millrace.http.Routes;

/** {@code /store-entries}, for the code of runs (reference/rest-api §11). */
public final class KeyValueRoutes implements Room {
    private static final String PATH = "/store-entries";

    private final KeyValueService entries;

    public KeyValueRoutes(KeyValueService entries) {
        this.entries = entries;
    }

    @Override
    public void declare(Routes routes) {
        routes.get(PATH, this::get).principals(ENGINE).answers(StoreEntry.class);
        routes.post(PATH, this::put).principals(ENGINE).takes(NewEntry.class).answers(StoreEntry.class);
        routes.delete(PATH, this::delete).principals(ENGINE);
    }

    private StoreEntry get(Call call) {
        return entries.get(call.principal(), call.query().text("key"));
    }

    private StoreEntry put(Call call) {
        return entries.put(call.principal(), call.body(NewEntry.class));
    }

    private Answer delete(Call call) {
        entries.delete(call.principal(), call.query().text("key"));
        return Answer.of(200, null);
    }
}
