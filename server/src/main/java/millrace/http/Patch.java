package millrace.http;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A field of an update: left out, set to null, or set to a value. */
public sealed interface Patch<T> {
    /** The field was not sent: it stays as it is. */
    record Absent<T>() implements Patch<T> {}

    /** The field was sent as null: it is cleared. */
    record Cleared<T>() implements Patch<T> {}

    /** The field gets this value. */
    record Value<T>(T value) implements Patch<T> {}

    static <T> Patch<T> absent() {
        return new Absent<>();
    }

    static <T> Patch<T> cleared() {
        return new Cleared<>();
    }

    static <T> Patch<T> of(T value) {
        return new Value<>(value);
    }

    /** What the field is after the update, when it was {@code current}. */
    default @Nullable T over(@Nullable T current) {
        return switch (this) {
            case Absent<T>() -> current;
            case Cleared<T>() -> null;
            case Value<T>(T value) -> value;
        };
    }

    /** Gives the new value, or null for a cleared field; does nothing for an absent one. */
    default void ifSent(Consumer<@Nullable T> change) {
        switch (this) {
            case Absent<T>() -> {}
            case Cleared<T>() -> change.accept(null);
            case Value<T>(T value) -> change.accept(value);
        }
    }
}
