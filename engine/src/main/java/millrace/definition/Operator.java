package millrace.definition;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The operators of conditions; the names are the stored values (flow-format §6.3, TEXT_START_WITH has no S). */
public enum Operator {
    TEXT_CONTAINS(Family.TEXT),
    TEXT_DOES_NOT_CONTAIN(Family.TEXT),
    TEXT_EXACTLY_MATCHES(Family.TEXT),
    TEXT_DOES_NOT_EXACTLY_MATCH(Family.TEXT),
    TEXT_START_WITH(Family.TEXT),
    TEXT_DOES_NOT_START_WITH(Family.TEXT),
    TEXT_ENDS_WITH(Family.TEXT),
    TEXT_DOES_NOT_END_WITH(Family.TEXT),
    LIST_CONTAINS(Family.TEXT),
    LIST_DOES_NOT_CONTAIN(Family.TEXT),
    LIST_IS_EMPTY(Family.SINGLE),
    LIST_IS_NOT_EMPTY(Family.SINGLE),
    NUMBER_IS_GREATER_THAN(Family.NUMBER),
    NUMBER_IS_LESS_THAN(Family.NUMBER),
    NUMBER_IS_EQUAL_TO(Family.NUMBER),
    BOOLEAN_IS_TRUE(Family.SINGLE),
    BOOLEAN_IS_FALSE(Family.SINGLE),
    DATE_IS_BEFORE(Family.DATE),
    DATE_IS_EQUAL(Family.DATE),
    DATE_IS_AFTER(Family.DATE),
    EXISTS(Family.SINGLE),
    DOES_NOT_EXIST(Family.SINGLE);

    /** Which fields a condition with the operator has (flow-format §6.1). */
    public enum Family {
        /** First and second value, and case sensitivity. */
        TEXT,
        /** First and second value. */
        NUMBER,
        /** First and second value. */
        DATE,
        /** The first value alone. */
        SINGLE
    }

    private static final Map<String, Operator> BY_NAME = new HashMap<>();

    static {
        for (Operator operator : values()) {
            BY_NAME.put(operator.name(), operator);
        }
    }

    private final Family family;

    Operator(Family family) {
        this.family = family;
    }

    public Family family() {
        return family;
    }

    static Optional<Operator> find(String name) {
        return Optional.ofNullable(BY_NAME.get(name));
    }
}
