package millrace.config;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/** Reads settings from the merged environment and collects the faults instead of stopping at the first. */
final class Values {
    private static final int SHOWN_CHARACTERS = 60;

    private final Map<String, String> environment;
    private final List<String> faults;
    private final List<String> warnings = new ArrayList<>();

    Values(Map<String, String> environment, List<String> faults) {
        this.environment = environment;
        this.faults = faults;
    }

    /** The value, or the default; a bad value is noted and the default stands in for it. */
    <T> T get(Setting<T> setting) {
        return find(setting).orElseGet(() -> setting.kind().read().apply(setting.standard()));
    }

    /** The value if it is set and good. */
    <T> Optional<T> find(Setting<T> setting) {
        return foreign(setting, setting.name());
    }

    /** The same by a name that is not ours. */
    <T> Optional<T> foreign(Setting<T> setting, String name) {
        var raw = environment.get(name);
        if (raw == null || raw.isBlank()) {
            return Optional.empty();
        }
        var text = raw.strip();
        try {
            return Optional.of(setting.kind().read().apply(text));
        } catch (IllegalArgumentException e) {
            faults.add(name + ": "
                    + (setting.secret() ? "its value" : quoted(text)) + " is not "
                    + setting.kind().description());
            return Optional.empty();
        }
    }

    /** Like get, but a value that is set to nothing is nothing, not the default. */
    String text(Setting<String> setting) {
        var text = environment.get(setting.name());
        return text == null ? setting.standard() : text.strip();
    }

    boolean present(Setting<?> setting) {
        var text = environment.get(setting.name());
        return text != null && !text.isBlank();
    }

    void fault(Setting<?> setting, String what) {
        faults.add(setting.name() + ": " + what);
    }

    void warn(String warning) {
        warnings.add(warning);
    }

    /** All warnings so far, and one for each AP_ name that nobody knows. */
    List<String> warnings(Catalogue catalogue) {
        var known = new HashSet<String>();
        catalogue.all().forEach(setting -> known.add(setting.name()));
        var all = new ArrayList<>(warnings);
        for (var name : new TreeSet<>(environment.keySet())) {
            if (name.startsWith("AP_") && !known.contains(name) && !accepted(name)) {
                all.add("unknown setting " + name + " is ignored; the nearest known one is " + nearest(name, known));
            }
        }
        return all;
    }

    private static boolean accepted(String name) {
        return Catalogue.ACCEPTED.stream()
                .anyMatch(entry -> entry.endsWith("*")
                        ? name.startsWith(entry.substring(0, entry.length() - 1))
                        : name.equals(entry));
    }

    private static String nearest(String name, HashSet<String> known) {
        return new TreeSet<>(known)
                .stream()
                        .min((a, b) -> Integer.compare(distance(name, a), distance(name, b)))
                        .orElseThrow();
    }

    /** Levenshtein's. */
    private static int distance(String a, String b) {
        var row = new int[b.length() + 1];
        for (var j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (var i = 1; i <= a.length(); i++) {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.length(); j++) {
                var replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
    }

    private static String quoted(String text) {
        var line = text.replaceAll("\\p{Cntrl}", " ");
        return '"' + (line.length() <= SHOWN_CHARACTERS ? line : line.substring(0, SHOWN_CHARACTERS) + "…") + '"';
    }
}
