package millrace.config;

import java.util.stream.Collectors;

/** docs/configuration.md, from the declared settings. */
public final class ConfigurationPage {
    private static final String HEAD = """
            # Configuration

            Generated from the declared settings by `./millrace docs`; do not edit.

            Settings are environment variables. The file `.env` in the working directory may hold them too, one
            `NAME=value` a line (blanks around `=`, quotes, `export` and `#` comments are accepted); the environment
            wins. A bad value ends the start with exit code 78 and a message that names every bad one. A name that begins
            with `AP_` and that nobody knows is warned about, with the nearest known name. Settings of Activepieces that
            have no use here, such as `AP_REDIS_URL` and `AP_QUEUE_MODE`, are accepted silently.

            Keys that are not set are generated at the first start and kept in `.millrace/keys.env` in the working directory.
            Keep that file: without it connections and tokens in the database can't be read. On a database that has been used
            with keys they must be there.
            """;

    private ConfigurationPage() {}

    public static String text() {
        var page = new StringBuilder(HEAD);
        var settings = new Catalogue().all();
        for (var chapter : Setting.Chapter.values()) {
            page.append("\n## ").append(chapter.title).append("\n\n");
            page.append("| name | default | value | what it does |\n| --- | --- | --- | --- |\n");
            settings.stream()
                    .filter(setting -> setting.chapter() == chapter)
                    .forEach(setting -> page.append(row(setting)));
        }
        page.append("\n## Accepted without use\n\n")
                .append(Catalogue.ACCEPTED.stream()
                        .sorted()
                        .map(name -> "`" + name + "`")
                        .collect(Collectors.joining(", ")))
                .append(".\n");
        return page.toString();
    }

    private static String row(Setting<?> setting) {
        var unit = setting.unit().isEmpty() ? "" : ", in " + setting.unit();
        return "| `" + setting.name() + "` | "
                + (setting.standard().isEmpty() ? "" : "`" + setting.standard() + "`") + " | "
                + cell(setting.kind().description() + unit) + " | "
                + cell(setting.sentence()) + (setting.secret() ? " Secret: never printed." : "") + " |\n";
    }

    private static String cell(String text) {
        return text.replace("|", "\\|");
    }
}
