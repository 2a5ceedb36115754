package millrace.identity;

import java.util.regex.Pattern;

/** Body of a sign-up (reference/rest-api §2.6). */
record SignUp(
        String email, String password, String firstName, String lastName, boolean trackEvents, boolean newsLetter) {
    private static final Pattern EMAIL =
            Pattern.compile("[^\\s@\\x00-\\x1f]+@[^\\s@\\x00-\\x1f]+\\.[^\\s@.\\x00-\\x1f]+");
    private static final Pattern SAFE = Pattern.compile("[^./\\x00-\\x1f]+");
    private static final int MAX_TEXT = 254;

    SignUp {
        if (email.length() > MAX_TEXT || !EMAIL.matcher(email.trim()).matches()) {
            throw new IllegalArgumentException("email must be an email address");
        }
        int length = password.codePointCount(0, password.length());
        if (length < 8 || length > 64) {
            throw new IllegalArgumentException("password must have 8 to 64 characters");
        }
        safe("firstName", firstName);
        safe("lastName", lastName);
    }

    private static void safe(String field, String text) {
        if (text.length() > MAX_TEXT || !SAFE.matcher(text).matches()) {
            throw new IllegalArgumentException(field + " must be text without dots and slashes");
        }
    }
}
