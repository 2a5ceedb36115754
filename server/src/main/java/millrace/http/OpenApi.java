package millrace.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import millrace.engine.Json;
import org.jspecify.annotations.Nullable;

/** The OpenAPI 3.1 document, made of the declarations: it can't name a route that is not there, nor leave one out. */
final class OpenApi {
    private static final Pattern PARAMETER = Pattern.compile("\\{([^}]+)}");

    private final List<Route> routes;
    private final ObjectNode schemas = Json.object();

    OpenApi(List<Route> routes) {
        this.routes = routes;
    }

    ObjectNode document() {
        var document = Json.object();
        document.put("openapi", "3.1.0");
        var info = document.putObject("info");
        info.put("title", "Millrace");
        info.put("version", "1");
        var paths = document.putObject("paths");
        for (var route : routes) {
            var path = paths.withObjectProperty(route.path());
            for (var method : route.method().equals("*") ? List.of("get", "post") : List.of(route.method())) {
                path.set(method.toLowerCase(java.util.Locale.ROOT), operation(route));
            }
        }
        var components = document.putObject("components");
        components.set("schemas", schemas);
        var bearer = components.putObject("securitySchemes").putObject("bearer");
        bearer.put("type", "http");
        bearer.put("scheme", "bearer");
        return document;
    }

    private ObjectNode operation(Route route) {
        var operation = Json.object();
        if (!route.open()) {
            operation.putArray("security").addObject().putArray("bearer");
        }
        if (route.permission() != null) {
            operation.put("x-permission", route.permission().name());
        }
        parameters(route, operation);
        if (route.body() != null) {
            var body = operation.putObject("requestBody");
            body.put("required", true);
            body.putObject("content")
                    .putObject("application/json")
                    .set("schema", schema(route.body().type()));
        }
        var answer = operation.putObject("responses").putObject(Integer.toString(route.status()));
        answer.put("description", "Success");
        if (route.answer() != null) {
            answer.putObject("content").putObject("application/json").set("schema", answerSchema(route.answer()));
        }
        return operation;
    }

    private static void parameters(Route route, ObjectNode operation) {
        var matcher = PARAMETER.matcher(route.path());
        while (matcher.find()) {
            var parameter = operation.withArrayProperty("parameters").addObject();
            parameter.put("name", matcher.group(1));
            parameter.put("in", "path");
            parameter.put("required", true);
            parameter.putObject("schema").put("type", "string");
        }
    }

    private JsonNode answerSchema(Route.Shape shape) {
        var element = schema(shape.type());
        return switch (shape.wrapping()) {
            case SINGLE -> element;
            case LIST -> listOf(element);
            case PAGE -> {
                var page = type("object");
                var properties = page.putObject("properties");
                properties.set("data", listOf(element));
                properties.set("next", nullable(type("string")));
                properties.set("previous", nullable(type("string")));
                required(page).add("data").add("next").add("previous");
                yield page;
            }
        };
    }

    private ObjectNode schema(Type type) {
        if (type instanceof ParameterizedType parameterized) {
            var raw = parameterized.getRawType();
            var arguments = parameterized.getActualTypeArguments();
            if (raw == List.class) {
                return listOf(schema(arguments[0]));
            }
            if (raw == Map.class) {
                var map = type("object");
                map.set("additionalProperties", schema(arguments[1]));
                return map;
            }
            return raw == Patch.class ? nullable(schema(arguments[0])) : Json.object();
        }
        return type instanceof Class<?> simple ? simpleSchema(simple) : Json.object();
    }

    private ObjectNode simpleSchema(Class<?> type) {
        if (type == String.class) {
            return type("string");
        }
        if (type == Instant.class) {
            return type("string").put("format", "date-time");
        }
        if (type == boolean.class || type == Boolean.class) {
            return type("boolean");
        }
        if (type == int.class || type == Integer.class || type == long.class || type == Long.class) {
            return type("integer");
        }
        if (type == double.class || type == Double.class || type == BigDecimal.class) {
            return type("number");
        }
        if (type == ObjectNode.class) {
            return type("object");
        }
        if (type.isEnum()) {
            var schema = type("string");
            var values = schema.putArray("enum");
            Arrays.stream(type.getEnumConstants()).forEach(constant -> values.add(((Enum<?>) constant).name()));
            return schema;
        }
        return type.isRecord() ? reference(type) : Json.object();
    }

    private ObjectNode reference(Class<?> type) {
        if (!schemas.has(type.getSimpleName())) {
            var schema = type("object");
            schemas.set(type.getSimpleName(), schema);
            var properties = schema.putObject("properties");
            for (var component : type.getRecordComponents()) {
                properties.set(component.getName(), schema(component.getGenericType()));
                if (!isNullable(component)
                        && !isNullable(component.getAnnotatedType())
                        && component.getType() != Patch.class) {
                    required(schema).add(component.getName());
                }
            }
        }
        return Json.object().put("$ref", "#/components/schemas/" + type.getSimpleName());
    }

    private static boolean isNullable(AnnotatedElement element) {
        return element.isAnnotationPresent(Nullable.class);
    }

    private static ArrayNode required(ObjectNode schema) {
        return schema.withArrayProperty("required");
    }

    private static ObjectNode type(String name) {
        return Json.object().put("type", name);
    }

    private static ObjectNode listOf(JsonNode element) {
        var list = type("array");
        list.set("items", element);
        return list;
    }

    private static ObjectNode nullable(ObjectNode schema) {
        var either = Json.object();
        either.putArray("anyOf").add(schema).add(type("null"));
        return either;
    }
}
