package millrace.config;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A connection URL as libpq reads it (PostgreSQL documentation, 34.1.1.2): percent-decoded parts, several hosts, IPv6
 * in brackets, a Unix socket's folder as the host. A plus sign stays a plus sign.
 *
 * @param hosts pairs of host and port text, either may be empty; the parameters host and port replace them
 * @param parameters all others, by name
 */
record PostgresUrl(
        List<NamedPort> hosts,
        @Nullable String user,
        @Nullable String password,
        @Nullable String database,
        Map<String, String> parameters) {
    private static final Set<String> PARAMETERS = Set.of(
            "host",
            "port",
            "user",
            "password",
            "dbname",
            "sslmode",
            "sslrootcert",
            "sslcert",
            "sslkey",
            "connect_timeout",
            "application_name",
            "options",
            "target_session_attrs");
    private static final Map<String, Set<String>> WORDS = Map.of(
            "sslmode", Set.of("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
            "target_session_attrs", Set.of("any", "read-write", "read-only", "primary", "standby", "prefer-standby"));

    record NamedPort(String host, String port) {}

    /** @throws IllegalArgumentException with a message that may be shown: it holds no part of the URL but names */
    static PostgresUrl parse(String url) {
        var rest = url.substring(url.indexOf("://") + 3);
        var question = rest.indexOf('?');
        var beforeQuery = question < 0 ? rest : rest.substring(0, question);
        var slash = beforeQuery.indexOf('/');
        var authority = slash < 0 ? beforeQuery : beforeQuery.substring(0, slash);
        if (authority.indexOf('@') < 0 && beforeQuery.indexOf('@') >= 0) {
            // Otherwise parts of a password would be taken for a port and a database, and shown.
            throw cutPassword();
        }
        var parameters = question < 0 ? new LinkedHashMap<String, String>() : parameters(rest.substring(question + 1));
        if (!PARAMETERS.containsAll(parameters.keySet())) {
            if (authority.indexOf('@') < 0 && rest.indexOf('@') >= 0) {
                throw cutPassword();
            }
            parameters.keySet().removeAll(PARAMETERS);
            throw new IllegalArgumentException("unknown parameter "
                    + parameters.keySet().iterator().next().replaceAll("[^A-Za-z0-9_.-]", "?") + " in the URL");
        }
        var path = slash < 0 ? "" : decoded(beforeQuery.substring(slash + 1));
        var at = authority.lastIndexOf('@');
        var userInfo = at < 0 ? "" : authority.substring(0, at);
        var colon = userInfo.indexOf(':');
        var user = decoded(colon < 0 ? userInfo : userInfo.substring(0, colon));
        var password = colon < 0 ? "" : decoded(userInfo.substring(colon + 1));
        var hosts = hosts(authority.substring(at + 1));
        var hostParameter = parameters.remove("host");
        var portParameter = parameters.remove("port");
        if (hostParameter != null) {
            hosts = List.of(hostParameter.split(",", -1)).stream()
                    .map(host -> new NamedPort(host, ""))
                    .toList();
        }
        if (portParameter != null) {
            hosts = withPorts(hosts, portParameter.split(",", -1));
        }
        return new PostgresUrl(
                hosts,
                firstFilled(parameters.remove("user"), user),
                firstFilled(parameters.remove("password"), password),
                firstFilled(parameters.remove("dbname"), path),
                parameters);
    }

    private static IllegalArgumentException cutPassword() {
        return new IllegalArgumentException("user and password end at the first / or ? of the URL: write / as %2F, ? as"
                + " %3F, and @ behind them as %40");
    }

    Optional<String> parameter(String name) {
        return Optional.ofNullable(parameters.get(name));
    }

    private static LinkedHashMap<String, String> parameters(String query) {
        var parameters = new LinkedHashMap<String, String>();
        for (var pair : query.split("&")) {
            if (pair.isEmpty()) {
                continue;
            }
            var equals = pair.indexOf('=');
            if (equals < 0) {
                throw new IllegalArgumentException(
                        PARAMETERS.contains(pair)
                                ? "the parameter " + pair + " has no value"
                                : "a parameter has no value");
            }
            var name = decoded(pair.substring(0, equals));
            var value = decoded(pair.substring(equals + 1));
            check(name, value);
            parameters.put(name, value);
        }
        return parameters;
    }

    private static void check(String name, String value) {
        var words = WORDS.get(name);
        var bad = words != null && !words.contains(value)
                || name.equals("connect_timeout") && !value.matches("-?\\d{1,6}")
                || name.equals("port") && !value.matches("\\d{1,5}(,\\d{1,5})*");
        if (bad) {
            throw new IllegalArgumentException("unknown value of the parameter " + name + " in the URL");
        }
    }

    private static List<NamedPort> hosts(String text) {
        var hosts = new ArrayList<NamedPort>();
        for (var one : text.split(",", -1)) {
            if (one.startsWith("[")) {
                var end = one.indexOf(']');
                if (end < 0) {
                    throw new IllegalArgumentException("an IPv6 address in the URL has no closing bracket");
                }
                var after = one.substring(end + 1);
                if (!after.isEmpty() && !after.startsWith(":")) {
                    throw new IllegalArgumentException("after an IPv6 address in the URL only a port may follow");
                }
                hosts.add(new NamedPort(one.substring(1, end), after.isEmpty() ? "" : after.substring(1)));
            } else {
                var colon = one.lastIndexOf(':');
                if (colon != one.indexOf(':')) {
                    throw new IllegalArgumentException("an IPv6 address in the URL must stand in brackets");
                }
                hosts.add(new NamedPort(
                        decoded(colon < 0 ? one : one.substring(0, colon)), colon < 0 ? "" : one.substring(colon + 1)));
            }
        }
        return hosts;
    }

    private static List<NamedPort> withPorts(List<NamedPort> hosts, String[] ports) {
        if (ports.length != 1 && ports.length != hosts.size()) {
            throw new IllegalArgumentException("the URL has " + hosts.size() + " hosts but " + ports.length + " ports");
        }
        var all = new ArrayList<NamedPort>();
        for (var i = 0; i < hosts.size(); i++) {
            all.add(new NamedPort(hosts.get(i).host(), ports.length == 1 ? ports[0] : ports[i]));
        }
        return all;
    }

    private static @Nullable String firstFilled(@Nullable String first, String second) {
        var value = first == null || first.isEmpty() ? second : first;
        return value.isEmpty() ? null : value;
    }

    private static String decoded(String text) {
        if (text.indexOf('%') < 0) {
            return text;
        }
        var bytes = new ByteArrayOutputStream();
        var raw = text.getBytes(StandardCharsets.UTF_8);
        for (var i = 0; i < raw.length; i++) {
            if (raw[i] != '%') {
                bytes.write(raw[i]);
                continue;
            }
            var high = i + 1 < raw.length ? Character.digit(raw[i + 1], 16) : -1;
            var low = i + 2 < raw.length ? Character.digit(raw[i + 2], 16) : -1;
            if (high < 0 || low < 0 || high * 16 + low == 0) {
                throw new IllegalArgumentException("a percent sign in the URL is not followed by two hex digits");
            }
            bytes.write(high * 16 + low);
            i += 2;
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
