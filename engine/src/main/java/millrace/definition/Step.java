package millrace.definition;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One step of a flow's document. A step is its {@link #body} (its own JSON, known and unknown fields alike, so that a
 * document written back is unchanged) and the steps it points to.
 *
 * <p>Bodies are shared and never changed after construction. Chains may be 5,000 steps long: walk {@link #next} in a
 * loop, and do not call {@code equals}, {@code hashCode} or {@code toString} on steps, which recurse.
 */
public sealed interface Step permits Trigger, Action {
    /** Names of steps, and nothing else is accepted from outside. */
    Pattern NAME = Pattern.compile("^[a-zA-Z_][a-zA-Z0-9_]*$");

    /** The step's JSON without {@code nextAction}, {@code children} and the other pointers; read only. */
    ObjectNode body();

    /** The following step of the same chain. */
    @Nullable
    Action next();

    default String name() {
        return body().path("name").asText();
    }

    default String displayName() {
        return body().path("displayName").asText();
    }

    default boolean valid() {
        return body().path("valid").asBoolean(false);
    }

    default boolean skip() {
        return body().path("skip").asBoolean(false);
    }

    /** The type as the document and the run's records spell it, for example {@code LOOP_ON_ITEMS}. */
    default String type() {
        return body().path("type").asText();
    }

    /** The step's settings; an empty object when it has none. Read only. */
    default ObjectNode settings() {
        return Bodies.object(body(), "settings");
    }

    /** Values for the properties, with expressions; an empty object when there are none. Read only. */
    default ObjectNode input() {
        return Bodies.object(settings(), "input");
    }

    /** How the user set each property (flow-format §7): {@code {type, schema?}} by name. Read only. */
    default ObjectNode propertySettings() {
        return Bodies.object(settings(), "propertySettings");
    }

    /** A settings field as text, or null when it is absent or no text. */
    default @Nullable String setting(String field) {
        JsonNode value = settings().get(field);
        return value != null && value.isTextual() ? value.textValue() : null;
    }
}
