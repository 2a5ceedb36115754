package millrace.config;

/** A value that must never be printed: its text form is {@code ***}. */
public record Secret(String value) {
    @Override
    public String toString() {
        return "***";
    }
}
