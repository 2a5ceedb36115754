package millrace.http;

/** The form of ids: 21 characters {@code 0-9A-Za-z} (reference/data-model §0). */
final class Ident {
    private static final int LENGTH = 21;

    private Ident() {}

    static boolean valid(String text) {
        if (text.length() != LENGTH) {
            return false;
        }
        for (int i = 0; i < LENGTH; i++) {
            char c = text.charAt(i);
            if (!(c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z')) {
                return false;
            }
        }
        return true;
    }

    /** Whether a path parameter of this name holds an id. */
    static boolean named(String name) {
        return name.equals("id") || name.endsWith("Id");
    }
}
