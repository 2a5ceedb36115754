package millrace.schema;

import org.jooq.JSONB;

/** A {@code jsonb} column. */
public final class JsonbBinding extends JsonColumn<JSONB> {
    private static final long serialVersionUID = 1;

    public JsonbBinding() {
        super("jsonb", JSONB.class);
    }

    @Override
    JSONB wrap(String json) {
        return JSONB.jsonb(json);
    }

    @Override
    String unwrap(JSONB value) {
        return value.data();
    }
}
