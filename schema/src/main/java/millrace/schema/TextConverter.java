package millrace.schema;

import org.jooq.impl.AbstractConverter;
import org.jspecify.annotations.Nullable;

/** Text that a user may have written: any Unicode, also NUL, which the database does not hold. */
public final class TextConverter extends AbstractConverter<String, String> {
    private static final long serialVersionUID = 1;

    public TextConverter() {
        super(String.class, String.class);
    }

    @Override
    public @Nullable String from(@Nullable String stored) {
        return stored == null ? null : StorableText.load(stored);
    }

    @Override
    public @Nullable String to(@Nullable String text) {
        return text == null ? null : StorableText.store(text);
    }
}
