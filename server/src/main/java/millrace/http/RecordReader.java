package millrace.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.AnnotatedParameterizedType;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import millrace.engine.MillraceException;
import org.jspecify.annotations.Nullable;

/**
 * Reads a JSON object into a record, strictly: no type becomes another, all faults are told at once and each names its
 * field. Jackson's own binding converts between types and stops at the first fault; this does neither.
 *
 * <p>Components may be text, numbers, booleans, enums (by name), moments, JSON trees, records, lists and maps of these,
 * and {@link Patch} of these. One without {@code @Nullable} that is no Patch is required.
 */
final class RecordReader<T> {
    private final Class<T> type;
    private final Constructor<T> constructor;
    private final List<Field> fields = new ArrayList<>();

    private RecordReader(Class<T> type) {
        this.type = type;
        var components = type.getRecordComponents();
        try {
            constructor = type.getDeclaredConstructor(
                    Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new));
        } catch (NoSuchMethodException e) {
            throw new IllegalStateException("no canonical constructor in " + type, e);
        }
        constructor.setAccessible(true);
    }

    static <T> RecordReader<T> of(Class<T> type) {
        return of(type, new LinkedHashMap<>());
    }

    /** @param known the records whose readers are being made, so that a record may contain itself */
    @SuppressWarnings("unchecked")
    private static <T> RecordReader<T> of(Class<T> type, Map<Class<?>, RecordReader<?>> known) {
        var made = known.get(type);
        if (made != null) {
            return (RecordReader<T>) made;
        }
        var reader = new RecordReader<>(type);
        known.put(type, reader);
        for (var component : type.getRecordComponents()) {
            reader.fields.add(Field.of(component, known));
        }
        return reader;
    }

    /** @throws BadRequest with all faults */
    T read(ObjectNode body) {
        var faults = new ArrayList<String>();
        var value = read(body, "body", faults);
        if (value == null || !faults.isEmpty()) {
            throw BadRequest.of(String.join(", ", faults));
        }
        return value;
    }

    private @Nullable T read(JsonNode node, String path, List<String> faults) {
        if (!node.isObject()) {
            faults.add(path + " must be object");
            return null;
        }
        int before = faults.size();
        var arguments = new @Nullable Object[fields.size()];
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = fields.get(i).read(node, path, faults);
        }
        return faults.size() > before ? null : construct(arguments, path, faults);
    }

    private @Nullable T construct(@Nullable Object[] arguments, String path, List<String> faults) {
        try {
            return constructor.newInstance(arguments);
        } catch (InvocationTargetException e) {
            switch (e.getCause()) {
                case MillraceException refused -> throw refused;
                case IllegalArgumentException fault -> faults.add(path + "/" + fault.getMessage());
                case null, default -> throw new IllegalStateException("constructor of " + type, e.getCause());
            }
            return null;
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("constructor of " + type, e);
        }
    }

    private interface Reader {
        /** The value, or null with a fault added. */
        @Nullable
        Object read(JsonNode node, String path, List<String> faults);
    }

    private record Field(String name, boolean required, boolean patch, Reader reader) {
        static Field of(RecordComponent component, Map<Class<?>, RecordReader<?>> known) {
            boolean patch = component.getType() == Patch.class;
            var type = patch ? argument(component.getAnnotatedType(), 0) : component.getAnnotatedType();
            boolean nullable = patch || isNullable(component.getAnnotatedType()) || isNullable(component);
            return new Field(component.getName(), !nullable, patch, readerOf(type, known));
        }

        @Nullable
        Object read(JsonNode parent, String path, List<String> faults) {
            var node = parent.get(name);
            if (node == null || node.isNull()) {
                if (patch) {
                    return node == null ? Patch.absent() : Patch.cleared();
                }
                if (required) {
                    faults.add(
                            node == null
                                    ? path + " must have required property '" + name + "'"
                                    : path + "/" + name + " must not be null");
                }
                return null;
            }
            var value = reader.read(node, path + "/" + name, faults);
            return patch && value != null ? Patch.of(value) : value;
        }

        private static boolean isNullable(AnnotatedElement element) {
            return element.isAnnotationPresent(Nullable.class);
        }
    }

    private static Reader readerOf(AnnotatedType annotated, Map<Class<?>, RecordReader<?>> known) {
        Type type = annotated.getType();
        if (type instanceof ParameterizedType parameterized) {
            var raw = (Class<?>) parameterized.getRawType();
            if (raw == List.class) {
                return list(readerOf(argument(annotated, 0), known));
            }
            if (raw == Map.class) {
                return map(readerOf(argument(annotated, 1), known));
            }
            throw new IllegalStateException("a body can't have a component of type " + type);
        }
        return scalar((Class<?>) type, known);
    }

    private static Reader scalar(Class<?> type, Map<Class<?>, RecordReader<?>> known) {
        if (type == String.class) {
            return (node, path, faults) -> node.isTextual() ? node.textValue() : fault(faults, path, "string");
        }
        if (type == boolean.class || type == Boolean.class) {
            return (node, path, faults) ->
                    node.isBoolean() ? (Object) node.booleanValue() : fault(faults, path, "boolean");
        }
        if (type == int.class || type == Integer.class) {
            return (node, path, faults) -> node.isNumber() && whole(node) && node.canConvertToInt()
                    ? (Object) node.intValue()
                    : fault(faults, path, "integer");
        }
        if (type == long.class || type == Long.class) {
            return (node, path, faults) -> node.isNumber() && whole(node) && node.canConvertToLong()
                    ? (Object) node.longValue()
                    : fault(faults, path, "integer");
        }
        if (type == double.class || type == Double.class) {
            return (node, path, faults) ->
                    node.isNumber() ? (Object) node.doubleValue() : fault(faults, path, "number");
        }
        if (type == BigDecimal.class) {
            return (node, path, faults) -> node.isNumber() ? node.decimalValue() : fault(faults, path, "number");
        }
        if (type == Instant.class) {
            return RecordReader::moment;
        }
        if (JsonNode.class.isAssignableFrom(type)) {
            return (node, path, faults) ->
                    type.isInstance(node) ? node : fault(faults, path, type == ObjectNode.class ? "object" : "array");
        }
        if (type.isEnum()) {
            return (node, path, faults) -> constant(type, node, path, faults);
        }
        if (type.isRecord()) {
            var nested = of(type, known);
            return nested::read;
        }
        throw new IllegalStateException("a body can't have a component of type " + type);
    }

    private static Reader list(Reader element) {
        return (node, path, faults) -> {
            if (!node.isArray()) {
                return fault(faults, path, "array");
            }
            var values = new ArrayList<Object>(node.size());
            for (int i = 0; i < node.size(); i++) {
                add(values, element.read(node.get(i), path + "/" + i, faults));
            }
            return List.copyOf(values);
        };
    }

    private static Reader map(Reader element) {
        return (node, path, faults) -> {
            if (!node.isObject()) {
                return fault(faults, path, "object");
            }
            var values = new LinkedHashMap<String, Object>();
            node.properties().forEach(entry -> {
                var value = element.read(entry.getValue(), path + "/" + entry.getKey(), faults);
                if (value != null) {
                    values.put(entry.getKey(), value);
                }
            });
            return java.util.Collections.unmodifiableMap(values);
        };
    }

    private static void add(List<Object> values, @Nullable Object value) {
        if (value != null) {
            values.add(value);
        }
    }

    private static @Nullable Object moment(JsonNode node, String path, List<String> faults) {
        var moment = node.isTextual() ? Moment.parse(node.textValue()) : null;
        return moment == null ? fault(faults, path, "an ISO 8601 date-time") : moment;
    }

    private static @Nullable Object constant(Class<?> type, JsonNode node, String path, List<String> faults) {
        var constants = type.getEnumConstants();
        for (var constant : constants) {
            if (node.isTextual() && ((Enum<?>) constant).name().equals(node.textValue())) {
                return constant;
            }
        }
        return fault(faults, path, "equal to one of the allowed values");
    }

    private static boolean whole(JsonNode node) {
        return node.isIntegralNumber() || node.canConvertToExactIntegral();
    }

    private static @Nullable Object fault(List<String> faults, String path, String expected) {
        faults.add(path + " must be " + expected);
        return null;
    }

    private static AnnotatedType argument(AnnotatedType type, int index) {
        return ((AnnotatedParameterizedType) type).getAnnotatedActualTypeArguments()[index];
    }
}
