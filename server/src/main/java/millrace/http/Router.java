package millrace.http;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Finds the declared route of a method and a raw path: a tree of segments, walked without regular expressions. */
final class Router {
    private final Node root = new Node();

    Router(List<Route> routes) {
        routes.forEach(this::add);
    }

    /** The route and its parameters; null when no route has this path and method. */
    @Nullable
    Match find(String method, String rawPath) {
        if (rawPath.isEmpty() || rawPath.charAt(0) != '/') {
            return null;
        }
        var values = new ArrayList<String>(4);
        var leaf = walk(root, method, rawPath, 1, values);
        return leaf == null ? null : new Match(leaf.route(), leaf.names(), values);
    }

    /** The methods that this path has, none when no route has it. */
    List<String> methods(String rawPath) {
        var found = new ArrayList<String>();
        for (var method : List.of("GET", "POST", "DELETE")) {
            if (find(method, rawPath) != null) {
                found.add(method);
            }
        }
        return found;
    }

    private void add(Route route) {
        var node = root;
        var names = new ArrayList<String>();
        for (var segment : route.path().substring(1).split("/", -1)) {
            if (segment.startsWith("{") && segment.endsWith("}")) {
                names.add(segment.substring(1, segment.length() - 1));
                node = node.parameter == null ? node.parameter = new Node() : node.parameter;
            } else {
                node = node.fixed.computeIfAbsent(segment, s -> new Node());
            }
        }
        if (node.leaves.put(route.method(), new Leaf(route, List.copyOf(names))) != null) {
            throw new IllegalStateException("declared twice: " + route.method() + " " + route.path());
        }
    }

    private static @Nullable Leaf walk(Node node, String method, String path, int from, List<String> values) {
        int slash = path.indexOf('/', from);
        int end = slash < 0 ? path.length() : slash;
        var segment = path.substring(from, end);
        var fixed = node.fixed.get(segment);
        if (fixed != null) {
            var found = slash < 0 ? fixed.leaf(method) : walk(fixed, method, path, slash + 1, values);
            if (found != null) {
                return found;
            }
        }
        if (node.parameter == null || segment.isEmpty()) {
            return null;
        }
        values.add(segment);
        var found = slash < 0 ? node.parameter.leaf(method) : walk(node.parameter, method, path, slash + 1, values);
        if (found == null) {
            values.removeLast();
        }
        return found;
    }

    private static final class Node {
        private final Map<String, Node> fixed = new HashMap<>();
        private final Map<String, Leaf> leaves = new HashMap<>();
        private @Nullable Node parameter;

        private @Nullable Leaf leaf(String method) {
            var exact = leaves.get(method);
            if (exact == null && method.equals("HEAD")) {
                exact = leaves.get("GET");
            }
            return exact == null ? leaves.get("*") : exact;
        }
    }

    private record Leaf(Route route, List<String> names) {}

    /** @param raw the parameters as they stand in the path, in the order of the names */
    record Match(Route route, List<String> names, List<String> raw) {
        /** Decoded; bad percent signs stay as they are. */
        String value(String name) {
            int index = names.indexOf(name);
            if (index < 0) {
                throw new IllegalStateException("the route " + route.path() + " has no parameter " + name);
            }
            return Percent.lenient(raw.get(index), false);
        }
    }
}
