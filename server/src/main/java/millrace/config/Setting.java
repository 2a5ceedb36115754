package millrace.config;

/**
 * One setting: the only place where its name, type, default and meaning stand.
 *
 * @param standard the default as an operator would write it; empty: none
 * @param unit shown in the documentation; empty for plain values
 * @param secret the value never appears in a message
 * @param sentence what it does, one sentence with a full stop
 */
record Setting<T>(
        Chapter chapter, String name, Kind<T> kind, String standard, String unit, boolean secret, String sentence) {
    enum Chapter {
        SERVER("Server"),
        KEYS("Keys"),
        DATABASE("Database"),
        WEBHOOKS("Webhooks"),
        RUNS("Runs"),
        SANDBOX("User code and network"),
        LIMITS("Limits");

        final String title;

        Chapter(String title) {
            this.title = title;
        }
    }
}
