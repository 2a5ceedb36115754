package millrace.config;

import java.math.BigDecimal;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * The type of a setting.
 *
 * @param description for people: what is accepted
 * @param read the value of a text; throws IllegalArgumentException, whose message is not shown
 */
record Kind<T>(String description, Function<String, T> read) {
    private static final Pattern WINDOW =
            Pattern.compile("(\\d{1,9})\\s*(ms|milliseconds?|s|seconds?|m|minutes?|h|hours?|d|days?)?");

    static Kind<String> text() {
        return new Kind<>("text", text -> text);
    }

    static Kind<Integer> wholeNumber(int least, int most) {
        return new Kind<>("a whole number from " + least + " to " + most, text -> {
            var value = Integer.parseInt(text);
            check(value >= least && value <= most);
            return value;
        });
    }

    /** A length of time, given as a whole number of the unit. */
    static Kind<Duration> time(Duration unit, long least, long most) {
        return new Kind<>("a whole number from " + least + " to " + most, text -> {
            var value = Long.parseLong(text);
            check(value >= least && value <= most);
            return unit.multipliedBy(value);
        });
    }

    /** A size in bytes, given as a number of the unit; fractions are accepted. */
    static Kind<Long> size(long unit, long most) {
        return new Kind<>("a number above 0, at most " + most, text -> {
            var value = new BigDecimal(text);
            check(value.signum() > 0 && value.compareTo(BigDecimal.valueOf(most)) <= 0);
            return value.multiply(BigDecimal.valueOf(unit)).longValue();
        });
    }

    static Kind<Duration> window() {
        return new Kind<>("a number and a unit, for example 1 minute or 30 seconds", text -> {
            var match = WINDOW.matcher(text.toLowerCase(Locale.ROOT));
            check(match.matches());
            var number = Long.parseLong(match.group(1));
            check(number > 0);
            var unit = match.group(2) == null ? "ms" : match.group(2);
            return switch (unit) {
                case "ms", "millisecond", "milliseconds" -> Duration.ofMillis(number);
                case "s", "second", "seconds" -> Duration.ofSeconds(number);
                case "m", "minute", "minutes" -> Duration.ofMinutes(number);
                case "h", "hour", "hours" -> Duration.ofHours(number);
                default -> Duration.ofDays(number);
            };
        });
    }

    /** As crontab(5) has it. */
    static Kind<String> cron() {
        return new Kind<>("a cron expression of five fields, for example 0 2 * * *", text -> {
            BackupSettings.parsed(text);
            return text;
        });
    }

    static Kind<String> folderOrBucket() {
        return new Kind<>("a path of a folder or s3://bucket/prefix", text -> {
            BackupLocation.of(text, Path.of("/"));
            return text;
        });
    }

    /** Where to send requests; its path or query may let in whoever knows it. */
    static Kind<Secret> secretAddress() {
        return new Kind<>("a URL that begins with http:// or https://", text -> {
            try {
                var uri = new URI(text);
                check(uri.getHost() != null && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme())));
                return new Secret(text);
            } catch (URISyntaxException e) {
                throw new IllegalArgumentException(e);
            }
        });
    }

    static Kind<Boolean> yesOrNo() {
        return new Kind<>("true or false", text -> {
            var value = text.toLowerCase(Locale.ROOT);
            check(value.equals("true") || value.equals("false"));
            return value.equals("true");
        });
    }

    /** One of the words, in any case; the value is spelled as declared. */
    static Kind<String> oneOf(String... words) {
        return new Kind<>(
                "one of " + String.join(", ", words),
                text -> Arrays.stream(words)
                        .filter(word -> word.equalsIgnoreCase(text))
                        .findFirst()
                        .orElseThrow(IllegalArgumentException::new));
    }

    static <E extends Enum<E>> Kind<E> oneOf(Class<E> words) {
        var names = Arrays.stream(words.getEnumConstants()).map(Enum::name).toList();
        return new Kind<>(
                "one of " + String.join(", ", names), text -> Enum.valueOf(words, text.toUpperCase(Locale.ROOT)));
    }

    static Kind<List<String>> list() {
        return new Kind<>(
                "a list with commas",
                text -> Arrays.stream(text.split(",", -1))
                        .map(String::strip)
                        .filter(item -> !item.isEmpty())
                        .toList());
    }

    /** IP addresses and CIDR blocks. */
    static Kind<List<String>> addresses() {
        var items = list();
        return new Kind<>("a list of IP addresses and CIDR blocks with commas", text -> {
            var all = items.read().apply(text);
            for (var item : all) {
                var parts = item.split("/", 2);
                // Throws IllegalArgumentException for host names: they could change their address.
                var bits = InetAddress.ofLiteral(parts[0]).getAddress().length * 8;
                check(parts.length == 1 || parts[1].matches("\\d{1,3}") && Integer.parseInt(parts[1]) <= bits);
            }
            return all;
        });
    }

    /** A public http or https URL; slashes at its end are dropped. */
    static Kind<URI> webAddress() {
        return new Kind<>("a URL that begins with http:// or https://", text -> {
            try {
                var uri = new URI(text.replaceAll("/+$", ""));
                check(uri.getHost() != null && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme())));
                check(uri.getQuery() == null && uri.getFragment() == null && uri.getUserInfo() == null);
                return uri;
            } catch (URISyntaxException e) {
                throw new IllegalArgumentException(e);
            }
        });
    }

    static Kind<Secret> secret(String description, Pattern shape) {
        return new Kind<>(description, text -> {
            check(shape.matcher(text).matches());
            return new Secret(text);
        });
    }

    private static void check(boolean holds) {
        if (!holds) {
            throw new IllegalArgumentException();
        }
    }
}
