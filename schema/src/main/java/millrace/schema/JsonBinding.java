package millrace.schema;

import org.jooq.JSON;

/** A {@code json} column. */
public final class JsonBinding extends JsonColumn<JSON> {
    private static final long serialVersionUID = 1;

    public JsonBinding() {
        super("json", JSON.class);
    }

    @Override
    JSON wrap(String json) {
        return JSON.json(json);
    }

    @Override
    String unwrap(JSON value) {
        return value.data();
    }
}
